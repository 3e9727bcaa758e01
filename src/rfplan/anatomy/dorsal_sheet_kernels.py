"""Compiled back of the parametric sacrum: its height along the beam, ray by ray, with the foramina filled up."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.dorsal_beam_kernels import (
    LAST_STEP_MM,
    OVER_MM,
    UNDER_MM,
    USUALLY_STEEP,
    close_by,
    field_on_beam,
    first_below,
    highest,
    nearby,
)  # fmt: skip
from rfplan.anatomy.process_shadow_kernels import is_shaded, process_over, process_shadow
from rfplan.anatomy.sacrum_form_kernels import (
    ALONG,
    DORSAL,
    LEVELS,
    NODES,
    to_view,
)  # fmt: skip
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_CLIFF_MM = 4.0
_LEAST_STEEP, _MOST_STEEP = 0.4, 1.1
"""What is less steep grazes the bone, so that the next may be much less; what is steeper lies where two faces meet."""
_LEAST_DOUBT, _CHANGES = 0.06, 0.7
"""How much a steepness that is expected may be off: this, and this share of what it changes by from node to node."""
_FLUSH_MM = 1.3
"""How far under the first sight of the process its surface is looked for."""
_WIDE_MM, _WIDEST_ABOVE_MM = 30.0, 14.0
_ABOVE_CLIFF_MM = 4.0
_EDGE_ROUNDS, _EDGE_FALL_MM, _EDGE_STEP_MM, _LEAST_SLOPE = 6, 12.0, 5.0, 0.12


@kernel
def _expected(sheet: FloatArray, i: int, j: int, way: int) -> float:
    """Height at a node from those of its column behind it and of the column beside it: it goes on as that one does, as much steeper as it
    was one step ago."""
    last, nj = sheet[i, j - way], sheet.shape[1]
    older = j - 2 * way
    # NaN where there is none, which fails every comparison
    step = last - sheet[i, older] if 0 <= older < nj else np.nan
    if i > 0:
        beside = sheet[i - 1, j] - sheet[i - 1, j - way]
        if abs(beside) < _CLIFF_MM:
            more = step - (sheet[i - 1, j - way] - sheet[i - 1, older]) if 0 <= older < nj else np.nan
            step = beside + (more if abs(more) < _CLIFF_MM else 0.0)
    expected: float = last + (step if abs(step) < 2.0 * _CLIFF_MM else 0.0)
    return expected


@kernel
def _steepness(steep: FloatArray, beside: FloatArray, j: int, way: int) -> tuple[float, float]:
    """Steepness of the field to be expected at a node from those of its column and of the column ``beside`` it, and its doubt; NaN where
    one of them is not known or the beam nearly grazes the bone."""
    along, across = beside[j] - beside[j - way], steep[j - way] - beside[j - way]
    expected, doubt = beside[j] + across, _LEAST_DOUBT + _CHANGES * (abs(along) + abs(across))
    if _LEAST_STEEP < expected < _MOST_STEEP:
        return expected, doubt
    last = steep[j - way]
    return min(max(last, _LEAST_STEEP), _MOST_STEEP) if np.isfinite(last) else USUALLY_STEEP, np.nan


@kernel
def dorsal_sheet(f: FloatArray, lateral_0: float, caudal_0: float, spacing: float, sheet: FloatArray) -> None:
    """Fill (ni, nj) heights of the bone over the nodes ``lateral_0 + i spacing``, ``caudal_0 + j spacing``; NaN beside it.

    Columns run from their middle to both ends, each ray beginning where its neighbours say, also as to how steep the field is there. Where
    the articular process of S1 may hang over the rest, rays look from above.
    """
    ni, nj = sheet.shape
    sheet[:] = np.nan
    first, upper = to_view(f, f[LEVELS + ALONG], f[LEVELS + DORSAL])
    second, lower = to_view(f, f[LEVELS + 10 + ALONG], f[LEVELS + 10 + DORSAL])
    shadow = process_shadow(f)
    steep, beside = np.full(nj, np.nan), np.full(nj, np.nan)
    node = NODES // 2
    for i in range(ni):
        lateral = lateral_0 + i * spacing
        # the bone is widest above S1; nearer to the midline the open canal lies there
        start = second if lateral < _WIDE_MM else first - _WIDEST_ABOVE_MM
        middle = min(max(int((start - caudal_0) / spacing), 1), nj - 2)
        found, known = False, upper if i > 0 else lower
        if i > 0 and np.isfinite(sheet[i - 1, middle]):
            known = sheet[i - 1, middle]
            if i > 1 and abs(known - sheet[i - 2, middle]) < _CLIFF_MM:
                known += known - sheet[i - 2, middle]
            found, known, node, steep[middle] = close_by(
                f, lateral, caudal_0 + middle * spacing, known, node, USUALLY_STEEP, np.nan
            )
        if not found:
            known, node = highest(f, lateral, caudal_0 + middle * spacing, known, node, False)
            steep[middle] = np.nan
        if not np.isfinite(known):
            beside[:] = np.nan
            continue
        sheet[i, middle] = known
        for way in (1, -1):
            j, k = middle + way, node
            while 0 <= j < nj:
                caudal = caudal_0 + j * spacing
                guess = _expected(sheet, i, j, way)
                steepness, doubt = _steepness(steep, beside, j, way)
                if is_shaded(shadow, lateral, caudal):
                    over, k = process_over(f, lateral, caudal, guess + OVER_MM, guess + _FLUSH_MM, k)
                    if np.isfinite(over):
                        guess, steepness, doubt = over - _FLUSH_MM, USUALLY_STEEP, np.nan
                found, height, k, steep[j] = close_by(f, lateral, caudal, guess, k, steepness, doubt)
                if not found:
                    height, k = first_below(f, lateral, caudal, height, guess - UNDER_MM, k, False)
                    steep[j] = np.nan
                    if not np.isfinite(height):
                        break
                sheet[i, j] = height
                j += way
        beside[:] = steep
        steep[:] = np.nan


@kernel
def _beyond_edge(f: FloatArray, lateral: float, caudal: float, guess: float, near: int) -> tuple[float, int]:
    """Height of bone that falls away beside a known place of height ``guess``; NaN where the beam passes it."""
    height, k = guess, near
    value, k = field_on_beam(f, lateral, caudal, height, k, False)
    slope = USUALLY_STEEP
    for _ in range(_EDGE_ROUNDS):
        step = min(max(value / slope, -_EDGE_STEP_MM), _EDGE_STEP_MM)
        at, k = field_on_beam(f, lateral, caudal, height - step, k, False)
        slope, height, value = (value - at) / step if step != 0.0 else slope, height - step, at
        if abs(value) < LAST_STEP_MM * slope:
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
        last, steepness = np.nan, USUALLY_STEEP
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
                last, node = highest(f, lateral, caudal, high + _ABOVE_CLIFF_MM - OVER_MM, node, False)
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
