"""Compiled bone that the ilium builds up at its joint with the sacrum, and the space that it keeps; meshed and virtual patients share it.

Places are told by ``outside``, the distance from the outline of the joint surface in its mean plane, negative within it, and ``above``, the
height over that surface, towards the ilium; mm.
"""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

RIM_MM = 4.0
"""How far beyond the outline the bone behind the joint reaches."""
BLEND_MM = 9.0
"""Width over which it runs out into the rest of the hip."""
BULGE_MM = 0.25 * BLEND_MM
"""How much nearer than either of them bone may be where both meet."""
INTO_BLADE_MM = 8.0
CLEAR_MM = 14.0
"""Higher above the joint the sacrum is not in the way."""
SPACE_BLEND_MM = 1.0
_HALF_MM = 8.0
_EDGE_MM, _ROUND_MM, _CUT_BLEND_MM = 4.0, 3.0, 2.0
_TURN, _TURN_REACH_MM, _OVER, _BELOW = 0.6, 6.0, 0.8, 2.0


@kernel
def _union(a: float, b: float, width: float) -> float:
    overlap = max(width - abs(a - b), 0.0)
    return min(a, b) - overlap * overlap / (4.0 * width)


@kernel
def least_from_pad(outside: float, above: float) -> float:
    """No more than the field of the bone behind the joint there."""
    return max(outside - RIM_MM, abs(above - _HALF_MM) - _HALF_MM)


@kernel
def built_up(field: float, lateral: float, outside: float, above: float) -> float:
    """The ``field`` of a hip with the bone that reaches from the blade to the joint; ``lateral`` is the height over the blade's middle."""
    pad = -_union(RIM_MM - outside, INTO_BLADE_MM - lateral, _EDGE_MM)
    pad = -_union(-pad, _HALF_MM - abs(above - _HALF_MM), _ROUND_MM)
    return _union(field, pad, BLEND_MM)


@kernel
def least_built_up(field: float, outside: float, above: float, nearer: float, lower: float) -> float:
    """No more than :func:`built_up` makes of a hip no nearer than ``field``, where ``outside`` and ``above`` are as much as ``nearer`` and
    ``lower`` off."""
    pad = max(outside - RIM_MM - nearer, abs(above - _HALF_MM) - _HALF_MM - lower)
    return _union(field, pad, BLEND_MM)


@kernel
def ended(field: float, outside: float, above: float, over: float, below: float) -> float:
    """``field`` where the ilium ends: in front of the joint lateral to it, behind it as far medially as ``over`` says, how far posterior of
    the joint's centre; ``below`` is how far beneath the joint."""
    turned = _TURN * min(max(outside, 0.0), _TURN_REACH_MM) * min(max(1.0 - over / _TURN_REACH_MM, 0.0), 1.0)
    return -_union(-field, above + _OVER * over + _BELOW * below - turned, _CUT_BLEND_MM)


@kernel
def space_kept(gap: float, slope: float, extra: float, outside: float) -> float:
    """Space between sacrum and ilium: the joint's within its outline, opening beyond it."""
    return gap + min(max(slope * outside, 0.0), extra)


@kernel
def spaced(field: float, space: float, sacrum: float) -> float:
    """``field`` without what lies nearer than ``space`` to the sacrum, which is ``sacrum`` away."""
    return -_union(-field, sacrum - space, SPACE_BLEND_MM)


@kernel
def joint_fields(
    field: FloatArray, lateral: FloatArray, outside: FloatArray, above: FloatArray, over: FloatArray, below: FloatArray
) -> FloatArray:
    """(n,) fields of a hip with what is built up at the joint and where it ends, see :func:`built_up` and :func:`ended`."""
    result = np.empty(field.shape[0])
    for n in range(field.shape[0]):
        built = built_up(field[n], lateral[n], outside[n], above[n])
        result[n] = ended(built, outside[n], above[n], over[n], below[n])
    return result


@kernel
def spaced_fields(
    field: FloatArray, outside: FloatArray, sacrum: FloatArray, gap: float, slope: float, extra: float
) -> FloatArray:
    """(n,) fields of a hip with the space to the sacrum, (n,) ``sacrum`` away, cut out."""
    result = np.empty(field.shape[0])
    for n in range(field.shape[0]):
        result[n] = spaced(field[n], space_kept(gap, slope, extra, outside[n]), sacrum[n])
    return result
