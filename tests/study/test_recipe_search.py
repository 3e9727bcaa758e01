"""Recipes of pairs are searched among places that were found with rough lesions, and measured as a study measures."""

from __future__ import annotations

import numpy as np
import pytest

import rfplan
from rfplan.anatomy.population import Population
from rfplan.lesion.accuracy import ACCURACIES, Accuracy, accuracy_named
from rfplan.planning.optimiser.positions import standoff_mm
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.placed_rows import placed_plan
from rfplan.planning.plan import Plan
from rfplan.planning.rounding import PAIRS
from rfplan.planning.techniques.chart_target import ChartPlaces, RecipeTarget, RowTarget, fitted_application
from rfplan.planning.techniques.site import Site
from rfplan.study import recipe_table
from rfplan.study.recipe_places import recipe_targets
from rfplan.study.recipe_search import searched_table, worth_a_look
from rfplan.study.recipe_table import PopulationTable
from rfplan.study.solved_judge import ACCURACY, judged_with_solved
from rfplan.study.treated import TreatedSides

DEVICE = rfplan.electrode("conventional-18g-10mm")
# which lesions are judged is what is asked here, not how exact they are
COARSE = Accuracy("coarse", 2, 1.7, 16.0, 5.0, 45.0)


def test_worth_a_look_are_the_best_and_what_could_stand_in_for_them():
    targets = recipe_targets("bipolar")[:6]
    takes = np.zeros((7, 8), dtype=bool)
    takes[0, :4] = True
    takes[1, :3] = True  # next best in the stead of the first
    takes[2, 4:7] = True
    takes[3, 5:7] = True  # next best in the stead of the third
    takes[4, 6] = True
    takes[6, 7] = True  # the L5 lesion is no target
    at_stop = np.zeros((7, 4), dtype=bool)
    nowhere = np.zeros((7, 4), dtype=bool)
    table = PopulationTable(targets, takes, at_stop, nowhere, np.arange(8) // 2, ("S1",) * 8, 0.0)
    assert worth_a_look(table, 3, 0.0, others=0) == (targets[0], targets[2])
    assert worth_a_look(table, 3, 0.0, others=1)[:4] == (targets[0], targets[1], targets[2], targets[3])
    assert targets[4] not in worth_a_look(table, 3, 0.0, others=1)
    # one of four people may be at stop: not by the third, which is in two, nor in two by two places
    at_stop[2, :2], at_stop[3, 0], at_stop[1, 3] = True, True, True
    assert worth_a_look(table, 3, 0.25, others=0) == (targets[0], targets[3])
    assert worth_a_look(table, 3, 0.25, others=1) == (targets[0], targets[3], targets[4])
    assert worth_a_look(table, 3, 0.5, others=0) == (targets[0], targets[2])


def test_pairs_of_the_searched_table_take_what_a_study_says(monkeypatch):
    some = (RowTarget(2, 6, 10.0), RowTarget(4, 6, 10.0), RecipeTarget("S2", 1.5, 5.5, 0.0, 0.0, 3.5, 5.5))
    monkeypatch.setitem(ACCURACIES, ACCURACY, COARSE)
    monkeypatch.setattr(recipe_table, "recipe_targets", lambda _: some)
    heard = []
    watch = Watch(1e9, heard.append)
    watch.stage(1.0)
    table = searched_table(DEVICE, "bipolar", 3, 2, 3, watch)
    assert set(table.targets) <= set(some)
    assert len(table.targets) > 0
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)
    for number in range(2):
        ground = Population().draw(1, seed=3, first=number)[0].ground
        protocol = DEVICE.protocol_for("bipolar")
        numbers = {"set_c": protocol.set_c, "time_s": protocol.time_s, "ramp_s": protocol.ramp_s}
        site = Site(ground, "right", DEVICE, {**numbers, "standoff_mm": standoff_mm(DEVICE)}, ("S1", "S2", "S3"))
        places = ChartPlaces.of(site)
        for row, target in enumerate(table.targets):
            made = fitted_application(places, "bipolar", target, table.margin_mm)
            own = table.takes[row, table.courses == 10 * number]
            if made is None:
                assert not own.any()
                continue
            plan = Plan(side="right", technique="candidates", applications=(made,))
            rows = placed_plan(plan, ground, "right", accuracy_named(ACCURACY))
            assert rows.problems[0].pair.spacing_mm % PAIRS.spacing_mm == 0.0
            judged = judged_with_solved(TreatedSides.of(ground.grounds), [[rows]])[0]
            # a lesion at stop counts for nothing
            assert np.array_equal(own, judged.cut) or not own.any()
    assert table.takes.any()
