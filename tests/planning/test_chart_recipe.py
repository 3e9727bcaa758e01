"""Recipes in chart coordinates: files, and places that are where they say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import rfplan
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.planning.optimiser.hand import Hand
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.positions import standoff_mm
from rfplan.planning.optimiser.trial import Trial
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.packed_patient import packed_branches
from rfplan.planning.shape_limits import breaks_a_limit
from rfplan.planning.techniques import chart_target
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.chart_recipe import ChartRecipe, Recipe, load_recipe, recipe_toml
from rfplan.planning.techniques.chart_target import ChartPlaces, RecipeTarget, RowTarget, fitted_application
from rfplan.planning.techniques.site import Site
from rfplan.study import recipe_table
from rfplan.study.one_recipe import best_recipe
from rfplan.study.recipe_places import recipe_targets
from rfplan.study.recipe_table import PopulationTable, population_table

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


WIDE = dataclasses.replace(COOLED, margin_mm=2.5)
ROW = dataclasses.replace(
    PAIR, electrode="conventional-18g-10mm", targets=tuple(RowTarget(gap, 5, 10.0) for gap in (1, 2, 3, 4, 5))
)


@pytest.mark.parametrize("recipe", [COOLED, PAIR, ROW, WIDE])
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


def test_a_row_has_equal_gaps_whose_neighbours_share_a_needle_and_grows_with_the_patient(reference):
    plan = ChartRecipe(ROW).plan(reference, "right", l5=False)
    assert len(plan.applications) == 5
    assert len(plan.needles) == 6
    chart = reference.frame.to_chart(np.array([needle.tip_mm for needle in plan.needles]))[:, :2]
    steps = np.diff(chart, axis=0)
    assert np.allclose(steps / np.linalg.norm(steps, axis=1)[:, None], steps[0] / np.linalg.norm(steps[0]), atol=0.1)
    palisade = rfplan.technique("palisade").plan(reference, "right", l5=False)
    assert len(palisade.needles) >= 6
    ends = reference.frame.to_chart(np.array([palisade.needles[0].tip_mm, palisade.needles[-1].tip_mm]))[:, :2]
    # begins and ends where the palisade does
    assert np.allclose(chart[[0, -1]], ends, atol=0.5)
    large, small = by_span()
    assert length_mm(large) > length_mm(small) + 3.0


def by_span():
    """The virtual patient of six with the longest way from S1 to S3, and the one with the shortest."""
    grounds = [patient.ground for patient in rfplan.Population().draw(6, seed=8)]
    spans = [
        np.ptp([ground.foramen(level, "right").centre_mm @ ground.frame.caudal for level in ("S1", "S3")])
        for ground in grounds
    ]
    return grounds[int(np.argmax(spans))], grounds[int(np.argmin(spans))]


def length_mm(ground):
    tips = [needle.tip_mm for needle in ChartRecipe(ROW).plan(ground, "right", l5=False).needles]
    return np.linalg.norm(tips[-1] - tips[0])


def test_a_place_that_breaks_a_limit_is_moved_until_it_breaks_none_and_it_says_so(reference, monkeypatch):
    asked = []

    def breaks(application, *_):
        asked.append(application)
        return len(asked) in (1, 2)

    monkeypatch.setattr(chart_target, "breaks_a_limit", breaks)
    plan = ChartRecipe(COOLED).plan(reference, "right", l5=False)
    assert len(plan.applications) == 2
    assert any("moved 3 mm outward" in note for note in plan.notes)
    first = Aperture.of(reference, "S1", "right").from_edge(3.0, 6.0 + 3.0)
    assert np.allclose(reference.frame.to_chart(plan.applications[0].needles[0].tip_mm)[:2], first, atol=1e-6)
    monkeypatch.setattr(chart_target, "breaks_a_limit", lambda *_: True)
    none = ChartRecipe(COOLED).plan(reference, "right", l5=False)
    assert none.applications == ()
    assert any("left out: its lesion would break" in note for note in none.notes)


def test_shapes_keep_the_margin_of_a_recipe_and_the_plan_says_so(reference):
    near = dataclasses.replace(COOLED, targets=(RecipeTarget("S1", 3.0, 3.0),))
    plans = [
        ChartRecipe(dataclasses.replace(near, margin_mm=margin)).plan(reference, "right", l5=False)
        for margin in (0.0, 2.0)
    ]
    for plan, margin in zip(plans, (0.0, 2.0), strict=True):
        assert not breaks_a_limit(plan.applications[0], reference, "right", margin)
    assert breaks_a_limit(plans[0].applications[0], reference, "right", 2.0)
    assert any("outward to stay 2 mm within hard safety limits." in note for note in plans[1].notes)
    # as an option it is a number of the recipe like any other
    again = ChartRecipe(near).plan(reference, "right", l5=False, margin_mm=2.0)
    assert again.applications[0].needles[0].pose_key == plans[1].applications[0].needles[0].pose_key
    with pytest.raises(InputError, match="margin_mm"):
        ChartRecipe(near).plan(reference, "right", margin_mm=-1.0)


def test_a_recipe_file_from_before_margins_has_none(tmp_path):
    path = tmp_path / "old.toml"
    path.write_text(recipe_toml(COOLED).replace("margin_mm = 0.0\n", ""))
    assert load_recipe(path).recipe == COOLED


def test_a_recipe_has_no_more_places_than_are_useful():
    # two places do what three others do together; the greedy choice begins with one of the three
    takes = np.zeros((193 + 120, 8), dtype=bool)
    takes[0, :4], takes[1, 4:] = True, True
    takes[2, [0, 1, 4, 5, 6]], takes[3, [2, 3]], takes[4, [7]] = True, True, True
    targets = recipe_targets("cooled")
    nowhere = np.zeros((len(targets) + 1, 2), dtype=bool)
    table = PopulationTable(targets, takes[: len(targets) + 1], nowhere, nowhere, np.arange(8) // 4, ("S1",) * 8, 0.0)
    device = rfplan.electrode("cooled-17g-4mm")
    for most in (2, 3, 5):
        found = best_recipe(table, device, "cooled", most, Watch(1e9))
        assert found.choice.objective == 1.0
        assert len(found.recipe.targets) == 2


def test_pairs_are_searched_among_what_the_published_techniques_do():
    targets = recipe_targets("bipolar")
    # the strips of bipolar-leapfrog: needles 5 mm from the edge from 1:30 to 5:30; the row of the palisade: 10 mm out
    for hours in (1.5, 2.5, 3.5, 4.5):
        assert RecipeTarget("S2", hours, 5.0, 0.0, 0.0, hours + 1.0, 5.0) in targets
    assert all(RowTarget(gap, 6, 10.0) in targets for gap in range(1, 7))
    assert len(set(targets)) == len(targets)


@pytest.mark.parametrize(("gap", "gaps"), [(2, 1), (0, 3), (1, 0), (1, 99), (1.5, 3)])
def test_gaps_that_no_row_has_are_refused(gap, gaps):
    with pytest.raises(InputError, match="it must be a whole number from 1 to"):
        RowTarget(gap, gaps, 8.0)


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
        (("margin_mm = 0.0", "margin_mm = -1.0"), "margin_mm is -1.0; it must be a number from 0 to 10"),
        (
            ('level = "S1"', "row_gap = 2\nrow_gaps = 1\nrow_offset_mm = 8.0"),
            "accepted: row_gap, row_gaps, row_offset_mm",
        ),
    ],
)
def test_wrong_recipe_files_are_refused_with_what_is_wrong(change, said, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(recipe_toml(COOLED).replace(*change, 1))
    with pytest.raises(InputError, match=said):
        load_recipe(path)


def test_a_place_without_a_way_in_is_moved_too_and_nothing_false_is_said(reference, monkeypatch):
    carried_out = chart_target.target_application
    for blocked, said in ((2, "S1 3:00 was moved 3 mm outward for a way in past bone."), (99, "S1 3:00 is blocked")):
        asked = []

        def only_later(places, mode, target, asked=asked, blocked=blocked):
            asked.append(target)
            if target.level == "S1" and len(asked) <= blocked:
                places.site.note("S1 3:00 is blocked")
                return None
            return carried_out(places, mode, target)

        monkeypatch.setattr(chart_target, "target_application", only_later)
        plan = ChartRecipe(COOLED).plan(reference, "right", l5=False)
        assert len(plan.applications) == (2 if blocked == 2 else 1)
        assert said in plan.notes
        assert ("S1 3:00 is blocked" in plan.notes) == (blocked == 99)


def test_more_courses_of_a_patient_stand_behind_its_own_branches(monkeypatch):
    some = (*recipe_targets("cooled")[:2], RecipeTarget("S2", 4.0, 7.5))
    monkeypatch.setattr(recipe_table, "recipe_targets", lambda _: some)
    device = rfplan.electrode("cooled-17g-4mm")
    one, more = (population_table(device, "cooled", 3, 3, Watch(1e9), courses=n) for n in (1, 4))
    own = more.courses % 4 == 0
    assert np.array_equal(more.takes[:, own], one.takes)
    assert np.array_equal(more.courses[own] // 4, one.courses)
    assert [level for level, mine in zip(more.levels, own, strict=True) if mine] == list(one.levels)
    assert set(more.courses.tolist()) == set(range(12))
    assert np.array_equal(more.at_stop, one.at_stop)
    assert np.array_equal(more.left_out, one.left_out)
    for number, drawn in enumerate(rfplan.Population().draw(3, seed=3)):
        known = packed_branches(drawn.ground, "right", 1, 0)
        trial = Trial(drawn.ground, known, Hand(drawn.ground, "right", None, 0))
        numbers = {"set_c": 60.0, "time_s": 150.0, "ramp_s": 15.0, "standoff_mm": standoff_mm(device)}
        places = ChartPlaces.of(Site(drawn.ground, "right", device, numbers, ("S1", "S2", "S3")))
        library = LesionLibrary(drawn.ground)
        for n, target in enumerate(some):
            made = fitted_application(places, "cooled", target, one.margin_mm)
            taken = np.zeros(len(known.levels), dtype=bool)
            if made is not None:
                library.solve([library.problem(made).problem], 1, lambda _: True)
                taken = trial.contiguous_mm(library, [made]) >= trial.length_mm
            assert np.array_equal(one.takes[n, one.courses == number], taken)


def test_the_best_recipe_of_a_few_patients_takes_what_it_says():
    device = rfplan.electrode("cooled-17g-4mm")
    table = population_table(device, "cooled", 4, 3, Watch(1e9), courses=1)
    shared = population_table(device, "cooled", 4, 3, Watch(1e9), courses=1, workers=2)
    assert np.array_equal(shared.takes, table.takes)
    assert np.array_equal(shared.at_stop, table.at_stop)
    assert np.array_equal(shared.left_out, table.left_out)
    assert shared.levels == table.levels
    few = best_recipe(table, device, "cooled", 2, Watch(1e9))
    more = best_recipe(table, device, "cooled", 5, Watch(1e9))
    assert few.choice.objective < more.choice.objective
    assert more.choice.bound >= more.choice.objective
    # lesions together take at least what they take one by one
    technique = ChartRecipe(more.recipe)
    found = []
    for drawn in rfplan.Population().draw(4, seed=3):
        judged = technique.plan(drawn.ground, "right")
        assert len(judged.applications) <= 5
        own = packed_branches(drawn.ground, "right", 1, 0)
        trial = Trial(drawn.ground, own, Hand(drawn.ground, "right", None, 0))
        coverage = trial.coverage(LesionLibrary(drawn.ground), judged.applications)
        found.append(coverage["transection"].captured_fraction)
    assert np.mean(found) >= more.choice.objective - 1e-9


def test_a_recipe_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(InputError, match="give a recipe file"):
        load_recipe(tmp_path / "no.toml")
