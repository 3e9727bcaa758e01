"""The search as a mixed-integer linear programme, solved by HiGHS, with a bound on what any choice can reach."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.planning.optimiser.chance import Chance
from rfplan.planning.optimiser.cover import Cover
from rfplan.planning.optimiser.objective import Objective

_POLL_S = 0.05
_SLACK = 1e-7
"""What the solver's tolerances may have cost a bound."""


@dataclass(frozen=True, eq=False)
class Budget:
    """At most ``applications`` and ``needles`` (None: any number); ``cost`` (c,) of each candidate and ``needle_cost`` of placing a needle,
    for the shortest procedure; ``needles_of`` (c, 2) distinct needles of each, -1 for none. ``chance`` limits the part of people in whom a
    choice is at stop; None where no candidate is in anybody.
    """

    applications: int
    needles: int | None
    cost: FloatArray
    needle_cost: float
    needles_of: IntArray
    chance: Chance | None = None

    def of(self, candidates: IntArray) -> Budget:
        """The same for some of the candidates."""
        return replace(
            self,
            cost=self.cost[candidates],
            needles_of=self.needles_of[candidates],
            chance=None if self.chance is None else self.chance.of(candidates),
        )


@dataclass(frozen=True, eq=False)
class Answer:
    """``chosen`` rows of the cover (None: nothing found), ``bound`` on the objective, and how it ended:

    ``optimal``, ``time_limit``, ``node_limit``, ``cancelled`` or ``infeasible``.
    """

    chosen: list[int] | None
    bound: float
    status: str


def solve_programme(
    cover: Cover,
    objective: Objective,
    budget: Budget,
    floor: float | None,
    time_limit_s: float,
    gap: float,
    cancelled: Callable[[], bool],
    relaxed: bool = False,
    nodes: int | None = None,
) -> Answer:
    """The best choice from ``cover`` and a bound that no choice passes.

    Parameters
    ----------
    floor : value of a choice that is known; the programme looks only for what is no worse
    gap : relative gap at which it may stop
    relaxed : solve only the linear relaxation, for its bound
    nodes : of the tree of the search, after which it ends; None for any number
    """
    model = _Model(cover, objective, budget, floor)
    sign = 1.0 if objective.smallest else -1.0
    result = _watched(model, max(0.1, time_limit_s), gap, cancelled, relaxed, nodes)
    trivial = 0.0 if objective.smallest else 1.0
    if result is None:
        return Answer(None, trivial, "cancelled")
    dual = getattr(result, "mip_dual_bound", None)
    if relaxed and result.status == 0:
        dual = result.fun
    bound = trivial if dual is None or not math.isfinite(dual) else sign * dual
    bound = max(bound - _SLACK, 0.0) if objective.smallest else min(1.0, bound + _SLACK)
    chosen = None
    if result.x is not None and not relaxed:
        chosen = np.flatnonzero(result.x[: len(cover.candidates)] > 0.5).tolist()
    # the two limits have one number in scipy
    counted = nodes is not None and (getattr(result, "mip_node_count", None) or 0) >= nodes
    limit = "node_limit" if counted else "time_limit"
    status = {0: "optimal", 2: "infeasible"}.get(int(result.status), limit)
    return Answer(chosen, bound, status)


class _Model:
    """Columns: x of candidates, y of groups, v of people at stop, u of needles where they count, z of classes or their shortfalls s and the
    level t."""

    def __init__(self, cover: Cover, objective: Objective, budget: Budget, floor: float | None) -> None:
        self.width = 0
        self._rows: list[tuple[list[Any], list[Any], float, float]] = []
        self.cost: list[float] = []
        self.integral: list[int] = []
        candidates, groups = cover.parts.shape
        x = self._columns(np.zeros(candidates), True)
        y = self._columns(np.zeros(groups), False)
        for g in range(groups):
            takers = np.flatnonzero(cover.parts[:, g])
            self._row([*(x + takers).tolist(), y + g], [*cover.parts[takers, g].tolist(), -1.0], 0.0, np.inf)
        self._row((x + np.arange(candidates)).tolist(), [1.0] * candidates, 0.0, float(budget.applications))
        if budget.chance is not None:
            self._chance(x, budget.chance)
        counted = objective.aim == "shortest" and budget.needle_cost > 0.0
        u = self._needles(x, budget, counted)
        if objective.aim in ("fewest", "shortest"):
            z = self._classes(y, cover)
            share = cover.classes
            self._row((z + np.arange(len(share))).tolist(), share.tolist(), objective.target - 1e-9, np.inf)
            for n in range(candidates):
                self.cost[x + n] = 1.0 if objective.aim == "fewest" else float(budget.cost[n])
            if counted:
                for n in range(u[0], u[1]):
                    self.cost[n] = budget.needle_cost
        elif objective.aim == "complete":
            z = self._classes(y, cover)
            for n, share in enumerate(cover.classes.tolist()):
                self.cost[z + n] = -share
        elif objective.aim == "mean":
            for n, worth in enumerate(cover.worth.tolist()):
                self.cost[y + n] = -worth
        else:
            self._tail(y, cover, objective.tail)
        if floor is not None:
            columns = np.flatnonzero(self.cost)
            slack = 1e-9 * max(1.0, abs(floor))
            value = floor + slack if objective.smallest else -(floor - slack)
            self._row(columns.tolist(), np.array(self.cost)[columns].tolist(), -np.inf, value)

    def _columns(self, cost: FloatArray, integral: bool) -> int:
        start = self.width
        self.width += len(cost)
        self.cost += cost.tolist()
        self.integral += [int(integral)] * len(cost)
        return start

    def _row(self, columns: list[Any], values: list[Any], low: float, high: float) -> None:
        self._rows.append((columns, values, low, high))

    def _needles(self, x: int, budget: Budget, counted: bool) -> tuple[int, int]:
        if budget.needles is None and not counted:
            return 0, 0
        names = np.unique(budget.needles_of[budget.needles_of >= 0])
        u = self._columns(np.zeros(len(names)), False)
        number = dict(zip(names.tolist(), range(len(names)), strict=True))
        for n, used in enumerate(budget.needles_of.tolist()):
            for needle in used:
                if needle >= 0:
                    self._row([u + number[needle], x + n], [1.0, -1.0], 0.0, np.inf)
        if budget.needles is not None:
            self._row((u + np.arange(len(names))).tolist(), [1.0] * len(names), 0.0, float(budget.needles))
        return u, u + len(names)

    def _chance(self, x: int, chance: Chance) -> None:
        stops, people = chance.alike
        v = self._columns(np.zeros(len(people)), False)
        for n, group in np.argwhere(stops).tolist():
            self._row([v + group, x + n], [1.0, -1.0], 0.0, np.inf)
        if len(people):
            self._row((v + np.arange(len(people))).tolist(), people.tolist(), 0.0, float(chance.most))

    def _classes(self, y: int, cover: Cover) -> int:
        z = self._columns(np.zeros(len(cover.classes)), False)
        for (k, g), weight in zip(cover.need.tolist(), cover.weight.tolist(), strict=True):
            if weight > 0.0:
                self._row([y + g, z + k], [1.0, -1.0], 0.0, np.inf)
        for k in np.flatnonzero(cover.lost > 1e-12).tolist():
            self._row([z + k], [1.0], 0.0, 0.0)
        return z

    def _tail(self, y: int, cover: Cover, tail: float) -> None:
        # largest of t - E[max(0, t - f)] / tail over t: Rockafellar and Uryasev 2000
        t = self._columns(np.array([-1.0]), False)
        s = self._columns(cover.classes / tail, False)
        ends = np.searchsorted(cover.need[:, 0], np.arange(len(cover.classes) + 1))
        for k in range(len(cover.classes)):
            own = slice(ends[k], ends[k + 1])
            self._row(
                [s + k, *(y + cover.need[own, 1]).tolist(), t], [1.0, *cover.weight[own].tolist(), -1.0], 0.0, np.inf
            )

    def run(self, time_limit_s: float, gap: float, relaxed: bool, nodes: int | None) -> Any:
        """The answer of HiGHS through scipy."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_matrix

        starts = np.concatenate([[0], np.cumsum([len(row[0]) for row in self._rows])])
        matrix = csr_matrix(
            (
                np.concatenate([np.asarray(row[1], dtype=float) for row in self._rows]),
                np.concatenate([np.asarray(row[0], dtype=np.int64) for row in self._rows]),
                starts,
            ),
            shape=(len(self._rows), self.width),
        )
        low, high = (np.array([row[n] for row in self._rows]) for n in (2, 3))
        integral = np.zeros(self.width) if relaxed else np.array(self.integral)
        return milp(
            np.array(self.cost),
            constraints=LinearConstraint(matrix, low, high),
            integrality=integral,
            bounds=Bounds(0.0, 1.0),
            options={"time_limit": time_limit_s, "mip_rel_gap": gap} | ({} if nodes is None else {"node_limit": nodes}),
        )


def _watched(
    model: _Model, time_limit_s: float, gap: float, cancelled: Callable[[], bool], relaxed: bool, nodes: int | None
) -> Any | None:
    """The answer, or None where it was cancelled: the solver, which cannot be stopped, then ends by itself at its time limit."""
    if cancelled():
        return None
    held: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            held.append(model.run(time_limit_s, gap, relaxed, nodes))
        except BaseException as error:  # handed on to the caller's thread
            failed.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(_POLL_S)
        if worker.is_alive() and cancelled():
            return None
    if failed:
        raise failed[0]
    return held[0]
