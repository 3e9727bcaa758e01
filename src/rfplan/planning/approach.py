"""A straight way in: from the skin to a target on the bone without passing through bone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.treatable import Treatable
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, frozen, unit

_STEP_MM = 1.0
_FAR_STEP_MM = 2.0
_NEAR_MM = 16.0
_LOOKED_AT_MM = 110.0
_RAMP_MM = 3.0
_TOUCH_MM = 0.1
_THROUGH_MM = 0.3
_TILT_STEP_DEG = 2.5
_SEAT_RANGE_MM = 8.0
_LIFT_ROUNDS = 4
_LOOKS = (61, 193)


@dataclass(frozen=True, eq=False)
class Approach:
    """A pose of a straight shaft: ``tip_mm`` (3,), unit ``axis`` (3,) towards the hub, ``entry_mm`` (3,) on the skin.

    ``tilt_deg`` is the angle to the direction that the recipe prefers. ``spare_mm`` is what is left of the clearance that was
    asked for at the narrowest place, ``gap_mm`` the smallest distance from the shaft's surface to bone, negative inside; ``clear``
    says that ``spare_mm`` is not negative and that the shaft is long enough.
    """

    tip_mm: FloatArray
    axis: FloatArray
    entry_mm: FloatArray
    tilt_deg: float
    spare_mm: float
    gap_mm: float
    clear: bool

    @property
    def through_bone(self) -> bool:
        """True where the shaft passes through bone by more than a touch."""
        return self.gap_mm < -_THROUGH_MM

    @property
    def reaches_skin(self) -> bool:
        """False where no direction leads to the skin within the longest shaft; ``entry_mm`` is then the shaft's end."""
        return self.spare_mm > -np.inf

    def __post_init__(self) -> None:
        for name in ("tip_mm", "axis", "entry_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


def straight_approach(
    patient: Treatable,
    side: Side,
    tip_mm: FloatArray,
    preferred: FloatArray,
    radius_mm: float,
    contact_mm: float,
    largest_tilt_deg: float | None = None,
) -> Approach:
    """The clear approach to ``tip_mm`` that is nearest to the ``preferred`` direction.

    Parameters
    ----------
    tip_mm : (3,) tip end, patient frame
    preferred : (3,) direction of the recipe, from the tip to the hub
    radius_mm : radius of the shaft
    contact_mm : length from the tip end over which the shaft may touch the bone; beyond it the clearance of
        ``techniques.toml`` is kept to every bone, the overhanging iliac crest included
    largest_tilt_deg : how far the approach may leave the preferred direction; default that of ``techniques.toml``

    Returns
    -------
    Approach : the least tilted clear one; where none is clear, the one with most room, marked not ``clear``
    """
    table = figures("techniques")
    longest_mm = table["common.longest_shaft_mm"].value
    largest_deg = largest_tilt_deg or table["common.largest_tilt_deg"].value
    directions, tilts = _directions(patient, side, preferred, largest_deg)
    best: tuple[float, int, FloatArray] | None = None
    # most targets are clear at once: look at little before looking at all
    for start, stop in pairwise((0, 1, *(look for look in _LOOKS if look < len(tilts)), len(tilts))):
        known_mm = -np.inf if best is None else best[0]
        spare = spare_room_mm(
            patient, tip_mm, directions[start:stop], radius_mm, contact_mm, known_mm, first_clear=True
        )
        for index in range(start, stop):
            room_mm = float(spare[index - start])
            # rounding keeps a patient and its mirror image on the same choice
            if best is not None and round(min(room_mm, 0.0), 6) <= round(min(best[0], 0.0), 6):
                continue
            entry = patient.skin.entry_mm(tip_mm, directions[index], longest_mm)
            if entry is None:
                continue
            if room_mm >= 0.0:
                return _approach(patient, tip_mm, directions[index], entry, float(tilts[index]), room_mm, radius_mm)
            best = (room_mm, index, entry)
    if best is None:
        entry = tip_mm + longest_mm * directions[0]
        return _approach(patient, tip_mm, directions[0], entry, 0.0, -np.inf, radius_mm)
    room_mm, index, entry = best
    return _approach(patient, tip_mm, directions[index], entry, float(tilts[index]), room_mm, radius_mm)


def _approach(
    patient: Treatable,
    tip_mm: FloatArray,
    axis: FloatArray,
    entry_mm: FloatArray,
    tilt_deg: float,
    spare_mm: float,
    radius_mm: float,
) -> Approach:
    along = np.arange(radius_mm, _LOOKED_AT_MM, 0.5 * _STEP_MM)
    gap_mm = float((patient.bone_distance(tip_mm + along[:, None] * axis) - radius_mm).min())
    return Approach(tip_mm, axis, entry_mm, tilt_deg, spare_mm, gap_mm, spare_mm >= 0.0)


def shared_direction(
    patient: Treatable, side: Side, tips_mm: FloatArray, preferred: FloatArray, radius_mm: float, contact_mm: float
) -> FloatArray:
    """(3,) direction nearest to ``preferred`` in which parallel shafts from all ``tips_mm`` (n, 3) are clear of bone.

    Where there is none, the nearest in which most of them are.
    """
    directions, _ = _directions(patient, side, preferred, figures("techniques")["common.largest_tilt_deg"].value)
    most, best = -1, 0
    for start, stop in pairwise((0, 1, *(look for look in _LOOKS if look < len(directions)), len(directions))):
        # a direction in which so many are blocked that it cannot beat the best before is not looked at for the other tips
        alive, blocked = np.arange(start, stop), np.zeros(stop - start, dtype=int)
        for tip in tips_mm:
            room = spare_room_mm(patient, tip, directions[alive], radius_mm, contact_mm, 0.0)
            blocked[alive - start] += room < 0.0
            alive = alive[blocked[alive - start] < len(tips_mm) - most]
            if len(alive) == 0:
                break
        if len(alive) == 0:
            continue
        clear = len(tips_mm) - blocked[alive - start]
        if clear.max() > most:
            most, best = int(clear.max()), int(alive[np.argmax(clear)])
        if most == len(tips_mm):
            break
    return np.asarray(directions[best])


def spare_room_mm(
    patient: Treatable,
    tip_mm: FloatArray,
    directions: FloatArray,
    radius_mm: float,
    contact_mm: float,
    bound_mm: float = -np.inf,
    first_clear: bool = False,
) -> FloatArray:
    """(n,) smallest bone distance along shafts from ``tip_mm`` (3,) in ``directions`` (n, 3), less what is asked for there.

    Along the first ``contact_mm`` the shaft may touch; over the next 3 mm the clearance grows to its full value. ``bound_mm`` and
    ``first_clear`` say what need not be exact, see :meth:`rfplan.geometry.distance.DistanceField.least_room`.
    """
    along, wanted = _asked_for(radius_mm, contact_mm)
    return patient.bone_distance.least_room(tip_mm, np.atleast_2d(directions), along, wanted, bound_mm, first_clear)


@lru_cache(maxsize=32)
def _asked_for(radius_mm: float, contact_mm: float) -> tuple[FloatArray, FloatArray]:
    """Distances along a shaft from its tip, and from its axis to bone there."""
    # closely where bone is near, then at steps that no bone's edge slips through within the clearance
    along = np.concatenate([np.arange(radius_mm, _NEAR_MM, _STEP_MM), np.arange(_NEAR_MM, _LOOKED_AT_MM, _FAR_STEP_MM)])
    clearance = figures("techniques")["common.shaft_clearance_mm"].value
    share = np.clip((along - contact_mm) / _RAMP_MM, 0.0, 1.0)
    return frozen(along), frozen(radius_mm - _TOUCH_MM + (clearance + _TOUCH_MM) * share)


def seated_mm(patient: Treatable, lateral_mm: float, caudal_mm: float, standoff_mm: float) -> FloatArray:
    """(3,) point at the chart position whose distance to the bone is ``standoff_mm``: where a tip touches, seen in the AP view.

    The search runs along the beam, so that the position in the AP view is exact; it keeps to the back of the sacrum where the
    iliac crest overhangs. NaN beside the bone.
    """
    surface = patient.chart.point_mm(lateral_mm, caudal_mm)
    lift = np.arange(-_SEAT_RANGE_MM, _SEAT_RANGE_MM + 0.1, 0.25)
    over = patient.bone_distance(surface + lift[:, None] * patient.frame.posterior) - standoff_mm
    rising = np.flatnonzero((over[:-1] < 0.0) & (over[1:] >= 0.0))
    if len(rising) == 0:
        # a cleft beside the overhanging ilium, too narrow for the standoff: its middle
        narrow = np.argmax(np.where((lift >= 0.0) & (lift <= 2.0 * standoff_mm + 1.0), over, -np.inf))
        return np.asarray(surface + lift[narrow] * patient.frame.posterior)
    at = rising + over[rising] / (over[rising] - over[rising + 1])
    best = at[np.argmin(np.abs(lift[0] + 0.25 * at))]
    seat: FloatArray = surface + (lift[0] + 0.25 * best) * patient.frame.posterior
    return seat


def lifted_mm(patient: Treatable, point_mm: FloatArray, standoff_mm: float) -> FloatArray:
    """(3,) the point of the bone near ``point_mm`` (3,), moved off along the bone's outward normal to ``standoff_mm`` from it."""
    lifted = np.asarray(point_mm, dtype=float)
    for _ in range(_LIFT_ROUNDS):
        probes = lifted + np.concatenate([patient.frame.axes, -patient.frame.axes])
        distance = patient.bone_distance(probes)
        slope = 0.5 * (distance[:3] - distance[3:]) @ patient.frame.axes
        steepness = float(np.linalg.norm(slope))
        if steepness < 1e-6:
            break
        lifted = lifted + (standoff_mm - patient.bone_distance(lifted)) * slope / steepness
    return lifted


def chart_direction(patient: Treatable, side: Side, lateral_deg: float, caudal_deg: float) -> FloatArray:
    """(3,) unit direction that leaves the beam towards lateral and caudal by the given angles (positive: outward, to the feet)."""
    outward = lateral_sign(side) * patient.frame.lateral
    slopes = np.tan(np.deg2rad([lateral_deg, caudal_deg]))
    return unit(patient.frame.posterior + slopes[0] * outward + slopes[1] * patient.frame.caudal)


def _directions(
    patient: Treatable, side: Side, preferred: FloatArray, largest_deg: float
) -> tuple[FloatArray, FloatArray]:
    """(n, 3) directions around the preferred one and their (n,) tilts, least tilted first."""
    sign = lateral_sign(side)
    outward = sign * patient.frame.lateral
    first = unit(outward - (outward @ preferred) * preferred)
    # the sign makes the pair of axes of a mirrored patient the mirror image of the pair
    second = sign * np.cross(preferred, first)
    tilts, turns = fan(largest_deg)
    sideways = np.cos(turns)[:, None] * first + np.sin(turns)[:, None] * second
    return np.cos(tilts)[:, None] * preferred + np.sin(tilts)[:, None] * sideways, np.rad2deg(tilts)


@lru_cache(maxsize=4)
def fan(largest_deg: float) -> tuple[FloatArray, FloatArray]:
    """(n,) tilts and turns, radians, of the directions that are tried within ``largest_deg`` of the preferred one, least tilted first."""
    tilts, turns = [0.0], [0.0]
    for ring in range(1, int(largest_deg / _TILT_STEP_DEG) + 1):
        count = min(8 + 4 * ring, 32)
        tilts += [np.deg2rad(ring * _TILT_STEP_DEG)] * count
        turns += [2.0 * np.pi * spoke / count for spoke in range(count)]
    return np.array(tilts), np.array(turns)
