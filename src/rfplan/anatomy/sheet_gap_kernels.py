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
def _slope(low: float, here: float, high: float, spacing: float) -> float:
    """Slope at a place between two others, either of which may be missing."""
    before, after = low == low, high == high
    rise = (high if after else here) - (low if before else here)
    return rise / (2.0 * spacing if before and after else spacing)


@plain
def slopes_of(held: FloatArray, spacing: float) -> FloatArray:
    """(ni, nj, 2) slopes of a sheet at its nodes, one-sided at its edge."""
    ni, nj = held.shape
    slopes = np.empty((ni, nj, 2))
    for i in range(ni):
        before, after = max(i - 1, 0), min(i + 1, ni - 1)
        for j in range(nj):
            here = held[i, j]
            low, high = held[before, j] if i > 0 else np.nan, held[after, j] if i + 1 < ni else np.nan
            slope = _slope(low, here, high, spacing)
            slopes[i, j, 0] = slope if here == here else 0.0
        for j in range(1, nj - 1):
            here = held[i, j]
            slope = _slope(held[i, j - 1], here, held[i, j + 1], spacing)
            slopes[i, j, 1] = slope if here == here else 0.0
        for j in (0, nj - 1):
            here = held[i, j]
            low, high = held[i, j - 1] if j > 0 else np.nan, held[i, j + 1] if j + 1 < nj else np.nan
            slopes[i, j, 1] = _slope(low, here, high, spacing) if here == here else 0.0
    return slopes


@kernel
def _raise(row: FloatArray, other: FloatArray) -> None:
    for j in range(row.shape[0]):
        row[j] = max(row[j], other[j])


@kernel
def tops_of(held: FloatArray, slopes: FloatArray, spacing: float, far: float) -> FloatArray:
    """(ni, nj) highest place of a sheet, at the corners of its tangent planes, within ``far`` and a step of each node; far below
    everything where there is none."""
    ni, nj = held.shape
    reach = int(np.ceil(far / spacing)) + 1
    wide = 2 * reach + 1
    # from one node on, then from two, from four: the highest of ever wider stretches
    tops = np.full((ni + wide, nj + wide), -1e9)
    for i in range(ni):
        for j in range(nj):
            if np.isfinite(held[i, j]):
                corner = 0.5 * spacing * (abs(slopes[i, j, 0]) + abs(slopes[i, j, 1]))
                tops[i + reach, j + reach] = held[i, j] + corner
    width = 1
    while width < wide:
        step = min(width, wide - width)
        for i in range(ni + wide):
            _raise(tops[i, : nj + wide - step], tops[i, step:])
        for i in range(ni + wide - step):
            _raise(tops[i], tops[i + step])
        width += step
    return tops[:ni, :nj].copy()


@kernel
def sheet_of(held: FloatArray, slopes: FloatArray, spacing: float, far: float) -> FloatArray:
    """(ni, nj, 4) heights, both slopes, and the highest places within ``far``, beside each other as distances need them."""
    ni, nj = held.shape
    sheet, tops = np.empty((ni, nj, 4)), tops_of(held, slopes, spacing, far)
    for i in range(ni):
        for j in range(nj):
            sheet[i, j, 0], sheet[i, j, 1], sheet[i, j, 2] = held[i, j], slopes[i, j, 0], slopes[i, j, 1]
            sheet[i, j, TOP] = tops[i, j]
    return sheet
