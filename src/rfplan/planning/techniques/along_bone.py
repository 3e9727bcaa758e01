"""A shaft that lies along the back of the sacrum, brought in from the caudal end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.approach import seated_mm, spare_room_mm
from rfplan.planning.needle import Needle
from rfplan.planning.techniques.site import Site

_STEP_MM = 1.0
_LIFT_STEP_MM = 0.25
_MOST_LIFT_MM = 6.0
_LONGEST_MM = 300.0
_SIDEWAYS_DEG = 25.0
_UNDER_SHAFT_MM = 60.0
_FINE_MM = 0.01
_AHEAD_MM = 25.0
_SHIFT_MM = 0.5


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

    @property
    def arc_mm(self) -> FloatArray:
        """(n,) distance of the corners along the line, from the first one."""
        steps = np.hypot(np.diff(self.along_mm), np.diff(self.height_mm))
        return np.concatenate([[0.0], np.cumsum(steps)])

    def arc_at_mm(self, along_mm: float) -> float:
        """Distance along the line of the point over a chart distance; straight on past the ends."""
        return _straight_on(along_mm, self.along_mm, self.arc_mm)

    def chart_distance_mm(self, arc_mm: float) -> float:
        """Chart distance of the point at a distance along the line; straight on past the ends."""
        return _straight_on(arc_mm, self.arc_mm, self.along_mm)

    def height_at_mm(self, along_mm: float) -> float:
        """Height of the line over a chart distance; straight on past the ends."""
        return _straight_on(along_mm, self.along_mm, self.height_mm)

    def point_mm(self, site: Site, along_mm: float) -> FloatArray:
        """(3,) patient point of the line over a chart distance."""
        return site.patient.frame.to_patient(
            np.array([*(self.start + along_mm * self.heading), self.height_at_mm(along_mm)])
        )

    def needle(self, site: Site, under_mm: float, before_mm: float, target: str) -> Needle | None:
        """The device in hand, straight, that touches the line at chart distance ``under_mm`` and ends ``before_mm`` cranial of there.

        Where the bone falls away caudally, so that such a shaft would not come out through the skin at the least angle of
        ``techniques.toml``, its tip end rests on the line instead and the shaft rises at that angle. It is lifted by fractions
        of a millimetre where bone beside the course asks for it, or tilted a little; None, with a note, where it would still pass
        through bone.
        """
        patient, radius_mm = site.patient, site.electrode.radius_mm
        ahead_mm = under_mm + _FINE_MM
        rise_deg = float(np.rad2deg(np.arctan2(self.height_at_mm(ahead_mm) - self.height_at_mm(under_mm), _FINE_MM)))
        least_deg = self._least_rise_deg(site)
        angle = np.deg2rad(max(rise_deg, least_deg))
        axis = np.array([*(np.cos(angle) * self.heading), np.sin(angle)]) @ patient.frame.axes
        if rise_deg >= least_deg:
            rest = self.point_mm(site, under_mm) - before_mm * axis
        else:
            rest = self.point_mm(site, self.chart_distance_mm(self.arc_at_mm(under_mm) - before_mm))
        for lift in np.arange(0.0, _MOST_LIFT_MM, _LIFT_STEP_MM):
            tip = rest + lift * patient.frame.posterior
            if spare_room_mm(patient, tip, axis, radius_mm, _LONGEST_MM)[0] < 0.0:
                continue
            entry = patient.skin.entry_mm(tip, axis, _LONGEST_MM)
            if entry is None:
                continue
            needle = Needle(site.electrode, tip, axis, entry)
            longest_mm = figures("techniques")["common.longest_shaft_mm"].value
            if needle.depth_mm > longest_mm:
                site.note(
                    f"{target}: {needle.depth_mm:.0f} mm of shaft lie under the skin; common cannulae have {longest_mm:g}."
                )
            return needle
        return site.needle_at(rest, axis, target, contact_mm=site.electrode.tip_mm, largest_tilt_deg=_SIDEWAYS_DEG)

    def _least_rise_deg(self, site: Site) -> float:
        """Smallest angle of the shaft over the plane of the chart at which it comes out through the skin, degrees."""
        wanted = np.sin(np.deg2rad(figures("techniques")["common.least_skin_angle_deg"].value))
        frame, outward = site.patient.frame, site.patient.skin.axes[2]
        along = float(self.heading @ np.array([frame.lateral @ outward, frame.caudal @ outward]))
        up = float(frame.posterior @ outward)
        # along cos(rise) + up sin(rise) = wanted
        size = float(np.hypot(along, up))
        return float(np.rad2deg(np.arcsin(np.clip(wanted / size, -1.0, 1.0)) - np.arctan2(along, up)))


@dataclass(frozen=True, eq=False)
class Strip:
    """A row of lesions on a tight line: ``begin_mm`` is the distance along the line at which the first active tip begins."""

    site: Site
    line: TightLine
    begin_mm: float

    def fitted(self, step_mm: float, count: int) -> tuple[Strip, int]:
        """The strip with as many of its ``count`` lesions, ``step_mm`` apart, as there is bone for, and their number.

        It keeps its middle, or is moved by the least that brings all of them over bone, half a step at most: farther, a lesion at one
        end would only be exchanged for one at the other. Nothing changes where no place has bone under any lesion.
        """
        for fewer in range(count):
            shorter_mm = self.begin_mm + 0.5 * fewer * step_mm
            for shift_mm in sorted(np.arange(-0.5 * step_mm, 0.5 * step_mm + 1e-9, _SHIFT_MM), key=abs):
                moved = replace(self, begin_mm=shorter_mm + float(shift_mm))
                if all(moved.over_bone(n * step_mm) for n in range(count - fewer)):
                    if fewer:
                        self.site.note(
                            f"{fewer} of {count} lesions are left out: the strip has no bone under it there in this patient."
                        )
                    return moved, count - fewer
        return self, count

    def over_bone(self, distance_mm: float) -> bool:
        """True where bone lies under the middle of the active tip whose end is ``distance_mm`` down the strip."""
        return bool(
            self.site.patient.chart.on_bone(*(self.line.start + self._under_mm(distance_mm) * self.line.heading))
        )

    def _under_mm(self, distance_mm: float) -> float:
        return self.line.chart_distance_mm(self.begin_mm + distance_mm + 0.5 * self.site.electrode.tip_mm)

    def needle(self, distance_mm: float, target: str) -> Needle | None:
        """The device in hand with its tip end ``distance_mm`` down the strip, lying on the bone; None where it cannot."""
        half_mm, under_mm = 0.5 * self.site.electrode.tip_mm, self._under_mm(distance_mm)
        if not self.over_bone(distance_mm):
            self.site.note(f"{target} is left out: there is no bone under it in this patient.")
            return None
        return self.line.needle(self.site, under_mm, half_mm, target)


def strip_on_bone(site: Site, cranial: FloatArray, caudal: FloatArray, length_mm: float, label: str) -> Strip | None:
    """A strip of ``length_mm`` on the bone, centred between the chart points ``cranial`` and ``caudal`` (2,).

    None, with a note, where no bone lies there.
    """
    course_mm = float(np.linalg.norm(caudal - cranial))
    ahead = (cranial - caudal) / course_mm * _AHEAD_MM
    line = TightLine.over_bone(site, cranial + ahead, caudal, site.recipe["standoff_mm"])
    if line is None:
        site.note(f"{label} has no bone under it in this patient and is left out.")
        return None
    middle_mm = 0.5 * (line.arc_at_mm(_AHEAD_MM) + line.arc_at_mm(_AHEAD_MM + course_mm))
    return Strip(site, line, middle_mm - 0.5 * length_mm)


def _straight_on(at: float, x: FloatArray, y: FloatArray) -> float:
    """y at ``at`` on the polyline (x, y), continued straight past its ends."""
    if len(x) == 1:
        return float(y[0] + at - x[0])
    edge = int(np.clip(np.searchsorted(x, at), 1, len(x) - 1))
    return float(y[edge - 1] + (at - x[edge - 1]) * (y[edge] - y[edge - 1]) / (x[edge] - x[edge - 1]))


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
