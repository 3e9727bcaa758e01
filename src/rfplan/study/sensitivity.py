"""What decides how many branches a strategy takes: mean capture among the patients lowest and highest in each factor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rfplan.geometry.arrays import IntArray
from rfplan.study.parts import Parts, in_parts
from rfplan.study.ranks import READINGS, Ranks
from rfplan.study.statistics import Kinds, bootstrap_interval
from rfplan.study.tally import CRITERIA, SIDE, by_strategy, captured_kinds, level_columns, on_side

FACTORS: Final[Mapping[str, str]] = {
    "female": "sex: men, women",
    "bmi": "body mass index, kg/m²",
    "skin_depth_mm": "skin to foramina, mm",
    "sacrum_length_mm": "length of the sacrum, mm",
    "sacrum_breadth_mm": "breadth of the sacrum, mm",
    "foramen_spacing_mm": "between foramina, mm",
    "foramen_lateral_mm": "foramina from midline, mm",
    "branch_depth_mm": "branches over the bone, mm",
    "exit_S1_deg": "exit at S1, degrees",
    "exit_S2_deg": "exit at S2, degrees",
    "exit_S3_deg": "exit at S3, degrees",
    "l5_shift_mm": "L5 beside its groove, mm",
    "branches": "number of branches",
    "tip_error_mm": "tips off plan, mm",
    "axis_error_deg": "shafts off plan, degrees",
}
"""Columns of the table that may decide, and what they are called."""

_PART: Final = 0.2
LEAST: Final = 10
"""People of whom a fifth is told."""


@dataclass(frozen=True)
class Influence:
    """Mean captured part among the fifth of the patients lowest and highest in ``factor``, with 95 % bootstrap intervals.

    The fifths end at ``low_to`` and begin at ``high_from``; equal values stay together, so that a fifth may be more than a fifth.
    ``difference`` is high less low, its interval from the standard errors of both.
    """

    factor: str
    low_to: float
    high_from: float
    low: float
    low_ci95: tuple[float, float]
    high: float
    high_ci95: tuple[float, float]
    difference: float
    difference_ci95: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def influences(rows: pl.DataFrame, criterion: str) -> list[Influence]:
    """Every factor that differs between the patients of one strategy's ``rows``, in the order of :data:`FACTORS`."""
    (found,) = _found(rows, criterion).values()
    return found


def factor_rows(rows: pl.DataFrame | Parts, criterion: str) -> dict[str, list[dict[str, Any]]]:
    """The influences of every strategy, by its name, as plain numbers.

    ``rows`` are read more than once: first for where the fifths end, of factors at single precision, then to count who is in them.
    """
    return {name: [entry.to_json() for entry in found] for name, found in _found(rows, criterion).items()}


@dataclass
class _Fifths:
    """The patients lowest and highest in one factor: ``bounds`` are where they end and begin, in ``people`` (2, SIDE * SIDE) how many of
    each had ``taken * SIDE + total`` branches."""

    ranks: Ranks = field(default_factory=lambda: Ranks((_PART, 1.0 - _PART)))
    bounds: tuple[float, float] | None = None
    people: IntArray = field(default_factory=lambda: np.zeros((2, SIDE * SIDE), dtype=np.int64))

    def part(self) -> None:
        """Find the bounds; there are none where the fifths would overlap, or nothing is known."""
        if self.ranks.size:
            low, high = self.ranks.values
            self.bounds = (low, high) if low < high else None

    def add(self, values: NDArray[np.floating], codes: IntArray) -> None:
        """Count patients with these ``values`` (n,) of the factor and ``codes`` (n,) of their branches."""
        if self.bounds is not None:
            for end, own in enumerate((values <= self.bounds[0], values >= self.bounds[1])):
                self.people[end] += np.bincount(codes[own], minlength=SIDE * SIDE)

    def influence(self, factor: str) -> Influence | None:
        """What the factor does; None where too few are in a fifth."""
        if self.bounds is None or self.people.sum(axis=1).min() < LEAST:
            return None
        low, high = (
            captured_kinds(Counter({int(code): int(own[code]) for code in np.flatnonzero(own)})) for own in self.people
        )
        difference = high.mean - low.mean
        return Influence(
            factor,
            *self.bounds,
            low.mean,
            bootstrap_interval(low, 1),
            high.mean,
            bootstrap_interval(high, 2),
            difference,
            _of_difference(difference, low, high),
        )


def _found(rows: pl.DataFrame | Parts, criterion: str) -> dict[str, list[Influence]]:
    key, read = CRITERIA[criterion], in_parts(rows)
    columns = ["strategy", *FACTORS, *level_columns("branches")]
    fifths: dict[str, dict[str, _Fifths]] = {}
    for _ in range(READINGS):
        for part in read(columns):
            for name, own in by_strategy(part):
                for factor, values in _values(own):
                    entry = fifths.setdefault(name, {}).setdefault(factor, _Fifths())
                    entry.ranks.add(values[np.isfinite(values)])
        for entry in (entry for held in fifths.values() for entry in held.values()):
            entry.ranks.narrow()
    for entry in (entry for held in fifths.values() for entry in held.values()):
        entry.part()
    for part in read([*columns, *level_columns(key)]):
        for name, own in by_strategy(part):
            codes = on_side(own, key) * SIDE + on_side(own, "branches")
            for factor, values in _values(own):
                fifths[name][factor].add(values, codes)
    return {
        name: [found for factor, own in held.items() if (found := own.influence(factor)) is not None]
        for name, held in fifths.items()
    }


def _values(rows: pl.DataFrame) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The factors that ``rows`` have, in order."""
    for factor in FACTORS:
        if factor == "branches":
            yield factor, on_side(rows, "branches").astype(np.float32)
        elif factor in rows.columns:
            yield factor, rows[factor].cast(pl.Float32).to_numpy()


def _of_difference(difference: float, low: Kinds, high: Kinds) -> tuple[float, float]:
    """95 % interval of a difference of two means of other people each (Welch's standard error, normal)."""
    error = float(np.sqrt(low.variance / low.size + high.variance / high.size))
    return difference - 1.96 * error, difference + 1.96 * error
