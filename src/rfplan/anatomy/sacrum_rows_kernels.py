"""Compiled table of what the parametric sacrum's field takes from the place along its axis alone, row by row every half millimetre.

The table follows the form of ``sacrum_form_kernels`` in the same row of numbers: a head, then rows of :data:`ROW` numbers.
"""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.bell_kernels import gauss, plain
from rfplan.anatomy.sacrum_form_kernels import (
    ALONG,
    APEX,
    CANAL_FLOOR,
    CANAL_HALF,
    CANAL_ROOF,
    CENTRE,
    DORSAL,
    FLOOR,
    FORM_SIZE,
    HALF_WIDTH,
    LAMINA,
    LEVELS,
    ROOF,
    VENTRAL_EDGE,
    VENTRAL_MID,
    VENTRAL_S,
    VENTRAL_X,
    WHOLE,
    WIDTH_FACTOR,
    along_levels,
    crest_lateral,
    profile,
)  # fmt: skip
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

ROW = 20
"""Half width; line of the foramina and lateral crest, lateral; six heights of the back across (``AT_HEIGHTS``), its slopes at the last
five of them; front in the middle, at the edge, and the ridges on it; floor, roof and half width of the canal."""
AT_HALF, AT_LINE, AT_CREST, AT_HEIGHTS, AT_SLOPES, AT_FRONT, AT_CANAL = 0, 1, 2, 3, 9, 14, 17
HEAD = FORM_SIZE
"""Offset of the head: rows per mm; start and end of the horns of the hiatus; highest rise of the median crest; then for each tunnel nine
numbers that bound it; then the bells that rise from the back or sink into it."""
ROWS_PER_MM, HORN_START, HORN_END, HIGHEST_CREST, BOUNDS = 0, 1, 2, 3, 4
LOW_X, HIGH_X, LOW_S, HIGH_S, WIDEST_X, WIDEST_S, NARROWEST, PASSAGE_S, PASSAGE_FLAT = range(9)
BELLS, COUNT_OF_BELLS = HEAD + BOUNDS + 4 * 9, 21
"""Offset of the bells, five numbers each: middle and parts per mm across, the same along, height."""
ROWS = BELLS + 5 * COUNT_OF_BELLS
BEGIN_MM = -8.0
"""Place of the first row on the axis."""
_MOST_ROWS, _STEP_MM = 320, 0.5
LOWERED = ROWS + _MOST_ROWS * ROW
"""Offset of what ``sacrum_border_kernels.lower_border`` fills in: how much the joint's dorsal border lies lower than stated, at
``LOWERED_PLACES`` places along its height."""
LOWERED_PLACES = 65
FULL_SIZE = LOWERED + LOWERED_PLACES
ROUNDED_MM = 0.4
"""Rounding of the edges of the apertures."""

_CREST_1, _SLOPE, _HEIGHT = column("median_crest.S1"), column("foramen.S1.slope"), column("foramen.S1.height")
_WIDTH, _LOW_WIDTH, _LOW_HEIGHT = column("foramen.S1.width"), column("ventral.S1.width"), column("ventral.S1.height")


@plain
def row_at(f: FloatArray, s: float) -> tuple[int, float]:
    """Offset of the row before a place on the axis, and the share of the way to the next."""
    at = (min(max(s, BEGIN_MM), f[WHOLE + APEX]) - BEGIN_MM) * f[HEAD + ROWS_PER_MM]
    k = int(at)
    return ROWS + ROW * k, at - k


@plain
def read(f: FloatArray, row: int, share: float, which: int) -> float:
    """A number between two rows."""
    low: float = f[row + which]
    value: float = low + share * (f[row + ROW + which] - low)
    return value


@kernel
def lay_rows(f: FloatArray) -> None:
    """Fill the table of a form (FULL_SIZE,) that was laid out."""
    apex = f[WHOLE + APEX]
    count = min(int(np.ceil((apex - BEGIN_MM) / _STEP_MM)), _MOST_ROWS - 2)
    step = (apex - BEGIN_MM) / count
    f[HEAD + ROWS_PER_MM] = 1.0 / step
    f[HEAD + HORN_START] = profile(f, LAMINA, apex - 20.0) - 2.6
    f[HEAD + HORN_END] = profile(f, LAMINA, apex - 9.5) + 0.6
    f[HEAD + HIGHEST_CREST] = max(f[_CREST_1], f[_CREST_1 + 1], f[_CREST_1 + 2], 0.0)
    for n in range(4):
        _bound_tunnel(f, n)
    knots, heights = np.empty(6), np.empty(6)
    # one more than there are places, for the share of nothing beyond the last
    for k in range(count + 2):
        s, row = min(BEGIN_MM + k * step, apex), ROWS + ROW * k
        half_width = profile(f, HALF_WIDTH, s) * f[WHOLE + WIDTH_FACTOR]
        crest = min(crest_lateral(f, s), 0.86 * half_width)
        line = min(along_levels(f, s, CENTRE), 0.75 * crest)
        f[row + AT_HALF], f[row + AT_LINE], f[row + AT_CREST] = half_width, line, crest
        knots[0], knots[1], knots[2], knots[3], knots[5] = 0.0, 0.62 * line, line, crest, half_width
        knots[4] = crest + 0.6 * (half_width - crest)
        for i in range(6):
            heights[i] = profile(f, LAMINA + i, s)
            f[row + AT_HEIGHTS + i] = heights[i]
        for i in range(1, 6):
            before, rise = knots[i] - knots[i - 1], heights[i] - heights[i - 1]
            slope = rise / before
            if i < 5:
                after = knots[i + 1] - knots[i]
                slope = (rise / before * after + (heights[i + 1] - heights[i]) / after * before) / (before + after)
            f[row + AT_SLOPES + i - 1] = slope
        f[row + AT_FRONT], f[row + AT_FRONT + 1] = profile(f, VENTRAL_MID, s), profile(f, VENTRAL_EDGE, s)
        ridges = 0.0
        for n in range(4):
            ridges += (1.0 - 0.2 * n) * gauss(((s - f[LEVELS + 10 * n + VENTRAL_S]) / 3.0) ** 2)
        f[row + AT_FRONT + 2] = ridges
        inside = max(s, 0.0)
        f[row + AT_CANAL] = profile(f, CANAL_FLOOR, inside)
        f[row + AT_CANAL + 1] = profile(f, CANAL_ROOF, inside)
        f[row + AT_CANAL + 2] = profile(f, CANAL_HALF, inside)


@kernel
def _bound_tunnel(f: FloatArray, n: int) -> None:
    """What a tunnel stays within: its middle, its radii, and its way into the canal."""
    level, bound = LEVELS + 10 * n, HEAD + BOUNDS + 9 * n
    centre, lateral, slope = f[level + CENTRE], f[level + VENTRAL_X], f[_SLOPE + n]
    along, rise, dorsal, floor = f[level + ALONG], f[level + VENTRAL_S], f[level + DORSAL], f[level + FLOOR]
    turn = along + slope * (floor - 1.0 - dorsal)
    f[bound + LOW_X], f[bound + HIGH_X] = min(lateral, centre - 1.0), max(lateral + 6.5, centre + 2.0)
    f[bound + LOW_S] = min(rise - 2.0, turn, along - 2.0 * slope, along + 6.0 * slope)
    f[bound + HIGH_S] = max(rise, turn, along - 2.0 * slope, along + 6.0 * slope)
    upper_x, upper_s = 0.5 * f[_WIDTH + n] - ROUNDED_MM, 0.5 * f[_HEIGHT + n] - 1.7 * ROUNDED_MM
    lower_x, lower_s = 0.5 * f[_LOW_WIDTH + n] - ROUNDED_MM, 0.5 * f[_LOW_HEIGHT + n] - ROUNDED_MM
    f[bound + WIDEST_X] = max(1.9 * lower_x, 1.25 * upper_x, upper_x + 0.6)
    f[bound + WIDEST_S] = max(1.2 * lower_s, 1.1 * upper_s, upper_s + 0.6)
    f[bound + NARROWEST] = min(lower_x, upper_x, lower_s, upper_s)
    flat = min(3.0, 0.36 * (f[level + ROOF] - floor))
    f[bound + PASSAGE_S], f[bound + PASSAGE_FLAT] = along + slope * (floor + flat - dorsal), flat
