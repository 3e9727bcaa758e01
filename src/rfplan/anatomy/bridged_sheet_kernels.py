"""Compiled chart of a dorsal sheet: refined, bridged over its foramina and smoothed as the chart of a mesh is."""

from __future__ import annotations

from math import sqrt

import numpy as np

from rfplan.anatomy.bell_kernels import plain
from rfplan.anatomy.smoothed_sheet_kernels import smoothed
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel

_GROWN_MM = 1.0
_HELD = 1e-9
_GAP_MM = 2.5
_NOTCH_ROWS_MM, _NOTCH_ROUNDS = 36.0, 12
_MOST_BITS = 60


@kernel
def _through(a: float, b: float, c: float, d: float, u: float) -> float:
    """Cubic through four even places between the middle two; straight where an outer one is missing."""
    if not np.isfinite(a):
        a = 2.0 * b - c
    if not np.isfinite(d):
        d = 2.0 * c - b
    if u == 0.5:
        return 0.5625 * (b + c) - 0.0625 * (a + d)
    return b


@kernel
def refined(coarse: FloatArray) -> FloatArray:
    """(2 ni - 1, 2 nj - 1) heights on a grid of half the step; NaN where a neighbour that carries it is missing."""
    ni, nj = coarse.shape
    fine = np.full((2 * ni - 1, 2 * nj - 1), np.nan)
    for i in range(ni):
        for j in range(nj):
            fine[2 * i, 2 * j] = coarse[i, j]
            if j + 1 < nj:
                a = coarse[i, j - 1] if j > 0 else np.nan
                d = coarse[i, j + 2] if j + 2 < nj else np.nan
                fine[2 * i, 2 * j + 1] = _through(a, coarse[i, j], coarse[i, j + 1], d, 0.5)
    for i in range(ni - 1):
        for j in range(2 * nj - 1):
            a = fine[2 * i - 2, j] if i > 0 else np.nan
            d = fine[2 * i + 4, j] if i + 2 < ni else np.nan
            fine[2 * i + 1, j] = _through(a, fine[2 * i, j], fine[2 * i + 2, j], d, 0.5)
    return fine


@plain
def _sides_of(rim: FloatArray) -> FloatArray:
    """(6, k) sides of a ring in the plane: where they begin, how far they go, and what is divided by at every place asked about: their
    squared length and their rise."""
    n = rim.shape[0]
    sides = np.empty((6, n))
    for k in range(n):
        other = (k + 1) % n
        dx, dy = rim[other, 0] - rim[k, 0], rim[other, 1] - rim[k, 1]
        sides[0, k], sides[1, k], sides[2, k], sides[3, k] = rim[k, 0], rim[k, 1], dx, dy
        sides[4, k] = 1.0 / max(dx * dx + dy * dy, 1e-12)
        sides[5, k] = dx / dy if dy != 0.0 else 0.0
    return sides


@plain
def _is_beside(sides: FloatArray, x: float, y: float, most: float) -> bool:
    """Whether (x, y) is inside a ring in the plane, or no farther outside it than ``most``."""
    inside, nearest = 0, 1e30
    for k in range(sides.shape[1]):
        a, b, dx, dy = x - sides[0, k], y - sides[1, k], sides[2, k], sides[3, k]
        share = min(max((a * dx + b * dy) * sides[4, k], 0.0), 1.0)
        u, v = a - share * dx, b - share * dy
        nearest = min(nearest, u * u + v * v)
        # a side that a line from here to the right crosses
        inside ^= int((b < 0.0) != (b < dy)) & int(a < b * sides[5, k])
    return inside == 1 or nearest <= most * most


@kernel
def _ring_about(rim: FloatArray) -> tuple[float, float, float, float]:
    """Middle (x, y) of a ring, and two distances from it: what is nearer lies inside, what is farther outside."""
    n = rim.shape[0]
    x, y = np.sum(rim[:, 0]) / n, np.sum(rim[:, 1]) / n
    least, largest = 1e30, 0.0
    for k in range(n):
        ax, ay, bx, by = rim[k, 0] - x, rim[k, 1] - y, rim[(k + 1) % n, 0] - x, rim[(k + 1) % n, 1] - y
        size = sqrt((bx - ax) ** 2 + (by - ay) ** 2)
        # the line through a side is no farther off than the side
        least = min(least, (ax * by - ay * bx) / max(size, 1e-9))
        largest = max(largest, sqrt(ax * ax + ay * ay))
    return x, y, max(least, 0.0), largest


@kernel
def _stretch(held: FloatArray, nodes: IntArray) -> None:
    """Stretch a membrane over ``nodes`` (n, 2) of the sheet, column by column, held by what is around them.

    Laplace's equation on the grid, solved as the band that it is: by the factors of Cholesky.
    """
    n = nodes.shape[0]
    if n == 0:
        return
    first = nodes[0, 0] - 1
    number = np.full((nodes[n - 1, 0] - first + 2, held.shape[1]), -1, dtype=np.int64)
    wide = 1
    for k in range(n):
        i, j = nodes[k, 0] - first, nodes[k, 1]
        number[i, j] = k
        if number[i - 1, j] >= 0:
            wide = max(wide, k - number[i - 1, j])
    # row k holds what ties node k to the nodes k to k + wide
    band, height = np.zeros((n + wide, wide + 1)), np.zeros(n + wide)
    for k in range(n):
        i, j = nodes[k, 0], nodes[k, 1]
        for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            other = number[i + di - first, j + dj]
            if other >= 0:
                band[k, 0] += 1.0
                if other > k:
                    band[k, other - k] = -1.0
            elif np.isfinite(held[i + di, j + dj]):
                band[k, 0] += 1.0
                height[k] += held[i + di, j + dj]
    row = np.empty(wide + 1)
    for k in range(n):
        # an island that nothing holds stays where it is
        size = 1.0 / sqrt(band[k, 0]) if band[k, 0] > _HELD else 0.0
        for q in range(wide + 1):
            row[q] = band[k, q] * size
            band[k, q] = row[q]
        height[k] *= size
        for m in range(1, wide + 1):
            share = row[m]
            if share != 0.0:
                height[k + m] -= share * height[k]
                for q in range(wide + 1 - m):
                    band[k + m, q] -= share * row[m + q]
    for k in range(n - 1, -1, -1):
        if band[k, 0] > 0.0:
            for m in range(1, wide + 1):
                height[k] -= band[k, m] * height[k + m]
            height[k] /= band[k, 0]
            held[nodes[k, 0], nodes[k, 1]] = height[k]


@kernel
def bridge_over(
    sheet: FloatArray, lateral_0: float, caudal_0: float, spacing: float, rims: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The sheet with membranes over its foramina, and the same smoothed.

    ``rims`` (f, k, 3) chart coordinates. A membrane is held by the bone around it (Laplace's equation), as in ``bridge.bridge``.
    """
    ni, nj = sheet.shape
    held = sheet.copy()
    opened = np.zeros((ni, nj), dtype=np.bool_)
    for n in range(rims.shape[0]):
        low_l, high_l = rims[n, :, 0].min() - _GROWN_MM, rims[n, :, 0].max() + _GROWN_MM
        low_c, high_c = rims[n, :, 1].min() - _GROWN_MM, rims[n, :, 1].max() + _GROWN_MM
        i0, i1 = (
            max(int(np.ceil((low_l - lateral_0) / spacing)), 1),
            min(int(np.floor((high_l - lateral_0) / spacing)), ni - 2),
        )
        j0, j1 = (
            max(int(np.ceil((low_c - caudal_0) / spacing)), 1),
            min(int(np.floor((high_c - caudal_0) / spacing)), nj - 2),
        )
        nodes, there = np.empty((max((i1 - i0 + 1) * (j1 - j0 + 1), 0), 2), dtype=np.int64), 0
        x, y, least, largest = _ring_about(rims[n])
        sides = _sides_of(rims[n])
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                if not np.isfinite(held[i, j]):
                    continue
                off = sqrt((lateral_0 + i * spacing - x) ** 2 + (caudal_0 + j * spacing - y) ** 2)
                if off > largest + _GROWN_MM:
                    continue
                if off > least and not _is_beside(sides, lateral_0 + i * spacing, caudal_0 + j * spacing, _GROWN_MM):
                    continue
                opened[i, j] = True
                nodes[there, 0], nodes[there, 1] = i, j
                there += 1
        _stretch(held, nodes[:there])
    carried = held.copy()
    _close_notches(carried, opened, spacing)
    return held, smoothed(carried, opened, spacing)


@kernel
def _spread(rows: IntArray, i: int, reach: int, square: float) -> int:
    """The bits that lie no farther from a set one than the root of ``square``, in rows at most ``reach`` away from row ``i``."""
    near = 0
    for p in range(max(-reach, -i), min(reach, rows.shape[0] - 1 - i) + 1):
        bits = rows[i + p]
        near |= bits
        for q in range(1, int(sqrt(max(square - p * p, 0.0))) + 1):
            near |= (bits << q) | (bits >> q)
    return near


@kernel
def _close_notches(held: FloatArray, opened: BoolArray, spacing: float) -> None:
    """Carry the sheet over narrow notches of its edge, as the outline of a meshed bone does: where a disc of 2.5 mm does not reach in."""
    ni, nj = held.shape
    reach = int(np.floor(_GAP_MM / spacing))
    square = (_GAP_MM / spacing) ** 2
    # only along the upper edge, where the groove of L5 opens; a bit for each node of a row
    rows = min(nj, int(_NOTCH_ROWS_MM / spacing), _MOST_BITS)
    every = (1 << rows) - 1
    there, off = np.zeros(ni, dtype=np.int64), np.zeros(ni, dtype=np.int64)
    for i in range(ni):
        for j in range(rows):
            if np.isfinite(held[i, j]):
                there[i] |= 1 << j
    for i in range(ni):
        off[i] = ~_spread(there, i, reach, square) & every
    inner = every & ~((1 << reach) - 1) & ((1 << (rows - reach)) - 1)
    filled, count = np.empty((ni * rows, 2), dtype=np.int64), 0
    for i in range(reach, ni - reach):
        bits = ~there[i] & ~_spread(off, i, reach, square) & inner
        for j in range(rows):
            if bits >> j & 1:
                filled[count, 0], filled[count, 1] = i, j
                count += 1
    for _ in range(_NOTCH_ROUNDS):
        for n in range(count):
            i, j = filled[n, 0], filled[n, 1]
            total, known = 0.0, 0
            for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                if np.isfinite(held[i + di, j + dj]):
                    total += held[i + di, j + dj]
                    known += 1
            if known > 0:
                held[i, j] = total / known
                opened[i, j] = True
