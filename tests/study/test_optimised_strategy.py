"""Strategies of a study that compute a plan for every patient, and recipes from a file."""

from dataclasses import replace

import polars as pl
import pytest

from rfplan.anatomy.innervation import Innervation
from rfplan.anatomy.nerves import courses
from rfplan.anatomy.population import Population
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.devices.catalogue import electrode
from rfplan.errors import InputError
from rfplan.planning.optimiser import prepared
from rfplan.planning.techniques.chart_recipe import Recipe, recipe_toml
from rfplan.study.chunk import chunk_table
from rfplan.study.computed import computed_plans
from rfplan.study.design import checked, design_from, read_design
from rfplan.study.ledger import Ledger
from rfplan.study.optimisation import Optimisation, course_seed
from rfplan.study.recipe_places import recipe_targets
from rfplan.study.runner import run_study
from rfplan.study.series import series_of
from rfplan.study.stated_lesions import stated_lesions
from rfplan.study.summary import study_table

QUICK = {"applications": 2, "courses": 20, "spacing_mm": 12.0, "refine": False}
DOCUMENT = {
    "strategies": [{"technique": "optimised", "optimise": QUICK}, {"technique": "cooled-classic"}],
    "patients": 2,
    "chunk": 1,
}


@pytest.fixture(scope="module")
def design():
    return checked(design_from(DOCUMENT))


@pytest.fixture(scope="module")
def whole(design, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "whole"
    run_study(Ledger.opened(folder, design, resume=False), workers=2)
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "chunks").iterdir())}


def poses(plan):
    return [needle.pose_key for application in plan.applications for needle in application.needles]


def test_one_worker_or_a_study_taken_up_again_give_the_same_bytes(design, whole, tmp_path):
    folder = tmp_path / "one"
    run_study(Ledger.opened(folder, design, resume=False), workers=1)
    assert contents(folder) == contents(whole)
    (folder / "chunks" / "chunk-000001.parquet").unlink()
    ledger = Ledger.opened(folder, design, resume=True)
    assert ledger.missing == [1]
    run_study(ledger, workers=1)
    assert contents(folder) == contents(whole)


def test_it_is_judged_like_every_other_strategy(design, whole):
    table = study_table(Ledger.found(whole))
    own = table.filter(table["strategy"] == "optimised")
    other = table.filter(table["strategy"] == "cooled-classic")
    assert (own["applications"] <= 2).all()
    assert (own["applications"] >= 1).all()
    assert own["branches_S1"].to_list() == other["branches_S1"].to_list()
    assert sum(own[f"cut_{level}"].sum() for level in ("L5", "S1", "S2", "S3")) > 0
    assert (own["stop_violations"] == 0).all()


def test_a_plan_does_not_know_the_branches_that_judge_it(design):
    drawn = Population().draw(1, seed=4)
    ground = drawn[0].ground
    (own,) = computed_plans(design, [ground], "right", [(4, 0)])["optimised"]
    # the same person with other branches
    branches = replace(drawn.branches, clock_deg=drawn.branches.clock_deg + 20.0)
    other = VirtualGrounds.of(replace(drawn, branches=branches))[0]
    (same,) = computed_plans(design, [other], "right", [(4, 0)])["optimised"]
    assert poses(own) == poses(same)
    # and none of the courses that it was found on are the person's own
    seen = courses(ground, QUICK["courses"], course_seed((4, 0)))
    mine = {nerve.points_mm.tobytes() for nerve in ground.nerves}
    assert not any(nerve.points_mm.tobytes() in mine for course in seen for nerve in course)


def test_every_patient_has_courses_of_its_own_and_of_the_levels_of_the_study():
    assert len({course_seed((seed, patient)) for seed in range(20) for patient in range(20)}) == 400
    request = Optimisation().request(None, None, Innervation(l5=False), (1, 2))
    assert request.seed == course_seed((1, 2))
    assert not request.innervation.l5
    assert request.nodes is not None
    assert request.time_limit_s == float("inf")


def test_strategies_that_differ_in_size_do_not_change_each_others_plans():
    many = [{"technique": "optimised", "name": f"{n}", "optimise": QUICK | {"applications": n}} for n in (1, 3)]
    ground = Population().draw(1, seed=4)[0].ground
    both = computed_plans(checked(design_from({"strategies": many})), [ground], "right", [(4, 0)])
    alone = computed_plans(checked(design_from({"strategies": many[1:]})), [ground], "right", [(4, 0)])
    assert poses(both["3"][0]) == poses(alone["3"][0])
    assert len(both["1"][0].applications) == 1


def test_a_patient_in_whom_nothing_is_safe_is_left_untreated(design, monkeypatch):
    monkeypatch.setattr(prepared, "broken_limits", lambda _p, _s, every, *_: ["skin_distance"] * len(every))
    ground = Population().draw(1, seed=4)[0].ground
    (plan,) = computed_plans(design, [ground], "right", [(4, 0)])["optimised"]
    assert plan.applications == ()
    assert "skin_distance" in plan.notes[0]
    own = chunk_table(design, 0).filter(pl.col("strategy") == "optimised")
    assert own["applications"].to_list() == [0]
    assert own["cut_S1"].to_list() == [0]


def test_without_l5_no_needle_goes_there():
    document = DOCUMENT | {"branches": {"l5": False}, "patients": 1}
    document["strategies"] = [{"technique": "optimised", "optimise": QUICK | {"applications": 4}}]
    own = checked(design_from(document))
    grounds = [patient.ground for patient in Population(own.innervation).draw(1, seed=1)]
    (made,) = computed_plans(own, grounds, "right", [(1, 0)])["optimised"]
    assert made.applications
    assert all(application.target != "L5" for application in made.applications)


def test_more_applications_are_a_series_of_dose_and_response():
    many = [
        {"technique": "optimised", "name": f"{mode} {n}", "optimise": {"mode": mode, "applications": n}}
        for mode in ("cooled", "monopolar")
        for n in (2, 3, 4)
    ]
    found = series_of(checked(design_from({"strategies": many})))
    assert [entry.quantity for entry in found] == ["applications", "applications"]
    assert found[0].names == ("cooled 2", "cooled 3", "cooled 4")


def test_a_cooled_device_is_known_for_one_though_its_name_does_not_say_so(design):
    assert "Coolant" in stated_lesions(design)["assumption"]
    other = checked(design_from({"strategies": [{"technique": "optimised", "optimise": {"mode": "bipolar"}}]}))
    assert "Coolant" not in stated_lesions(other)["assumption"]


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ({"technique": "optimized"}, "did you mean 'optimised'"),
        ({"technique": "optimised", "optimise": {"mode": "coold"}}, "did you mean 'cooled'"),
        ({"technique": "optimised", "optimise": {"applications": 0}}, "applications is 0"),
        ({"technique": "optimised", "optimise": {"courses": 1}}, "courses is 1"),
        ({"technique": "optimised", "optimise": {"nodes": -1}}, "nodes is -1"),
        ({"technique": "optimised", "optimise": {"objective": "most"}}, "objective is 'most'"),
        ({"technique": "optimised", "optimise": {"aplications": 3}}, "did you mean 'applications'"),
        ({"technique": "optimised", "options": {"offset_mm": 3.0}}, "no option 'offset_mm'"),
        (
            {"technique": "optimised", "electrode": "cooled-17g-4mm", "optimise": {"mode": "bipolar"}},
            "cannot be used in mode 'bipolar'",
        ),
        ({"technique": "palisade", "optimise": {"applications": 3}}, "goes with technique = 'optimised'"),
    ],
)
def test_what_is_wrong_is_named(strategy, words):
    with pytest.raises(InputError, match=words):
        checked(design_from({"strategies": [strategy]}))


def recipe(l5=True):
    device = electrode("cooled-17g-4mm")
    targets = tuple(target for target in recipe_targets("cooled") if target.clock_h == 3.0 and target.edge_mm == 7.5)
    return Recipe(
        "mine", "Mine", "for a test", "cooled", device.name, device.protocol_for("cooled"), 3.0, targets[:3], l5
    )


def test_a_recipe_file_is_a_strategy(tmp_path):
    (tmp_path / "mine.toml").write_text(recipe_toml(recipe()))
    (tmp_path / "study.toml").write_text('patients = 2\n[[strategies]]\ntechnique = "mine.toml"\nname = "mine"\n')
    # the file is looked for beside the study file, whatever folder this is
    own = read_design(tmp_path / "study.toml")
    before = own.hash
    table = chunk_table(own, 0)
    assert table["strategy"].to_list() == ["mine", "mine"]
    assert table["applications"].max() == 4
    # another recipe in the same file is another study
    (tmp_path / "mine.toml").write_text(recipe_toml(recipe(l5=False)))
    assert own.hash != before
    assert chunk_table(own, 0)["applications"].max() == 3
