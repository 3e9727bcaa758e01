"""A straight shaft that lies along the back of the sacrum, brought in from the caudal end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import FloatArray, frozen, unit
from rfplan.planning.approach import seated_mm, spare_room_mm
from rfplan.planning.techniques.site import Site

_STEP_MM = 1.0
_LIFT_STEP_MM = 0.25
_MOST_LIFT_MM = 6.0
_LONGEST_MM = 300.0


@dataclass(frozen=True, eq=False)
class Track:
    """Line of a shaft: ``tip_mm`` (3,) its cranial end, unit ``axis`` (3,) towards the hub, ``entry_mm`` (3,) on the skin."""

    tip_mm: FloatArray
    axis: FloatArray
    entry_mm: FloatArray

    def __post_init__(self) -> None:
        for name in ("tip_mm", "axis", "entry_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


def track_along_bone(
    site: Site, cranial: FloatArray, caudal: FloatArray, standoff_mm: float, target: str
) -> Track | None:
    """The line over chart points ``cranial`` and ``caudal`` (2,) that rests on the bone between them.

    Seen in the AP view it is the straight line through both points. Seen from the side it is the lowest line that keeps the shaft
    ``standoff_mm`` above the bone there and caudally: an edge of the upper convex hull of the bone's profile, over the middle of
    the strip. None, with a note, where no bone lies under it.
    """
    patient, radius_mm = site.patient, site.electrode.radius_mm
    length_mm = float(np.linalg.norm(caudal - cranial))
    heading = (caudal - cranial) / length_mm
    # bone caudal of the strip is under the shaft too
    along = np.arange(0.0, length_mm + 60.0, _STEP_MM)
    line = cranial + along[:, None] * heading
    on_bone = patient.chart.on_bone(line[:, 0], line[:, 1])
    gone = np.flatnonzero(~on_bone & (along > length_mm))
    on_bone[gone[0] if len(gone) else len(along) :] = False
    if not np.any(on_bone & (along <= length_mm)):
        site.note(f"{target} has no bone under it in this patient and is left out.")
        return None
    seats = np.array([seated_mm(patient, float(x), float(y), radius_mm + standoff_mm) for x, y in line[on_bone]])
    height = patient.frame.to_chart(seats)[:, 2]
    slope, rest = _upper_support(along[on_bone], height, 0.5 * length_mm)
    start = patient.frame.to_patient(np.array([*cranial, rest]))
    axis = unit(
        heading[0] * patient.frame.lateral + heading[1] * patient.frame.caudal + slope * patient.frame.posterior
    )
    for lift in np.arange(0.0, _MOST_LIFT_MM, _LIFT_STEP_MM):
        tip = start + lift * patient.frame.posterior
        if spare_room_mm(patient, tip, axis, radius_mm, _LONGEST_MM)[0] >= 0.0:
            break
    else:
        site.note(f"{target}: no straight track along the bone keeps clear of it.")
    entry = patient.skin.entry_mm(tip, axis, _LONGEST_MM)
    if entry is None:
        site.note(f"{target}: the straight track does not reach the skin within {_LONGEST_MM:.0f} mm.")
        entry = tip + _LONGEST_MM * axis
    return Track(tip, axis, entry)


def _upper_support(x: FloatArray, y: FloatArray, at: float) -> tuple[float, float]:
    """Slope, and height at x = 0, of the edge over ``at`` of the upper convex hull of points (x, y) with x increasing."""
    hull: list[int] = []
    for index in range(len(x)):
        while len(hull) > 1 and _turns_up(x, y, hull[-2], hull[-1], index):
            hull.pop()
        hull.append(index)
    if len(hull) == 1:
        return 0.0, float(y[hull[0]])
    edge = int(np.clip(np.searchsorted(x[hull], at), 1, len(hull) - 1))
    a, b = hull[edge - 1], hull[edge]
    slope = float((y[b] - y[a]) / (x[b] - x[a]))
    return slope, float(y[a] - slope * x[a])


def _turns_up(x: FloatArray, y: FloatArray, a: int, b: int, c: int) -> bool:
    return bool((y[b] - y[a]) * (x[c] - x[a]) <= (y[c] - y[a]) * (x[b] - x[a]))
