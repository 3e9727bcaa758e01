"""A recipe for all is at stop in few people: what the table says of places, and which recipe is chosen from it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import rfplan
from rfplan.anatomy.population import Population
from rfplan.lesion.accuracy import accuracy_named
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.placed_rows import placed_plan
from rfplan.planning.techniques import chart_target
from rfplan.planning.techniques.chart_recipe import ChartRecipe
from rfplan.planning.techniques.chart_target import RecipeTarget
from rfplan.study.columns import risk_columns
from rfplan.study.one_recipe import GAP, best_recipe, most_at_stop
from rfplan.study.recipe_table import PopulationTable, population_table
from rfplan.study.solved_judge import ACCURACY, judged_with_solved
from rfplan.study.treated import TreatedSides

DEVICE = rfplan.electrode("cooled-17g-4mm")
# the first is tilted to the feet beside the canal of S1, where solved lesions are larger than their shapes
PLACES = (RecipeTarget("S1", 1.0, 5.5, 0.0, 40.0), RecipeTarget("S1", 3.0, 7.5), RecipeTarget("S2", 4.0, 7.5))


def drawn_table(seed: int, places: int = 9, people: int = 20, courses: int = 3) -> PopulationTable:
    """Places that take the more the more people they are at stop in."""
    rng = np.random.default_rng([17, seed])
    harm = rng.uniform(0.0, 0.3, places + 1)
    owner = np.repeat(np.arange(people * courses), 4)
    at_stop = rng.random((places + 1, people)) < harm[:, None]
    takes = rng.random((places + 1, len(owner))) < (0.1 + 1.5 * harm)[:, None]
    takes &= ~at_stop[:, owner // courses]
    targets = tuple([RecipeTarget("S1", 0.5 + 0.5 * n, 7.5) for n in range(places)])
    return PopulationTable(targets, takes, at_stop, np.zeros_like(at_stop), owner, ("S1",) * len(owner), 0.0)


def chosen_of(table: PopulationTable, recipe: ChartRecipe) -> list[int]:
    own = [table.targets.index(target) for target in recipe.recipe.targets]
    return [*own, *([len(table.targets)] if recipe.recipe.l5 else [])]


@pytest.mark.parametrize("part", [0.0, 0.05, 0.2])
def test_the_best_recipe_within_its_limit_is_found_and_no_recipe_passes_its_bound(part: float) -> None:
    limited = 0
    for seed in range(6):
        table = drawn_table(seed)
        values: dict[tuple[int, ...], tuple[float, int]] = {}
        for count in (1, 2, 3):
            for some in combinations(range(10), count):
                rows = list(some)
                values[some] = (table.takes[rows].any(axis=0).mean(), int(table.at_stop[rows].any(axis=0).sum()))
        allowed = [value for value, stopped in values.values() if stopped <= most_at_stop(part, table.patients)]
        found = best_recipe(table, DEVICE, "cooled", 3, Watch(1e9), part)
        rows = sorted(chosen_of(table, ChartRecipe(found.recipe)))
        stopped = int(table.at_stop[rows].any(axis=0).sum())
        assert stopped == found.at_stop <= most_at_stop(part, table.patients)
        best = max(allowed, default=0.0)
        assert found.choice.objective >= best * (1.0 - 2.0 * GAP) - 1e-9
        assert found.choice.bound >= best - 1e-9
        assert table.takes[rows].any(axis=0).mean() == pytest.approx(found.choice.objective)
        # nobody who does as well is at stop in fewer
        assert all(harmed >= stopped or value < found.choice.bound * (1.0 - GAP) for value, harmed in values.values())
        # the best of all would be at stop in more people than it may
        unlimited = max(values.values())
        limited += unlimited[0] > best + 1e-9 and unlimited[1] > most_at_stop(part, table.patients)
    assert limited > 2


def test_of_recipes_that_take_as_much_that_in_the_fewest_people_at_stop_is_chosen() -> None:
    people = 40
    takes = np.zeros((4, people), dtype=bool)
    takes[0], takes[1] = True, True
    at_stop = np.zeros((4, people), dtype=bool)
    # the first takes all, and the harm is done where its sister does none
    at_stop[0, :2] = True
    targets = PLACES
    table = PopulationTable(targets, takes, at_stop, np.zeros_like(at_stop), np.arange(people), ("S1",) * people, 1.5)
    found = best_recipe(table, DEVICE, "cooled", 2, Watch(1e9))
    assert found.recipe.targets == (PLACES[1],)
    assert (found.at_stop, found.most_at_stop) == (0, 2)
    assert found.recipe.margin_mm == 1.5


def test_a_table_tells_who_is_at_stop_from_who_is_left_out_and_a_study_agrees(monkeypatch) -> None:
    people, seed = 6, 7
    table = population_table(DEVICE, "cooled", people, seed, Watch(1e9), courses=1, targets=PLACES, margin_mm=0.0)
    assert table.at_stop[0].any()
    assert not table.at_stop[0].all()
    assert not (table.at_stop & table.left_out).any()
    owner = table.courses
    assert not table.takes[table.at_stop[:, owner] | table.left_out[:, owner]].any()
    # the recipe of all places is at stop in the same people as a study finds
    found = best_recipe(table, DEVICE, "cooled", 3, Watch(1e9), 1.0).recipe
    for number in range(people):
        ground = Population().draw(1, seed=seed, first=number)[0].ground
        whole = ChartRecipe(found).plan(ground, "right", l5=False)
        rows = placed_plan(whole, ground, "right", accuracy_named(ACCURACY))
        judged = judged_with_solved(TreatedSides.of(ground.grounds), [[rows]])[0]
        mine = [PLACES.index(target) for target in found.targets]
        stopped = risk_columns(judged.risk)["stop_violations"][0] > 0
        assert stopped == table.at_stop[mine, number].any()
        assert len(whole.applications) == (~table.left_out[mine, number]).sum()
    # shapes that keep a margin leave nobody at stop here, and what cannot keep it is left out
    kept = population_table(DEVICE, "cooled", people, seed, Watch(1e9), courses=1, targets=PLACES, margin_mm=1.5)
    assert not kept.at_stop.any()
    # where every shape breaks a limit all is left out, and nobody is at stop
    monkeypatch.setattr(chart_target, "breaks_a_limit", lambda *_: True)
    none = population_table(DEVICE, "cooled", 2, seed, Watch(1e9), courses=1, targets=PLACES)
    assert none.left_out[:-1].all()
    assert not none.at_stop.any()
