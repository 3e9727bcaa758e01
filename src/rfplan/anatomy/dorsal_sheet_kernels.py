"""Compiled back of the parametric sacrum: its height along the beam, ray by ray, with the foramina filled up."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_field_kernels import sacrum_field
from rfplan.anatomy.sacrum_form_kernels import (
    ALONG, CENTRE, DORSAL, LEVELS, NODES, to_axis, to_view,
)  # fmt: skip
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_CLOSE_MM = 0.004
_OVER_MM = 14.0
_UNDER_MM = 26.0
_STEEP_MM = 3.0


@kernel
def field_on_beam(f: FloatArray, lateral: float, caudal: float, height: float, near: int, holes: bool) -> tuple[float, int]:
    """Field at a point of the chart, and the node of the axis nearest to it."""
    s, t, k = to_axis(f, caudal, height, near)
    return sacrum_field(f, abs(lateral), s, t, holes), k


@kernel
def highest(f: FloatArray, lateral: float, caudal: float, guess: float, near: int, holes: bool) -> tuple[float, int]:
    """Height at which the beam first meets bone, looked for from above; NaN where it meets none, and the node there."""
    height, k = guess + _OVER_MM, near
    value, k = field_on_beam(f, lateral, caudal, height, k, holes)
    while value < 0.0 and height < guess + 60.0:
        height += 4.0
        value, k = field_on_beam(f, lateral, caudal, height, k, holes)
    above, over = height, value
    while value > 0.0:
        above, over = height, value
        height -= max(0.8 * value, 0.15)
        if height < guess - _UNDER_MM:
            return np.nan, k
        value, k = field_on_beam(f, lateral, caudal, height, k, holes)
    for _ in range(30):
        if above - height < _CLOSE_MM:
            break
        share = over / (over - value)
        middle = above - min(max(share, 0.1), 0.9) * (above - height)
        at, k = field_on_beam(f, lateral, caudal, middle, k, holes)
        if at > 0.0:
            above, over = middle, at
        else:
            height, value = middle, at
    return above - over / (over - value) * (above - height), k


@kernel
def nearby(f: FloatArray, lateral: float, caudal: float, guess: float, near: int) -> tuple[float, int]:
    """The same where the height is known to be near ``guess``, with fewer questions; looked for from above where that fails."""
    value, k = field_on_beam(f, lateral, caudal, guess, near, False)
    if abs(value) < _CLOSE_MM:
        return guess, k
    height = guess - value / 0.85
    for _ in range(6):
        if abs(height - guess) > _STEEP_MM:
            break
        at, k = field_on_beam(f, lateral, caudal, height, k, False)
        slope = (at - value) / (height - guess)
        if slope < 0.15:
            break
        guess, value = height, at
        if abs(at) < _CLOSE_MM:
            return height - at / slope, k
        height -= at / slope
    return highest(f, lateral, caudal, guess, k, False)


@kernel
def dorsal_sheet(f: FloatArray, lateral_0: float, caudal_0: float, spacing: float, sheet: FloatArray) -> None:
    """Fill (ni, nj) heights of the bone over the nodes ``lateral_0 + i spacing``, ``caudal_0 + j spacing``; NaN beside it.

    Columns run from their middle to both ends, each ray beginning where its neighbour ended. Above S1, where the articular process
    overhangs, every ray looks from above.
    """
    ni, nj = sheet.shape
    sheet[:] = np.nan
    first, _ = to_view(f, f[LEVELS + ALONG], f[LEVELS + DORSAL])
    start, height = to_view(f, f[LEVELS + 10 + ALONG], f[LEVELS + 10 + DORSAL])
    middle = min(max(int((start - caudal_0) / spacing), 1), nj - 2)
    overhang = int(np.ceil((first - 6.0 - caudal_0) / spacing))
    known = height
    for i in range(ni):
        lateral = lateral_0 + i * spacing
        known, node = highest(f, lateral, caudal_0 + middle * spacing, known, NODES // 2, False)
        if not np.isfinite(known):
            known = height
            continue
        sheet[i, middle] = known
        for way in (1, -1):
            j, before, last, k = middle + way, known, known, node
            while 0 <= j < nj:
                guess = last + (last - before)
                if way < 0 and j < overhang:
                    found, k = highest(f, lateral, caudal_0 + j * spacing, last, k, False)
                else:
                    found, k = nearby(f, lateral, caudal_0 + j * spacing, guess, k)
                if not np.isfinite(found):
                    break
                sheet[i, j] = found
                before, last = last, found
                j += way
