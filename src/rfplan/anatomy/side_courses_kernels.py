"""Compiled courses of all branches of one side, lifted over its bone."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.course_kernels import STEP_MM, course_to_joint, over_bone
from rfplan.anatomy.groove_kernels import course_along_groove
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel


@kernel
def courses_on_side(
    grid: FloatArray, lateral_0: float, caudal_0: float, step: float, rims: FloatArray, centres: FloatArray, joint: FloatArray,
    base: FloatArray, traits: FloatArray, relaxation: float, steer_beyond: float, reach: float, above: float, below: float,
    half: float, highest: float, shortest: float, points: FloatArray, first: IntArray, kept: IntArray,
) -> int:  # fmt: skip
    """Draw the branches ``traits`` (b, 5) of one side and return how many there are.

    Of each: number of its foramen (-1: the L5 ramus), clock and final direction (radians from cranial), depth, shift off the groove.
    Branch k of those that bone carries over ``shortest`` is ``points[first[k]:first[k + 1]]`` in the chart; it has the traits ``kept[k]``.
    """
    count = 0
    first[0] = 0
    along, steps = np.empty((int((above + below) / STEP_MM) + 2, 2)), np.empty((int(reach / STEP_MM) + 1, 2))
    for b in range(traits.shape[0]):
        level = int(traits[b, 0])
        path = along
        if level < 0:
            size = course_along_groove(
                grid, lateral_0, caudal_0, step, 1.0, base, above, below, half, highest, traits[b, 4], along
            )
        else:
            path = steps
            size = course_to_joint(
                grid, lateral_0, caudal_0, step, 1.0, rims[level], centres[level], joint, traits[b, 1], traits[b, 2], relaxation,
                steer_beyond, reach, steps,
            )  # fmt: skip
        if size * STEP_MM < shortest:
            continue
        start = first[count]
        carried = over_bone(grid, lateral_0, caudal_0, step, 1.0, path[:size], traits[b, 3], points[start:])
        if carried < 2:
            continue
        kept[count] = b
        count += 1
        first[count] = start + carried
    return count
