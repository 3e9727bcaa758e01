"""Values from a grid that wraps the needle at places across and along it."""

from __future__ import annotations

from typing import Final

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.wrapped_grid import WrappedGrid

SHOWN: Final = Accuracy("shown", 6.0, 1.16, 8.0, 1.0, 1.0)
"""Cells of the fields that a result keeps for lookups, surfaces and files; the steps do not matter."""

_LEAST_DOSE = 1e-12
_TEMPERATURES = ("end_c", "peak_c")


def at_section(
    grid: WrappedGrid, radius_mm: float, values: FloatArray, r_mm: FloatArray, z_mm: FloatArray
) -> FloatArray:
    """(n, ...) values at (n,) places ``r_mm`` from the axis and ``z_mm`` along it, of cells ``values`` (nz, nr, ...).

    Cubic, in ln r outwards and in the way along the metal's surface, which is ``radius_mm`` from the axis; straight in the metal.
    """
    a = float(grid.z_edges[0])
    tip = z_mm < a
    away = np.where(tip, np.hypot(r_mm, z_mm - a), r_mm)
    along = np.where(tip, np.arctan2(r_mm, np.minimum(z_mm - a, 0.0) * -1.0) * a, z_mm - a + 0.5 * np.pi * a)
    rows = np.concatenate([grid.angle_mid * a, grid.slice_mid - a + 0.5 * np.pi * a])
    metal = int(np.count_nonzero(grid.r_mid < radius_mm))
    outward = np.log(np.maximum(away, grid.r_mid[0]))
    centres = np.log(grid.r_mid)
    j, row_weights = _stencil(rows, along, 4)
    i, weights = _stencil(centres[metal:], outward, 4)
    i = i + metal
    inner, inner_weights = _stencil(centres[:metal], outward, 2)
    inside = away < radius_mm
    i[inside] = np.minimum(inner[inside, :1] + np.arange(4), metal - 1)
    weights[inside] = 0.0
    weights[inside, :2] = inner_weights[inside]
    total: FloatArray = np.zeros((len(r_mm), *values.shape[2:]))
    for p in range(4):
        for q in range(4):
            weight = (row_weights[:, p] * weights[:, q]).reshape(-1, *([1] * (values.ndim - 2)))
            total += weight * values[j[:, p], i[:, q]]
    return total


def resampled(
    grid: WrappedGrid, radius_mm: float, fields: dict[str, FloatArray], r_mm: FloatArray, z_mm: FloatArray
) -> dict[str, FloatArray]:
    """Fields by name, (nz, nr, ...) of the grid, at all pairs of ``z_mm`` (n,) and ``r_mm`` (m,): (n, m, ...); doses by their logarithm."""
    z, r = (axis.ravel() for axis in np.meshgrid(z_mm, r_mm, indexing="ij"))
    names = list(fields)
    stack = np.stack(
        [fields[n] if n in _TEMPERATURES else np.log(np.maximum(fields[n], _LEAST_DOSE)) for n in names], axis=-1
    )
    # far away the grid is coarser than what is asked for, and a cubic may swing
    low, high = stack.min(axis=(0, 1)), stack.max(axis=(0, 1))
    found = np.clip(at_section(grid, radius_mm, stack, r, z), low, high).reshape(len(z_mm), len(r_mm), *stack.shape[2:])
    if {"end_c", "peak_c"} <= fields.keys():
        # a cubic knows nothing of what is never the hotter one
        peak = names.index("peak_c")
        found[..., peak] = np.maximum(found[..., peak], found[..., names.index("end_c")])
    return {name: found[..., n] if name in _TEMPERATURES else np.exp(found[..., n]) for n, name in enumerate(names)}


def _stencil(centres: FloatArray, at: FloatArray, count: int) -> tuple[IntArray, FloatArray]:
    """(n, count) samples around (n,) places, and the weights of the polynomial through them; beyond the last centre that of the end."""
    at = np.minimum(at, centres[-1])
    count = min(count, len(centres))
    first = np.clip(np.searchsorted(centres, at) - count // 2, 0, len(centres) - count)
    index = first[:, None] + np.arange(count)
    x = centres[index]
    weights = np.ones_like(x)
    for n in range(count):
        for m in range(count):
            if m != n:
                weights[:, n] *= (at - x[:, m]) / (x[:, n] - x[:, m])
    return np.asarray(index, dtype=np.int64), weights
