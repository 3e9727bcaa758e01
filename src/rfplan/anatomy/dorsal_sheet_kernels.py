"""Compiled back of the parametric sacrum: its height along the beam, ray by ray, with the foramina filled up."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_field_kernels import sacrum_field
from rfplan.anatomy.sacrum_form_kernels import (
    ALONG,
    DORSAL,
    LEVELS,
    NODES,
    to_axis,
    to_view,
)  # fmt: skip
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_TIP, _EAR = column("articular.lateral"), column("articular.width")
_CLOSE_MM = 0.01
_OVER_MM = 14.0
_UNDER_MM = 26.0
_STEEP_MM = 3.0
_LAST_STEP_MM, _SURE_MM = 0.06, 0.03
_LEAST_STEP_MM, _USUALLY_STEEP = 0.25, 0.85
_BESIDE_EAR_MM, _CLIFF_MM = 3.0, 4.0
_OVERHANG_MM = 14.0
_STRAIGHT_MM, _LEAST_STEEP, _GRAZING = 1.5, 0.4, 0.25
_WIDE_MM, _WIDEST_ABOVE_MM = 30.0, 14.0
_ABOVE_CLIFF_MM = 4.0
_EDGE_ROUNDS, _EDGE_FALL_MM, _EDGE_STEP_MM, _LEAST_SLOPE = 6, 12.0, 5.0, 0.12


@kernel
def field_on_beam(
    f: FloatArray, lateral: float, caudal: float, height: float, near: int, holes: bool
) -> tuple[float, int]:
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
    steepness = 1.0
    while value > 0.0:
        above, over = height, value
        # near the bone straight on to it, a little past: what is between two places is then found from both sides
        height -= max(1.05 * value / steepness + 0.01 if value < _STRAIGHT_MM else 0.95 * value, _LEAST_STEP_MM)
        if height < guess - _UNDER_MM:
            return np.nan, k
        value, k = field_on_beam(f, lateral, caudal, height, k, holes)
        steepness = min(max((over - value) / (above - height), _GRAZING), 1.0)
    for _ in range(30):
        if above - height < _CLOSE_MM:
            break
        share = over / (over - value)
        middle = above - min(max(share, 0.1), 0.9) * (above - height)
        at, k = field_on_beam(f, lateral, caudal, middle, k, holes)
        if abs(at) < _CLOSE_MM:
            return middle, k
        if at > 0.0:
            above, over = middle, at
        else:
            height, value = middle, at
    return above - over / (over - value) * (above - height), k


@kernel
def nearby(
    f: FloatArray, lateral: float, caudal: float, guess: float, near: int, steepness: float
) -> tuple[float, int, float]:
    """The same where the height is known to be near ``guess`` and the field's ``steepness`` there, with fewer questions; looked for from
    above where that fails. Returns height, node and steepness."""
    start = guess
    value, k = field_on_beam(f, lateral, caudal, guess, near, False)
    height = guess - value / steepness
    if abs(value) < _SURE_MM:
        return height, k, steepness
    for _ in range(5):
        if abs(height - start) > _STEEP_MM:
            break
        at, k = field_on_beam(f, lateral, caudal, height, k, False)
        slope = (at - value) / (height - guess)
        if slope < 0.15:
            break
        guess, value = height, at
        height -= at / slope
        # the secant's error is far below its last step
        if abs(height - guess) < _LAST_STEP_MM:
            return height, k, min(max(slope, _LEAST_STEEP), 1.0)
    height, k = highest(f, lateral, caudal, start, k, False)
    return height, k, _USUALLY_STEEP


@kernel
def dorsal_sheet(f: FloatArray, lateral_0: float, caudal_0: float, spacing: float, sheet: FloatArray) -> None:
    """Fill (ni, nj) heights of the bone over the nodes ``lateral_0 + i spacing``, ``caudal_0 + j spacing``; NaN beside it.

    Columns run from their middle to both ends, each ray beginning where its neighbours say. Where the articular process
    or the lamina may overhang above S1, every ray looks from above.
    """
    ni, nj = sheet.shape
    sheet[:] = np.nan
    first, upper = to_view(f, f[LEVELS + ALONG], f[LEVELS + DORSAL])
    second, lower = to_view(f, f[LEVELS + 10 + ALONG], f[LEVELS + 10 + DORSAL])
    overhang = int(np.ceil((first - _OVERHANG_MM - caudal_0) / spacing))
    beside_ear = f[_TIP] + 0.5 * max(f[_EAR], f[_EAR + 1], f[_EAR + 2]) + _BESIDE_EAR_MM
    known = lower
    for i in range(ni):
        lateral = lateral_0 + i * spacing
        # the bone is widest above S1; nearer to the midline the open canal lies there
        start = second if lateral < _WIDE_MM else first - _WIDEST_ABOVE_MM
        middle = min(max(int((start - caudal_0) / spacing), 1), nj - 2)
        known, node = highest(
            f, lateral, caudal_0 + middle * spacing, known if np.isfinite(known) else upper, NODES // 2, False
        )
        if not np.isfinite(known):
            continue
        sheet[i, middle] = known
        for way in (1, -1):
            j, before, last, k, steepness = middle + way, known, known, node, _USUALLY_STEEP
            while 0 <= j < nj:
                if way < 0 and j < overhang and lateral < beside_ear:
                    found, k = highest(f, lateral, caudal_0 + j * spacing, last, k, False)
                else:
                    guess = 2.0 * last - before
                    if i > 0 and abs(sheet[i - 1, j] - sheet[i - 1, j - way]) < _CLIFF_MM:
                        # as steep as in the column beside it
                        guess = last + sheet[i - 1, j] - sheet[i - 1, j - way]
                    found, k, steepness = nearby(f, lateral, caudal_0 + j * spacing, guess, k, steepness)
                if not np.isfinite(found):
                    break
                sheet[i, j] = found
                before, last = last, found
                j += way


@kernel
def _beyond_edge(f: FloatArray, lateral: float, caudal: float, guess: float, near: int) -> tuple[float, int]:
    """Height of bone that falls away beside a known place of height ``guess``; NaN where the beam passes it."""
    height, k = guess, near
    value, k = field_on_beam(f, lateral, caudal, height, k, False)
    slope = _USUALLY_STEEP
    for _ in range(_EDGE_ROUNDS):
        step = min(max(value / slope, -_EDGE_STEP_MM), _EDGE_STEP_MM)
        at, k = field_on_beam(f, lateral, caudal, height - step, k, False)
        slope, height, value = (value - at) / step if step != 0.0 else slope, height - step, at
        if abs(value) < _LAST_STEP_MM * slope:
            return height, k
        if slope < _LEAST_SLOPE or height < guess - _EDGE_FALL_MM:
            break
    return np.nan, k


@kernel
def widen(f: FloatArray, sheet: FloatArray, lateral_0: float, caudal_0: float, spacing: float) -> None:
    """Carry the rows of a refined sheet to the side of the bone, below the groove of L5: near the edge the coarser sheet lacks nodes."""
    ni, nj = sheet.shape
    first, _ = to_view(f, f[LEVELS + ALONG], f[LEVELS + DORSAL])
    node = NODES // 2
    for j in range(max(int((first - caudal_0) / spacing), 0), nj):
        i = ni - 1
        while i >= 1 and not np.isfinite(sheet[i, j]):
            i -= 1
        if i < 1:
            continue
        while i + 1 < ni:
            falls = sheet[i - 1, j] - sheet[i, j]
            guess = sheet[i, j] - (falls if 0.0 < falls < _CLIFF_MM else 0.0)
            i += 1
            sheet[i, j], node = _beyond_edge(f, lateral_0 + i * spacing, caudal_0 + j * spacing, guess, node)
            if not np.isfinite(sheet[i, j]):
                break


@kernel
def sharpen(
    f: FloatArray, sheet: FloatArray, lateral_0: float, caudal_0: float, spacing: float, window: FloatArray
) -> None:
    """Ask the bone itself over the nodes of ``window`` (lateral and caudal from and to), where a coarser sheet was interpolated. Between
    nodes of that without bone there is none."""
    ni, nj = sheet.shape
    i0, i1 = (
        max(int(np.ceil((window[0] - lateral_0) / spacing)), 0),
        min(int((window[1] - lateral_0) / spacing), ni - 1),
    )
    j0, j1 = max(int(np.ceil((window[2] - caudal_0) / spacing)), 0), min(int((window[3] - caudal_0) / spacing), nj - 1)
    node = NODES // 2
    for i in range(i0, i1 + 1):
        last, steepness = np.nan, _USUALLY_STEEP
        for j in range(j1, j0 - 1, -1):
            if i % 2 == 0 and j % 2 == 0 and np.isfinite(sheet[i, j]):
                # a node of the coarser sheet, where the bone itself was asked
                last = sheet[i, j]
                continue
            low, high, whole = _around(sheet, i, j)
            if high < low:
                sheet[i, j] = np.nan
                continue
            lateral, caudal = lateral_0 + i * spacing, caudal_0 + j * spacing
            if whole and high - low < _CLIFF_MM:
                last, node, steepness = nearby(f, lateral, caudal, sheet[i, j], node, steepness)
            else:
                last, node = highest(f, lateral, caudal, high + _ABOVE_CLIFF_MM - _OVER_MM, node, False)
            sheet[i, j] = last


@kernel
def _around(sheet: FloatArray, i: int, j: int) -> tuple[float, float, bool]:
    """Lowest and highest of the nodes of the coarser sheet around a node, the highest below the lowest where there are none, and whether
    all are there."""
    ni, nj = sheet.shape
    low, high, whole = 1e9, -1e9, True
    for p in (i - i % 2, i + i % 2):
        for q in (j - j % 2, j + j % 2):
            height = sheet[min(p, ni - 1), min(q, nj - 1)]
            if np.isfinite(height):
                low, high = min(low, height), max(high, height)
            else:
                whole = False
    return low, high, whole
