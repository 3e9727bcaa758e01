"""One side of one patient with the device in hand: what a recipe is carried out on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.treatable import Treatable
from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.approach import chart_direction, seated_mm, shared_direction, straight_approach
from rfplan.planning.needle import Needle
from rfplan.planning.techniques.aperture import Aperture

_CONTACT_MM = 3.0
_WIDEST_MM = 90.0
_NUDGE_MM = 0.1


@dataclass(eq=False)
class Site:
    """The side of a patient on which a recipe is carried out; collects ``notes`` for the plan.

    ``recipe`` holds the numbers of the technique by name, those that the caller changed included.
    """

    patient: Treatable
    side: Side
    electrode: Electrode
    recipe: Mapping[str, float]
    levels: tuple[str, ...]
    notes: list[str] = field(default_factory=list)

    @property
    def sign(self) -> int:
        """+1 on the left: the sign of chart coordinates away from the midline."""
        return lateral_sign(self.side)

    @property
    def protocol(self) -> Protocol:
        """The recipe's own protocol."""
        return Protocol(self.recipe["set_c"], self.recipe["time_s"], self.recipe["ramp_s"])

    def apertures(self) -> list[Aperture]:
        """The foramina of the wanted levels from cranial; absent ones are left out with a note."""
        found = []
        for level in self.levels:
            try:
                foramen = self.patient.foramen(level, self.side)
            except KeyError:
                foramen = None
            if foramen is None or foramen.status == "absent":
                self.note(f"{level} on the {self.side} has no dorsal foramen in this patient; it gets no lesion.")
                continue
            if foramen.status == "estimated":
                self.note(
                    f"The {level} foramen on the {self.side} is estimated, not seen; its targets rest on that estimate."
                )
            found.append(Aperture.of(self.patient, level, self.side))
        return found

    def note(self, sentence: str) -> None:
        """Keep a sentence for the user, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def least_rim_gap_mm(self) -> float:
        """How near to the edge of an aperture a needle's axis may lie by the general rule, which is for its surface."""
        return figures("techniques")["common.least_rim_gap_mm"].value + self.electrode.radius_mm

    def half_width_mm(self, caudal_mm: float) -> float:
        """Distance from the midline to the lateral border of the sacrum in the AP view at a caudal coordinate."""
        out_mm = np.arange(0.0, _WIDEST_MM, 0.5)
        seen = self.patient.chart.on_bone(self.sign * out_mm, np.full(len(out_mm), caudal_mm))
        return float(out_mm[np.flatnonzero(seen)[-1]]) if np.any(seen) else 0.0

    def joint_limit_mm(self, caudal_mm: float) -> float:
        """How far from the midline a target may lie at a caudal coordinate to stay off the posterior joint line; inf if unknown."""
        curve = self.patient.curves.get(f"sij_posterior_line_{self.side}")
        if curve is None:
            return np.inf
        line = self.patient.frame.to_chart(curve.points_mm)[:, :2]
        if not line[:, 1].min() <= caudal_mm <= line[:, 1].max():
            return np.inf
        order = np.argsort(line[:, 1], kind="stable")
        joint_mm = float(np.interp(caudal_mm, line[order, 1], self.sign * line[order, 0]))
        return joint_mm - figures("techniques")["common.joint_gap_mm"].value

    def medial_of_joint(self, point: FloatArray, aperture: Aperture, target: str) -> FloatArray:
        """``point`` (2,), moved towards the midline, with a note, where it would lie on or past the posterior joint line.

        It is moved no nearer to the edge of its ``aperture`` than the general rule allows.
        """
        over_mm = float(self.sign * point[0] - self.joint_limit_mm(float(point[1])))
        if over_mm <= 0.0:
            return point
        inward = np.array([-float(self.sign), 0.0])
        for moved_mm in np.arange(over_mm, 0.0, -_NUDGE_MM):
            there: FloatArray = point + moved_mm * inward
            if aperture.gap_mm(there) >= self.least_rim_gap_mm():
                self.note(f"{target} was moved {moved_mm:.1f} mm medially to stay off the joint line.")
                return there
        return point

    def beam(self, lateral_deg: float = 0.0, caudal_deg: float = 0.0) -> FloatArray:
        """(3,) direction from a target along the beam of the true AP view, tilted outward and to the feet."""
        return chart_direction(self.patient, self.side, lateral_deg, caudal_deg)

    def perpendicular(self, points: Sequence[FloatArray]) -> FloatArray:
        """(3,) mean normal of the bone at chart points, towards the operator."""
        array = np.asarray(points, dtype=float)
        normals = self.patient.chart.normal(array[:, 0], array[:, 1])
        normals = normals[np.all(np.isfinite(normals), axis=1)]
        if len(normals) == 0:
            return self.patient.frame.posterior
        mean: FloatArray = normals.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def seat_mm(self, point: FloatArray) -> FloatArray:
        """(3,) where a tip touches the bone at chart ``point`` (2,), at the recipe's standoff."""
        return seated_mm(self.patient, float(point[0]), float(point[1]), self.recipe["standoff_mm"])

    def parallel(self, points: Sequence[FloatArray], preferred: FloatArray) -> FloatArray:
        """(3,) direction near ``preferred`` in which parallel needles at chart points are all clear of bone, where there is one."""
        tips = np.array([self.seat_mm(point) for point in points if self.patient.chart.on_bone(point[0], point[1])])
        if len(tips) == 0:
            return preferred
        return shared_direction(self.patient, self.side, tips, preferred, self.electrode.radius_mm, _CONTACT_MM)

    def needle(
        self,
        point: FloatArray,
        preferred: FloatArray,
        target: str,
        *,
        contact_mm: float = _CONTACT_MM,
        electrode: Electrode | None = None,
    ) -> Needle | None:
        """A needle whose tip touches the bone at chart ``point`` (2,), as near to the ``preferred`` direction as bone allows.

        None, with a note, where the point is beside the bone. ``electrode`` is the device (default: the one in hand).
        """
        if not self.patient.chart.on_bone(point[0], point[1]):
            self.note(f"{target} lies beside the bone in this patient and is left out.")
            return None
        return self.needle_at(self.seat_mm(point), preferred, target, contact_mm=contact_mm, electrode=electrode)

    def needle_at(
        self,
        tip_mm: FloatArray,
        preferred: FloatArray,
        target: str,
        *,
        contact_mm: float = _CONTACT_MM,
        electrode: Electrode | None = None,
        largest_tilt_deg: float | None = None,
    ) -> Needle | None:
        """A needle with its tip end at the patient point ``tip_mm`` (3,), as near to ``preferred`` as bone allows.

        None, with a note, where every straight way passes through bone or none reaches the skin.
        """
        device = electrode or self.electrode
        way = straight_approach(
            self.patient, self.side, tip_mm, preferred, device.radius_mm, contact_mm, largest_tilt_deg
        )
        if not way.reaches_skin:
            longest_mm = figures("techniques")["common.longest_shaft_mm"].value
            self.note(
                f"{target} is left out: no shaft of {longest_mm:g} mm reaches from it to the skin of this patient."
            )
            return None
        if way.through_bone:
            self.note(f"{target} is left out: every straight way to it passes through bone in this patient.")
            return None
        if not way.clear:
            self.note(
                f"{target}: the shaft comes within {max(way.gap_mm, 0.0):.1f} mm of bone; no straight way keeps more."
            )
        return Needle(device, way.tip_mm, way.axis, way.entry_mm)
