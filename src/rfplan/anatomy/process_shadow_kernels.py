"""Compiled shadow of the articular process of S1 in the operator's view: where it may hang over the rest of the sacrum."""

from __future__ import annotations

from math import sqrt

import numpy as np

from rfplan.anatomy.sacrum_form_kernels import AXIS, to_axis, to_view
from rfplan.anatomy.sacrum_processes_kernels import ACROSS, FACING, POST_MM, UP, articular, ear_middle, post_ends
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_EAR = column("articular.width")
_MARGIN_MM = 2.5
"""Farther beside it the process is, with all that is rounded off about it, no surface of its own: ear and post meet in at most 1.25 mm, and
both the bone in 1 mm."""
_SURFACE_MM, _NEAR_MM, _SURE = 1.0, 0.3, 0.9


@kernel
def process_shadow(f: FloatArray) -> FloatArray:
    """(11,) ear as an ellipse about (lateral, caudal) with three numbers of its form, post as the line between two places and its width,
    both with a margin; for :func:`is_shaded`."""
    shadow = np.empty(11)
    cx, cs, ct = ear_middle(f)
    caudal, height = to_view(f, cs, ct)
    _, _, k = to_axis(f, caudal, height, 0)
    along, across = f[AXIS + 5 * k + 2], f[AXIS + 5 * k + 3]
    xx = xc = cc = 0.0
    for way in range(3):
        axis = ACROSS if way == 0 else UP if way == 1 else FACING
        radius = 0.5 * f[_EAR + way] + _MARGIN_MM
        x, c = radius * axis[0], radius * (axis[1] * along - axis[2] * across)
        xx, xc, cc = xx + x * x, xc + x * c, cc + c * c
    area = xx * cc - xc * xc
    shadow[0], shadow[1], shadow[2], shadow[3], shadow[4] = cx, caudal, cc / area, xc / area, xx / area
    ax, as_, at, bx, bs, bt = post_ends(f)
    shadow[5], (shadow[6], _) = ax, to_view(f, as_, at)
    shadow[7], (shadow[8], _) = bx, to_view(f, bs, bt)
    shadow[9], shadow[10] = POST_MM + _MARGIN_MM, (shadow[7] - ax) ** 2 + (shadow[8] - shadow[6]) ** 2
    return shadow


@kernel
def is_shaded(shadow: FloatArray, lateral: float, caudal: float) -> bool:
    """Whether a beam may meet the process."""
    x, c = lateral - shadow[0], caudal - shadow[1]
    if x * x * shadow[2] - 2.0 * x * c * shadow[3] + c * c * shadow[4] < 1.0:
        return True
    x, c, dx, dc = lateral - shadow[5], caudal - shadow[6], shadow[7] - shadow[5], shadow[8] - shadow[6]
    share = min(max((x * dx + c * dc) / shadow[10], 0.0), 1.0)
    return bool(sqrt((x - share * dx) ** 2 + (c - share * dc) ** 2) < shadow[9])


@kernel
def process_over(
    f: FloatArray, lateral: float, caudal: float, height: float, lowest: float, near: int
) -> tuple[float, int]:
    """Height at which a beam from ``height`` down comes upon the process, which alone is asked: there the bone's surface may be its own;
    NaN where it does not above ``lowest``. Then the node there."""
    k = near
    while height > lowest:
        s, t, k = to_axis(f, caudal, height, k)
        away = articular(f, lateral, s, t) - _SURFACE_MM
        if away < _NEAR_MM:
            return height, k
        height -= max(_SURE * away, _NEAR_MM)
    return np.nan, k
