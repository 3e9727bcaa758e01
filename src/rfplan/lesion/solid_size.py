"""Extent of the warm or dead region on a grid in three dimensions, finer than the cells."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion.lesion import LesionSize
from rfplan.lesion.placed_body import BonePlane
from rfplan.lesion.solid import SolidGrid, trilinear

_RAY_STEP_MM = 0.02
_RAYS = {"away": (1.0, 0.0), "toward": (-1.0, 0.0), "lateral": (0.0, 1.0)}


def region_size(grid: SolidGrid, excess: FloatArray, soft: BoolArray, bone: BonePlane | None = None) -> LesionSize:
    """Size of where ``excess`` (nz, nv, nu) is at or above 0 outside the bone; metal counts for the extent, not for the volume.

    The boundary is found where it crosses the grid's lines, straight between centres. ``width_mm`` is the largest distance of two
    points of one section across z, mirror images included.
    """
    if not (soft & (excess >= 0.0)).any():
        return LesionSize(0.0, 0.0, 0.0, 0.0)
    found = [_boundary(grid, excess, bone, axis) for axis in range(3)]
    width = 0.0
    for k in range(grid.shape[0]):
        points = np.concatenate([points[rows == k, :2] for points, rows in found[:2]])
        if len(points):
            width = max(width, _farthest(_mirrored(points, grid.mirror_u)))
    z = np.concatenate([points[:, 2] for points, _ in found])
    volume = float((_part_inside(excess) * grid.volumes_mm3 * soft).sum()) * grid.copies
    return LesionSize(width, float(z.max() - z.min()), max(0.0, -float(z.min())), volume)


def radii_mm(
    grid: SolidGrid, excess: FloatArray, z_mm: float, bone: BonePlane | None, reach_mm: float = 30.0
) -> dict[str, float]:
    """Distance from the axis to the boundary at ``z_mm``: away from the bone (+x), toward it, to the side; 0 where the axis is outside."""
    s = np.arange(0.0, reach_mm, _RAY_STEP_MM)
    result = {}
    for name, (x, y) in _RAYS.items():
        points = np.stack([s * x, s * y, np.full_like(s, z_mm)], axis=-1)
        inside = trilinear(grid, excess, points)
        reach = _first_zero(s, inside)
        if bone is not None:
            reach = min(reach, _first_zero(s, bone.height_mm(points)))
        result[name] = reach
    return result


def _first_zero(s: FloatArray, line: FloatArray) -> float:
    out = np.flatnonzero(line < 0.0)
    if out.size == 0:
        return float(s[-1])
    n = int(out[0])
    return 0.0 if n == 0 else float(s[n - 1] + (s[n] - s[n - 1]) * line[n - 1] / (line[n - 1] - line[n]))


def _boundary(grid: SolidGrid, excess: FloatArray, bone: BonePlane | None, axis: int) -> tuple[FloatArray, IntArray]:
    """(n, 3) points where lines along an axis (0: u, 1: v, 2: z) leave the region, also into bone, and the row in z of each."""
    points, rows, _ = _crossings(grid, excess, excess, axis)
    if bone is None:
        return points, rows
    above = bone.height_mm(points) >= -1e-9
    on_bone, bone_rows, warm = _crossings(grid, bone.height_mm(grid.centres_mm), excess, axis)
    inside = warm >= 0.0
    return np.concatenate([points[above], on_bone[inside]]), np.concatenate([rows[above], bone_rows[inside]])


def _crossings(
    grid: SolidGrid, field: FloatArray, other: FloatArray, axis: int
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Points where ``field`` is 0 on the lines along an axis, their rows in z, and ``other`` there."""
    dim = 2 - axis
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[dim], high[dim] = slice(None, -1), slice(1, None)
    a, b = field[tuple(low)], field[tuple(high)]
    k, j, i = np.nonzero((a >= 0.0) != (b >= 0.0))
    part = a[k, j, i] / (a[k, j, i] - b[k, j, i])
    there = (1.0 - part) * other[tuple(low)][k, j, i] + part * other[tuple(high)][k, j, i]
    index = [i, j, k]
    places = []
    for n, centres in enumerate(grid.mids):
        at = centres[index[n]]
        places.append(at + part * (centres[index[n] + 1] - at) if n == axis else at)
    return grid.positions_mm(*places), np.asarray(k, dtype=np.int64), there


def _mirrored(points: FloatArray, mirror_x: bool) -> FloatArray:
    points = np.concatenate([points, points * [1.0, -1.0]])
    return np.concatenate([points, points * [-1.0, 1.0]]) if mirror_x else points


def _farthest(points: FloatArray) -> float:
    """Largest distance of two points: the longest of their shadows in many directions."""
    angle = np.linspace(0.0, np.pi, 91)
    shadow = points @ np.stack([np.cos(angle), np.sin(angle)])
    return float((shadow.max(axis=0) - shadow.min(axis=0)).max())


def _part_inside(excess: FloatArray) -> FloatArray:
    """(nz, nv, nu) part of every cell that is inside, as of a plane through it."""
    steep = np.zeros_like(excess)
    for axis in range(3):
        steep += 0.5 * np.abs(np.gradient(excess, axis=axis))
    return np.asarray(np.clip(0.5 + 0.5 * excess / np.maximum(steep, 1e-12), 0.0, 1.0))
