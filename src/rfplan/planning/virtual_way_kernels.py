"""Compiled straight ways in of needles in a virtual patient, as :mod:`rfplan.planning.approach` finds them.

Everything is in the chart of the treated side, whose lateral axis points away from the midline.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from rfplan.anatomy.bone_gap_kernels import bone_gap, roof_of
from rfplan.anatomy.overhang_kernels import NEAR_MM, overhang_gap, overhang_room
from rfplan.anatomy.sheet_distance_kernels import SheetBone, sheet_gap, sheet_gap_from
from rfplan.anatomy.skin_kernels import leaves_along
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel
from rfplan.planning.virtual_seat_kernels import FAR_MM, UNEVEN, UNEVEN_MM

_STEP_MM, _FAR_STEP_MM, _NEAR_MM, _LOOKED_AT_MM = 1.0, 2.0, 16.0, 110.0
_RAMP_MM, _TOUCH_MM, _THROUGH_MM, _SPARE_MM = 3.0, 0.1, 0.3, 0.05
_ROUNDED = 1e6
BLOCKERS = 33
"""Rows of what is known of blocked directions from a tip: how many were kept, how far from the tip the last deep place was, and which of
those looked at; then of the last of them a deep place, each with its distance from the tip, itself, and its distance to bone less what is
asked for."""
_LOOKED_BEHIND = 6
_SEEN_AHEAD_MM = NEAR_MM
_EVEN_MM = 1e-9
_DEEP_MM = 1.0
"""More than the distance to bone changes between two looks for what a shaft passes through."""
_ALIKE_MM = 2.0 / _ROUNDED


class SideGround(NamedTuple):
    """One side of a virtual patient: its ``bone``, the ``smooth`` heights of its chart, ``rims`` (4, k, 3) and ``centres`` (4, 2) of its
    foramina, the back of its ``joint`` (m, 3), the ``base`` (3,) of the groove of L5, and its ``skin`` (ni, nj) over ``skin_axes``
    (3, 3) from ``corner`` (2,) in steps of ``skin_spacing``."""

    bone: SheetBone
    smooth: FloatArray
    rims: FloatArray
    centres: FloatArray
    joint: FloatArray
    base: FloatArray
    skin: FloatArray
    skin_axes: FloatArray
    corner: FloatArray
    skin_spacing: float


class Limits(NamedTuple):
    """Figures of ``techniques.toml`` for every way in, and the ``fan`` (n, 3) of directions that are tried, least tilted first: along the
    preferred direction, lateral of it, and across both."""

    clearance: float
    longest: float
    rim_gap: float
    joint_gap: float
    fan: FloatArray


@kernel
def _place_on_shaft(k: int, radius: float) -> float:
    """Distance from the tip end of the k-th place at which a shaft is looked at: closely where bone is near, then at steps that no bone's
    edge slips through within the clearance."""
    near = int(np.ceil((_NEAR_MM - radius) / _STEP_MM))
    return radius + _STEP_MM * k if k < near else _NEAR_MM + _FAR_STEP_MM * (k - near)


@kernel
def _asked_for(limits: Any, a: float, radius: float, contact: float) -> float:
    """Distance from the axis of a shaft to bone that is asked for at a place."""
    share = min(max((a - contact) / _RAMP_MM, 0.0), 1.0)
    wanted: float = radius - _TOUCH_MM + (limits.clearance + _TOUCH_MM) * share
    return wanted


@kernel
def _is_blocked(blockers: FloatArray, tip: FloatArray, x: float, y: float, z: float, bound: float) -> bool:
    """Whether what blocked another direction tells that this one has less room than ``bound``: a place so near to one that lies so deep."""
    kept = int(blockers[0, 0])
    # the last first: what was looked at then mostly is a neighbour
    for back in range(min(kept, BLOCKERS - 1)):
        n = 1 + (kept - 1 - back) % (BLOCKERS - 1)
        a, value = blockers[n, 0], blockers[n, 4]
        if value < bound:
            px, py, pz = (
                tip[0] + a * x - blockers[n, 1],
                tip[1] + a * y - blockers[n, 2],
                tip[2] + a * z - blockers[n, 3],
            )
            reach = (bound - value - UNEVEN_MM) / UNEVEN
            if reach > 0.0 and px * px + py * py + pz * pz < reach * reach:
                return True
    return False


@kernel
def _most_room(blockers: FloatArray, tip: FloatArray, x: float, y: float, z: float) -> float:
    """What the room of a direction cannot be above for what blocked others; endless where that says nothing."""
    most = np.inf
    for n in range(1, min(int(blockers[0, 0]), BLOCKERS - 1) + 1):
        a = blockers[n, 0]
        px, py, pz = tip[0] + a * x - blockers[n, 1], tip[1] + a * y - blockers[n, 2], tip[2] + a * z - blockers[n, 3]
        most = min(most, blockers[n, 4] + UNEVEN_MM + UNEVEN * sqrt(px * px + py * py + pz * pz))
    return most


@kernel
def _remember(
    bone: Any, limits: Any, k: int, tip: FloatArray, x: float, y: float, z: float, radius: float, contact: float,
    blockers: FloatArray,
) -> None:  # fmt: skip
    """Keep the deepest place of a shaft about and behind the k-th, where it is blocked."""
    deepest, value, place = 0.0, np.inf, k
    for n in range(_LOOKED_BEHIND):
        a = _place_on_shaft(k + n, radius)
        px, py, pz = tip[0] + a * x, tip[1] + a * y, tip[2] + a * z
        # which side of the sheet a place is on may change from one to the next, how far off the sheet it is may not
        gap = abs(sheet_gap(bone, FAR_MM, px, py, pz))
        gap = min(gap, overhang_gap(bone, gap, px, py, pz))
        here = gap - _asked_for(limits, a, radius, contact)
        if n > 0 and here >= value:
            break
        deepest, value, place = a, here, k + n
    row = 1 + int(blockers[0, 0]) % (BLOCKERS - 1)
    blockers[0, 0], blockers[0, 1], blockers[0, 2] = blockers[0, 0] + 1.0, deepest, place
    blockers[row, 0], blockers[row, 4] = deepest, value
    blockers[row, 1], blockers[row, 2], blockers[row, 3] = (
        tip[0] + deepest * x,
        tip[1] + deepest * y,
        tip[2] + deepest * z,
    )


@kernel
def no_blockers() -> FloatArray:
    """Places that blocked directions from one tip, none yet."""
    blockers = np.zeros((BLOCKERS, 5))
    blockers[:, 4] = np.inf
    return blockers


@kernel
def room(
    ground: Any, limits: Any, roof: float, tip: FloatArray, x: float, y: float, z: float, radius: float, contact: float, bound: float,
    blockers: FloatArray,
) -> float:  # fmt: skip
    """Smallest distance of a shaft from ``tip`` in the direction (x, y, z) to bone, less what is asked for there; exact where it is between
    ``bound`` and nothing, else only known to be below or above.

    ``blockers`` (:data:`BLOCKERS`, 5) of this tip tell of directions that were blocked before; they are kept up.
    """
    bone, least, clear_to = ground.bone, 1e9, -1.0
    if _is_blocked(blockers, tip, x, y, z, bound):
        return -np.inf
    if blockers[0, 1] > 0.0:
        # where the direction before was blocked, its neighbour mostly is too
        a = blockers[0, 1]
        px, py, pz, wanted = tip[0] + a * x, tip[1] + a * y, tip[2] + a * z, _asked_for(limits, a, radius, contact)
        if (pz <= roof or z <= 0.0) and bone_gap(
            bone, min(FAR_MM, max(wanted, 0.0) + _SPARE_MM), px, py, pz
        ) - wanted < bound:
            _remember(bone, limits, int(blockers[0, 2]), tip, x, y, z, radius, contact, blockers)
            return -np.inf
    count = int(np.ceil((_NEAR_MM - radius) / _STEP_MM)) + int(np.ceil((_LOOKED_AT_MM - _NEAR_MM) / _FAR_STEP_MM))
    for k in range(count):
        a = _place_on_shaft(k, radius)
        px, py, pz = tip[0] + a * x, tip[1] + a * y, tip[2] + a * z
        if z > 0.0 and pz > roof:
            # nothing hangs higher
            break
        wanted = _asked_for(limits, a, radius, contact)
        reach = min(FAR_MM, max(wanted, 0.0) + _SPARE_MM)
        if reach > NEAR_MM:
            gap = bone_gap(bone, reach, px, py, pz)
        else:
            # what blocks need not be known to the last, and nothing of the sheet is higher than its top
            gap = reach
            if pz <= bone.top + reach:
                gap = sheet_gap_from(bone, reach, wanted + bound - _EVEN_MM, px, py, pz)
            if a >= clear_to and gap - wanted >= bound:
                hung, clear = overhang_room(bone, reach, px, py, pz)
                clear_to = a + clear
                gap = min(gap, hung)
        least = min(least, gap - wanted)
        if least < bound:
            _remember(bone, limits, k, tip, x, y, z, radius, contact, blockers)
            break
    return least


@kernel
def _runs_through(ground: Any, roof: float, tip: FloatArray, axis: FloatArray, radius: float, last: float) -> bool:
    """Whether a shaft passes through bone by more than a touch within ``last`` of its tip."""
    least, step = radius - _THROUGH_MM, 0.5 * _STEP_MM
    k, count = 0, int(np.ceil((last - radius) / step))
    while k < count:
        a = radius + step * k
        height = tip[2] + a * axis[2]
        if axis[2] > 0.0 and height > roof:
            break
        gap = bone_gap(ground.bone, _SEEN_AHEAD_MM, tip[0] + a * axis[0], tip[1] + a * axis[1], height)
        if gap < least:
            return True
        # on to the first place at which bone may be as near
        k += max(1, int((gap - least - UNEVEN_MM) / (UNEVEN * step)))
    return False


@kernel
def _kept_from(limits: Any, contact: float) -> float:
    """Distance from the tip from which on a shaft that keeps what is asked for where it is looked at cannot pass through bone between."""
    between = UNEVEN * 0.5 * _STEP_MM + UNEVEN_MM
    share = (between + _TOUCH_MM - _THROUGH_MM) / (limits.clearance + _TOUCH_MM)
    return contact + _RAMP_MM * share + _STEP_MM if share <= 1.0 else _NEAR_MM


@kernel
def comes_out(ground: Any, limits: Any, tip: FloatArray, axis: FloatArray) -> bool:
    """Whether a shaft from ``tip`` along ``axis`` comes out through the skin within the longest that there is."""
    axes, start, ahead = ground.skin_axes, np.empty(3), np.empty(3)
    for k in range(3):
        start[k] = axes[k, 0] * tip[0] + axes[k, 1] * tip[1] + axes[k, 2] * tip[2]
        ahead[k] = axes[k, 0] * axis[0] + axes[k, 1] * axis[1] + axes[k, 2] * axis[2]
    out: bool = leaves_along(
        ground.skin, start, ahead, ground.corner[0], ground.corner[1], ground.skin_spacing, limits.longest
    )
    return out


@kernel
def _sides(preferred: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit vectors across the preferred direction, the first of them as lateral as can be."""
    first = -preferred[0] * preferred
    first[0] += 1.0
    first /= sqrt(first[0] ** 2 + first[1] ** 2 + first[2] ** 2)
    return first, np.cross(preferred, first)


@kernel
def _aim(limits: Any, n: int, preferred: FloatArray, first: FloatArray, second: FloatArray, axis: FloatArray) -> None:
    along, aside, across = limits.fan[n, 0], limits.fan[n, 1], limits.fan[n, 2]
    for x in range(3):
        axis[x] = along * preferred[x] + aside * first[x] + across * second[x]


@kernel
def way_in(
    ground: Any, limits: Any, tip: FloatArray, preferred: FloatArray, radius: float, contact: float, axis: FloatArray
) -> bool:
    """Fill ``axis`` (3,) with the clear direction nearest to the ``preferred`` one, or that with most room; False where every straight way
    passes through bone, or none comes out through the skin."""
    first, second = _sides(preferred)
    trial, roof, blockers = np.empty(3), roof_of(ground.bone, FAR_MM), no_blockers()
    # what no room is above, in the directions that are blocked
    most = np.zeros(limits.fan.shape[0])
    for n in range(limits.fan.shape[0]):
        _aim(limits, n, preferred, first, second, trial)
        if _is_blocked(blockers, tip, trial[0], trial[1], trial[2], 0.0):
            continue
        kept = blockers[0, 0]
        here = room(ground, limits, roof, tip, trial[0], trial[1], trial[2], radius, contact, 0.0, blockers)
        if here >= 0.0:
            most[n] = -np.inf
            if comes_out(ground, limits, tip, trial):
                axis[:] = trial
                # farther out than it may touch bone it keeps its clearance from one place looked at to the next
                return not _runs_through(ground, roof, tip, axis, radius, _kept_from(limits, contact))
        elif blockers[0, 0] > kept:
            most[n] = blockers[1 + int(kept) % (BLOCKERS - 1), 4]
    for n in range(limits.fan.shape[0]):
        _aim(limits, n, preferred, first, second, trial)
        most[n] = min(most[n], _most_room(blockers, tip, trial[0], trial[1], trial[2]))
    # the most promising first; with less room than this a shaft passes through bone
    best, chosen = -limits.clearance - _THROUGH_MM - _DEEP_MM, -1
    for n in np.argsort(-most, kind="mergesort"):
        if most[n] < best - _ALIKE_MM:
            break
        _aim(limits, n, preferred, first, second, trial)
        here = room(
            ground, limits, roof, tip, trial[0], trial[1], trial[2], radius, contact, best - _ALIKE_MM, blockers
        )
        # rounding keeps a patient and its mirror image on the same choice
        rounded, known = np.rint(min(here, 0.0) * _ROUNDED), np.rint(best * _ROUNDED)
        if rounded < known or (rounded == known and 0 <= chosen < n):
            continue
        if not comes_out(ground, limits, tip, trial):
            continue
        axis[:] = trial
        best, chosen = min(here, 0.0), n
    return chosen >= 0 and not _runs_through(ground, roof, tip, axis, radius, _LOOKED_AT_MM)


@kernel
def shared_way(
    ground: Any, limits: Any, tips: FloatArray, preferred: FloatArray, radius: float, contact: float, axis: FloatArray
) -> None:
    """Fill ``axis`` (3,) with the direction nearest to ``preferred`` in which most parallel shafts from ``tips`` (n, 3) are clear."""
    first, second = _sides(preferred)
    trial, roof = np.empty(3), roof_of(ground.bone, FAR_MM)
    count, most = tips.shape[0], -1
    blockers = np.empty((count, BLOCKERS, 5))
    # those that blocked last are asked first: whether a direction is worth its questions is then known soonest
    order, waiting = np.arange(count), np.empty(count, dtype=np.int64)
    for k in range(count):
        blockers[k] = no_blockers()
    for n in range(limits.fan.shape[0]):
        _aim(limits, n, preferred, first, second, trial)
        blocked, asked = 0, 0
        for m in range(count):
            # what is blocked where its neighbour was tells itself at once
            k = order[m]
            if _is_blocked(blockers[k], tips[k], trial[0], trial[1], trial[2], 0.0):
                blocked += 1
                if blocked >= count - most:
                    # foremost for the next direction
                    order[1 : m + 1] = order[:m].copy()
                    order[0] = k
                    break
            else:
                waiting[asked] = m
                asked += 1
        if blocked >= count - most:
            continue
        for n_asked in range(asked):
            m = waiting[n_asked]
            k = order[m]
            here = room(ground, limits, roof, tips[k], trial[0], trial[1], trial[2], radius, contact, 0.0, blockers[k])
            if here < 0.0:
                blocked += 1
                if blocked >= count - most:
                    order[1 : m + 1] = order[:m].copy()
                    order[0] = k
                    break
        if count - blocked > most:
            most = count - blocked
            axis[:] = trial
        if most == count:
            break
