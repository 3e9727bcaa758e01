"""What is to be made as large, or as small, as possible, and the value of a set of captured branches by that measure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np

from rfplan.anatomy.sides import BRANCH_LEVELS
from rfplan.errors import InputError, did_you_mean
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.planning.coverage import CRITERIA, Criterion

Aim = Literal["mean", "complete", "tail", "fewest", "shortest"]
AIMS: Final[tuple[Aim, ...]] = get_args(Aim)
"""``mean``: the captured part of the branches, on average over courses; ``complete``: the part of courses with every branch captured;
``tail``: the mean captured part over the worst courses; ``fewest`` applications, or ``shortest`` procedure, that capture every
branch in a wanted part of the courses."""

MOVED: Final = "Needles were then moved off the candidates' places; the courses are of the moved ones, the bound is not about them."
"""What a reader needs to know of a refined plan, whose coverage may pass the bound."""

AIM_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mean": "Captured part of the branches",
        "complete": "Part of the courses with every branch captured",
        "tail": "Captured part over the worst courses",
        "fewest": "Applications",
        "shortest": "Minutes",
    }
)
"""What the number of an aim is, for people."""

TARGETED: Final[tuple[Aim, ...]] = ("fewest", "shortest")


@dataclass(frozen=True)
class Objective:
    """``target`` is the wanted part of courses with complete capture (``fewest``, ``shortest``); ``tail`` the part of courses that counts
    as the lower tail; ``weights`` of branches by level (default 1 each; a level of weight 0 need not be captured).
    """

    aim: Aim = "mean"
    criterion: Criterion = "transection"
    target: float = 0.9
    tail: float = 0.1
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _named("objective", self.aim, AIMS)
        _named("criterion", self.criterion, CRITERIA)
        for name in ("target", "tail"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and math.isfinite(value) and 0.0 < value <= 1.0):
                raise InputError(f"{name} is {value!r}; it must be above 0 and at most 1")
        for level, weight in self.weights.items():
            _named("level of a weight", level, BRANCH_LEVELS)
            if not (isinstance(weight, int | float) and math.isfinite(weight) and weight >= 0.0):
                raise InputError(f"the weight of level {level} is {weight!r}; it must be a number of at least 0")

    @property
    def smallest(self) -> bool:
        """True where less is better."""
        return self.aim in TARGETED


@dataclass(frozen=True, eq=False)
class Judge:
    """Branches that count, for values of an objective: ``weights`` (b,) of every branch within its course (adding up to 1), ``courses``
    (b,) numbered without gaps, ``count`` of courses, ``kept`` (b,) which branches of the whole list they are.
    """

    objective: Objective
    weights: FloatArray
    courses: IntArray
    count: int
    kept: IntArray

    @classmethod
    def of(cls, objective: Objective, courses: IntArray, levels: Sequence[str]) -> Judge:
        """Leave out branches of weight 0, and courses without any other; InputError where nothing is left."""
        weights = np.array([float(objective.weights.get(level, 1.0)) for level in levels])
        kept = np.flatnonzero(weights > 0.0)
        if len(kept) == 0:
            raise InputError("every branch of this side has weight 0; there is nothing to capture")
        _, numbers = np.unique(courses[kept], return_inverse=True)
        numbers = numbers.astype(np.int64)
        total = np.bincount(numbers, weights[kept])
        return cls(objective, weights[kept] / total[numbers], numbers, int(numbers.max()) + 1, kept)

    def fractions(self, captured: BoolArray) -> FloatArray:
        """(count,) captured part of the branches of every course; ``captured`` (all branches,)."""
        return np.bincount(self.courses, self.weights * captured[self.kept], self.count).astype(np.float64)

    def mean(self, captured: BoolArray) -> float:
        """Mean captured part."""
        return float(self.fractions(captured).mean())

    def complete(self, captured: BoolArray) -> float:
        """Part of the courses in which every branch that counts is captured."""
        missed = np.bincount(self.courses, weights=~captured[self.kept], minlength=self.count)
        return float(np.mean(missed == 0))

    def tail(self, captured: BoolArray) -> float:
        """Mean captured part over the worst courses: conditional value at risk."""
        return tail_mean(self.fractions(captured), self.objective.tail)

    def value(self, captured: BoolArray) -> float:
        """What the objective measures; for ``fewest`` and ``shortest`` the probability of complete capture that has to reach the target."""
        if self.objective.aim == "mean":
            return self.mean(captured)
        return self.tail(captured) if self.objective.aim == "tail" else self.complete(captured)


def objective_of(aim: str, criterion: str, target: float, tail: float, weights: str | None) -> Objective:
    """An objective from words; ``weights`` such as ``L5=0.5,S3=0``. InputError says what is accepted."""
    parts: dict[str, float] = {}
    for entry in [] if weights is None else weights.split(","):
        level, _, number = entry.partition("=")
        try:
            parts[level.strip()] = float(number)
        except ValueError:
            raise InputError(
                f"--weights {weights!r}: {entry!r} is not of the form LEVEL=NUMBER, such as S3=0.5"
            ) from None
    return Objective(aim, criterion, target, tail, parts)  # type: ignore[arg-type]


def tail_mean(values: FloatArray, part: float) -> float:
    """Mean of the lowest ``part`` of values; the one on the border counts with what is left.

    Source: Rockafellar and Uryasev 2000, J Risk 2:21.
    """
    low = np.sort(values)
    room = part * len(low)
    whole = min(int(room + 1e-9), len(low))
    total = float(low[:whole].sum())
    if whole < len(low):
        total += max(0.0, room - whole) * float(low[whole])
    return total / room


def _named(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise InputError(f"{what} is {name!r};{did_you_mean(name, known)} accepted: {', '.join(known)}")
