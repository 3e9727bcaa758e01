"""Foramina that a bone does not show, placed from the population prior and from what the same bone does show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.find_foramina import RIM_POINTS, ForamenSearch
from rfplan.anatomy.foramen import Foramen, Status
from rfplan.anatomy.levels import lateral_prior, spacing_prior
from rfplan.anatomy.sides import LEVELS, SIDES, Side, lateral_sign
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

_DIMPLE_CONFIDENCE = 0.6
_PARTNER_CONFIDENCE = 0.5
_VENTRAL_CONFIDENCE = 0.45
_PRIOR_CONFIDENCE = 0.25
_GIVES_WAY_MM = 5.0


@dataclass(frozen=True)
class _Guess:
    """Chart place of a foramen that is not seen, and how good a guess it is."""

    lateral_mm: float
    caudal_mm: float
    confidence: float


def complete_foramina(
    found: Sequence[Foramen], chart: DorsalChart, search: ForamenSearch | None = None
) -> tuple[Foramen, ...]:
    """All eight foramina, S1 to S4, right before left: those of ``found`` or given, and the rest estimated or absent.

    A missing one is put, in this order, on the dimple of a closed one, opposite its partner, behind its ventral opening,
    or where the spacing of the population, scaled to the found levels, says. It is ``absent`` where the bone does not reach
    there. The confidence of an absent one is 0: its place is only where it would be expected.
    """
    known = {(foramen.level, foramen.side): foramen for foramen in found}
    placed = {key: chart.frame.to_chart(foramen.centre_mm) for key, foramen in known.items()}
    rows = _rows(placed, search)
    sides: tuple[Side, Side] = (SIDES[1], SIDES[0])
    result = []
    for level in LEVELS:
        for side in sides:
            if (level, side) in known:
                result.append(known[level, side])
            else:
                guess = _guess(level, side, rows[level], placed, search)
                result.append(_placed(level, side, guess, chart, search))
    return tuple(result)


def given_foramen(
    level: str, side: Side, centre_mm: FloatArray, chart: DorsalChart, search: ForamenSearch | None = None
) -> Foramen:
    """A foramen whose centre the user states (patient LPS, mm); its size is that of the population."""
    lateral, caudal, _ = chart.frame.to_chart(centre_mm)
    drawn = _drawn(level, side, float(lateral), float(caudal), chart, search, "given", 1.0)
    shift = np.asarray(centre_mm, dtype=float) - drawn.centre_mm
    return Foramen(
        level,
        side,
        np.asarray(centre_mm, dtype=float),
        drawn.axis,
        drawn.rim_mm + shift,
        np.vstack([centre_mm, drawn.canal_mm[1:]]),
        drawn.diameter_mm,
        "given",
        1.0,
    )


def _rows(placed: dict[tuple[str, Side], FloatArray], search: ForamenSearch | None) -> dict[str, float]:
    """Caudal place of every level: of its known foramina, else of the search, else by the spacing of the population."""
    seen = {
        level: float(np.mean([place[1] for (at, _), place in placed.items() if at == level]))
        for level in LEVELS
        if any(at == level for at, _ in placed)
    }
    if search is not None:
        return {level: seen.get(level, search.rows.caudal_mm[level]) for level in LEVELS}
    start = figures("foramina_prior")["caudal.S1"].value
    usual = {LEVELS[0]: start}
    for upper, lower in pairwise(LEVELS):
        usual[lower] = usual[upper] + spacing_prior(upper, lower)[0]
    if not seen:
        return usual
    nearest = {level: min(seen, key=lambda at: abs(LEVELS.index(at) - LEVELS.index(level))) for level in LEVELS}
    return {level: seen.get(level, seen[near] + usual[level] - usual[near]) for level, near in nearest.items()}


def _guess(
    level: str,
    side: Side,
    row_mm: float,
    placed: dict[tuple[str, Side], FloatArray],
    search: ForamenSearch | None,
) -> _Guess:
    sign = lateral_sign(side)
    other: Side = "left" if side == "right" else "right"
    if search is not None and (level, side) in search.closed:
        pit = search.closed[level, side]
        return _Guess(float(pit.centre_mm[0]), float(pit.centre_mm[1]), _DIMPLE_CONFIDENCE)
    mean, _ = lateral_prior(level)
    # a person whose seen foramina lie wide has the others wide as well
    ratios = [
        abs(place[0]) / lateral_prior(at)[0] for (at, on), place in placed.items() if on == side or len(placed) < 3
    ]
    ratio = (float(np.sum(ratios)) + 1.0) / (len(ratios) + 1.0)
    if (level, other) in placed:
        partner = placed[level, other]
        return _Guess(-float(partner[0]), float(partner[1]), _PARTNER_CONFIDENCE)
    if search is not None and (level, side) in search.rows.ventral:
        return _Guess(sign * mean * ratio, row_mm, _VENTRAL_CONFIDENCE)
    return _Guess(sign * mean * ratio, row_mm, _PRIOR_CONFIDENCE)


def _placed(level: str, side: Side, guess: _Guess, chart: DorsalChart, search: ForamenSearch | None) -> Foramen:
    radius = 0.5 * figures("foramina_prior")[f"aperture.{level}"].value
    # the whole aperture must lie on bone; towards its end, a place may give way by as much as spacings usually vary
    for shift in np.arange(0.0, _GIVES_WAY_MM + 0.1, 0.5):
        caudal = guess.caudal_mm - float(shift)
        if np.all(chart.on_bone(guess.lateral_mm, caudal + np.array([0.0, radius]))):
            return _drawn(level, side, guess.lateral_mm, caudal, chart, search, "estimated", guess.confidence)
    return _drawn(level, side, guess.lateral_mm, guess.caudal_mm, chart, search, "absent", 0.0)


def _drawn(
    level: str,
    side: Side,
    lateral_mm: float,
    caudal_mm: float,
    chart: DorsalChart,
    search: ForamenSearch | None,
    status: Status,
    confidence: float,
) -> Foramen:
    """A round foramen of the population's size at a chart place, lying on the bridged bone where there is some."""
    prior = figures("foramina_prior")
    diameter = prior[f"aperture.{level}"].value
    height = float(chart.height_mm(lateral_mm, caudal_mm))
    if not np.isfinite(height):
        height = _nearest_height(chart, lateral_mm, caudal_mm)
    centre = np.array([lateral_mm, caudal_mm, height])
    angle = 2.0 * np.pi * np.arange(RIM_POINTS) / RIM_POINTS
    ring = 0.5 * diameter * np.column_stack([np.sin(angle), -np.cos(angle)])
    rim_height = chart.height_mm(lateral_mm + ring[:, 0], caudal_mm + ring[:, 1])
    rim = np.column_stack([centre[:2] + ring, np.where(np.isfinite(rim_height), rim_height, height)])
    normal = chart.normal(lateral_mm, caudal_mm)
    end = centre - np.array([0.0, 0.0, prior[f"canal.{level}"].value])
    if search is not None and (level, side) in search.rows.ventral:
        end = search.rows.ventral[level, side].centre_mm
    return Foramen(
        level=level,
        side=side,
        centre_mm=chart.frame.to_patient(centre),
        axis=normal if np.all(np.isfinite(normal)) else chart.frame.posterior,
        rim_mm=chart.frame.to_patient(rim),
        canal_mm=chart.frame.to_patient(np.linspace(centre, end, 6)),
        diameter_mm=diameter,
        status=status,
        confidence=confidence,
    )


def _nearest_height(chart: DorsalChart, lateral_mm: float, caudal_mm: float) -> float:
    i, j = np.nonzero(np.isfinite(chart.bridged_mm))
    off = np.hypot(
        chart.lateral_0_mm + chart.spacing_mm * i - lateral_mm,
        chart.caudal_0_mm + chart.spacing_mm * j - caudal_mm,
    )
    near = int(np.argmin(off))
    return float(chart.bridged_mm[i[near], j[near]])
