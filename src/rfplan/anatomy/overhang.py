"""Bone that hangs over the back of the sacrum in a virtual patient: hip and L5 of the reference patient, moved to its joint and spine.

Only the way in of a needle meets it, so that its exact form matters little; a test holds needles in virtual patients against meshed ones.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import rfplan
from rfplan.anatomy.virtual_ground_kernels import JOINT_POINTS
from rfplan.cache import cache_folder
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.mesh import Mesh

_BOUNDS_MM = np.array([[10.0, -45.0, -25.0], [80.0, 100.0, 80.0]])
_SPACING_MM, _BAND_MM = 1.5, 4.0


@dataclass(frozen=True, eq=False)
class Overhang:
    """Distance to the hip and L5 of the left side on a grid in chart coordinates, and where the joint is that they belong to.

    ``joint_mm`` (3,) mean of the back of the joint, ``psis_mm`` distance of the posterior superior spine from the midline.
    """

    values: NDArray[np.float32]
    origin_mm: FloatArray
    spacing_mm: float
    band_mm: float
    joint_mm: FloatArray
    psis_mm: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin_mm", frozen(self.origin_mm))
        object.__setattr__(self, "joint_mm", frozen(self.joint_mm))


@cache
def overhang() -> Overhang:
    """The overhang of the reference patient, kept on disk once it was made."""
    from rfplan.anatomy.reference import reference_patient
    from rfplan.figures import anatomy_folder

    psis = _psis_mm()
    stated = hashlib.sha256((anatomy_folder() / "morphometry.toml").read_bytes() + rfplan.__version__.encode()).hexdigest()[:16]
    path = cache_folder() / f"overhang-{stated}.npz"
    try:
        with np.load(path) as kept:
            return Overhang(kept["values"], kept["origin"], _SPACING_MM, _BAND_MM, kept["joint"], psis)
    except (OSError, ValueError, KeyError):
        pass
    patient = reference_patient()
    meshes = [
        Mesh(patient.frame.to_chart(patient.bones[name].vertices_mm), patient.bones[name].faces)
        for name in ("hip_left", "vertebrae_L5")
    ]
    field = DistanceField.of(meshes, _BOUNDS_MM, _SPACING_MM, _BAND_MM)
    line = patient.frame.to_chart(patient.curves["sij_posterior_line_left"].points_mm)
    rows = np.linspace(line[0, 1], line[-1, 1], JOINT_POINTS)
    joint = np.array([np.interp(rows, line[:, 1], line[:, k]).mean() for k in range(3)])
    _keep(path, values=field.values_mm, origin=field.origin_mm, joint=joint)
    return Overhang(field.values_mm, field.origin_mm, _SPACING_MM, _BAND_MM, joint, psis)


def _psis_mm() -> float:
    from rfplan.figures import figures

    return figures("morphometry")["hip.psis.from_midline"].value


def _keep(path: Path, **arrays: NDArray[np.float32] | FloatArray) -> None:
    """Write a file that appears complete or not at all; a folder that cannot be written is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            np.savez(part, **arrays)
        os.replace(part.name, path)
    except OSError:
        return
