"""Compiled distances from a dorsal sheet: heights with their slopes, and the nearest place of the sheet to a point."""

from __future__ import annotations

from math import sqrt

import numpy as np

from rfplan.anatomy.bell_kernels import plain
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

TOP = 3
_FEET, _INWARD, _STRIDE = 3, 8, 3.0
"""How many patches a foot is looked for on, how many columns inward the sheet is looked for beside its edge, and the longest step, in
nodes."""


@kernel
def gap_to_sheet(
    sheet: FloatArray, lateral_0: float, caudal_0: float, spacing: float, far: float, enough: float, x: float, y: float, z: float
) -> tuple[float, int, int]:  # fmt: skip
    """Signed distance of a chart point from a sheet, negative under it, cut off at ``far``, and the node it is nearest to (-1: none).
    Below ``enough`` it is only known to be so.

    ``sheet`` (ni, nj, 4) as :func:`sheet_of` gives it; the lateral coordinate is that of the side of the sheet, which about each node is
    taken as its tangent plane.
    """
    ni, nj, _ = sheet.shape
    u, v = (x - lateral_0) / spacing, (y - caudal_0) / spacing
    i, j = int(np.floor(u + 0.5)), int(np.floor(v + 0.5))
    if z > sheet[min(max(i, 0), ni - 1), min(max(j, 0), nj - 1), TOP] + far:
        return far, -1, -1
    nearest, under = far * far, False
    half, at_p, at_q = 0.5 * spacing, -1, -1
    if 0 <= i < ni and 0 <= j < nj and np.isfinite(sheet[i, j, 0]):
        a, b, c = (u - i) * spacing, (v - j) * spacing, z - sheet[i, j, 0]
        under = c < sheet[i, j, 1] * a + sheet[i, j, 2] * b
        square = _square_from(sheet, i, j, a, b, c, half, nearest)
        if square < nearest:
            nearest, at_p, at_q = square, i, j
        if enough > 0.0 and (under or nearest < enough * enough):
            return (-sqrt(nearest) if under else sqrt(nearest)), at_p, at_q
    # from the column under the point outward, as far as what was found leaves to find
    for turn in range(2 * int(np.ceil(far / spacing)) + 1):
        ring = (turn + 1) // 2
        if ring > 1 and ((ring - 1) * spacing) ** 2 > nearest:
            break
        p = i + ring if turn % 2 == 1 else i - ring
        aside = max(abs(u - p) * spacing - half, 0.0)
        if aside * aside > nearest:
            continue
        if p < 0 or p >= ni:
            continue
        reach = (sqrt(nearest - aside * aside) + half) / spacing
        for q in range(max(int(np.ceil(v - reach)), 0), min(int(np.floor(v + reach)), nj - 1) + 1):
            square = _square_from(sheet, p, q, (u - p) * spacing, (v - q) * spacing, z - sheet[p, q, 0], half, nearest)
            if square < nearest:
                nearest, at_p, at_q = square, p, q
        if enough > 0.0 and nearest < enough * enough:
            break
    return (-sqrt(nearest) if under else sqrt(nearest)), at_p, at_q


@kernel
def _square_from(sheet: FloatArray, p: int, q: int, a: float, b: float, c: float, half: float, nearest: float) -> float:
    """The square of the distance of (a, b, c) from the patch about a node, looked at only where its plane is nearer than ``nearest``."""
    hx, hy = sheet[p, q, 1], sheet[p, q, 2]
    size, off = 1.0 + hx * hx + hy * hy, c - hx * a - hy * b
    # a node beside the bone fails this too
    if not off * off <= nearest * size:
        return np.inf
    t = off / size
    du, dv = min(max(a + hx * t, -half), half), min(max(b + hy * t, -half), half)
    square: float = (a - du) ** 2 + (b - dv) ** 2 + (c - hx * du - hy * dv) ** 2
    return square


@kernel
def gap_by_foot(
    sheet: FloatArray, lateral_0: float, caudal_0: float, spacing: float, far: float, x: float, y: float, z: float
) -> float:  # fmt: skip
    """:func:`gap_to_sheet` at a fraction of its time and never below it: the nearest place is looked for from the column under the point,
    patch by patch to the foot on the last one's plane. A few tenths too much where another part of an uneven sheet is nearer."""
    ni, nj, _ = sheet.shape
    u, v = (x - lateral_0) / spacing, (y - caudal_0) / spacing
    i, j = min(max(int(np.floor(u + 0.5)), 0), ni - 1), min(max(int(np.floor(v + 0.5)), 0), nj - 1)
    for _ in range(_INWARD):
        if np.isfinite(sheet[i, j, 0]) or i == 0:
            break
        i -= 1
    nearest, under, half = far * far, False, 0.5 * spacing
    for turn in range(_FEET):
        if not np.isfinite(sheet[i, j, 0]):
            break
        a, b, c = (u - i) * spacing, (v - j) * spacing, z - sheet[i, j, 0]
        hx, hy = sheet[i, j, 1], sheet[i, j, 2]
        t = (c - hx * a - hy * b) / (1.0 + hx * hx + hy * hy)
        if turn == 0:
            under = t < 0.0 and abs(a) <= half and abs(b) <= half
        foot_x, foot_y = a + hx * t, b + hy * t
        du, dv = min(max(foot_x, -half), half), min(max(foot_y, -half), half)
        nearest = min(nearest, (a - du) ** 2 + (b - dv) ** 2 + (c - hx * du - hy * dv) ** 2)
        p = i + int(np.floor(min(max(foot_x / spacing, -_STRIDE), _STRIDE) + 0.5))
        q = j + int(np.floor(min(max(foot_y / spacing, -_STRIDE), _STRIDE) + 0.5))
        p, q = min(max(p, 0), ni - 1), min(max(q, 0), nj - 1)
        if p == i and q == j:
            break
        i, j = p, q
    return -sqrt(nearest) if under else sqrt(nearest)


@kernel
def way_to_sheet(
    sheet: FloatArray, lateral_0: float, caudal_0: float, spacing: float, far: float, x: float, y: float, z: float, way: FloatArray
) -> float:  # fmt: skip
    """:func:`gap_to_sheet`, and in ``way`` (3,) the direction in which it grows, a unit vector; nothing where it is cut off."""
    gap, p, q = gap_to_sheet(sheet, lateral_0, caudal_0, spacing, far, -1.0, x, y, z)
    way[:] = 0.0
    if p < 0:
        return gap
    a, b, c = x - lateral_0 - p * spacing, y - caudal_0 - q * spacing, z - sheet[p, q, 0]
    hx, hy, half = sheet[p, q, 1], sheet[p, q, 2], 0.5 * spacing
    t = (c - hx * a - hy * b) / (1.0 + hx * hx + hy * hy)
    du, dv = min(max(a + hx * t, -half), half), min(max(b + hy * t, -half), half)
    way[0], way[1], way[2] = a - du, b - dv, c - hx * du - hy * dv
    size = sqrt(way[0] ** 2 + way[1] ** 2 + way[2] ** 2)
    if size > 1e-9:
        way *= (-1.0 if gap < 0.0 else 1.0) / size
    return gap


@plain
def _between(low: FloatArray, row: FloatArray, high: FloatArray, spacing: float, slopes: FloatArray) -> None:
    """Fill (nj,) slopes of a ``row`` from the places before and behind each; NaN is none."""
    for j in range(row.shape[0]):
        here, after, before = row[j], high[j], low[j]
        # without branches, so that several are told at once
        one, other = 1.0 if after == after else 0.0, 1.0 if before == before else 0.0
        rise = (after if after == after else here) - (before if before == before else here)
        slope = rise / (max(one + other, 1.0) * spacing)
        slopes[j] = slope if here == here else 0.0


@kernel
def _raise(row: FloatArray, other: FloatArray) -> None:
    for j in range(row.shape[0]):
        row[j] = max(row[j], other[j])


@kernel
def _spread(tops: FloatArray, wide: int) -> None:
    """Raise each place of ``tops`` to the highest of the square of ``wide`` places a side that begins at it."""
    ni, nj = tops.shape
    # from one place on, then from two, from four: the highest of ever wider stretches
    width = 1
    while width < wide:
        step = min(width, wide - width)
        for i in range(ni):
            _raise(tops[i, : nj - step], tops[i, step:])
        for i in range(ni - step):
            _raise(tops[i], tops[i + step])
        width += step


@kernel
def fill_sheet(held: FloatArray, spacing: float, far: float, sheet: FloatArray) -> float:
    """Fill (ni, nj, 4) with the heights ``held`` (ni, nj), both slopes, one-sided at the edge, and the highest places within ``far``,
    beside each other as distances need them; returns the highest of all.

    The highest places are those of the tangent planes' corners, told for squares of two by two nodes, so that some lie up to a node
    beyond ``far`` and a step; far below everything where there is none.
    """
    ni, nj = held.shape
    reach = (int(np.ceil(far / spacing)) + 2) // 2
    wide = 2 * reach + 1
    tops, none = np.full(((ni + 1) // 2 + wide, (nj + 1) // 2 + wide), -1e9), np.full(nj, np.nan)
    row, across, along, highest = np.full(nj + 2, np.nan), np.empty(nj), np.empty(nj), -1e9
    for i in range(ni):
        row[1 : nj + 1] = held[i]
        _between(held[i - 1] if i > 0 else none, held[i], held[i + 1] if i + 1 < ni else none, spacing, across)
        _between(row[:nj], held[i], row[2:], spacing, along)
        for j in range(nj):
            sheet[i, j, 0], sheet[i, j, 1], sheet[i, j, 2] = held[i, j], across[j], along[j]
            corner = held[i, j] + 0.5 * spacing * (abs(across[j]) + abs(along[j]))
            p, q = i // 2 + reach, j // 2 + reach
            # no comparison holds for a missing one
            if corner > tops[p, q]:
                tops[p, q] = corner
                highest = max(highest, corner)
    _spread(tops, wide)
    for i in range(ni):
        for j in range(nj):
            sheet[i, j, TOP] = tops[i // 2, j // 2]
    return highest


@kernel
def sheet_of(held: FloatArray, spacing: float, far: float) -> FloatArray:
    """(ni, nj, 4) sheet of the heights ``held`` (ni, nj), as :func:`fill_sheet` fills it."""
    sheet = np.empty((held.shape[0], held.shape[1], 4))
    fill_sheet(held, spacing, far, sheet)
    return sheet
