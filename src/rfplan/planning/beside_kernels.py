"""Compiled answers to what a lesion is solved beside: the rounded problem of an application beside its plane of bone.

Everything is in one orthogonal frame whose third axis is that of the operator's view, ``posterior``; it may be left-handed.
"""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin, sqrt, tan
from typing import Any

import numpy as np

from rfplan.anatomy.virtual_grounds_kernels import bone_of
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.planning.tip_plane_kernels import PLACES, PROBES, distances_along, plane_beside

NO_BONE = -1.0
"""Gap of a problem without bone."""
ROUNDING = 10
"""Numbers of a rounding: step of the angle; of the gap below a first bound, below a second, and above; the two bounds; of the spacing of a
pair, of its offset, of its splay and twist; 1 where a pair may be solved as its mirror image."""
(
    ANGLE, GAP_NEAR, GAP_MIDDLE, GAP_FAR, NEAR, MIDDLE, SPACING, OFFSET, TURN, MIRROR,
) = range(ROUNDING)  # fmt: skip
KEY = 6
"""Numbers of a problem: gap (:data:`NO_BONE` without bone), angle; spacing, offset, splay, twist of a pair, else 0."""
_FAR_GAP_MM = 8.0
_INTO_BONE_MM = 0.25


@kernel
def _to(step: float, value: float) -> float:
    rounded: float = step * np.rint(value / step)
    return rounded


@kernel
def _lift_of_one(above: float, angle: float) -> float:
    return above * sin(radians(angle))


@kernel
def _lift_of_pair(tips: FloatArray, axes: FloatArray, active: float, radius: float, angle: float) -> float:
    """How much higher the middle of the active metal of a pair lies than the lowest point of its axes."""
    y, z = cos(radians(angle)), sin(radians(angle))
    mean, lowest = 0.0, 1e30
    for n in range(2):
        height = tips[n, 1] * y + tips[n, 2] * z
        rise = axes[n, 1] * y + axes[n, 2] * z
        mean += 0.5 * (height + 0.5 * active * rise)
        lowest = min(lowest, height + radius * rise, height + active * rise)
    return mean - lowest


@kernel
def _beside(
    normal: FloatArray, middle: float, axis: FloatArray, radius: float, rounding: FloatArray, key: FloatArray,
    above: float, tips: FloatArray, axes: FloatArray, active: float,
) -> bool:  # fmt: skip
    """Write gap and angle of a problem; False where the bone is too far to matter. ``above`` is negative for a pair."""
    lean = degrees(asin(min(1.0, max(-1.0, normal[0] * axis[0] + normal[1] * axis[1] + normal[2] * axis[2]))))
    # what leans into the bone backwards is solved as what lies along it
    angle = min(90.0, max(0.0, _to(rounding[ANGLE], lean)))
    gap = 0.0
    while True:
        lift = _lift_of_one(above, angle) if above >= 0.0 else _lift_of_pair(tips, axes, active, radius, angle)
        gap = middle - radius - lift
        if angle <= 0.0 or gap >= -_INTO_BONE_MM:
            break
        # rather lying flatter than with its end in the bone
        angle -= rounding[ANGLE]
    gap = max(0.0, gap)
    key[0], key[1] = NO_BONE, 0.0
    if gap >= _FAR_GAP_MM:
        return False
    step = rounding[GAP_FAR]
    if gap < rounding[NEAR]:
        step = rounding[GAP_NEAR]
    elif gap < rounding[MIDDLE]:
        step = rounding[GAP_MIDDLE]
    key[0], key[1] = _to(step, gap), angle
    return True


@kernel
def _frame(z: FloatArray, guide: FloatArray, caudal: FloatArray, hand: float, matrix: FloatArray) -> None:
    """Fill (3, 3) with columns x, y, z of a frame of the given hand, ``guide`` on the side of +x."""
    along = guide[0] * z[0] + guide[1] * z[1] + guide[2] * z[2]
    x = guide - along * z
    size = sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2)
    if size < 1e-6:
        x = caudal - (caudal[0] * z[0] + caudal[1] * z[1] + caudal[2] * z[2]) * z
        size = sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2)
    x = x / size
    y = hand * np.cross(z, x)
    for k in range(3):
        matrix[k, 0], matrix[k, 1], matrix[k, 2] = x[k], y[k], z[k]


@kernel
def one_beside(
    has: bool, normal: FloatArray, middle: float, tip: FloatArray, axis: FloatArray, frame: FloatArray, above: float, radius: float,
    rounding: FloatArray, key: FloatArray, matrix: FloatArray,
) -> None:  # fmt: skip
    """The rounded problem ``key`` (6,) of a needle and the ``matrix`` (3, 3) of its place; ``above`` is the middle of its active metal
    less its radius. ``frame`` (3, 3): rows lateral, caudal, posterior."""
    key[:] = 0.0
    key[0] = NO_BONE
    guide = frame[2]
    none = np.empty((0, 0))
    # without a plane, or straight on to it, the lesion is round: any direction will do that turns with the patient
    if has and _beside(normal, middle, axis, radius, rounding, key, above, none, none, 0.0) and key[1] < 90.0:
        guide = normal
    elif has and key[0] == NO_BONE:
        guide = frame[2]
    _frame(axis, guide, frame[1], 1.0, matrix)


@kernel
def _pair_pose(tips: FloatArray, axes: FloatArray, matrix: FloatArray, pose: FloatArray) -> bool:
    """Fill ``pose`` (spacing, offset, splay, twist) of two needles and the ``matrix`` (3, 3) of their frame; False where they have none."""
    z = axes[0] + axes[1]
    if axes[0, 0] * axes[1, 0] + axes[0, 1] * axes[1, 1] + axes[0, 2] * axes[1, 2] < 0.02:
        return False
    z = z / sqrt(z[0] ** 2 + z[1] ** 2 + z[2] ** 2)
    between = tips[1] - tips[0]
    offset = between[0] * z[0] + between[1] * z[1] + between[2] * z[2]
    across = between - offset * z
    spacing = sqrt(across[0] ** 2 + across[1] ** 2 + across[2] ** 2)
    if spacing < 1e-6:
        return False
    x = across / spacing
    y = np.cross(z, x)
    lean = np.zeros(3)
    for k in range(3):
        matrix[k, 0], matrix[k, 1], matrix[k, 2] = x[k], y[k], z[k]
        lean[0] += x[k] * axes[1, k]
        lean[1] += y[k] * axes[1, k]
        lean[2] += z[k] * axes[1, k]
    pose[0], pose[1] = spacing, offset
    pose[2], pose[3] = degrees(2.0 * atan2(lean[0], lean[2])), degrees(2.0 * atan2(lean[1], lean[2]))
    return True


@kernel
def pair_beside(
    has: bool, normal: FloatArray, middle: float, tips: FloatArray, axes: FloatArray, active: float, radius: float,
    rounding: FloatArray, key: FloatArray, matrix: FloatArray,
) -> bool:  # fmt: skip
    """The rounded problem ``key`` (6,) of two needles and the ``matrix`` (3, 3) of their place; False where they have no pose."""
    key[:] = 0.0
    key[0] = NO_BONE
    pose = np.empty(4)
    if not _pair_pose(tips, axes, matrix, pose):
        return False
    if has and normal[0] * matrix[0, 1] + normal[1] * matrix[1, 1] + normal[2] * matrix[2, 1] < 0.0:
        # the solver has the bone towards -y: count the needles the other way round
        _pair_pose(tips[::-1], axes[::-1], matrix, pose)
    key[2], key[3] = _to(rounding[SPACING], pose[0]), _to(rounding[OFFSET], pose[1])
    key[4], key[5] = _to(rounding[TURN], pose[2]), _to(rounding[TURN], pose[3])
    if rounding[MIRROR] > 0.0 and (key[3] < 0.0 or (key[3] == 0.0 and key[5] < 0.0)):
        for k in range(3):
            matrix[k, 0] = -matrix[k, 0]
        key[3], key[5] = -key[3], -key[5]
    # no minus before a nought: a problem has one name
    for k in range(2, 6):
        key[k] += 0.0
    if has:
        half, lean = 0.5 * key[2], tan(radians(0.5 * key[4]))
        twist = tan(radians(0.5 * key[5]))
        size = sqrt(1.0 + lean * lean + twist * twist)
        places, ways = np.empty((2, 3)), np.empty((2, 3))
        for n in range(2):
            sign = -1.0 if n == 0 else 1.0
            places[n, 0], places[n, 1], places[n, 2] = sign * half, 0.0, sign * 0.5 * key[3]
            ways[n, 0], ways[n, 1], ways[n, 2] = sign * lean / size, sign * twist / size, 1.0 / size
        _beside(normal, middle, np.ascontiguousarray(matrix[:, 2]), radius, rounding, key, -1.0, places, ways, active)
    return True


@kernel
def both_planes(has: BoolArray, normals: FloatArray, middles: FloatArray, normal: FloatArray) -> tuple[bool, float]:
    """The plane beside two needles, the mean of those beside each that has one: fills ``normal`` (3,), returns whether there is one and
    the height of their middle above it."""
    if not (has[0] and has[1]):
        n = 0 if has[0] else 1
        normal[:] = normals[n]
        return has[0] or has[1], middles[n]
    total = normals[0] + normals[1]
    size = sqrt(total[0] ** 2 + total[1] ** 2 + total[2] ** 2)
    if size < 0.1:
        # bone on both sides: the nearer one
        n = 0 if middles[0] <= middles[1] else 1
        normal[:] = normals[n]
        return True, middles[n]
    normal[:] = total / size
    return True, 0.5 * (middles[0] + middles[1])


@kernel
def problems_beside(
    bone: Any, far: float, tips: FloatArray, axes: FloatArray, active: float, radius: float, pairs: IntArray, single: FloatArray,
    double: FloatArray, keys: FloatArray, matrices: FloatArray, offsets: FloatArray, good: BoolArray,
) -> None:  # fmt: skip
    """The rounded problems of applications of one needle ``pairs[a, 0]``, rounded as ``single``, or of two, as ``double``.

    ``tips`` and ``axes`` (n, 3) in the chart of a ``bone`` (:class:`rfplan.anatomy.sheet_distance_kernels.SheetBone`) whose distance is
    asked up to ``far``; needles have one active part from the tip end. Fills ``keys`` (a, 6), ``matrices`` (a, 3, 3), ``offsets`` (a, 3)
    and, where two needles have a pose to each other, ``good`` (a,).
    """
    count = tips.shape[0]
    frame, normal, values = np.eye(3), np.empty(3), np.empty((PLACES, PROBES))
    has, normals, middles = np.zeros(count, dtype=np.bool_), np.empty((count, 3)), np.zeros(count)
    for n in range(count):
        distances_along(bone, far, tips[n], axes[n], active, values)
        has[n], middles[n], _ = plane_beside(values, frame, axes[n], active, far, normals[n])
    for a in range(pairs.shape[0]):
        n, m = pairs[a, 0], pairs[a, 1]
        if m < 0:
            good[a] = True
            offsets[a] = tips[n]
            one_beside(
                has[n], normals[n], middles[n], tips[n], axes[n], frame, 0.5 * active - radius, radius, single, keys[a], matrices[a]
            )  # fmt: skip
            continue
        two = np.array([n, m])
        there, middle = both_planes(has[two], normals[two], middles[two], normal)
        offsets[a] = 0.5 * (tips[n] + tips[m])
        good[a] = pair_beside(there, normal, middle, tips[two], axes[two], active, radius, double, keys[a], matrices[a])


@kernel
def problems_of_many(
    bones: Any, far: float, tips: FloatArray, axes: FloatArray, counts: IntArray, active: float, radius: float, pairs: IntArray,
    single: FloatArray, double: FloatArray, first: IntArray, keys: FloatArray, matrices: FloatArray, offsets: FloatArray,
    good: BoolArray,
) -> None:  # fmt: skip
    """:func:`problems_beside` of the needles (p, m, 3) of many patients with ``bones``
    (:class:`rfplan.anatomy.virtual_grounds_kernels.SheetBones`): of patient k the first ``counts[k, 0]`` needles and ``counts[k, 1]``
    applications count, and their problems are ``first[k]:first[k + 1]``."""
    for k in range(counts.shape[0]):
        needles, low, high = counts[k, 0], first[k], first[k + 1]
        problems_beside(
            bone_of(bones, k), far, tips[k, :needles], axes[k, :needles], active, radius, pairs[k, : counts[k, 1]], single, double,
            keys[low:high], matrices[low:high], offsets[low:high], good[low:high],
        )  # fmt: skip
