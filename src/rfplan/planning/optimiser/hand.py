"""The hand that carries candidates out: exactly, or a little off in one of several drawn ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rfplan.anatomy.sides import Side
from rfplan.anatomy.treatable import Treatable
from rfplan.planning.operator_error import OperatorError, displaced
from rfplan.planning.plan import Application, Plan

DRAWS = 8
"""Ways in which a hand with an error may miss; courses share them in turn."""


@dataclass(frozen=True, eq=False)
class Hand:
    """Carries out on ``side`` of ``patient`` with ``error`` (None: none), drawn with ``seed``."""

    patient: Treatable
    side: Side
    error: OperatorError | None
    seed: int

    @property
    def draws(self) -> int:
        """Number of ways in which it misses; 1 where it never does."""
        return 1 if self.error is None else DRAWS

    def carried_out(self, applications: Sequence[Application], draw: int) -> tuple[Application, ...]:
        """The applications as they come out in ``draw``; a needle of two applications misses once."""
        if self.error is None or not applications:
            return tuple(applications)
        plan = Plan(side=self.side, technique="candidates", applications=tuple(applications))
        return displaced(plan, self.patient, self.error, (self.seed, draw)).applications
