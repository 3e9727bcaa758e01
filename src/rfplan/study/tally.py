"""A study counted, some patients at a time: how many people there are of each kind of result. Nothing is lost by it but who they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np
import polars as pl

from rfplan.errors import InputError
from rfplan.geometry.arrays import IntArray
from rfplan.study.columns import LEVELS, QUADRANTS
from rfplan.study.parts import Parts, in_parts
from rfplan.study.statistics import Kinds

CRITERIA: Final = {"transection": "cut", "ap_projection": "ap"}
"""Criteria, and how the columns of what they count begin."""
MEANS: Final = ("applications", "needles", "energy_time_s", "catalogue_width_mm", "spacing_mm")
"""Columns that are told by their mean."""
SIDE: Final = 64
"""No side has as many branches: they are the bits of a whole number."""


def level_columns(key: str) -> list[str]:
    """Columns that count the branches of each level: all (``branches``), or those taken (``cut``, ``ap``)."""
    return [f"{key}_{level}" for level in LEVELS]


def on_side(rows: pl.DataFrame, key: str) -> IntArray:
    """(n,) how many branches of the treated side each row has (``branches``), or were taken (``cut``, ``ap``)."""
    return np.asarray(rows[level_columns(key)].to_numpy().sum(axis=1), dtype=np.int64)


@dataclass
class StrategyTally:
    """Of one strategy: ``patients``; ``sums`` of columns over them, or over the ``known`` of whom a column can tell; by criterion and
    number of applications, in ``people`` how many had ``taken * SIDE + total`` branches; and how many came ``stopped`` by a limit of
    safety."""

    patients: int = 0
    stopped: int = 0
    sums: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    people: dict[tuple[str, int], Counter[int]] = field(default_factory=dict)

    def parts(self, criterion: str) -> Kinds:
        """The captured parts of all patients."""
        total: Counter[int] = Counter()
        for (name, _), counts in self.people.items():
            if name == criterion:
                total.update(counts)
        return captured_kinds(total)

    def by_applications(self, criterion: str) -> dict[int, Kinds]:
        """The captured parts of those who had so many applications, by rising number."""
        return {
            number: captured_kinds(counts)
            for (name, number), counts in sorted(self.people.items())
            if name == criterion
        }

    def mean(self, column: str) -> float:
        """Mean of one of :data:`MEANS` over those of whom it can be told; NaN where there is nobody."""
        return float(self.sums[column]) / self.known[column] if self.known[column] else float("nan")

    def missed(self, key: str, place: str) -> float:
        """Part of the branches of a level, or of a quadrant, that was not taken; 0 where there are none."""
        total = self.sums[f"branches_{place}"]
        return 1.0 - float(self.sums[f"{key}_{place}"] / total) if total else 0.0

    def add(self, rows: pl.DataFrame, taken: dict[str, IntArray], total: IntArray) -> None:
        """Count ``rows`` in, of whose ``total`` (n,) branches ``taken`` (n,) were by criterion."""
        self.patients += len(rows)
        self.stopped += int(np.count_nonzero(rows["stop_violations"].to_numpy()))
        numbers = rows.select(pl.exclude("strategy", "stop_violations").cast(pl.Float64))
        for name, value in numbers.select(pl.all().fill_nan(0.0).sum()).row(0, named=True).items():
            self.sums[name] += value
        # a plan of one needle has no spacing
        told = numbers.select(name for name in MEANS if name in numbers.columns)
        self.known.update(told.select(pl.all().is_not_nan().sum()).row(0, named=True))
        applications = rows["applications"].to_numpy()
        for number in np.unique(applications).tolist():
            own = applications == number
            for criterion, counts in taken.items():
                self.people.setdefault((criterion, number), Counter()).update(counted(counts[own] * SIDE + total[own]))


@dataclass
class PairTally:
    """Of two strategies on the same patients, by criterion: in ``parts`` how many had ``(taken by one - taken by other) * SIDE + total``,
    in ``complete`` by how much more often the one took all."""

    parts: dict[str, Counter[int]] = field(default_factory=dict)
    complete: dict[str, Counter[int]] = field(default_factory=dict)

    def differences(self, criterion: str) -> tuple[Kinds, Kinds]:
        """Of the captured part, and of complete captures, over all patients."""
        return captured_kinds(self.parts[criterion]), Kinds.counted(self.complete[criterion])

    def add(self, criterion: str, one: IntArray, other: IntArray, total: IntArray) -> None:
        """Count patients in of whose ``total`` (n,) branches the strategies took ``one`` and ``other`` (n,)."""
        whole = _all_of(one, total).astype(np.int64) - _all_of(other, total)
        for held, codes in ((self.parts, (one - other) * SIDE + total), (self.complete, whole)):
            held.setdefault(criterion, Counter()).update(counted(codes))


@dataclass
class StudyTally:
    """A study by strategy, in the order of the design, and by every two of them."""

    strategies: dict[str, StrategyTally] = field(default_factory=dict)
    pairs: dict[tuple[str, str], PairTally] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: pl.DataFrame | Parts) -> StudyTally:
        """Count ``rows``, which are read once.

        Raises
        ------
        InputError : there are none
        """
        columns = [column for key in ("branches", *CRITERIA.values()) for column in level_columns(key)]
        quadrants = [f"{level}_{quadrant}" for level in LEVELS[1:] for quadrant in QUADRANTS]
        columns += [f"{key}_{quadrant}" for key in ("branches", "cut") for quadrant in quadrants]
        found = cls()
        for part in in_parts(rows)(["strategy", "stop_violations", *MEANS, *columns]):
            found._add(part)
        if not found.strategies:
            raise InputError("no chunk of this study is finished; --resume goes on with it")
        return found

    def _add(self, part: pl.DataFrame) -> None:
        taken: dict[str, dict[str, IntArray]] = {}
        totals: dict[str, IntArray] = {}
        for name, rows in by_strategy(part):
            totals[name] = on_side(rows, "branches")
            taken[name] = {criterion: on_side(rows, key) for criterion, key in CRITERIA.items()}
            self.strategies.setdefault(name, StrategyTally()).add(rows, taken[name], totals[name])
        for one, other in combinations(taken, 2):
            pair = self.pairs.setdefault((one, other), PairTally())
            for criterion in CRITERIA:
                pair.add(criterion, taken[one][criterion], taken[other][criterion], totals[one])


def by_strategy(part: pl.DataFrame) -> Sequence[tuple[str, pl.DataFrame]]:
    """The rows of each strategy of ``part``, in order of appearance."""
    return [(str(rows["strategy"][0]), rows) for rows in part.partition_by("strategy", maintain_order=True)]


def counted(codes: IntArray) -> dict[int, int]:
    """How often each of ``codes`` (n,) comes up."""
    found, counts = np.unique(codes, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def captured_kinds(counts: Counter[int]) -> Kinds:
    """Captured parts from how many people had ``taken * SIDE + total`` branches; a side without branches has none taken."""
    found: Counter[float] = Counter()
    for code, count in counts.items():
        taken, total = divmod(code, SIDE)
        found[taken / max(total, 1)] += count
    return Kinds.counted(found)


def _all_of(taken: IntArray, total: IntArray) -> np.ndarray:
    return np.asarray((taken == total) & (total > 0))
