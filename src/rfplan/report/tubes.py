"""Round bodies along lines: nerves, the shafts of needles and their tips."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rfplan.geometry.arrays import FloatArray, unit
from rfplan.geometry.mesh import Mesh

_CAP_RINGS = 4


def tube(points_mm: ArrayLike, radius_mm: float, sides: int = 14) -> Mesh:
    """Tube along the (n, 3) polyline with a round cap at each end; closed, outward."""
    points = _without_repeats(np.asarray(points_mm, dtype=float))
    tangents = unit(np.gradient(points, axis=0)) if len(points) > 2 else unit(np.diff(points, axis=0))[[0, 0]]
    angle = 0.5 * np.pi * (1.0 - np.arange(1, _CAP_RINGS + 1) / (_CAP_RINGS + 1))
    lift, width = radius_mm * np.sin(angle), radius_mm * np.cos(angle)
    # rings of the first cap from its pole, of the line, and of the last cap to its pole
    centres = np.concatenate(
        [points[0] - lift[:, None] * tangents[0], points, points[-1] + lift[::-1, None] * tangents[-1]]
    )
    radii = np.concatenate([width, np.full(len(points), radius_mm), width[::-1]])
    along = np.concatenate([np.repeat(tangents[:1], _CAP_RINGS, 0), tangents, np.repeat(tangents[-1:], _CAP_RINGS, 0)])
    normals, binormals = _transported(along)
    turn = 2.0 * np.pi * np.arange(sides) / sides
    rings = np.cos(turn)[None, :, None] * normals[:, None] + np.sin(turn)[None, :, None] * binormals[:, None]
    vertices = (centres[:, None] + radii[:, None, None] * rings).reshape(-1, 3)
    poles = np.stack([points[0] - radius_mm * tangents[0], points[-1] + radius_mm * tangents[-1]])
    count = len(centres)
    here = np.arange(count - 1)[:, None] * sides + np.arange(sides)
    beside = np.arange(count - 1)[:, None] * sides + (np.arange(sides) + 1) % sides
    first, last = count * sides, count * sides + 1
    ring, next_ = np.arange(sides), (np.arange(sides) + 1) % sides
    end = (count - 1) * sides
    faces = np.concatenate(
        [
            np.stack([here, beside, beside + sides], axis=-1).reshape(-1, 3),
            np.stack([here, beside + sides, here + sides], axis=-1).reshape(-1, 3),
            np.stack([np.full(sides, first), next_, ring], axis=-1),
            np.stack([np.full(sides, last), end + ring, end + next_], axis=-1),
        ]
    )
    return Mesh(np.concatenate([vertices, poles]), faces)


def _without_repeats(points: FloatArray) -> FloatArray:
    keep = np.concatenate([[True], np.linalg.norm(np.diff(points, axis=0), axis=1) > 1e-9])
    kept = points[keep]
    return kept if len(kept) > 1 else np.stack([kept[0], kept[0] + (0.0, 0.0, 1e-6)])


def _transported(tangents: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Directions across the line that turn with it without twisting."""
    normals = np.empty_like(tangents)
    across = np.cross(tangents[0], np.eye(3)[np.argmin(np.abs(tangents[0]))])
    for n, tangent in enumerate(tangents):
        across = across - (across @ tangent) * tangent
        across = across / np.linalg.norm(across)
        normals[n] = across
    return normals, np.cross(tangents, normals)
