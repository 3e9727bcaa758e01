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
        (["--bone-angle-deg", "0"], "without --bone-gap-mm"),
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


def test_layers_and_fluid_are_flags(capsys):
    document = answer(
        capsys,
        "--layer",
        "fat:12",
        "--layer",
        "muscle:-20",
        "--depot-fluid",
        "saline",
        "--depot-ml",
        "0.5",
        "--depot-at-mm",
        "2",
    )
    around = document["problem"]["surroundings"]
    assert around["layers"] == [{"tissue": "muscle", "from_mm": -20.0}, {"tissue": "fat", "from_mm": 12.0}]
    assert around["depot"] == {"fluid": "saline", "volume_ml": 0.5, "at_mm": 2.0}
    assert "does not mix" in document["assumption"]
    plain = answer(capsys)
    assert document["isotherms"]["50"]["width_mm"] > plain["isotherms"]["50"]["width_mm"] + 1.0


def test_current_between_contacts_is_a_flag(capsys):
    strip = ["--electrode", "strip-tripolar"]
    document = answer(capsys, *strip, "--contacts", "1,2", "--between-contacts")
    assert document["problem"]["part_volts"] == [0.5, -0.5]
    assert document["bipolar"]["midpoint_c"] > 60.0
    together = answer(capsys, *strip, "--contacts", "3, 2")
    assert together["problem"]["active_mm"] == [[20.0, 30.0], [40.0, 50.0]]
    assert together["problem"]["part_volts"] == []
    assert "bipolar" not in together


def test_a_person_is_told_what_is_between_the_contacts(capsys):
    assert main([*FAST, "--electrode", "strip-tripolar", "--contacts", "1,3", "--between-contacts"]) == 0
    told = capsys.readouterr().out
    assert "contacts 1 against 3" in told
    assert "all contacts join up to" in told


def test_a_pair_of_any_pose_reaches_the_problem():
    from rfplan.cli.lesion_request import pair_pose
    from rfplan.lesion.pair_pose import PairPose

    assert pair_pose(10.0, 3.0, None, -12.0) == PairPose(10.0, 3.0, 0.0, -12.0)
    assert pair_pose(None, None, None, None) is None


def test_exports_are_written_and_named(tmp_path, capsys):
    import nibabel
    import trimesh

    names = [str(tmp_path / name) for name in ("a.nii.gz", "a.stl", "a.vti")]
    flags = [part for name in names for part in ("--export", name)]
    document = answer(
        capsys, *flags, "--export-isotherm-c", "55", "--export-value", "peak_c", "--export-spacing-mm", "1"
    )
    assert document["files"] == names
    mesh = trimesh.load(names[1])
    assert mesh.is_watertight
    assert mesh.extents[0] == pytest.approx(document["isotherms"]["55"]["width_mm"], abs=0.2)
    image = nibabel.load(names[0])
    assert image.get_fdata().max() == pytest.approx(document["peak_tissue_c"], abs=5.0)
    assert image.header.get_zooms() == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--layer", "fat"], "TISSUE:MM"),
        (["--layer", "fat:high"], "TISSUE:MM"),
        (["--layer", "fatt:10"], "did you mean 'fat'"),
        (["--layer", "fat:1000"], "--layer is 1000"),
        (["--layer", "fat:10", "--layer", "muscle:10"], "--layer heights"),
        (["--depot-fluid", "saline"], "--depot-ml"),
        (["--depot-ml", "1"], "--depot-fluid"),
        (["--depot-fluid", "salin", "--depot-ml", "1"], "did you mean 'saline'"),
        (["--depot-fluid", "saline", "--depot-ml", "50"], "--depot-ml is 50"),
        (["--depot-fluid", "saline", "--depot-ml", "1", "--depot-at-mm", "-99"], "--depot-at-mm is -99"),
        (["--depot-fluid", "saline", "--depot-ml", "1", "--depot-at-mm", "-9", "--bone-gap-mm", "1"], "in the bone"),
        (["--bipolar-splay-deg", "10"], "--bipolar-spacing-mm"),
        (["--bipolar-spacing-mm", "10", "--bipolar-splay-deg", "100"], "--bipolar-splay-deg is 100"),
        (["--bipolar-spacing-mm", "10", "--bipolar-offset-mm", "nan"], "--bipolar-offset-mm is nan"),
        (["--bipolar-spacing-mm", "5", "--bipolar-splay-deg", "-60"], "cross"),
        (["--contacts", "2"], "contact 1 alone"),
        (["--electrode", "strip-tripolar", "--contacts", "0"], "contacts 1 to 3"),
        (["--electrode", "strip-tripolar", "--contacts", "1,1"], "once"),
        (["--electrode", "strip-tripolar", "--contacts", "1,x"], "'x'"),
        (["--electrode", "strip-tripolar", "--between-contacts"], "such as 1,2"),
        (["--export", "a.obj"], ".vti"),
        (["--export", "no/such/folder/a.stl"], "--export"),
        (["--export", "a.stl", "--export-isotherm-c", "20"], "--export-isotherm-c is 20"),
        (["--export", "a.nii", "--export-value", "temperature"], "did you mean 'temperature_c'"),
        (["--export", "a.nii", "--export-spacing-mm", "0"], "--export-spacing-mm is 0"),
        (["--compare", "cooled-17g-4mm", "--contacts", "1"], "contradict"),
        (["--compare", "cooled-17g-4mm", "--export", "a.stl"], "contradict"),
    ],
)
def test_wrong_surroundings_contacts_and_exports_are_refused(flags, words, capsys):
    assert main([*FAST, *flags]) == 2
    captured = capsys.readouterr()
    assert words in " ".join(captured.err.split())
    assert captured.out == ""
    assert "Traceback" not in captured.err
