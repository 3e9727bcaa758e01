"""Virtual patients without a mesh against the same patients with one."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from rfplan.anatomy.population import Population
from rfplan.planning.techniques import technique


def _script():
    path = Path(__file__).parents[2] / "benchmarks" / "compare_fast_path.py"
    spec = importlib.util.spec_from_file_location("compare_fast_path", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SCRIPT = _script()
"""The comparison that docs/population.md shows for many more patients."""


@pytest.fixture(scope="module")
def pairs():
    """The first three virtual patients of the documented seed, without and with a mesh."""
    return [(patient, patient.meshed(SCRIPT.SPACING_MM)) for patient in Population().draw(3, 2026)]


@pytest.fixture(scope="module")
def compared(pairs):
    """How far they are apart."""
    return [SCRIPT.compared(*pair) for pair in pairs]


@pytest.mark.slow
def test_heights_of_the_back_are_those_of_the_mesh(compared):
    assert max(entry.height_mm for entry in compared) < 0.3


@pytest.mark.slow
def test_foramina_and_groove_are_those_of_the_mesh(pairs, compared):
    for entry in compared:
        assert set(entry.centre_mm) == {"S1", "S2", "S3", "S4"}
        assert max(entry.centre_mm.values()) < 0.3
        assert entry.groove_mm < 0.1
    for patient, meshed in pairs:
        for foramen in meshed.foramina:
            own = patient.ground.foramen(foramen.level, foramen.side)
            assert own.diameter_mm == pytest.approx(foramen.diameter_mm, abs=0.6)
            assert np.degrees(np.arccos(own.axis @ foramen.axis)) < 12.0


@pytest.mark.slow
def test_the_same_branches_are_captured_as_with_a_mesh(compared):
    assert sum(entry.unpaired for entry in compared) == 0
    for criterion in ("ap", "cut"):
        differ, total = SCRIPT.differing(compared, criterion)
        assert total > 80
        assert differ <= 0.01 * total, criterion


@pytest.mark.slow
def test_the_ramus_of_l5_runs_where_it_does_on_the_mesh(pairs):
    for patient, meshed in pairs:
        own, theirs = (
            body.frame.to_chart(next(n for n in body.nerves_on("right") if n.level == "L5").points_mm)
            for body in (patient.ground, meshed)
        )
        rows = np.arange(max(own[0, 1], theirs[0, 1]), min(own[-1, 1], theirs[-1, 1]), 0.5)
        assert len(rows) > 15
        apart = np.interp(rows, own[:, 1], own[:, 0]) - np.interp(rows, theirs[:, 1], theirs[:, 0])
        # against the wall of the process single points are farther apart: it is steeper than the sheet's step can tell
        assert np.sqrt(np.mean(apart**2)) < 0.3


def test_the_sides_of_a_virtual_patient_are_mirror_images():
    ground = Population().draw(1, 4)[0].ground
    left, right = (technique("palisade").plan(ground, side) for side in ("left", "right"))
    assert len(left.needles) == len(right.needles)
    for one, other in zip(left.needles, right.needles, strict=True):
        np.testing.assert_allclose(one.tip_mm * [-1.0, 1.0, 1.0], other.tip_mm, atol=1e-6)
        np.testing.assert_allclose(one.axis * [-1.0, 1.0, 1.0], other.axis, atol=1e-6)


def test_distance_is_that_along_the_beam_over_flat_bone_and_is_cut_off():
    ground = Population().draw(1, 4)[0].ground
    lateral, caudal = 26.0, float(ground.frame.to_chart(ground.foramen("S2", "left").centre_mm)[1]) + 11.0
    surface = ground.chart.point_mm(lateral, caudal)
    normal = ground.chart.normal(lateral, caudal)
    gaps = ground.bone_distance(surface + np.array([-1.0, 0.0, 1.0, 2.0])[:, None] * normal)
    assert np.all(np.diff(gaps) > 0.5)
    assert gaps[2] == pytest.approx(1.0, abs=0.45)
    assert ground.bone_distance(surface + 200.0 * normal) == 2.5
    assert ground.bone_distance(surface - 30.0 * ground.frame.posterior) < 0.0


def test_a_virtual_patient_says_where_it_comes_from():
    patient = Population().draw(2, 9)[1]
    plan = technique("cooled-clockface").plan(patient.ground, "right")
    assert plan.patient["name"] == "virtual-9-1"
    assert patient.dimensions["sacrum.length"] == patient.values["sacrum.length"]
    assert set(patient.skin_residual_mm) == {"S1", "S2", "S3"}
