"""Compiled meeting of a beam of the true AP view with the back of the parametric sacrum."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_field_kernels import sacrum_field
from rfplan.anatomy.sacrum_form_kernels import to_axis
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

USUALLY_STEEP = 0.85
"""Change of the field per mm of the beam where nothing is known of it."""
STEEP_MM = 3.0
"""Farther from a guess bone is not close by."""
UNDER_MM, OVER_MM = 26.0, 14.0
"""How far under and over a guess bone is looked for."""
LAST_STEP_MM = 0.06
_CLOSE_MM, _LEAST_STEP_MM = 0.01, 0.25
_STRAIGHT_MM, _GRAZING, _FARTHER, _OUT_MM = 1.5, 0.25, 0.6, 46.0
_OPEN_MM, _UNSURE = 0.008, 0.3


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
    return first_below(f, lateral, caudal, guess + OVER_MM, guess - UNDER_MM, near, holes)


@kernel
def first_below(
    f: FloatArray, lateral: float, caudal: float, start: float, lowest: float, near: int, holes: bool
) -> tuple[float, int]:
    """Height at which the beam first meets bone below ``start``, or above it where that is in the bone; NaN where it meets none down to
    ``lowest``, and the node there."""
    height, k = start, near
    value, k = field_on_beam(f, lateral, caudal, height, k, holes)
    while value < 0.0 and height < start + _OUT_MM:
        height += 4.0
        value, k = field_on_beam(f, lateral, caudal, height, k, holes)
    above, over = height, value
    steepness = 1.0
    while value > 0.0:
        above, over = height, value
        # near the bone straight on to it, a little past: what is between two places is then found from both sides; farther off as far as
        # both places reach if the field goes on as it did
        straight = 1.05 * value / max(steepness, _GRAZING) + 0.01
        step = straight if value < _STRAIGHT_MM else 1.9 * value / (1.0 + max(steepness, -_FARTHER))
        height -= max(step, _LEAST_STEP_MM)
        if height < lowest:
            return np.nan, k
        value, k = field_on_beam(f, lateral, caudal, height, k, holes)
        steepness = min((over - value) / (above - height), 1.0)
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
    found, height, k, steepness = close_by(f, lateral, caudal, guess, near, steepness, _UNSURE)
    if found:
        return height, k, steepness
    height, k = highest(f, lateral, caudal, guess, k, False)
    return height, k, USUALLY_STEEP


@kernel
def close_by(
    f: FloatArray, lateral: float, caudal: float, guess: float, near: int, steepness: float, doubt: float
) -> tuple[bool, float, int, float]:
    """Whether there is bone close to ``guess`` that the beam does not graze, and its height; otherwise a place from which it has to be
    looked for, above all that was asked in the bone. Then the node there and the steepness.

    A ``steepness`` known within ``doubt`` is enough where the guess is so good that no more than ``_OPEN_MM`` is left open.
    """
    start = guess
    value, k = field_on_beam(f, lateral, caudal, guess, near, False)
    height = guess - value / steepness
    if abs(value) * doubt < _OPEN_MM * steepness * steepness or abs(value) < 0.5 * _OPEN_MM:
        return True, height, k, steepness
    for _ in range(5):
        if abs(height - start) > STEEP_MM:
            break
        at, k = field_on_beam(f, lateral, caudal, height, k, False)
        slope = (at - value) / (height - guess)
        if slope < 0.15:
            break
        guess, value = height, at
        height -= at / slope
        # the secant's error is far below its last step
        if abs(height - guess) < LAST_STEP_MM:
            return True, height, k, slope
    return False, guess if value > 0.0 else max(start, guess) + STEEP_MM, k, USUALLY_STEEP
