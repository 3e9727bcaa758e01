"""Extent of the warm or dead region around a pair, finer than the cells."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion.axisymmetric_size import peak
from rfplan.lesion.lesion import LesionSize
from rfplan.lesion.solid import SolidGrid

_PER_CELL = 4
_SECANTS = 5


def region_size(grid: SolidGrid, excess: FloatArray, soft: BoolArray) -> LesionSize:
    """Size of where ``excess`` (nz, nv, nu) is at or above 0; metal counts for the extent, not for the volume.

    The boundary is found where it crosses the grid's lines, by cubics, with lines added between those of v. ``width_mm`` is the largest
    distance of two points of one section across z, mirror images included.
    """
    if not (soft & (excess >= 0.0)).any():
        return LesionSize(0.0, 0.0, 0.0, 0.0)
    u, v, z = grid.mids
    between, fine = _finer(v, excess)
    (k, j, at_u), (row_z, column_j, at_z) = (
        _crossings(fine, u),
        _crossings(np.ascontiguousarray(fine.transpose(2, 1, 0)), z),
    )
    across = grid.positions_mm(at_u, between[j], z[k])[:, :2]
    along = grid.positions_mm(u[row_z], between[column_j], at_z)
    widths = np.array([_farthest(across[k == row], grid.mirror_u) for row in range(len(z))])
    low, high = float(along[:, 2].min()), float(along[:, 2].max())
    volume = float((_part_inside(excess) * grid.volumes_mm3 * soft).sum()) * grid.copies
    return LesionSize(peak(z, widths), high - low, max(0.0, -low), volume)


def _finer(v: FloatArray, field: FloatArray) -> tuple[FloatArray, FloatArray]:
    """More places along v from mirror plane to mirror plane, and the field (nz, n, nu) there: splines, even at both ends."""
    around = np.concatenate([-v[1::-1], v, 2.0 * np.pi - v[:-3:-1]])
    even = np.concatenate([field[:, 1::-1], field, field[:, :-3:-1]], axis=1)
    places = np.concatenate([[0.0], v, [np.pi]])
    count = _PER_CELL * (len(places) - 1)
    between = np.interp(np.linspace(0.0, len(places) - 1.0, count + 1), np.arange(len(places)), places)
    return between, np.asarray(CubicSpline(around, even, axis=1)(between))


def _crossings(field: FloatArray, x: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Rows, columns and places (of ``x``) where (.., .., n) lines along the last axis pass 0, by the cubic through four samples."""
    k, j, i = np.nonzero((field[..., :-1] >= 0.0) != (field[..., 1:] >= 0.0))
    stencil = np.clip(i - 1, 0, len(x) - 4)[:, None] + np.arange(4)
    at, values = x[stencil], field[k[:, None], j[:, None], stencil]

    def cubic(place: FloatArray) -> FloatArray:
        total = np.zeros_like(place)
        for n in range(4):
            weight = np.ones_like(place)
            for m in range(4):
                if m != n:
                    weight *= (place - at[:, m]) / (at[:, n] - at[:, m])
            total += weight * values[:, n]
        return total

    low, high = x[i], x[i + 1]
    below, above = field[k, j, i], field[k, j, i + 1]
    place = low + (high - low) * below / (below - above)
    for _ in range(_SECANTS):
        # false position, whose bracket never loses the zero
        value = cubic(place)
        same = (value >= 0.0) == (below >= 0.0)
        low, below = np.where(same, place, low), np.where(same, value, below)
        high, above = np.where(same, high, place), np.where(same, above, value)
        place = low + (high - low) * below / np.where(below == above, 1.0, below - above)
    return k, j, place


def _farthest(points: FloatArray, mirror_x: bool) -> float:
    """Largest distance of two points of (n, 2), mirror images included: the longest of their shadows in many directions."""
    if len(points) == 0:
        return 0.0
    points = np.concatenate([points, points * [1.0, -1.0]])
    if mirror_x:
        points = np.concatenate([points, points * [-1.0, 1.0]])
    angle = np.linspace(0.0, np.pi, 91)
    shadow = points @ np.stack([np.cos(angle), np.sin(angle)])
    return float((shadow.max(axis=0) - shadow.min(axis=0)).max())


def _part_inside(excess: FloatArray) -> FloatArray:
    """(nz, nv, nu) part of every cell that is inside, as of a plane through it."""
    steep = np.zeros_like(excess)
    for axis in range(3):
        steep += 0.5 * np.abs(np.gradient(excess, axis=axis))
    return np.asarray(np.clip(0.5 + 0.5 * excess / np.maximum(steep, 1e-12), 0.0, 1.0))
