"""The search on a table of effects: greedy start, programme, and the certificate of what was found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.planning.optimiser.cover import cover_of, undominated
from rfplan.planning.optimiser.greedy import both_allow, lazy_greedy, within_needles
from rfplan.planning.optimiser.objective import Judge, Objective
from rfplan.planning.optimiser.programme import Answer, Budget, solve_programme

Status = Literal["optimal", "gap", "time_limit", "node_limit", "cancelled"]
_EQUAL = 1e-6


@dataclass(frozen=True, eq=False)
class Choice:
    """``chosen`` candidates, the ``objective`` that they reach, a ``bound`` that no choice passes, and how the search ended.

    ``reached`` is False where no choice within the budget reaches the target that was asked for: objective and bound are then those of
    the probability of complete capture. ``greedy`` is the value of the greedy start.
    """

    chosen: list[int]
    objective: float
    bound: float
    status: Status
    greedy: float
    reached: bool = True

    @property
    def gap(self) -> float:
        """How far the objective may be from the best, relative to it."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """Distance of the bound from the objective, relative to the objective; infinite where either is."""
    if not np.isfinite(bound) or not np.isfinite(objective):
        return float("inf")
    return abs(bound - objective) / max(abs(objective), 1e-12) if bound != objective else 0.0


def best_choice(
    judge: Judge,
    takes: BoolArray,
    budget: Budget,
    deeper: FloatArray | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    cancelled: Callable[[], bool] = lambda: False,
    certify: bool = True,
    nodes: int | None = None,
) -> Choice:
    """The best choice of candidates by what each ``takes`` (candidates, branches) on its own.

    ``deeper`` (candidates,) decides between candidates that take the same; ``gap`` is the relative gap that is good enough. Without
    ``certify`` it is the greedy choice, with an infinite bound. ``nodes`` ends the search after so many nodes of its tree. The same input
    gives the same choice, unless time ends the search.
    """
    began = time.monotonic()
    objective = judge.objective
    deep = np.zeros(len(takes)) if deeper is None else deeper
    useful = _useful(judge, takes, budget, deep)
    start = _greedy(judge, takes, budget, useful)
    value = _value(judge, takes, budget, start)
    if not certify:
        kept = _needed(judge, takes, budget, sorted(start))
        value = _value(judge, takes, budget, kept)
        none = -np.inf if objective.smallest else np.inf
        return Choice(kept, value, none, "cancelled" if cancelled() else "time_limit", value)
    if len(useful) == 0:
        return Choice([], 0.0, 0.0, "optimal", 0.0, not objective.smallest)
    cover = cover_of(judge, takes, useful)
    own = budget.of(useful)
    floor = value if np.isfinite(value) else None
    answer = solve_programme(cover, objective, own, floor, time_limit_s, gap, cancelled, nodes=nodes)
    left_s = time_limit_s - (time.monotonic() - began)
    if answer.status == "infeasible" and floor is not None:
        # rounding alone can make what is no worse than the greedy choice impossible
        answer = solve_programme(cover, objective, own, None, left_s, gap, cancelled, nodes=nodes)
    if answer.status == "infeasible":
        instead = Judge.of(
            Objective("complete", objective.criterion, weights=objective.weights), _courses(judge), _levels(judge)
        )
        return _unreached(best_choice(instead, takes[:, judge.kept], budget, deep, left_s, gap, cancelled, nodes=nodes))
    return _judged(judge, takes, budget, useful, start, answer, gap)


def _unreached(choice: Choice) -> Choice:
    return Choice(choice.chosen, choice.objective, choice.bound, choice.status, choice.greedy, False)


def _courses(judge: Judge) -> IntArray:
    return judge.courses


def _levels(judge: Judge) -> list[str]:
    # what is left counts, whatever its weight: completeness does not weigh
    return ["S1"] * len(judge.kept)


def _judged(
    judge: Judge, takes: BoolArray, budget: Budget, useful: IntArray, start: list[int], answer: Answer, gap: float
) -> Choice:
    smallest = judge.objective.smallest
    greedy = _value(judge, takes, budget, start)
    found = start if answer.chosen is None else useful[answer.chosen].tolist()
    value = _value(judge, takes, budget, found)
    if greedy < value if smallest else greedy > value:
        found, value = start, greedy
    found = _needed(judge, takes, budget, sorted(found))
    value = _value(judge, takes, budget, found)
    bound = min(answer.bound, value) if smallest else max(answer.bound, value)
    if judge.objective.aim == "fewest":
        # a whole number of applications
        bound = min(float(np.ceil(bound - 1e-5)), value)
    off = relative_gap(value, bound)
    status: Status
    if answer.status == "cancelled":
        status = "cancelled"
    elif off <= _EQUAL or abs(bound - value) <= _EQUAL:
        status = "optimal"
    elif answer.status == "optimal" or off <= gap:
        status = "gap"
    else:
        status = "node_limit" if answer.status == "node_limit" else "time_limit"
    return Choice(found, value, bound, status, greedy)


def _needed(judge: Judge, takes: BoolArray, budget: Budget, chosen: list[int]) -> list[int]:
    """The choice without what adds nothing: a better answer with fewer."""
    value = _value(judge, takes, budget, chosen)
    kept = list(chosen)
    for candidate in sorted(chosen, key=lambda n: (int(takes[n].sum()), -n)):
        fewer = [n for n in kept if n != candidate]
        less = _value(judge, takes, budget, fewer)
        if less <= value + 1e-12 if judge.objective.smallest else less >= value - 1e-12:
            kept = fewer
    return kept


def _value(judge: Judge, takes: BoolArray, budget: Budget, chosen: list[int]) -> float:
    """What a choice is worth: captured part, probability, number of applications or minutes; infinite where it misses the target."""
    captured = np.asarray(takes[chosen].any(axis=0)) if chosen else np.zeros(takes.shape[1], dtype=bool)
    value = judge.value(captured)
    if not judge.objective.smallest:
        return value
    if value < judge.objective.target - 1e-9:
        return float("inf")
    if judge.objective.aim == "fewest":
        return float(len(chosen))
    used = budget.needles_of[chosen].ravel()
    return float(budget.cost[chosen].sum() + budget.needle_cost * len(np.unique(used[used >= 0])))


def _useful(judge: Judge, takes: BoolArray, budget: Budget, deep: FloatArray) -> IntArray:
    """Candidates that are worth looking at."""
    counting = takes[:, judge.kept]
    of = budget.needles_of
    _, uses = np.unique(of[of >= 0], return_counts=True)
    needles_matter = budget.needles is not None or (judge.objective.aim == "shortest" and budget.needle_cost > 0.0)
    if needles_matter and (uses.max(initial=1) > 1 or (of[:, 1] >= 0).any()):
        # a candidate that takes less may share needles with others
        return np.flatnonzero(counting.any(axis=1))
    cost = budget.cost if judge.objective.aim == "shortest" else np.zeros(len(takes))
    if budget.chance is None:
        return undominated(counting, cost, deep)
    # to be in nobody at stop in whom another is not is worth as much as to take what another takes
    both = undominated(np.concatenate([counting, ~budget.chance.stops], axis=1), cost, deep)
    return both[counting[both].any(axis=1)]


def _greedy(judge: Judge, takes: BoolArray, budget: Budget, useful: IntArray) -> list[int]:
    worth = np.zeros(takes.shape[1])
    worth[judge.kept] = judge.weights
    own = budget.of(useful)
    order = lazy_greedy(
        takes[useful], worth, budget.applications, both_allow(within_needles(own.needles_of, own.needles), own.chance)
    )
    return useful[order].tolist() if len(useful) else []
