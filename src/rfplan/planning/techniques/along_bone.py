"""A shaft that lies along the back of the sacrum, brought in from the caudal end."""

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
_UNDER_SHAFT_MM = 60.0


@dataclass(frozen=True, eq=False)
class Track:
    """Line of a straight shaft: ``tip_mm`` (3,), unit ``axis`` (3,) towards the hub, ``entry_mm`` (3,) on the skin."""

    tip_mm: FloatArray
    axis: FloatArray
    entry_mm: FloatArray

    def __post_init__(self) -> None:
        for name in ("tip_mm", "axis", "entry_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))


@dataclass(frozen=True, eq=False)
class TightLine:
    """A line drawn tight over the bone along a straight course on the chart: the upper convex hull of its profile.

    ``start`` (2,) chart point, ``heading`` (2,) unit direction on the chart, ``along_mm`` (n,) chart distances from the start and
    ``height_mm`` (n,) heights of the hull's corners.
    """

    start: FloatArray
    heading: FloatArray
    along_mm: FloatArray
    height_mm: FloatArray

    @classmethod
    def over_bone(cls, site: Site, cranial: FloatArray, caudal: FloatArray, standoff_mm: float) -> TightLine | None:
        """The tight line of a shaft's axis from chart point ``cranial`` (2,) through ``caudal`` (2,) and on to the bone's end.

        The shaft's surface keeps ``standoff_mm`` above the bone; None where no bone lies under the course.
        """
        length_mm = float(np.linalg.norm(caudal - cranial))
        heading = (caudal - cranial) / length_mm
        along = np.arange(0.0, length_mm + _UNDER_SHAFT_MM, _STEP_MM)
        course = cranial + along[:, None] * heading
        on_bone = site.patient.chart.on_bone(course[:, 0], course[:, 1])
        gone = np.flatnonzero(~on_bone & (along > length_mm))
        on_bone[gone[0] if len(gone) else len(along) :] = False
        if not np.any(on_bone & (along <= length_mm)):
            return None
        lift_mm = site.electrode.radius_mm + standoff_mm
        seats = np.array([seated_mm(site.patient, float(x), float(y), lift_mm) for x, y in course[on_bone]])
        corners = _upper_hull(along[on_bone], site.patient.frame.to_chart(seats)[:, 2])
        return cls(cranial, heading, *corners)

    def chart_distance_mm(self, arc_mm: float) -> float:
        """Chart distance from the start of the point that lies ``arc_mm`` along the tight line."""
        steps = np.hypot(np.diff(self.along_mm), np.diff(self.height_mm))
        return float(np.interp(arc_mm, np.concatenate([[0.0], np.cumsum(steps)]), self.along_mm))

    def track(self, site: Site, under_mm: float, before_mm: float, target: str) -> Track:
        """The straight shaft that touches the tight line at chart distance ``under_mm`` and ends ``before_mm`` cranial of there.

        The line is lifted by fractions of a millimetre where bone beside the course asks for it.
        """
        patient, radius_mm = site.patient, site.electrode.radius_mm
        edge = int(np.clip(np.searchsorted(self.along_mm, under_mm), 1, max(1, len(self.along_mm) - 1)))
        slope, height = 0.0, float(self.height_mm[0])
        if len(self.along_mm) > 1:
            run = self.along_mm[edge] - self.along_mm[edge - 1]
            slope = float((self.height_mm[edge] - self.height_mm[edge - 1]) / run)
            height = float(self.height_mm[edge - 1] + slope * (under_mm - self.along_mm[edge - 1]))
        axis = unit(np.array([*self.heading, slope]) @ patient.frame.axes)
        touch = patient.frame.to_patient(np.array([*(self.start + under_mm * self.heading), height]))
        for lift in np.arange(0.0, _MOST_LIFT_MM, _LIFT_STEP_MM):
            tip = touch + lift * patient.frame.posterior - before_mm * axis
            if spare_room_mm(patient, tip, axis, radius_mm, _LONGEST_MM)[0] >= 0.0:
                break
        else:
            site.note(f"{target}: no straight track along the bone keeps clear of it.")
        entry = patient.skin.entry_mm(tip, axis, _LONGEST_MM)
        if entry is None:
            site.note(f"{target}: the straight track does not reach the skin within {_LONGEST_MM:.0f} mm.")
            entry = tip + _LONGEST_MM * axis
        return Track(tip, axis, entry)


def _upper_hull(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Corners of the upper convex hull of points (x, y) with x increasing."""
    hull: list[int] = []
    for index in range(len(x)):
        while len(hull) > 1 and _is_below(x, y, hull[-2], hull[-1], index):
            hull.pop()
        hull.append(index)
    return x[hull], y[hull]


def _is_below(x: FloatArray, y: FloatArray, first: int, middle: int, last: int) -> bool:
    return bool((y[middle] - y[first]) * (x[last] - x[first]) <= (y[last] - y[first]) * (x[middle] - x[first]))
