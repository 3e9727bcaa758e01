"""Compiled chart of a dorsal sheet: refined, bridged over its foramina and smoothed as the chart of a mesh is."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel

_GROWN_MM = 1.0
_ROUNDS, _STILL_MM = 60, 0.002
_OVER = 1.6
_SIGMA_MM = 1.2
_TRUE_WITHIN_MM = 0.4
_GAP_MM = 2.5
_NOTCH_ROWS_MM, _NOTCH_ROUNDS = 36.0, 12


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


@kernel
def _inside(rim: FloatArray, x: float, y: float) -> tuple[bool, float]:
    """Whether (x, y) is inside a ring in the plane, and its squared distance from it."""
    inside, nearest = False, 1e30
    n = rim.shape[0]
    for k in range(n):
        ax, ay = rim[k, 0], rim[k, 1]
        bx, by = rim[(k + 1) % n, 0], rim[(k + 1) % n, 1]
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            inside = not inside
        dx, dy = bx - ax, by - ay
        share = ((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12)
        share = min(max(share, 0.0), 1.0)
        gap = (ax + share * dx - x) ** 2 + (ay + share * dy - y) ** 2
        nearest = min(nearest, gap)
    return inside, nearest


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
    """Stretch a membrane over ``nodes`` (n, 2) of the sheet, held by what is around them."""
    for _ in range(_ROUNDS):
        most = 0.0
        for n in range(nodes.shape[0]):
            i, j = nodes[n, 0], nodes[n, 1]
            total, count = 0.0, 0
            for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                if np.isfinite(held[i + di, j + dj]):
                    total += held[i + di, j + dj]
                    count += 1
            if count > 0:
                change = _OVER * (total / count - held[i, j])
                held[i, j] += change
                most = max(most, abs(change))
        if most < _STILL_MM:
            break


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
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                if not np.isfinite(held[i, j]):
                    continue
                off = sqrt((lateral_0 + i * spacing - x) ** 2 + (caudal_0 + j * spacing - y) ** 2)
                if off > largest + _GROWN_MM:
                    continue
                if off > least:
                    within, gap = _inside(rims[n], lateral_0 + i * spacing, caudal_0 + j * spacing)
                    if not within and gap > _GROWN_MM * _GROWN_MM:
                        continue
                opened[i, j] = True
                nodes[there, 0], nodes[there, 1] = i, j
                there += 1
        _stretch(held, nodes[:there])
    carried = held.copy()
    _close_notches(carried, opened, spacing)
    return held, _smoothed(carried, opened, spacing)


@kernel
def _is_beside(held: FloatArray, i: int, j: int, reach: int, square: float) -> bool:
    """Whether the sheet comes as near to a node as the root of ``square`` steps, at most ``reach``."""
    ni, nj = held.shape
    for p in range(max(-reach, -i), min(reach, ni - 1 - i) + 1):
        for q in range(max(-reach, -j), min(reach, nj - 1 - j) + 1):
            if p * p + q * q <= square and np.isfinite(held[i + p, j + q]):
                return True
    return False


@kernel
def _close_notches(held: FloatArray, opened: BoolArray, spacing: float) -> None:
    """Carry the sheet over narrow notches of its edge, as the outline of a meshed bone does: where a disc of 2.5 mm does not reach in."""
    ni, nj = held.shape
    reach = int(np.floor(_GAP_MM / spacing))
    square = (_GAP_MM / spacing) ** 2
    # only along the upper edge, where the groove of L5 opens
    rows = min(nj, int(_NOTCH_ROWS_MM / spacing))
    near = np.zeros((ni, rows), dtype=np.bool_)
    for i in range(ni):
        for j in range(rows):
            near[i, j] = np.isfinite(held[i, j]) or _is_beside(held, i, j, reach, square)
    filled = np.zeros((ni, rows), dtype=np.bool_)
    for i in range(reach, ni - reach):
        for j in range(reach, rows - reach):
            if np.isfinite(held[i, j]) or not near[i, j]:
                continue
            whole = True
            for p in range(-reach, reach + 1):
                for q in range(-reach, reach + 1):
                    if p * p + q * q <= square and not near[i + p, j + q]:
                        whole = False
            filled[i, j] = whole
    for _ in range(_NOTCH_ROUNDS):
        for i in range(1, ni - 1):
            for j in range(1, rows - 1):
                if filled[i, j]:
                    total, count = 0.0, 0
                    for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                        if np.isfinite(held[i + di, j + dj]):
                            total += held[i + di, j + dj]
                            count += 1
                    if count > 0:
                        held[i, j] = total / count
                        opened[i, j] = True


@kernel
def _add(row: FloatArray, weight: float, other: FloatArray) -> None:
    for j in range(row.shape[0]):
        row[j] += weight * other[j]


@kernel
def _smoothed(held: FloatArray, opened: BoolArray, spacing: float) -> FloatArray:
    ni, nj = held.shape
    reach = int(np.ceil(3.2 * _SIGMA_MM / spacing))
    # what is missing counts as nothing, so that the sums run without questions
    there, known = np.zeros((ni, nj)), np.zeros((ni, nj))
    for i in range(ni):
        for j in range(nj):
            if np.isfinite(held[i, j]):
                there[i, j], known[i, j] = held[i, j], 1.0
    total, share = np.zeros((2, ni, nj)), np.zeros((2, ni, nj))
    for k in range(-reach, reach + 1):
        weight = exp(-0.5 * (k * spacing / _SIGMA_MM) ** 2)
        low, high = max(0, -k), min(nj, nj - k)
        for i in range(ni):
            _add(total[0, i, low:high], weight, there[i, low + k : high + k])
            _add(share[0, i, low:high], weight, known[i, low + k : high + k])
    for k in range(-reach, reach + 1):
        weight = exp(-0.5 * (k * spacing / _SIGMA_MM) ** 2)
        for i in range(max(0, -k), min(ni, ni - k)):
            _add(total[1, i], weight, total[0, i + k])
            _add(share[1, i], weight, share[0, i + k])
    smooth = np.full((ni, nj), np.nan)
    for i in range(ni):
        for j in range(nj):
            if known[i, j] == 0.0:
                continue
            value = total[1, i, j] / share[1, i, j]
            if not opened[i, j]:
                value = min(max(value, held[i, j] - _TRUE_WITHIN_MM), held[i, j] + _TRUE_WITHIN_MM)
            smooth[i, j] = value
    return smooth
