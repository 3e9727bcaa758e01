"""Compiled way of a needle out through the skin, and the skin's profile."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_form_kernels import cell_of, cubic, pchip
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel, kernel_with

_in_any_order = kernel_with(error_model="numpy", fastmath={"contract", "nsz", "reassoc"})
"""For sums of finite numbers: many of them are added at a time."""


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


@_in_any_order
def _weighted(weights: FloatArray, heights: FloatArray, first: int) -> float:
    total = 0.0
    for k in range(weights.shape[0]):
        total += weights[k] * heights[first + k]
    return total


@kernel
def bridged_through(places: FloatArray, heights: FloatArray, at: FloatArray, weights: FloatArray) -> FloatArray:
    """(p, n) heights at ``at`` (n,) of p monotone curves through ``heights`` (p, k) at rising ``places`` (p, k), each averaged with the
    ``weights`` (2 r + 1,) of what lies up to r mm before and behind.

    A curve is known every millimetre from its first place to its last, straight between, and level beyond both.
    """
    result, reach = np.empty((places.shape[0], at.shape[0])), weights.shape[0] // 2
    for p in range(places.shape[0]):
        first, last = places[p, 0], places[p, -1]
        count = int(np.ceil(last + 1.0 - first))
        even = np.empty(count)
        for k in range(count):
            even[k] = min(first + k, last)
        drawn = np.empty(count + 2 * reach)
        drawn[reach : reach + count] = monotone_through(places[p], heights[p], even)
        drawn[:reach], drawn[reach + count :] = drawn[reach], drawn[reach + count - 1]
        for n in range(at.shape[0]):
            place = min(max(at[n] - first, 0.0), count - 1.0)
            k = min(int(place), count - 2)
            low, high = _weighted(weights, drawn, k), _weighted(weights, drawn, k + 1)
            result[p, n] = low + (place - k) * (high - low)
    return result


@kernel
def fill_both_halves(half: FloatArray, middle: FloatArray, rows: IntArray, fields: FloatArray) -> None:
    """Fill the first ``rows`` (p,) of the height ``fields`` (p, n, m): both sides are as ``half`` (p, h, m) from the midline to one side,
    over the ``middle`` (p, m)."""
    count, _, m = half.shape
    for p in range(count):
        centre = rows[p] // 2
        for i in range(centre + 1):
            for j in range(m):
                height = middle[p, j] + half[p, i, j]
                fields[p, centre + i, j] = height
                fields[p, centre - i, j] = height
