"""A bound that holds for lesions taken together, where stretches that touch count as one."""

from __future__ import annotations

import numpy as np

from rfplan.planning.optimiser.cover import STEPS, cover_of, undominated
from rfplan.planning.optimiser.effect_table import EffectTable
from rfplan.planning.optimiser.objective import Judge
from rfplan.planning.optimiser.programme import Budget, solve_programme
from rfplan.planning.optimiser.watch import Watch


def union_bound(judge: Judge, table: EffectTable, budget: Budget, watch: Watch) -> float:
    """What no choice of candidates can pass, however their lesions join: the relaxed programme in which lengths inside add up.

    It is valid because a stretch inside a union is never longer than the lengths inside its parts together.
    """
    # in sixteenths, rounded up: few distinct numbers, and dominance among them is exact
    parts = np.ceil(table.share(judge.objective.criterion) * STEPS - 1e-9) / STEPS
    counting = parts[:, judge.kept]
    useful = (
        np.flatnonzero(counting.any(axis=1))
        if budget.needles is not None
        else undominated(counting, np.zeros(len(parts)), np.zeros(len(parts)))
    )
    if len(useful) == 0:
        return 0.0
    cover = cover_of(judge, parts, useful)
    return solve_programme(
        cover, judge.objective, budget.of(useful), None, max(0.1, watch.left_s), 0.0, watch.cancelled, relaxed=True
    ).bound
