"""Branches drawn on a chart: from the foramen's rim along the bone to the joint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.course_kernels import STEP_MM, course_to_joint, over_bone
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.groove_kernels import course_along_groove
from rfplan.anatomy.innervation import BranchTraits, Innervation, drawn_branches, typical_branches
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.sides import SIDES, Side, lateral_sign
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

if TYPE_CHECKING:
    from rfplan.anatomy.treatable import Treatable

_SHORTEST_MM = 3.0


class NerveGround:
    """What branches are drawn on: the chart, the foramina, the groove of L5 and the joint line, in chart coordinates.

    One side is drawn in a frame whose first axis points away from the midline, so left and right share every line of code.
    """

    def __init__(
        self,
        chart: DorsalChart,
        foramina: Sequence[Foramen],
        landmarks: Mapping[str, Landmark],
        curves: Mapping[str, Curve],
        side: Side,
    ) -> None:
        self.chart = chart
        self.side = side
        self.sign = lateral_sign(side)
        to_side = np.array([self.sign, 1.0])
        self._rims = {
            foramen.level: chart.frame.to_chart(foramen.rim_mm)[:, :2] * to_side
            for foramen in foramina
            if foramen.side == side and foramen.status != "absent"
        }
        self._centres = {
            foramen.level: chart.frame.to_chart(foramen.centre_mm)[:2] * to_side
            for foramen in foramina
            if foramen.side == side and foramen.status != "absent"
        }
        base = landmarks.get(f"s1_sap_base_{side}")
        self._l5_base = None if base is None else chart.frame.to_chart(base.position_mm)[:2] * to_side
        joint = curves.get(f"sij_posterior_line_{side}")
        self._joint = None if joint is None else chart.frame.to_chart(joint.points_mm)[:, :2] * to_side

    def nerve(self, traits: BranchTraits) -> Nerve | None:
        """The branch on this side; None where its foramen is absent or no bone carries it."""
        if traits.level == "L5":
            path = self._along_groove(traits.shift_mm)
        elif traits.level in self._rims:
            path = self._to_joint(traits)
        else:
            return None
        if len(path) * STEP_MM < _SHORTEST_MM:
            return None
        # in the AP view it lies on the course itself: moved along the bone's normal instead, a branch would leave its published angle
        # where the bone turns away at the crest
        lifted = np.empty((len(path), 3))
        count = over_bone(*self._map, path, traits.depth_mm, lifted)
        if count < 2:
            return None
        points = self.chart.frame.to_patient(lifted[:count] * [self.sign, 1.0, 1.0])
        return Nerve(traits.level, self.side, traits.ordinal, points, traits.diameter_mm)

    @property
    def _map(self) -> tuple[FloatArray, float, float, float, float]:
        chart = self.chart
        return chart.bridged_mm, chart.lateral_0_mm, chart.caudal_0_mm, chart.spacing_mm, float(self.sign)

    def _to_joint(self, traits: BranchTraits) -> FloatArray:
        """(n, 2) course from the rim at the clock position to the joint line.

        The heading relaxes from the clock direction to the level's angle; a branch that would pass below the joint turns to its
        lower end.
        """
        table = figures("nerves")
        reach_mm = table["course.reach_mm"].value
        out = np.empty((int(reach_mm / STEP_MM) + 1, 2))
        count = course_to_joint(
            *self._map,
            np.ascontiguousarray(self._rims[traits.level]),
            self._centres[traits.level],
            np.empty((0, 2)) if self._joint is None else np.ascontiguousarray(self._joint),
            float(np.deg2rad(traits.clock_deg)),
            float(np.deg2rad(180.0 - traits.angle_deg)),
            table["course.relaxation_mm"].value,
            # not before the place where the level's angle was measured
            table["course.steer_beyond_edge_mm"].value,
            reach_mm,
            out,
        )
        return out[:count]

    def _along_groove(self, shift_mm: float) -> FloatArray:
        """(n, 2) course of the L5 ramus: the floor of the groove between the S1 articular process and the ala."""
        if self._l5_base is None:
            return np.empty((0, 2))
        table = figures("nerves")
        above, below = table["L5.cranial_of_base_mm"].value, table["L5.caudal_of_base_mm"].value
        half, highest = table["L5.half_width_of_groove_mm"].value, table["L5.highest_over_floor_mm"].value
        out = np.empty((int((above + below) / STEP_MM) + 2, 2))
        count = course_along_groove(*self._map, self._l5_base, above, below, half, highest, shift_mm, out)
        return out[:count]


def _draw(grounds: Sequence[NerveGround], branches: Sequence[BranchTraits]) -> tuple[Nerve, ...]:
    drawn = (ground.nerve(traits) for ground in grounds for traits in branches)
    return tuple(nerve for nerve in drawn if nerve is not None)


def nerves_on(
    chart: DorsalChart,
    foramina: Sequence[Foramen],
    landmarks: Mapping[str, Landmark],
    curves: Mapping[str, Curve],
    seed: int | None = None,
    innervation: Innervation | None = None,
    traits: Sequence[BranchTraits] | None = None,
) -> tuple[Nerve, ...]:
    """Branches of both sides: those of the ``traits``, else the typical set, or with a ``seed`` one drawn from the population.

    Both sides are alike.
    """
    grounds = [NerveGround(chart, foramina, landmarks, curves, side) for side in SIDES]
    if traits is not None:
        return _draw(grounds, traits)
    if seed is None:
        return _draw(grounds, typical_branches(innervation))
    return _draw(grounds, drawn_branches(np.random.default_rng(seed), innervation))


def courses(
    patient: Treatable, n: int, seed: int, innervation: Innervation | None = None
) -> tuple[tuple[Nerve, ...], ...]:
    """``n`` courses that the branches of ``patient`` may follow, each for both sides.

    Course k depends on ``seed`` and k alone, so the first of a thousand are the same as the first of ten. The sides of one course
    share their draws: the mirror image of a patient has the mirror image of its courses.

    Raises
    ------
    InputError : ``n`` is below 1, or ``seed`` below 0
    """
    for name, value, least in (("n", n, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"{name} is {value!r}; it must be a whole number of at least {least}")
    grounds = [NerveGround(patient.chart, patient.foramina, patient.landmarks, patient.curves, side) for side in SIDES]
    return tuple(_draw(grounds, drawn_branches(np.random.default_rng([seed, k]), innervation)) for k in range(n))
