"""One recipe for all: the places round the foramina that together take the most branches over many virtual patients."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray
from rfplan.planning.optimiser.chance import Chance
from rfplan.planning.optimiser.objective import Judge, Objective
from rfplan.planning.optimiser.positions import standoff_mm
from rfplan.planning.optimiser.programme import Budget
from rfplan.planning.optimiser.search import Choice, Status, best_choice
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.techniques.chart_recipe import Recipe
from rfplan.planning.techniques.chart_target import ChartTarget, RowTarget
from rfplan.study.recipe_table import PopulationTable
from rfplan.study.statistics import wilson_interval

GAP: Final = 0.001
"""Relative gap to the bound with which the search is content; a recipe that is at stop in fewer people may cost that much."""


@dataclass(frozen=True, eq=False)
class RecipeFound:
    """The ``recipe``, and the ``choice`` that it is: its value and bound over the ``patients`` that it was found on.

    ``complete`` is the part of their courses with every branch taken, ``at_stop`` the number of patients in whom one of its lesions
    breaks a limit, of ``most_part_at_stop`` of them that were allowed, ``left_out`` the part of its applications that are left out.
    """

    recipe: Recipe
    choice: Choice
    patients: int
    complete: float
    at_stop: int
    most_part_at_stop: float
    left_out: float

    @property
    def most_at_stop(self) -> int:
        """Number of patients in whom it was allowed to be at stop."""
        return most_at_stop(self.most_part_at_stop, self.patients)

    @property
    def at_stop_ci95(self) -> tuple[float, float]:
        """Part of all people in whom it is at stop, 95 % interval, as if it had not been chosen on these patients: it may be in more."""
        return wilson_interval(self.at_stop, self.patients)


def _down_the_bone(target: ChartTarget) -> tuple[bool, str, float]:
    """Places on clocks by level and hour, then those of rows."""
    if isinstance(target, RowTarget):
        return True, "", target.row_gap / target.row_gaps
    return False, target.level, target.clock_h


def usual_at_stop() -> float:
    """Largest part of the patients of a search in whom a recipe may be at stop, where nobody says otherwise: an assumption."""
    return float(figures("optimiser")["recipe.at_stop"].value)


def most_at_stop(part: float, patients: int) -> int:
    """The number of ``patients`` that is at most that ``part`` of them."""
    return math.floor(part * patients + 1e-9)


def best_recipe(
    table: PopulationTable,
    electrode: Electrode,
    mode: Mode,
    applications: int,
    watch: Watch,
    at_stop: float | None = None,
) -> RecipeFound:
    """The recipe of at most so many ``applications``, the L5 lesion among them, that takes the most branches on the mean of those that are
    at stop in at most the part ``at_stop`` of the patients of the table (default :func:`usual_at_stop`), and its certificate.

    Of recipes within :data:`GAP` of the bound it is the one at stop in the fewest patients that the search finds. A lesion at stop counts
    for nothing there.
    """
    takes = table.takes
    judge = Judge.of(Objective(), table.courses, table.levels)
    count = len(takes)
    of = np.stack([np.arange(count), np.full(count, -1)], axis=1)
    part = usual_at_stop() if at_stop is None else at_stop
    allowed = most_at_stop(part, table.patients)
    budget = Budget(applications, None, np.ones(count), 0.0, of, Chance(table.at_stop, allowed))
    choice = _safest(_Search(judge, takes, watch), budget)
    chosen = [table.targets[n] for n in choice.chosen if n < len(table.targets)]
    stopped = int(table.at_stop[choice.chosen].any(axis=0).sum())
    captured = np.asarray(takes[choice.chosen].any(axis=0))
    left_out = float(table.left_out[choice.chosen].mean()) if choice.chosen else 0.0
    name = f"optimised-{mode}-{len(choice.chosen)}"
    complete = judge.complete(captured)
    recipe = Recipe(
        name,
        f"Optimised over a population, {mode}, {len(choice.chosen)} applications",
        f"The best single recipe over {table.patients} virtual patients, lesions solved beside bone: takes {choice.objective:.1%} of the "
        f"branches, all of them in {complete:.1%} of the courses; breaks a hard safety limit in {stopped} of these patients "
        f"(allowed in at most {part:.3g} of them, here {allowed}{', an assumption' if at_stop is None else ''}); {left_out:.1%} of its "
        "places are left out",
        mode,
        electrode.name,
        electrode.protocol_for(mode),
        standoff_mm(electrode),
        tuple(sorted(chosen, key=_down_the_bone)),
        len(table.targets) in choice.chosen,
        table.margin_mm,
    )
    return RecipeFound(recipe, choice, table.patients, complete, stopped, part, left_out)


@dataclass(frozen=True, eq=False)
class _Search:
    """Choices from what every place ``takes`` (places, branches) within a budget."""

    judge: Judge
    takes: BoolArray
    watch: Watch

    def best(self, budget: Budget) -> Choice:
        deeper = self.takes.sum(axis=1).astype(float)
        return best_choice(
            self.judge, self.takes, budget, deeper, max(1.0, self.watch.left_s), GAP, self.watch.cancelled
        )


def _safest(search: _Search, budget: Budget) -> Choice:
    """The best choice within the gap of the bound that is at stop in the fewest people, of as few applications as do the same."""
    first = choice = search.best(budget)
    chance = budget.chance
    if chance is None or not first.chosen:
        return first
    # what takes as much as the bound but for the gap is as good: the fewer are allowed at stop the less is taken
    low, high = 0, chance.count(first.chosen)
    while low < high and not search.watch.over:
        most = (low + high) // 2
        safer = search.best(replace(budget, chance=replace(chance, most=most)))
        if safer.objective >= first.bound * (1.0 - GAP):
            choice, high = safer, chance.count(safer.chosen)
        else:
            low = most + 1
    stricter = replace(budget, chance=replace(chance, most=chance.count(choice.chosen)))
    while len(choice.chosen) > 1 and not search.watch.over:
        # no more than are useful: another set may do the same with fewer, and what adds nothing here adds nothing elsewhere but by chance
        fewer = search.best(replace(stricter, applications=len(choice.chosen) - 1))
        if fewer.objective < choice.objective - 1e-9:
            break
        choice = fewer
    same = choice.objective >= first.objective - 1e-9
    status: Status = first.status if same or first.status != "optimal" else "gap"
    return replace(choice, bound=max(first.bound, choice.objective), status=status, greedy=first.greedy)
