"""Compiled distances to the bone of a virtual patient: its dorsal sheet and what hangs over it. Points and directions in the chart's
frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.anatomy.overhang_kernels import overhang_gap
from rfplan.anatomy.sheet_distance_kernels import sheet_gap
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel, kernel_with

_SPARE_MM = 0.05
# Built into its callers: handing the many arrays of a bone from function to function takes longer than it does.
_built_in = kernel_with(inline="always")


@_built_in
def bone_gap(bone: Any, far: float, x: float, y: float, z: float) -> float:
    """Signed distance of one chart point to ``bone`` (:class:`SheetBone`), cut off at ``far``."""
    gap = sheet_gap(bone, far, x, y, z)
    # what hangs over counts only where it is nearer
    return min(gap, overhang_gap(bone, gap, x, y, z))


@kernel
def bone_gaps(bone: Any, far: float, points: FloatArray) -> FloatArray:
    """(n,) the same at chart points (n, 3)."""
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        result[n] = bone_gap(bone, far, points[n, 0], points[n, 1], points[n, 2])
    return result


@kernel
def roof_of(bone: Any, far: float) -> float:
    """Height above which there is no bone within ``far``."""
    over: float = max(bone.hip_z, bone.low_z) + bone.spacing * (bone.vertebra.shape[2] - 1)
    return max(float(bone.top) + far, over)


@kernel
def bone_rooms(
    bone: Any, far: float, tip: FloatArray, directions: FloatArray, along: FloatArray, wanted: FloatArray, bound: float, first: bool
) -> FloatArray:  # fmt: skip
    """(n,) smallest distance to bone less what is ``wanted`` (m,) at ``along`` (m,) from ``tip`` (3,), for each direction (n, 3).

    A direction whose room falls below ``bound`` is not followed further. With ``first``, neither is one that has less room than another
    before it, and none after the first that is clear; those not looked at have endlessly little.
    Where either hint is given, room to spare is told up to a twentieth of a millimetre only.
    """
    result = np.full(directions.shape[0], -np.inf)
    roof = roof_of(bone, far)
    hinted = first or bound > -np.inf
    for n in range(directions.shape[0]):
        room = 1e9
        for k in range(along.shape[0]):
            a = along[k]
            if directions[n, 2] > 0.0 and tip[2] + a * directions[n, 2] > roof:
                # nothing hangs higher
                room = min(room, far - wanted[wanted.shape[0] - 1])
                break
            reach = min(far, max(wanted[k], 0.0) + _SPARE_MM) if hinted else far
            gap = bone_gap(
                bone, reach, tip[0] + a * directions[n, 0], tip[1] + a * directions[n, 1], tip[2] + a * directions[n, 2]
            )
            room = min(room, gap - wanted[k])
            if room < bound:
                break
        result[n] = room
        if first:
            if room >= 0.0:
                break
            bound = max(bound, room)
    return result
