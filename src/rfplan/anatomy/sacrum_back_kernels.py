"""Compiled height of the back of the parametric sacrum over its axis, without processes and holes."""

from __future__ import annotations

from rfplan.anatomy.bell_kernels import blunt_bell, gauss, plain, sharp_bell
from rfplan.anatomy.sacrum_form_kernels import ALONG, CENTRE, CREST, LEVELS
from rfplan.anatomy.sacrum_rows_kernels import AT_CREST, AT_HEIGHTS, AT_LINE, AT_SLOPES, BELLS, read
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

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
        bell = BELLS + 25 * n
        height += f[bell + 4] * sharp_bell(_off(f, bell, x, s))
        height += f[bell + 9] * blunt_bell(_off(f, bell + 5, x, s))
        height += f[bell + 14] * gauss(_off(f, bell + 10, x, s))
        height += f[bell + 19] * gauss(_off(f, bell + 15, x, s))
        height += f[bell + 24] * gauss(_off(f, bell + 20, x, s))
    last = BELLS + 100
    result: float = height + f[last + 4] * gauss(_off(f, last, x, s))
    return result


@plain
def _off(f: FloatArray, bell: int, x: float, s: float) -> float:
    """Square of the distance from the middle of a bell in its own measure."""
    u, v = (x - f[bell]) * f[bell + 1], (s - f[bell + 2]) * f[bell + 3]
    square: float = u * u + v * v
    return square


@kernel
def lay_bells(f: FloatArray) -> None:
    """Fill the bells of a form that was laid out: at each level the tubercle, sharp, and blunt what leads to it from the medial side, the
    hollow below it, the pit of the foramen and the ridge beside the midline; then the fossa."""
    for n in range(4):
        at, rough, wide, tall = f[LEVELS + 10 * n + ALONG], f[_TUBERCLE + n], f[_WIDTH + n], f[_HEIGHT + n]
        centre, crest = f[LEVELS + 10 * n + CENTRE], f[LEVELS + 10 * n + CREST]
        _lay(f, 5 * n, crest, 4.6, at + 1.0, 5.2, 1.05 * rough)
        _lay(f, 5 * n + 1, 0.62 * centre, 3.2, at + 5.0, 4.2, 0.45 * rough)
        _lay(f, 5 * n + 2, crest + 1.0, 5.5, at + 11.0, 4.5, -0.45 * rough)
        _lay(f, 5 * n + 3, centre + 1.0, wide, at, 0.75 * tall, -0.13 * tall)
        _lay(f, 5 * n + 4, 0.0, 0.8 * centre, at - 2.0, 4.5, 0.8)
    _lay(f, 20, 0.35 * f[_BREADTH], 6.5, f[LEVELS + ALONG] - 15.0, 8.0, -f[_FOSSA])


@kernel
def _lay(f: FloatArray, number: int, x: float, across: float, s: float, along: float, height: float) -> None:
    bell = BELLS + 5 * number
    f[bell], f[bell + 1], f[bell + 2], f[bell + 3], f[bell + 4] = x, 1.0 / across, s, 1.0 / along, height
