"""Flat ends of a bone: where the picture that it was segmented from stopped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.mesh import Mesh

_DEPTH_MM = 0.3
_SLANT = float(np.cos(np.deg2rad(10.0)))


@dataclass(frozen=True, eq=False)
class FlatCut:
    """A plane that ends a bone: ``centre_mm`` (3,) and outward unit ``normal`` (3,) of the flat face, ``area_mm2``."""

    centre_mm: FloatArray
    normal: FloatArray
    area_mm2: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre_mm", frozen(self.centre_mm))
        object.__setattr__(self, "normal", frozen(self.normal))

    @property
    def side(self) -> str:
        """Which end of the bone it is, in words of the patient."""
        return side_of(self.normal)


def side_of(direction: FloatArray) -> str:
    """The side of the patient that a direction (3,) points to, LPS, in a word."""
    axis = int(np.argmax(np.abs(direction)))
    names = (("right", "left"), ("front", "back"), ("lower", "upper"))[axis]
    return names[int(direction[axis] > 0)]


def flat_cuts(mesh: Mesh) -> tuple[FlatCut, ...]:
    """Flat faces of some area with all of the bone on one side, the largest first.

    No natural part of these bones is that flat and outermost: the S1 endplate is hollow and overtopped by the articular
    processes. The least area is ``cut.least_area`` in anatomy/import_limits.toml.
    """
    from scipy.spatial import ConvexHull

    hull = ConvexHull(mesh.vertices_mm)
    corners = mesh.vertices_mm[hull.simplices]
    area = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    a, b, c = np.moveaxis(mesh.triangles_mm, 1, 0)
    vector = 0.5 * np.cross(b - a, c - a)
    face_area = np.linalg.norm(vector, axis=1)
    directions = vector / np.maximum(face_area, 1e-12)[:, None]
    least = figures("import_limits")["cut.least_area"].value
    cuts: list[FlatCut] = []
    for facet in np.argsort(-area)[:40]:
        normal, offset = hull.equations[facet, :3], hull.equations[facet, 3]
        if any(cut.normal @ normal > _SLANT for cut in cuts):
            continue
        depth = np.max(-(mesh.triangles_mm @ normal + offset), axis=1)
        flat = (depth < _DEPTH_MM) & (directions @ normal > _SLANT)
        total = float(face_area[flat].sum())
        if total >= least:
            centre = (mesh.triangles_mm[flat].mean(axis=1) * face_area[flat, None]).sum(axis=0) / total
            cuts.append(FlatCut(centre, normal, total))
    return tuple(sorted(cuts, key=lambda cut: -cut.area_mm2))
