"""``rfplan lesion``: what it prints, writes and refuses."""

import json

import pytest

from rfplan.cli import main


@pytest.fixture(autouse=True)
def empty_store(tmp_path, monkeypatch):
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "cache"))


FAST = ["lesion", "--accuracy", "fast"]


def answer(capsys, *flags):
    assert main([*FAST, *flags, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_document_has_every_promised_key(capsys):
    document = answer(capsys, "--electrode", "cooled-17g-4mm")
    assert document["status"] == "converged"
    assert set(document["isotherms"]) == {"45", "50", "55", "60"}
    for entry in document["isotherms"].values():
        assert {"width_mm", "length_mm", "beyond_tip_mm", "volume_mm3"} <= set(entry)
    assert {"width_mm", "length_mm", "volume_mm3"} <= set(document["dose"]["nerve"])
    assert {"voltage_v", "power_w", "impedance_ohm", "limited_by"} <= set(document["generator"])
    for key in ("max_tissue_c", "thermocouple_c", "energy_balance_error", "cells", "steps", "seconds"):
        assert isinstance(document[key], int | float)
    assert document["thermocouple_c"] == pytest.approx(60.0)


def test_a_pair_adds_what_is_between(capsys):
    document = answer(capsys, "--electrode", "conventional-20g-10mm", "--bipolar-spacing-mm", "8")
    assert document["problem"]["protocol"]["set_c"] == 90.0
    assert document["bipolar"]["confluent_at_c"] >= document["bipolar"]["midpoint_c"] > 60.0


def test_slanted_bone_adds_radii(capsys):
    document = answer(capsys, "--bone-gap-mm", "1", "--bone-angle-deg", "0")
    radii = document["isotherms"]["50"]["radii_mm"]
    assert radii["toward"] < radii["lateral"] < radii["away"] + 0.5


def test_an_electrode_of_ones_own_is_that_of_the_catalogue_with_its_figures(capsys):
    named = answer(capsys, "--electrode", "conventional-18g-10mm")
    own = answer(capsys, "--diameter-mm", "1.270", "--tip-mm", "10", "--set-c", "80", "--time-s", "90")
    assert own["isotherms"]["50"] == named["isotherms"]["50"]


def test_bench_conditions_are_flags(capsys):
    bench = answer(capsys, "--start-c", "22", "--no-perfusion", "--time-s", "120", "--set-c", "80", "--ramp-s", "10")
    assert bench["problem"]["surroundings"]["perfusion"] is False
    assert bench["isotherms"]["50"]["width_mm"] < 8.5


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--diameter-mm", "0", "--tip-mm", "10"], "--diameter-mm is 0"),
        (["--diameter-mm", "1"], "--tip-mm"),
        (["--electrode", "cooled-17g-4mm", "--tip-mm", "3"], "contradict"),
        (["--electrode", "conventional-18g-10m"], "did you mean 'conventional-18g-10mm'"),
        (["--set-c", "36"], "--set-c is 36"),
        (["--set-c", "nan"], "--set-c is nan"),
        (["--time-s", "0"], "--time-s is 0"),
        (["--ramp-s", "500"], "--ramp-s is 500"),
        (["--bone-gap-mm", "-1"], "--bone-gap-mm is -1"),
        (["--bipolar-spacing-mm", "1"], "touch"),
        (["--coolant-c", "5"], "--cooled"),
        (["--limit-power-w", "0"], "power_w"),
        (["--out", "lesion.txt"], ".npz"),
        (["--figure", "no/such/folder/a.png"], "--figure"),
    ],
)
def test_wrong_input_is_refused_with_its_flag(flags, words, capsys):
    assert main([*FAST, *flags]) == 2
    captured = capsys.readouterr()
    assert words in captured.err.replace("\n", " ")
    assert captured.out == ""


def test_a_wrong_accuracy_gets_a_suggestion(capsys):
    assert main(["lesion", "--accuracy", "standart"]) == 2
    assert "did you mean 'standard'" in capsys.readouterr().err


def test_no_convergence_is_a_failure_and_never_a_number(capsys, monkeypatch):
    from rfplan.lesion import solid

    monkeypatch.setattr(solid, "_MOST_ITERATIONS", 2)
    assert main([*FAST, "--bone-gap-mm", "1", "--bone-angle-deg", "0", "--json"]) == 1
    captured = capsys.readouterr()
    assert "width_mm" not in captured.out
    assert json.loads(captured.out)["status"] == "not_converged"
    assert "not_converged" in captured.err


def test_files_and_figure_are_written(tmp_path, capsys):
    kept, picture = tmp_path / "a.npz", tmp_path / "a.png"
    assert main([*FAST, "--bone-gap-mm", "2", "--out", str(kept), "--figure", str(picture)]) == 0
    assert sorted(path.name for path in tmp_path.glob("a.*")) == ["a.json", "a.npz", "a.png"]
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert "wrote" in capsys.readouterr().out


def test_several_are_drawn_on_one_scale(tmp_path, capsys):
    picture = tmp_path / "three.png"
    names = "conventional-18g-10mm,cooled-17g-4mm,conventional-20g-10mm@10"
    assert main([*FAST, "--compare", names, "--figure", str(picture), "--json"]) == 0
    lesions = json.loads(capsys.readouterr().out)["lesions"]
    assert [entry["electrode"] for entry in lesions] == [
        "conventional-18g-10mm",
        "cooled-17g-4mm",
        "conventional-20g-10mm",
    ]
    assert "bipolar" in lesions[2]
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--compare", "cooled-17g-4mm@x"], "no spacing"),
        (["--compare", "cooled-17g-4m"], "did you mean"),
        (["--compare", "cooled-17g-4mm", "--tip-mm", "4"], "contradict"),
    ],
)
def test_a_wrong_comparison_is_refused(flags, words, capsys):
    assert main([*FAST, *flags]) == 2
    assert words in capsys.readouterr().err.replace("\n", " ")
