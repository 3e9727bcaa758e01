"""Compiled height of the back of the parametric sacrum over its axis, without processes and holes."""

from __future__ import annotations

from rfplan.anatomy.bell_kernels import blunt_bell, gauss, plain, sharp_bell
from rfplan.anatomy.sacrum_form_kernels import ALONG, CENTRE, CREST, LEVELS
from rfplan.anatomy.sacrum_rows_kernels import AT_CREST, AT_HEIGHTS, AT_LINE, AT_SLOPES, read
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray

_TUBERCLE, _WIDTH, _HEIGHT = column("tubercle.S1.height"), column("foramen.S1.width"), column("foramen.S1.height")
_FOSSA, _BREADTH = column("fossa.depth"), column("breadth")
_BEFORE_MM, _BEHIND_MM = -22.0, 34.0
"""How far from a level along the axis its tubercles and pits reach."""


@plain
def dorsal_height(f: FloatArray, x: float, s: float, row: int, share: float, half_width: float) -> float:
    """Height of the back over the place ``s`` of the axis, which is ``share`` of the way from ``row`` to the next."""
    line, crest = read(f, row, share, AT_LINE), read(f, row, share, AT_CREST)
    # the cell of the six knots across that holds x: its ends, and the slopes of the curve there
    if x < line:
        middle = 0.62 * line
        i, low, high = (0, 0.0, middle) if x < middle else (1, middle, line)
    elif x < crest:
        i, low, high = 2, line, crest
    else:
        rim = crest + 0.6 * (half_width - crest)
        i, low, high = (3, crest, rim) if x < rim else (4, rim, half_width)
    a, b = read(f, row, share, AT_HEIGHTS + i), read(f, row, share, AT_HEIGHTS + i + 1)
    left = read(f, row, share, AT_SLOPES + i - 1) if i > 0 else 0.0
    right = read(f, row, share, AT_SLOPES + i)
    h = high - low
    q = min(max((x - low) / h, 0.0), 1.6)
    if q > 1.0:
        height = b + (q - 1.0) * right * h
    else:
        rest = 1.0 - q
        height = a + q * q * (3.0 - 2.0 * q) * (b - a) + q * rest * h * (rest * left - q * right)
    for n in range(4):
        along = s - f[LEVELS + 10 * n + ALONG]
        if along < _BEFORE_MM or along > _BEHIND_MM:
            continue
        centre, beside = f[LEVELS + 10 * n + CENTRE], x - f[LEVELS + 10 * n + CREST]
        rough, wide, tall = f[_TUBERCLE + n], f[_WIDTH + n], f[_HEIGHT + n]
        u, v = beside / 4.6, (along - 1.0) / 5.2
        tubercle = 1.05 * sharp_bell(u * u + v * v)
        u, v = (beside - 1.0) / 5.5, (along - 11.0) / 4.5
        tubercle -= 0.45 * gauss(u * u + v * v)
        u, v = (x - 0.62 * centre) / 3.2, (along - 5.0) / 4.2
        tubercle += 0.45 * blunt_bell(u * u + v * v)
        u, v = (x - centre - 1.0) / wide, along / (0.75 * tall)
        height += rough * tubercle - 0.13 * tall * gauss(u * u + v * v)
        u, v = x / (0.8 * centre), (along + 2.0) / 4.5
        height += 0.8 * gauss(u * u + v * v)
    u, v = (x - 0.35 * f[_BREADTH]) / 6.5, (s - f[LEVELS + ALONG] + 15.0) / 8.0
    result: float = height - f[_FOSSA] * gauss(u * u + v * v)
    return result
