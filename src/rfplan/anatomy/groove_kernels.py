"""Compiled line of the groove of L5 on a chart: the course of the ramus, and the seat of the needle beside it.

The chart is given as in :mod:`rfplan.anatomy.course_kernels`; the line begins abreast of the landmark of the groove, mm.
"""

from __future__ import annotations

from math import exp

import numpy as np

from rfplan.anatomy.course_kernels import STEP_MM, height_over
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_ACROSS = 10
_NEAR_BASE_PER_MM = 0.05
_ALIKE_MM = 1.0
_ALONG_MM = 1.5
_SLOPE_OVER_MM, _SEAT_STEP_MM, _BESIDE_STEP_MM = 1.0, 0.25, 0.25


@kernel
def groove_line(
    grid: FloatArray, lateral_0: float, caudal_0: float, step: float, sign: float, base: FloatArray, below: float, half: float,
) -> FloatArray:  # fmt: skip
    """(n,) lateral coordinate of the floor of the groove, from the landmark ``base`` (2,) on in steps of 0.5 mm, to ``below`` it.

    Across the groove it is the mean of what lies within ``half`` of the landmark, each place weighted by how low it is: bone a millimetre
    above the lowest counts 1/e. A lowest place proper would jump from side to side of a flat floor. Places near the landmark are
    preferred, as the ala falls away laterally and its far side is not the groove. Along the groove, rows within some 1.5 mm have a say,
    those with much bone the more. Empty where there is no bone.
    """
    rows = int(np.floor(below / STEP_MM + 1e-6)) + 1
    place, share = np.zeros(rows), np.zeros(rows)
    heights = np.empty(2 * _ACROSS + 1)
    for row in range(rows):
        caudal, lowest = base[1] + STEP_MM * row, 1e30
        for k in range(2 * _ACROSS + 1):
            off = half * (k - _ACROSS) / _ACROSS
            heights[k] = height_over(grid, lateral_0, caudal_0, step, sign * (base[0] + off), caudal)
            heights[k] += _NEAR_BASE_PER_MM * off * off
            if heights[k] < lowest:
                lowest = heights[k]
        total = mean = seen = 0.0
        for k in range(2 * _ACROSS + 1):
            if np.isfinite(heights[k]):
                weight = exp((lowest - heights[k]) / _ALIKE_MM)
                total += weight
                mean += weight * half * (k - _ACROSS) / _ACROSS
                seen += 1.0
        if seen > 0.0:
            place[row], share[row] = base[0] + mean / total, seen / heights.shape[0]
    line = np.empty(rows)
    for row in range(rows):
        total = mean = 0.0
        for other in range(rows):
            weight = share[other] * exp(-0.5 * (STEP_MM * (other - row) / _ALONG_MM) ** 2)
            total += weight
            mean += weight * place[other]
        if total < 1e-6:
            return line[:row]
        line[row] = mean / total
    return line


@kernel
def _beside_floor(
    grid: FloatArray, lateral_0: float, caudal_0: float, step: float, sign: float, lateral: float, caudal: float, shift: float,
    highest: float,
) -> float:  # fmt: skip
    """Lateral coordinate ``shift`` off the floor, or where the side of the groove has risen ``highest`` over it before."""
    floor = before = height_over(grid, lateral_0, caudal_0, step, sign * lateral, caudal)
    count = max(int(np.ceil(abs(shift) / _BESIDE_STEP_MM)), 1)
    for n in range(1, count + 1):
        here = height_over(grid, lateral_0, caudal_0, step, sign * (lateral + shift * n / count), caudal)
        if here > floor + highest:
            return lateral + shift * (n - (here - floor - highest) / (here - before)) / count
        before = here
    return lateral + shift


@kernel
def course_along_groove(
    grid: FloatArray, lateral_0: float, caudal_0: float, step: float, sign: float, base: FloatArray, above: float, below: float,
    half: float, highest: float, shift: float, out: FloatArray,
) -> int:  # fmt: skip
    """Write the course (n, 2) of the L5 ramus to ``out`` and return n: the line of the groove at ``base`` (2,), ``shift`` off it.

    It runs from ``above`` to ``below`` the base, where bone carries it, and no more than ``highest`` over the floor of the groove; it
    comes over the edge of the ala straight towards the landmark.
    """
    line = groove_line(grid, lateral_0, caudal_0, step, sign, base, below, half)
    count = 0
    if line.shape[0] == 0:
        return count
    ahead = int(np.floor(above / STEP_MM + 1e-6))
    first = _beside_floor(grid, lateral_0, caudal_0, step, sign, line[0], base[1], shift, highest)
    for row in range(-ahead, line.shape[0]):
        x, y = first, base[1] + STEP_MM * row
        if row > 0:
            x = _beside_floor(grid, lateral_0, caudal_0, step, sign, line[row], y, shift, highest)
        if np.isfinite(height_over(grid, lateral_0, caudal_0, step, sign * x, y)):
            out[count, 0], out[count, 1] = x, y
            count += 1
        elif row < 0:
            # the last edge before the groove is the ala's
            count = 0
    return count


@kernel
def groove_seat(
    grid: FloatArray, lateral_0: float, caudal_0: float, step: float, sign: float, base: FloatArray, below: float, half: float,
    steepest: float, point: FloatArray,
) -> bool:  # fmt: skip
    """Fill (3,) with the place on the floor of the groove for a needle; False where the chart shows none.

    On the line of the groove, abreast of its landmark or the first place below where the floor is no steeper than ``steepest``, mm/mm:
    not yet the cliff that the ala is for a beam along the S1 endplate.
    """
    line = groove_line(grid, lateral_0, caudal_0, step, sign, base, below, half)
    count = line.shape[0]
    if count < 2:
        return False
    for n in range(int((count - 1) * STEP_MM / _SEAT_STEP_MM) + 1):
        along = n * _SEAT_STEP_MM / STEP_MM
        row = min(int(along), count - 2)
        lateral = line[row] + (along - row) * (line[row + 1] - line[row])
        caudal = base[1] + n * _SEAT_STEP_MM
        here = height_over(grid, lateral_0, caudal_0, step, sign * lateral, caudal)
        ahead = height_over(grid, lateral_0, caudal_0, step, sign * lateral, caudal + _SLOPE_OVER_MM)
        if abs(ahead - here) <= steepest * _SLOPE_OVER_MM:
            point[0], point[1], point[2] = lateral, caudal, here
            return True
    return False
