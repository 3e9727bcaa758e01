"""Closed meshes that pass through themselves: part of them is inside out and shortens the paths through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.projector import path_length_mm
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

_ANGLES: Final = ((0.0, 0.0), (45.0, 35.0), (90.0, 0.0))
_SIZE_PX: Final = 96
_FAR: Final = 3.0
_LEAST_MM: Final = 0.5


@dataclass(frozen=True)
class Fold:
    """``depth_mm`` by which a path comes out shorter than nothing, and the vertex ``at_mm`` (3,) nearest to that ray."""

    depth_mm: float
    at_mm: FloatArray

    def sentence(self, name: str) -> str:
        """What is wrong, for the user."""
        place = ", ".join(f"{value:.0f}" for value in self.at_mm)
        return f"{name}: the mesh passes through itself near ({place}) mm; paths there are up to {self.depth_mm:.1f} mm too short"


def find_fold(mesh: Mesh) -> Fold | None:
    """The worst fold that shows as a negative path in three projections; None where no path is below -0.5 mm."""
    low, high = mesh.bounds_mm
    reach = float(np.linalg.norm(high - low))
    deepest: tuple[float, CArm, tuple[int, int]] | None = None
    for angles in _ANGLES:
        # far enough for a mesh of any size, as no patient is asked for
        sod = min(max(650.0, _FAR * reach), 1900.0)
        arm = CArm(
            *angles, 0.5 * (low + high), sid_mm=2000.0, sod_mm=sod, field_mm=min(600.0, 2.1 * reach), size_px=_SIZE_PX
        )
        path = path_length_mm(arm, mesh)
        row, column = np.unravel_index(int(np.argmin(path)), path.shape)
        if deepest is None or path[row, column] < deepest[0]:
            deepest = (float(path[row, column]), arm, (int(column), int(row)))
    if deepest is None or deepest[0] > -_LEAST_MM:
        return None
    depth, arm, pixel = deepest
    source, direction = arm.ray(np.array(pixel) + 0.5)
    away = mesh.vertices_mm - source
    off = np.linalg.norm(away - (away @ direction)[:, None] * direction, axis=1)
    return Fold(-depth, np.asarray(mesh.vertices_mm[int(np.argmin(off))]))
