"""Branches drawn on a chart: from the foramen's rim along the bone to the joint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.innervation import BranchTraits, Innervation, drawn_branches, typical_branches
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.sides import SIDES, Side, lateral_sign
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

if TYPE_CHECKING:
    from rfplan.anatomy.patient import Patient

_STEP_MM = 0.5
_EDGE_MM = 1.5
_SHORTEST_MM = 3.0
# on bone steeper than this the beam grazes it, and a course kept at its depth along the beam would leap
_LEAST_COSINE = 0.5


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
        if path is None or len(path) * _STEP_MM < _SHORTEST_MM:
            return None
        points = self._over_bone(path, traits.depth_mm)
        points = points[np.all(np.isfinite(points), axis=1)]
        if len(points) < 2:
            return None
        return Nerve(traits.level, self.side, traits.ordinal, points, traits.diameter_mm)

    def _over_bone(self, path: FloatArray, depth_mm: float) -> FloatArray:
        """(n, 3) patient points ``depth_mm`` over the bone under a course; in the AP view they lie on the course itself.

        Moved along the bone's normal instead, a branch would leave its published angle where the bone turns away at the crest.
        """
        lateral, caudal = self.sign * path[:, 0], path[:, 1]
        towards_beam = self.chart.normal(lateral, caudal) @ self.chart.frame.posterior
        rise_mm = depth_mm / np.maximum(towards_beam, _LEAST_COSINE)
        points: FloatArray = self.chart.point_mm(lateral, caudal) + rise_mm[:, None] * self.chart.frame.posterior
        return points

    def _on_bone(self, path: FloatArray) -> np.ndarray:
        return np.isfinite(self.chart.height_mm(self.sign * path[:, 0], path[:, 1]))

    def _to_joint(self, traits: BranchTraits) -> FloatArray | None:
        """(n, 2) course from the rim at the clock position to the joint line.

        The heading relaxes from the clock direction to the level's angle; a branch that would pass below the joint turns to its
        lower end.
        """
        table = figures("nerves")
        start = _rim_point(self._rims[traits.level], self._centres[traits.level], traits.clock_deg)
        final = np.deg2rad(180.0 - traits.angle_deg)
        relaxation = table["course.relaxation_mm"].value
        # not before the place where the level's angle was measured
        steer_from_mm = float(self._rims[traits.level][:, 0].max()) + table["course.steer_beyond_edge_mm"].value
        goal = None if self._joint is None else self._joint[-1]
        steers = goal is not None and not _ray_meets(start, final, self._joint)
        heading = np.deg2rad(traits.clock_deg)
        here = start
        path = [here]
        for _ in range(int(table["course.reach_mm"].value / _STEP_MM)):
            wanted = final
            if steers and goal is not None and here[0] > steer_from_mm:
                towards = goal - here
                wanted = float(np.arctan2(towards[0], -towards[1]))
            turn = (wanted - heading + np.pi) % (2.0 * np.pi) - np.pi
            heading += turn * (1.0 - np.exp(-_STEP_MM / relaxation))
            there = here + _STEP_MM * np.array([np.sin(heading), -np.cos(heading)])
            if self._joint is not None and _crosses(here, there, self._joint):
                path.append(there)
                break
            if goal is not None and np.linalg.norm(there - goal) < _EDGE_MM:
                break
            path.append(there)
            here = there
        return self._kept(np.array(path))

    def _kept(self, path: FloatArray) -> FloatArray:
        """The course up to where it would leave the back of the bone, with a margin that keeps normals defined."""
        ahead = path + _EDGE_MM * np.gradient(path, axis=0) / _STEP_MM
        good = self._on_bone(path) & self._on_bone(ahead)
        first_off = np.flatnonzero(~good)
        return path[: first_off[0]] if len(first_off) else path

    def _along_groove(self, shift_mm: float) -> FloatArray | None:
        """(n, 2) course of the L5 ramus: the deepest line of the groove between the S1 articular process and the ala."""
        if self._l5_base is None:
            return None
        table = figures("nerves")
        above, below = table["L5.cranial_of_base_mm"].value, table["L5.caudal_of_base_mm"].value
        half = table["L5.half_width_of_groove_mm"].value
        caudal = self._l5_base[1] + np.arange(-above, below + 1e-9, _STEP_MM)
        across = np.linspace(-half, half, 21)
        start = round(above / _STEP_MM)
        lateral = np.full(len(caudal), np.nan)
        for order in (range(start, len(caudal)), range(start - 1, -1, -1)):
            at = self._l5_base[0]
            for row in order:
                candidates = at + 0.2 * across
                heights = self.chart.height_mm(self.sign * candidates, np.full(len(candidates), caudal[row]))
                if not np.all(np.isfinite(heights)):
                    break
                # stay near the base: the groove is a valley, not a staircase to the deepest pit
                at = candidates[int(np.argmin(heights + 0.05 * (candidates - self._l5_base[0]) ** 2))]
                at = float(np.clip(at, self._l5_base[0] - half, self._l5_base[0] + half))
                lateral[row] = at
        good = np.isfinite(lateral)
        if not np.any(good):
            return None
        smooth = np.convolve(np.pad(lateral[good], 6, mode="edge"), np.ones(13) / 13.0, mode="valid")
        path = np.stack([smooth + shift_mm, caudal[good]], axis=1)
        kept: FloatArray = path[self._on_bone(path)]
        return kept


def _rim_point(rim: FloatArray, centre: FloatArray, clock_deg: float) -> FloatArray:
    """Where the ray from the centre at a clock position leaves the aperture, (2,)."""
    around = rim - centre
    clocks = np.rad2deg(np.arctan2(around[:, 0], -around[:, 1])) % 360.0
    radii = np.linalg.norm(around, axis=1)
    order = np.argsort(clocks)
    radius = np.interp(clock_deg, clocks[order], radii[order], period=360.0)
    angle = np.deg2rad(clock_deg)
    point: FloatArray = centre + radius * np.array([np.sin(angle), -np.cos(angle)])
    return point


def _crosses(a: FloatArray, b: FloatArray, line: FloatArray) -> bool:
    """True if the segment ``a b`` meets the polyline (all in the plane)."""
    p, q = line[:-1], line[1:]

    def side_of(s: FloatArray, t: FloatArray, r: FloatArray) -> FloatArray:
        area: FloatArray = (t - s)[..., 0] * (r - s)[..., 1] - (t - s)[..., 1] * (r - s)[..., 0]
        return area

    apart = side_of(p, q, a) * side_of(p, q, b) < 0
    return bool(np.any(apart & (side_of(a, b, p) * side_of(a, b, q) < 0)))


def _ray_meets(start: FloatArray, heading: float, line: FloatArray | None) -> bool:
    if line is None:
        return False
    return _crosses(start, start + 200.0 * np.array([np.sin(heading), -np.cos(heading)]), line)


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
) -> tuple[Nerve, ...]:
    """Branches of both sides: the typical set, or with a ``seed`` one drawn from the population. Both sides are alike."""
    grounds = [NerveGround(chart, foramina, landmarks, curves, side) for side in SIDES]
    if seed is None:
        return _draw(grounds, typical_branches(innervation))
    return _draw(grounds, drawn_branches(np.random.default_rng(seed), innervation))


def courses(
    patient: Patient, n: int, seed: int, innervation: Innervation | None = None
) -> tuple[tuple[Nerve, ...], ...]:
    """``n`` courses that the branches of ``patient`` may follow, each for both sides.

    Course k depends on ``seed`` and k alone, so the first of a thousand are the same as the first of ten. The sides of one course
    share their draws: the mirror image of a patient has the mirror image of its courses.
    """
    grounds = [NerveGround(patient.chart, patient.foramina, patient.landmarks, patient.curves, side) for side in SIDES]
    return tuple(_draw(grounds, drawn_branches(np.random.default_rng([seed, k]), innervation)) for k in range(n))
