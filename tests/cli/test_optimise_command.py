"""``rfplan optimise``: the promised document, files, and refusals."""

from __future__ import annotations

import json

import pytest

from rfplan.cli import main, recipe_for_all
from rfplan.planning.json_file import load_json
from rfplan.planning.plan_file import load_plan
from rfplan.planning.techniques.chart_recipe import load_recipe
from rfplan.planning.techniques.chart_target import RecipeTarget
from rfplan.study import recipe_table

QUICK = [
    "--courses",
    "20",
    "--unseen",
    "20",
    "--spacing-mm",
    "9",
    "--applications",
    "2",
    "--no-refine",
    "--time-limit-s",
    "1e6",
]


def test_the_document_and_the_folder(tmp_path, capsys):
    out = tmp_path / "best"
    assert main(["optimise", *QUICK, "--seed", "3", "--json", "--out", str(out)]) == 0
    document = json.loads(capsys.readouterr().out)
    certificate = document["certificate"]
    assert {"objective", "bound", "gap", "status", "time_s", "candidates", "courses"} <= set(certificate)
    assert certificate["objective"] <= certificate["bound"] + 1e-12
    assert certificate["status"] in ("optimal", "gap", "time_limit", "cancelled")
    assert certificate["courses"] == 20
    assert document["applications"] == 2
    assert document["needles"] == 2
    assert document["train"]["courses"] == document["unseen"]["courses"] == 20
    assert document["plan"] == str(out / "plan.json")
    assert load_plan(out / "plan.json").technique == "optimised"
    kept = load_json(out / "optimisation.json")
    assert kept["certificate"] == certificate
    assert {"plan.json", "evaluation.json", "optimisation.json", "report.html"} <= {p.name for p in out.iterdir()}


def test_the_summary_says_what_the_bound_is_about(capsys):
    assert main(["optimise", *QUICK, "--objective", "complete"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "no choice of the" in said
    assert "unseen (20)" in said
    assert "not for treating patients" in said


def test_without_time_the_summary_has_no_bound_and_says_so(capsys):
    assert main(["optimise", *QUICK[:-2], "--time-limit-s", "0"]) == 0
    captured = capsys.readouterr()
    assert "there is no bound on the" in " ".join(captured.out.split())
    assert "inf" not in captured.out
    assert "Time was up" in " ".join(captured.err.split())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--mode", "bipolar", "--electrode", "cooled-17g-4mm"], "cannot be used in mode 'bipolar'"),
        (["--mode", "cold"], "accepted: monopolar, bipolar, cooled"),
        (["--applications", "0"], "applications is 0"),
        (["--applications", "2.5"], "whole number"),
        (["--objective", "best"], "accepted: mean, complete, tail, fewest, shortest"),
        (["--weights", "S3"], "LEVEL=NUMBER"),
        (["--weights", "S9=1"], "S9"),
        (["--time-limit-s", "-1"], "time_limit_s is -1.0"),
        (["--side", "up"], "side 'up'"),
        (["--front", "cooled"], "--out"),
        (["--front", "cooled,warm", "--out", "x"], "'warm'"),
        (["--electrode", "laser"], "'laser' is not known"),
    ],
)
def test_wrong_input_ends_in_one_message(wrong, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["optimise", *wrong]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in " ".join(captured.err.split())
    assert "Traceback" not in captured.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        (["--objective", "complete"], "--objective"),
        (["--courses", "100"], "--courses"),
        (["--operator-error"], "--operator-error"),
        (["--no-refine"], "--no-refine"),
        (["--time-limit-s", "9"], "--time-limit-s"),
        (["--confirm"], "--confirm"),
        (["--anatomy", "person.rfpatient"], "--anatomy"),
    ],
)
def test_what_a_recipe_for_all_is_not_found_by_is_refused(given, flag, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["optimise", "--patients", "12", "--mode", "cooled", "--out", str(out), *given]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert flag in said
    assert "does not go with --patients" in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--at-stop", "0.1"], "--at-stop goes with --patients"),
        (["--margin-mm", "1"], "--margin-mm goes with --patients"),
        (["--patients", "12", "--side", "left"], "--side does not go with --patients"),
        (["--patients", "12", "--at-stop", "1.5"], "--at-stop is 1.5; it must be a number from 0 to 1"),
        (["--patients", "12", "--at-stop", "nan"], "--at-stop is nan; it must be a number from 0 to 1"),
        (["--patients", "12", "--margin-mm", "-1"], "--margin-mm is -1.0; it must be a number from 0 to 10"),
    ],
)
def test_limits_of_a_recipe_for_all_go_with_patients_and_are_in_range(given, said, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["optimise", "--mode", "cooled", "--out", str(out), *given]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not out.exists()


def test_a_recipe_for_all_says_in_whom_it_breaks_limits(tmp_path, capsys, monkeypatch):
    some = (RecipeTarget("S1", 1.0, 5.5, 0.0, 40.0), RecipeTarget("S2", 4.0, 7.5), RecipeTarget("S3", 3.0, 7.5))
    monkeypatch.setattr(recipe_table, "recipe_targets", lambda _: some)
    monkeypatch.setattr(recipe_for_all, "_WORKERS", 1)
    asked = ["optimise", "--patients", "10", "--mode", "cooled", "--applications", "3", "--seed", "7"]
    allowed = ["--at-stop", "0.4", "--margin-mm", "0", "--json"]
    assert main([*asked, "--out", str(tmp_path / "loose"), *allowed]) == 0
    loose = json.loads(capsys.readouterr().out)
    assert loose["at_stop"]["most_patients"] == 4
    assert loose["at_stop"]["part"] == loose["at_stop"]["patients"] / 10
    assert not loose["at_stop"]["assumed"]
    assert loose["margin_mm"] == {"value": 0.0, "assumed": False}
    assert main([*asked, "--out", str(tmp_path / "usual")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "(allowed in at most 0.05 of them, here 0, an assumption)" in said
    assert "stay 1.5 mm within the limits, an assumption" in said
    recipe = load_recipe(tmp_path / "usual" / "recipe.toml").recipe
    assert recipe.margin_mm == 1.5
    assert (
        "breaks a hard safety limit in 0 of these patients (allowed in at most 0.05 of them, here 0, an assumption)"
        in recipe.summary
    )
