"""Recipes in chart coordinates: files, and places that are where they say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import rfplan
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.planning.optimiser.one_recipe import best_recipe, population_table
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.chart_recipe import ChartRecipe, Recipe, RecipeTarget, load_recipe, recipe_toml

COOLED = Recipe(
    "mine",
    "Mine",
    "Two places",
    "cooled",
    "cooled-17g-4mm",
    Protocol(60.0, 150.0),
    2.0,
    (RecipeTarget("S1", 3.0, 6.0), RecipeTarget("S2", 4.5, 8.0, 0.0, 40.0)),
)
PAIR = dataclasses.replace(
    COOLED,
    mode="bipolar",
    electrode="conventional-20g-10mm",
    targets=(
        RecipeTarget("S1", 2.0, 6.0, to_clock_h=4.0, to_edge_mm=6.0),
        RecipeTarget("S2", 5.0, 6.0, 0.0, 0.0, 1.0, 6.0, "S3"),
    ),
)


@pytest.mark.parametrize("recipe", [COOLED, PAIR])
def test_a_recipe_that_is_written_and_read_is_the_same(recipe, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(recipe_toml(recipe))
    assert load_recipe(path).recipe == recipe
    assert rfplan.technique(str(path)).name == "mine"


@pytest.mark.parametrize("side", ["left", "right"])
def test_needles_stand_where_the_recipe_says(reference, side):
    plan = ChartRecipe(COOLED).plan(reference, side)
    assert [application.target for application in plan.applications[:1]] == ["L5"]
    for application, target in zip(plan.applications[1:], COOLED.targets, strict=True):
        wanted = Aperture.of(reference, target.level, side).from_edge(target.clock_h, target.edge_mm)
        assert np.allclose(reference.frame.to_chart(application.needles[0].tip_mm)[:2], wanted, atol=1e-6)


def test_pairs_have_two_needles_that_are_parallel(reference):
    plan = ChartRecipe(PAIR).plan(reference, "right", l5=False)
    assert [len(application.needles) for application in plan.applications] == [2, 2]
    for application in plan.applications:
        one, other = application.needles
        assert one.axis @ other.axis > 0.9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name = "mine"', 'naem = "mine"'), "did you mean 'name'"),
        (("rfplan/recipe/1", "rfplan/recipe/9"), "rfplan/recipe/1"),
        (('level = "S1"', 'level = "S9"'), "S9"),
        (("edge_mm = 6.0", "edge = 6.0"), "edge_mm"),
        (('electrode = "cooled-17g-4mm"', 'electrode = "cooled"'), "is not known"),
        (('mode = "cooled"', 'mode = "bipolar"'), "no mode"),
        (("set_c = 60.0", "set_c = 600.0"), "set_c"),
    ],
)
def test_wrong_recipe_files_are_refused_with_what_is_wrong(change, said, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(recipe_toml(COOLED).replace(*change, 1))
    with pytest.raises(InputError, match=said):
        load_recipe(path)


def test_the_best_recipe_of_a_few_patients_takes_what_it_says():
    device = rfplan.electrode("cooled-17g-4mm")
    table = population_table(device, "cooled", 4, 3, Watch(1e9))
    few = best_recipe(table, device, "cooled", 2, 4, Watch(1e9))
    more = best_recipe(table, device, "cooled", 5, 4, Watch(1e9))
    assert few.choice.objective < more.choice.objective
    assert more.choice.bound >= more.choice.objective
    # lesions together take at least what they take one by one
    technique = ChartRecipe(more.recipe)
    found = []
    for drawn in rfplan.Population().draw(4, seed=3):
        judged = technique.plan(drawn.ground, "right")
        assert len(judged.applications) <= 5
        nerves = drawn.ground.nerves_on("right")
        first = np.cumsum([0, *(len(nerve.points_mm) for nerve in nerves)])
        points = np.concatenate([nerve.points_mm for nerve in nerves])
        view = np.ascontiguousarray(drawn.ground.frame.axes)
        found.append(np.mean(shape_lesions(judged).judged(points, first, view, 1)[:, 1] >= 4.0))
    assert np.mean(found) >= more.choice.objective - 1e-9
