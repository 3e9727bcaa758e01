"""What the tests of the parametric bones share."""

from __future__ import annotations

from functools import cache

import numpy as np

from rfplan.anatomy.reference import ParametricPelvis, parametric_pelvis
from rfplan.anatomy.sides import Side
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh

MOTION = Isometry.translation([12.0, -40.0, 7.0]).after(Isometry.rotation([0.3, -0.5, 0.8], 37.0))


class MovedSacrum:
    """A sacrum after a motion, as its neighbours see it."""

    def __init__(self, sacrum, motion: Isometry) -> None:
        self._sacrum, self._motion = sacrum, motion

    def frame(self) -> ApFrame:
        return self._sacrum.frame().moved(self._motion)

    def distance_mm(self, points_mm):
        return self._sacrum.distance_mm(self._motion.inverse().points(points_mm))

    def auricular_mm(self, side: Side):
        if self._motion.mirrors:
            side = "left" if side == "right" else "right"
        return self._motion.points(self._sacrum.auricular_mm(side))


def distance_to(mesh: Mesh, reach_mm: float = 8.0, spacing_mm: float = 1.0) -> DistanceField:
    bounds = mesh.bounds_mm + [[-reach_mm] * 3, [reach_mm] * 3]
    return DistanceField.of([mesh], bounds, spacing_mm, reach_mm)


def face_areas_mm2(mesh: Mesh) -> np.ndarray:
    a, b, c = np.moveaxis(mesh.triangles_mm, 1, 0)
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)


@cache
def pelvis() -> ParametricPelvis:
    """The parametric bones, meshed coarsely, for all tests of a run."""
    return parametric_pelvis(spacing_mm=0.9)
