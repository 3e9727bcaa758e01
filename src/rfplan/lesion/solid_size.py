"""Extent of the warm or dead region on a grid in three dimensions, finer than the cells."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.lesion.lesion import LesionSize
from rfplan.lesion.solid import SolidGrid, trilinear

_RAY_STEP_MM = 0.02
_RAYS = {"away": (1.0, 0.0), "toward": (-1.0, 0.0), "lateral": (0.0, 1.0)}


def region_size(grid: SolidGrid, excess: FloatArray, plain: FloatArray, soft: BoolArray) -> LesionSize:
    """Size of where ``excess`` (nz, nv, nu) is at or above 0: metal counts for the extent, ``soft`` cells alone for the volume.

    ``plain`` is the excess without regard to bone, which ``soft`` leaves out of the volume. The boundary is found where it crosses the grid's lines, straight between centres. ``width_mm`` is the largest distance of two
    points of one section across z, mirror images included.
    """
    if not (soft & (excess >= 0.0)).any():
        return LesionSize(0.0, 0.0, 0.0, 0.0)
    width = 0.0
    across = [_crossings(grid, excess, axis) for axis in (0, 1)]
    for k in range(grid.shape[0]):
        points = np.concatenate([found[rows == k, :2] for found, rows in across])
        if len(points):
            width = max(width, _farthest(_mirrored(points, grid.mirror_u)))
    z = _crossings(grid, excess, 2)[0][:, 2]
    volume = float((_part_inside(plain) * grid.volumes_mm3 * soft).sum()) * grid.copies
    return LesionSize(width, float(z.max() - z.min()), max(0.0, -float(z.min())), volume)


def radii_mm(grid: SolidGrid, excess: FloatArray, z_mm: float, reach_mm: float = 30.0) -> dict[str, float]:
    """Distance from the axis to the boundary at ``z_mm``: away from the bone (+x), toward it and to the side; 0 where the axis is outside."""
    s = np.arange(0.0, reach_mm, _RAY_STEP_MM)
    result = {}
    for name, (x, y) in _RAYS.items():
        line = trilinear(grid, excess, np.stack([s * x, s * y, np.full_like(s, z_mm)], axis=-1))
        out = np.flatnonzero(line < 0.0)
        n = int(out[0]) if out.size else len(s) - 1
        result[name] = 0.0 if n == 0 else float(s[n - 1] + _RAY_STEP_MM * line[n - 1] / (line[n - 1] - line[n]))
    return result


def _crossings(grid: SolidGrid, excess: FloatArray, axis: int) -> tuple[FloatArray, FloatArray]:
    """(n, 3) points where the boundary crosses lines along an axis (0: u, 1: v, 2: z), and the row in z of each."""
    dim = 2 - axis
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[dim], high[dim] = slice(None, -1), slice(1, None)
    a, b = excess[tuple(low)], excess[tuple(high)]
    k, j, i = np.nonzero((a >= 0.0) != (b >= 0.0))
    part = a[k, j, i] / (a[k, j, i] - b[k, j, i])
    index = [i, j, k]
    places = []
    for n, centres in enumerate(grid.mids):
        at = centres[index[n]]
        places.append(at + part * (centres[index[n] + 1] - at) if n == axis else at)
    return grid.positions_mm(*places), k


def _mirrored(points: FloatArray, mirror_x: bool) -> FloatArray:
    points = np.concatenate([points, points * [1.0, -1.0]])
    return np.concatenate([points, points * [-1.0, 1.0]]) if mirror_x else points


def _farthest(points: FloatArray) -> float:
    """Largest distance of two points: of those that lie outermost in any of many directions."""
    angle = np.linspace(0.0, np.pi, 91)
    shadow = points @ np.stack([np.cos(angle), np.sin(angle)])
    return float((shadow.max(axis=0) - shadow.min(axis=0)).max())


def _part_inside(excess: FloatArray) -> FloatArray:
    """(nz, nv, nu) part of every cell that is inside, as of a plane through it."""
    steep = np.zeros_like(excess)
    for axis in range(3):
        steep += 0.5 * np.abs(np.gradient(excess, axis=axis))
    return np.asarray(np.clip(0.5 + 0.5 * excess / np.maximum(steep, 1e-12), 0.0, 1.0))
