"""One recipe for all: the places round the foramina that together take the most branches over many virtual patients."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.planning.optimiser.objective import Judge, Objective
from rfplan.planning.optimiser.positions import standoff_mm
from rfplan.planning.optimiser.programme import Budget
from rfplan.planning.optimiser.search import Choice, best_choice
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.techniques.chart_recipe import Recipe
from rfplan.planning.techniques.chart_target import ChartTarget, RowTarget
from rfplan.study.recipe_table import PopulationTable


@dataclass(frozen=True, eq=False)
class RecipeFound:
    """The ``recipe``, and the ``choice`` that it is: its value and bound over the patients that it was found on.

    ``left_out`` is the part of its applications that are left out.
    """

    recipe: Recipe
    choice: Choice
    patients: int
    left_out: float


def _down_the_bone(target: ChartTarget) -> tuple[bool, str, float]:
    """Places on clocks by level and hour, then those of rows."""
    if isinstance(target, RowTarget):
        return True, "", target.row_gap / target.row_gaps
    return False, target.level, target.clock_h


def best_recipe(
    table: PopulationTable,
    electrode: Electrode,
    mode: Mode,
    applications: int,
    patients: int,
    watch: Watch,
) -> RecipeFound:
    """The recipe of at most so many ``applications``, the L5 lesion among them, that takes the most branches on the mean, and its
    certificate over the ``patients`` of the table."""
    takes = table.takes
    judge = Judge.of(Objective(), table.courses, table.levels)
    count = len(takes)
    of = np.stack([np.arange(count), np.full(count, -1)], axis=1)
    budget = Budget(applications, None, np.ones(count), 0.0, of)
    deeper = takes.sum(axis=1).astype(float)
    choice = best_choice(judge, takes, budget, deeper, max(1.0, watch.left_s), 0.001, watch.cancelled)
    while len(choice.chosen) > 1 and not watch.over:
        # no more than are useful: another set may do the same with fewer, and what adds nothing here adds nothing elsewhere but by chance
        smaller = replace(budget, applications=len(choice.chosen) - 1)
        fewer = best_choice(judge, takes, smaller, deeper, max(1.0, watch.left_s), 0.001, watch.cancelled)
        if fewer.objective < choice.objective - 1e-9:
            break
        choice = replace(fewer, bound=choice.bound, status=choice.status)
    chosen = [table.targets[n] for n in choice.chosen if n < len(table.targets)]
    l5 = len(table.targets) in choice.chosen
    recipe = Recipe(
        f"optimised-{mode}-{len(choice.chosen)}",
        f"Optimised over a population, {mode}, {len(choice.chosen)} applications",
        f"The best single recipe over {patients} virtual patients, lesions solved beside bone",
        mode,
        electrode.name,
        electrode.protocol_for(mode),
        standoff_mm(electrode),
        tuple(sorted(chosen, key=_down_the_bone)),
        l5,
    )
    return RecipeFound(recipe, choice, patients, float(table.missing[choice.chosen].mean()) if choice.chosen else 0.0)
