"""Radiographs on one thread: bones alone, the complete picture, and a frame of running fluoroscopy.

The scene is the real female pelvis (77,000 triangles) where it lies beside the project, else the reference patient (613,000).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rfplan
from rfplan import CArm, Fluoroscope
from rfplan.fluoroscopy.projector import add_mesh, in_millimetres, joined
from rfplan.fluoroscopy.voxel_kernels import ray_sums

REAL = Path(__file__).parents[2] / "shared" / "data" / "anatomy" / "hra_female"


@pytest.fixture(scope="module")
def patient():
    return rfplan.load_patient(REAL) if REAL.is_dir() else rfplan.reference_patient()


@pytest.fixture(scope="module")
def plan(patient):
    return rfplan.technique("conventional-periforaminal").plan(patient, side="right")


@pytest.mark.parametrize("size", [512, 1024])
def test_bones_alone(benchmark, patient, size: int) -> None:
    arm = CArm.view("true_ap", patient, size_px=size)
    vertices, faces = joined(list(patient.bones.values()))
    weights = np.ones(len(faces), dtype=np.float32)

    def path() -> np.ndarray:
        image = np.zeros((size, size), dtype=np.float32)
        add_mesh(arm, vertices, faces, weights, image)
        in_millimetres(arm, image)
        return image

    assert benchmark(path).max() > 50.0


@pytest.mark.parametrize("size", [512, 1024])
def test_complete_picture(benchmark, patient, plan, size: int) -> None:
    arm = CArm.view("true_ap", patient, size_px=size)
    assert benchmark(arm.expose, patient, plan).image.std() > 20.0


@pytest.mark.parametrize("name", ["patient", "reference"])
def test_live_frame(benchmark, request, plan, name: str) -> None:
    shown = request.getfixturevalue("patient") if name == "patient" else rfplan.reference_patient()
    scope = Fluoroscope(shown)
    arm = CArm.view("true_ap", shown)
    assert benchmark(scope.frame, arm, plan.needles).image.std() > 20.0


def test_ct(benchmark) -> None:
    arm = CArm()
    volume = np.full((256, 256, 200), 0.02, dtype=np.float32)
    image = np.zeros((512, 512), dtype=np.float32)
    axes = arm.axes
    corner = arm.receptor_mm - 255.5 * arm.pixel_mm * (axes[0] + axes[1])
    to_voxel = np.array([128.0, 128.0, 100.0])

    def integral() -> np.ndarray:
        ray_sums(
            volume,
            arm.source_mm + to_voxel,
            axes[0] * arm.pixel_mm,
            axes[1] * arm.pixel_mm,
            corner + to_voxel,
            1.0,
            image,
        )
        return image

    assert benchmark.pedantic(integral, rounds=4, warmup_rounds=1).max() > 0.0
