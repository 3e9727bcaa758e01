"""Compiled way of a needle out through the skin, and the skin's profile."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_form_kernels import cell_of, cubic, pchip
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel


@kernel
def _depth(grid: FloatArray, lateral_0: float, caudal_0: float, spacing: float, x: float, y: float, z: float) -> float:
    u = min(max((x - lateral_0) / spacing, 0.0), grid.shape[0] - 1.000001)
    v = min(max((y - caudal_0) / spacing, 0.0), grid.shape[1] - 1.000001)
    i, j = int(u), int(v)
    s, t = u - i, v - j
    low = grid[i, j] * (1 - s) + grid[i + 1, j] * s
    high = grid[i, j + 1] * (1 - s) + grid[i + 1, j + 1] * s
    depth: float = low * (1 - t) + high * t - z
    return depth


@kernel
def entry_along(
    grid: FloatArray,
    tip: FloatArray,
    axis: FloatArray,
    lateral_0: float,
    caudal_0: float,
    spacing: float,
    longest: float,
) -> float:
    """Distance along ``axis`` at which a line from ``tip`` leaves the body; negative where it does not, or begins outside.

    Both in the axes of the skin (lateral, caudal, outward); ``grid`` (ni, nj) its heights, clamped to their edge; mm.
    """
    steps = int(np.ceil(longest))
    for k in range(steps):
        if (
            _depth(grid, lateral_0, caudal_0, spacing, tip[0] + k * axis[0], tip[1] + k * axis[1], tip[2] + k * axis[2])
            < 0.0
        ):
            if k == 0:
                return -1.0
            low, high = k - 1.0, k * 1.0
            for _ in range(40):
                m = 0.5 * (low + high)
                if (
                    _depth(
                        grid,
                        lateral_0,
                        caudal_0,
                        spacing,
                        tip[0] + m * axis[0],
                        tip[1] + m * axis[1],
                        tip[2] + m * axis[2],
                    )
                    < 0.0
                ):
                    high = m
                else:
                    low = m
            return 0.5 * (low + high)
    return -1.0


@kernel
def leaves_along(
    grid: FloatArray, tip: FloatArray, axis: FloatArray, lateral_0: float, caudal_0: float, spacing: float, longest: float
) -> bool:  # fmt: skip
    """Whether there is a distance that :func:`entry_along` finds."""
    if _depth(grid, lateral_0, caudal_0, spacing, tip[0], tip[1], tip[2]) < 0.0:
        return False
    # mostly the end is out, which tells it at once
    for k in range(int(np.ceil(longest)) - 1, 0, -1):
        if (
            _depth(grid, lateral_0, caudal_0, spacing, tip[0] + k * axis[0], tip[1] + k * axis[1], tip[2] + k * axis[2])
            < 0.0
        ):
            return True
    return False


@kernel
def monotone_through(places: FloatArray, heights: FloatArray, at: FloatArray) -> FloatArray:
    """(n,) heights at ``at`` (n,) of the monotone curve through (k,) ``heights`` at rising ``places``."""
    count = places.shape[0]
    cubics, result = np.empty(4 * (count - 1)), np.empty(at.shape[0])
    pchip(cubics, places, heights, 0)
    for n in range(at.shape[0]):
        cell = cell_of(places, 0, count, at[n])
        result[n] = cubic(cubics, 4 * cell, at[n] - places[cell])
    return result
