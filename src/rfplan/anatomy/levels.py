"""Which sacral level a row of openings belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.pits import Pit
from rfplan.anatomy.sides import LEVELS, SIDES, Side, lateral_sign
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

_STEP_MM = 1.0
_SIZES = np.arange(0.76, 1.37, 0.06)
_PLACE_MM = 3.0
_CLOSED_COST = 3.0
_MISSING_COST = 6.0
_VENTRAL_CAP = 6.0
_LATERAL_SLACK = 0.1


@dataclass(frozen=True, eq=False)
class LevelRows:
    """Where the four levels lie on the chart.

    ``caudal_mm`` by level; ``size`` of this person against the mean; ``dorsal`` and ``ventral`` pits by (level, side), only
    where there is one.
    """

    caudal_mm: MappingProxyType[str, float]
    size: float
    dorsal: MappingProxyType[tuple[str, Side], Pit]
    ventral: MappingProxyType[tuple[str, Side], Pit]


NO_PITS: Final[MappingProxyType[tuple[str, Side], Pit]] = MappingProxyType({})


def lateral_prior(level: str) -> tuple[float, float]:
    """Mean and standard deviation of the distance from the midline, mm, with 10 % for the size of the person."""
    figure = figures("foramina_prior")[f"lateral.{level}"]
    return figure.value, float(np.hypot(figure.sd or 2.5, _LATERAL_SLACK * figure.value))


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
    data = np.stack([_row_cost(level, places, bone, dorsal, open_ways, ventral) for level in LEVELS])
    spread = figures("foramina_prior")["size"].sd or 0.12
    first = figures("foramina_prior")["caudal.S1"]
    best: tuple[float, float, list[int]] | None = None
    for size in _SIZES:
        cost = data[0] + ((places - first.value * size) / (first.sd or 3.0)) ** 2
        trace = []
        for upper, lower, row in zip(LEVELS, LEVELS[1:], data[1:], strict=False):
            mean, sd = spacing_prior(upper, lower)
            gap = places[None, :] - places[:, None]
            through = cost[:, None] + np.where(gap > 6.0, ((gap - mean * size) / sd) ** 2, 1e6)
            trace.append(np.argmin(through, axis=0))
            cost = through.min(axis=0) + row
        total = float(cost.min()) + ((size - 1.0) / spread) ** 2
        if best is None or total < best[0]:
            rows = [int(np.argmin(cost))]
            for step in reversed(trace):
                rows.insert(0, int(step[rows[0]]))
            best = (total, float(size), rows)
    assert best is not None
    caudal = {level: float(places[row]) for level, row in zip(LEVELS, best[2], strict=True)}
    return LevelRows(
        MappingProxyType(caudal),
        best[1],
        MappingProxyType(_assigned(caudal, dorsal, open_ways, 0.0)),
        MappingProxyType(_assigned(caudal, ventral, None, _ventral_offset()[0])),
    )


def _ventral_offset() -> tuple[float, float]:
    figure = figures("foramina_prior")["ventral.caudal_of_dorsal"]
    return figure.value, figure.sd or 3.5


def _row_cost(
    level: str,
    places: FloatArray,
    bone: np.ndarray,
    dorsal: Sequence[Pit],
    open_ways: frozenset[int],
    ventral: Sequence[Pit],
) -> FloatArray:
    """(n,) how badly each place would do for a level: twice the negative log of its likelihood, up to a constant."""
    mean, sd = lateral_prior(level)
    offset, offset_sd = _ventral_offset()
    total = np.zeros_like(places)
    for side in SIDES:
        sign = lateral_sign(side)
        cost = np.where(bone, _MISSING_COST, 0.0)
        for pit in dorsal:
            if sign * pit.centre_mm[0] <= 0:
                continue
            seen = 0.0 if pit.way & open_ways else _CLOSED_COST
            off = ((sign * pit.centre_mm[0] - mean) / sd) ** 2
            cost = np.minimum(cost, seen + off + ((places - pit.centre_mm[1]) / _PLACE_MM) ** 2 - 2.0)
        front = np.where(bone, _VENTRAL_CAP, 0.0)
        for pit in ventral:
            if sign * pit.centre_mm[0] > 0:
                off = (max(0.0, abs(sign * pit.centre_mm[0] - mean) - 4.0) / sd) ** 2
                front = np.minimum(front, off + ((places + offset - pit.centre_mm[1]) / offset_sd) ** 2 - 1.0)
        total += cost + front
    return total


def _assigned(
    caudal: dict[str, float], pits: Sequence[Pit], open_ways: frozenset[int] | None, offset: float
) -> dict[tuple[str, Side], Pit]:
    """The most likely pit of every row and side, if one is near."""
    chosen: dict[tuple[str, Side], Pit] = {}
    for level, place in caudal.items():
        mean, sd = lateral_prior(level)
        for side in SIDES:
            sign = lateral_sign(side)

            def misfit(
                pit: Pit, sign: int = sign, mean: float = mean, sd: float = sd, place: float = place
            ) -> float:
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
                and abs(pit.centre_mm[1] - offset - place) < 9.0
                and abs(sign * pit.centre_mm[0] - mean) < 3.5 * sd
            ]
            if near:
                chosen[level, side] = min(near, key=misfit)
    return chosen
