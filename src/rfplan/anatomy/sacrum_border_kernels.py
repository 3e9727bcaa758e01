"""Compiled dorsal border of the joint surface of the parametric sacrum: as it is stated, and lower where the bone is thinner than that.

The stated heights of the border are those of one bone. In a short sacrum with a tall joint surface a stretch of it can come to lie over the
fossa behind the ala, or over the slope of the back beside S2 and S3, higher than the side of the bone. The surface is part of the side:
there its border runs where the side turns over to the back.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from rfplan.anatomy.bell_kernels import plain
from rfplan.anatomy.sacrum_back_kernels import dorsal_height
from rfplan.anatomy.sacrum_form_kernels import BORDER, BORDER_FIRST, BORDER_LAST, SHARES, WHOLE, cubic
from rfplan.anatomy.sacrum_rows_kernels import AT_HALF, LOWERED, LOWERED_PLACES, read, row_at
from rfplan.anatomy.sacrum_side_kernels import side
from rfplan.anatomy.sacrum_texture_kernels import roughness
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

UPPER_PART, LOWER_PART = 0.85, 0.70
"""How far out, of the half width, the border lies at least: on the wing of S1, which stands upright, and on the leaning segments below."""
UPPER_STEEP, LOWER_STEEP = 0.4, 0.0
"""Least slope of the bone across at the border: what is less steep is the rim of the back."""
ACROSS = 10
"""How many steps across the side its heights are taken at."""
EDGE_MM = 2.0
"""Rounding between back and side."""
_NOTCH, _LOWER_CORNER = SHARES[3], SHARES[4]


@plain
def stated_border(f: FloatArray, share: float) -> float:
    """Height of the dorsal border over the axis at a share of the surface's height."""
    cell = 0
    while cell < 5 and share >= SHARES[cell + 1]:
        cell += 1
    height: float = cubic(f, BORDER + 4 * cell, share - SHARES[cell])
    return height


@plain
def dorsal_border(f: FloatArray, share: float) -> float:
    """The same, lowered to where the side of the bone ends."""
    at = share * (LOWERED_PLACES - 1)
    k = min(int(at), LOWERED_PLACES - 2)
    lowered = f[LOWERED + k] + (at - k) * (f[LOWERED + k + 1] - f[LOWERED + k])
    height: float = stated_border(f, share) - lowered
    return height


@kernel
def lower_border(f: FloatArray) -> None:
    """Fill in how much lower than stated the border of a form (FULL_SIZE,) lies, whose rows are laid."""
    first, last = f[WHOLE + BORDER_FIRST], f[WHOLE + BORDER_LAST]
    for k in range(LOWERED_PLACES):
        share = k / (LOWERED_PLACES - 1)
        below = min(max((share - _NOTCH) / (_LOWER_CORNER - _NOTCH), 0.0), 1.0)
        part, steep = UPPER_PART + below * (LOWER_PART - UPPER_PART), UPPER_STEEP + below * (LOWER_STEEP - UPPER_STEEP)
        stated = stated_border(f, share)
        f[LOWERED + k] = max(stated - _side_height(f, first + share * (last - first), stated, part, steep), 0.0)


@kernel
def _side_height(f: FloatArray, s: float, t: float, part: float, steep: float) -> float:
    """How high over a place of the axis the side of the bone reaches where it becomes less ``steep``, or as far in as ``part`` of the half
    width; where that is above ``t``, no matter how far."""
    row, share = row_at(f, s)
    half_width = read(f, row, share, AT_HALF)
    behind = side(f, s, s, t, half_width, 0.5)
    begin, end = min(behind, half_width), min(behind - EDGE_MM, part * half_width)
    step = (begin - end) / ACROSS
    slope, height = np.inf, _top(f, begin, s, t, row, share, half_width, behind)
    for i in range(1, ACROSS + 1):
        ahead = _top(f, begin - i * step, s, t, row, share, half_width, behind)
        before, slope = slope, (ahead - height) / step
        if slope < steep:
            # where between the middles of this step and of the last the slope was that
            reached = 0.5 if i == 1 else (before - steep) / (before - slope)
            return height + (reached - 0.5) * steep * step
        height = ahead
        if height > t + steep * step:
            break
    return height


@plain
def _top(
    f: FloatArray, x: float, s: float, t: float, row: int, share: float, half_width: float, behind: float
) -> float:
    """Height of the bone near ``t``: of its back, rounded off towards the side as ``sacrum_field`` does, behind the joint."""
    rough = roughness(f, x, s, t)
    beside, edge = min(0.92 * (x - behind) + rough, 0.0), 0.0
    if beside > -EDGE_MM:
        edge = beside - EDGE_MM + sqrt(-4.0 * EDGE_MM * beside)
    return dorsal_height(f, x, s, row, share, half_width) + (edge - rough) / 0.9
