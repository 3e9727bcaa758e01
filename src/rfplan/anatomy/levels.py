"""Which sacral level a row of openings belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.pits import Pit
from rfplan.anatomy.sides import LEVELS, SIDES, Side, lateral_sign
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

_STEP_MM = 1.0
_SIZES = np.arange(0.76, 1.37, 0.06)
_WIDTHS = np.arange(0.80, 1.46, 0.13)
_PLACE_MM = 3.0
_CLOSED_COST = 3.0
_MISSING_COST = MappingProxyType({"S1": 6.0, "S2": 6.0, "S3": 6.0, "S4": 2.0})
"""Of a row with nothing to be seen on one side, front or back; S4 is often closed, or open to the side or the hiatus."""
_FARTHEST_MM = 6.0
_LEAST_GAP = 0.55


@dataclass(frozen=True, eq=False)
class LevelRows:
    """Where the four levels lie on the chart.

    ``caudal_mm`` by level; ``size`` (spacing) and ``width`` (distance from the midline) of this person against the mean;
    ``dorsal`` and ``ventral`` pits by (level, side), only where there is one.
    """

    caudal_mm: MappingProxyType[str, float]
    size: float
    width: float
    dorsal: MappingProxyType[tuple[str, Side], Pit]
    ventral: MappingProxyType[tuple[str, Side], Pit]


def lateral_prior(level: str) -> tuple[float, float]:
    """Mean and standard deviation of the distance from the midline, mm."""
    figure = figures("foramina_prior")[f"lateral.{level}"]
    return figure.value, figure.sd or 2.5


def spacing_prior(upper: str, lower: str) -> tuple[float, float]:
    """Mean and standard deviation of the distance of two neighbouring levels, mm."""
    figure = figures("foramina_prior")[f"spacing.{upper}_{lower}"]
    return figure.value, figure.sd or 2.5


def name_levels(
    dorsal: Sequence[Pit], open_ways: frozenset[int], ventral: Sequence[Pit], chart: DorsalChart
) -> LevelRows:
    """Lay the rows S1 to S4 over the pits so that place, spacing, pairing and the ventral row agree best.

    Every level has a row, seen or not; a row without any opening front or back where there is bone is unlikely, so a closed
    foramen does not shift the names of those below it. ``open_ways`` are the bodies of air that reach the front.
    """
    places = np.arange(0.0, 190.0, _STEP_MM)
    bone = chart.on_bone(np.zeros_like(places), places)
    prior = figures("foramina_prior")
    spread, first = prior["size"].sd or 0.12, prior["caudal.S1"]
    steps = [spacing_prior(upper, lower) for upper, lower in pairwise(LEVELS)]
    gap = places[None, :] - places[:, None]
    best: tuple[float, float, float, list[int]] | None = None
    for width in _WIDTHS:
        data = [_row_cost(level, float(width), places, bone, dorsal, open_ways, ventral) for level in LEVELS]
        for size in _SIZES:
            cost = data[0] + ((places - first.value * size) / (first.sd or 3.0)) ** 2
            trace = []
            for (mean, sd), row in zip(steps, data[1:], strict=True):
                apart = np.where(gap > _LEAST_GAP * mean * size, ((gap - mean * size) / sd) ** 2, 1e6)
                through = cost[:, None] + apart
                trace.append(np.argmin(through, axis=0))
                cost = through.min(axis=0) + row
            total = float(cost.min()) + ((size - 1.0) / spread) ** 2 + ((width - 1.0) / spread) ** 2
            if best is None or total < best[0]:
                rows = [int(np.argmin(cost))]
                for step in reversed(trace):
                    rows.insert(0, int(step[rows[0]]))
                best = (total, float(size), float(width), rows)
    assert best is not None
    caudal = {level: float(places[row]) for level, row in zip(LEVELS, best[3], strict=True)}
    return LevelRows(
        MappingProxyType(caudal),
        best[1],
        best[2],
        MappingProxyType(_assigned(caudal, best[2], dorsal, open_ways, 0.0)),
        MappingProxyType(_assigned(caudal, best[2], ventral, None, _ventral_offset()[0])),
    )


def _ventral_offset() -> tuple[float, float]:
    figure = figures("foramina_prior")["ventral.caudal_of_dorsal"]
    return figure.value, figure.sd or 3.5


def _row_cost(
    level: str,
    width: float,
    places: FloatArray,
    bone: np.ndarray,
    dorsal: Sequence[Pit],
    open_ways: frozenset[int],
    ventral: Sequence[Pit],
) -> FloatArray:
    """(n,) how badly each place would do for a level: twice the negative log of its likelihood, up to a constant."""
    mean, sd = lateral_prior(level)
    mean = width * mean
    offset, offset_sd = _ventral_offset()
    total = np.zeros_like(places)
    for side in SIDES:
        sign = lateral_sign(side)
        cost = np.where(bone, _MISSING_COST[level], 0.0)
        for pit in dorsal:
            if sign * pit.centre_mm[0] <= 0:
                continue
            seen = 0.0 if pit.way & open_ways else _CLOSED_COST
            off = ((sign * pit.centre_mm[0] - mean) / sd) ** 2
            away = np.abs(places - pit.centre_mm[1])
            here = seen + off + (away / _PLACE_MM) ** 2 - 2.0
            cost = np.where(away < _FARTHEST_MM, np.minimum(cost, here), cost)
        front = np.where(bone, _MISSING_COST[level], 0.0)
        for pit in ventral:
            if sign * pit.centre_mm[0] > 0:
                off = (max(0.0, abs(sign * pit.centre_mm[0] - mean) - 4.0) / sd) ** 2
                front = np.minimum(front, off + ((places + offset - pit.centre_mm[1]) / offset_sd) ** 2 - 1.0)
        total += cost + front
    return total


def _assigned(
    caudal: dict[str, float],
    width: float,
    pits: Sequence[Pit],
    open_ways: frozenset[int] | None,
    offset: float,
) -> dict[tuple[str, Side], Pit]:
    """The most likely pit of every row and side, if one is near."""
    chosen: dict[tuple[str, Side], Pit] = {}
    for level, place in caudal.items():
        mean, sd = lateral_prior(level)
        mean = width * mean
        for side in SIDES:
            sign = lateral_sign(side)

            def misfit(pit: Pit, sign: int = sign, mean: float = mean, sd: float = sd, place: float = place) -> float:
                closed = 0.0 if open_ways is None or pit.way & open_ways else _CLOSED_COST
                return float(
                    closed
                    + ((sign * pit.centre_mm[0] - mean) / sd) ** 2
                    + ((pit.centre_mm[1] - offset - place) / _PLACE_MM) ** 2
                )

            near = [
                pit
                for pit in pits
                if sign * pit.centre_mm[0] > 0
                and abs(pit.centre_mm[1] - offset - place) < 8.0
                and abs(sign * pit.centre_mm[0] - mean) < 3.5 * sd
            ]
            if near:
                chosen[level, side] = min(near, key=misfit)
    return chosen
