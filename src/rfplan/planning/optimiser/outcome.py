"""What the optimiser hands back: a plan, how good it is on courses seen and unseen, and how far from the best it can be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rfplan.planning.coverage import Criterion, CriterionCoverage
from rfplan.planning.optimiser.search import Status, relative_gap
from rfplan.planning.plan import Plan


@dataclass(frozen=True)
class Certificate:
    """``objective`` of the best choice of candidates and a ``bound`` that no choice passes, as judged by what each takes on its own.

    ``union_objective`` is the value of that choice when stretches that touch across lesions count as one, and ``union_bound``
    what no choice of candidates can pass then; both are NaN where they were not worked out. ``aim`` and ``criterion`` say what is
    measured, ``reached`` whether the target of a smallest plan was reached (else objective and bound are those of complete capture).
    """

    aim: str
    criterion: Criterion
    objective: float
    bound: float
    status: Status
    time_s: float
    candidates: int
    courses: int
    union_objective: float = math.nan
    union_bound: float = math.nan
    greedy: float = math.nan
    reached: bool = True

    @property
    def gap(self) -> float:
        """Distance of the bound from the objective, relative to the objective."""
        return relative_gap(self.objective, self.bound)

    @property
    def union_gap(self) -> float:
        """The same for unions of lesions."""
        return relative_gap(self.union_objective, self.union_bound)

    def to_json(self) -> dict[str, Any]:
        """The entry ``certificate``; numbers that do not exist are null."""
        entry = asdict(self) | {"gap": self.gap, "union_gap": self.union_gap}
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in entry.items()
        }


@dataclass(frozen=True, eq=False)
class Optimised:
    """The best ``plan`` found; ``train`` and ``unseen`` coverage by criterion; ``removed`` counts of candidates taken out beforehand by
    reason; ``notes`` are sentences for the user.

    ``before_refinement`` and ``after_refinement`` are the objective on the courses it was found on, before and after needles were
    moved off the lattice, NaN where it is not known; ``train`` and ``unseen`` are of the moved ones, the certificate is not.
    """

    plan: Plan
    certificate: Certificate
    train: Mapping[Criterion, CriterionCoverage]
    unseen: Mapping[Criterion, CriterionCoverage]
    train_courses: int
    unseen_courses: int
    removed: Mapping[str, int]
    minutes: float
    notes: tuple[str, ...]
    before_refinement: float
    after_refinement: float

    def to_json(self) -> dict[str, Any]:
        """The document of ``rfplan optimise --json``, without the plan's own."""
        return {
            "certificate": self.certificate.to_json(),
            "train": {"courses": self.train_courses} | {key: entry.to_json() for key, entry in self.train.items()},
            "unseen": {"courses": self.unseen_courses} | {key: entry.to_json() for key, entry in self.unseen.items()},
            "applications": len(self.plan.applications),
            "needles": len(self.plan.needles),
            "energy_time_s": self.plan.energy_time_s,
            "procedure_min": self.minutes,
            "removed": dict(self.removed),
            "refinement": {"before": self.before_refinement, "after": self.after_refinement},
            "notes": list(self.notes),
        }
