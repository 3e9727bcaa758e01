"""``rfplan plan`` and ``rfplan evaluate``: what they print, what they write, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rfplan.cli import main
from rfplan.cli.results import check_folder, write_results
from rfplan.errors import ConvergenceError, InputError, RfplanError
from rfplan.planning import application_lesions
from rfplan.planning.plan_file import load_plan, plan_to_json, save_plan
from strategies import device, monopolar, needle, slab_patient, straight_nerve
from strategies import evaluate_shapes as evaluate

PATIENT = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
PLAN_TEXT = {
    "schema": "rfplan/plan/1",
    "frame": "LPS",
    "unit": "mm",
    "patient": {},
    "side": "left",
    "technique": "by hand",
    "applications": [
        {
            "mode": "monopolar",
            "protocol": {"set_c": 80, "time_s": 120},
            "needles": [{"electrode": "conventional-18g-10mm", "tip_mm": [35, 0.5, 0], "axis": [0, 1, 0]}],
        }
    ],
}


@pytest.fixture
def on_slab(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ``--anatomy`` leads to the slab."""
    monkeypatch.setattr("rfplan.anatomy.source.patient_from", lambda anatomy: PATIENT)


@pytest.fixture
def plain_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that is written at once."""

    def write(folder: Path, *_: object, **__: object) -> list[Path]:
        (folder / "report.html").write_text("<html></html>")
        (folder / "view_lateral.png").write_bytes(b"png")
        return []

    monkeypatch.setattr("rfplan.report.writer.write_report", write)


@pytest.fixture
def plan_file(tmp_path: Path) -> str:
    (tmp_path / "mine.json").write_text(json.dumps(PLAN_TEXT))
    return str(tmp_path / "mine.json")


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


WRITTEN = {"plan.json", "evaluation.json", "report.html", "view_lateral.png"}


def test_the_main_job_on_the_reference_patient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "demo"
    with_shapes = ["--lesion-model", "shapes"]
    assert (
        main(["plan", "--technique", "cooled-clockface", "--side", "left", *with_shapes, "--out", str(out), "--json"])
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert {"plan.json", "evaluation.json", "report.html"} <= names(out)
    assert json.loads((out / "evaluation.json").read_text()).items() <= document.items()
    assert plan_to_json(load_plan(out / "plan.json")) == document["plan"]
    assert names(out.parent) == {"demo"}
    again = main(["evaluate", str(out / "plan.json"), *with_shapes, "--json"])
    captured = capsys.readouterr()
    assert again == 0
    assert json.loads(captured.out)["nerves"] == document["nerves"]
    assert "another patient" not in captured.err


@pytest.mark.usefixtures("on_slab")
def test_evaluate_prints_one_json_object(plan_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", plan_file, "--lesion-model", "shapes", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "rfplan/evaluation/1"
    assert document["nerves"][0]["captured"]["transection"] is True
    assert set(document["operability"]["views"]) == {"true_ap", "lateral"}
    assert len(document["operability"]["needles"]) == document["needles"]


@pytest.mark.usefixtures("on_slab")
def test_evaluate_for_people(
    plan_file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["evaluate", plan_file, "--lesion-model", "shapes"]) == 0
    text = capsys.readouterr().out
    assert "Under X-ray: of 1 needle " in " ".join(text.split())
    assert "…" not in text
    assert "S1_left" not in text
    for word in ("S1.1", "cut through", "shapes", "not for treating patients"):
        assert word in text


@pytest.mark.usefixtures("on_slab")
def test_lesions_are_solved_beside_a_plane_or_in_the_patients_bone(
    plan_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", plan_file, "--bone", "plane", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["lesion_model"], document["lesion_bone"]) == ("solved", "plane")
    assert document["lesions"][0]["status"] == "converged"
    assert main(["evaluate", plan_file, "--bone", "plane"]) == 0
    assert "solved beside a plane of bone" in " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("on_slab")
def test_a_lesion_that_does_not_converge_ends_the_run(
    plan_file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConvergenceError("no end of iterations")

    monkeypatch.setattr("rfplan.planning.application_lesions.kept_lesion", fail)
    application_lesions._kept.cache_clear()
    assert main(["evaluate", plan_file, "--bone", "plane", "--json"]) == 1
    captured = capsys.readouterr()
    assert "application 1: no end of iterations" in captured.err
    assert captured.out == ""


@pytest.mark.usefixtures("on_slab")
def test_a_plan_without_needles_captures_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.json").write_text(json.dumps(PLAN_TEXT | {"applications": []}))
    assert main(["evaluate", str(tmp_path / "none.json"), "--lesion-model", "shapes"]) == 0
    text = capsys.readouterr().out
    assert "none near" in text
    assert "inf" not in text


@pytest.mark.usefixtures("on_slab", "plain_report")
def test_a_folder_appears_whole_and_replaces_an_earlier_one(plan_file: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["evaluate", plan_file, "--lesion-model", "shapes", "--out", str(out)]) == 0
    assert names(out) == WRITTEN
    (out / "view_caudal.png").write_bytes(b"of an earlier run")
    assert main(["evaluate", plan_file, "--lesion-model", "shapes", "--out", str(out)]) == 0
    assert names(out) == WRITTEN
    assert names(tmp_path) == {"out", "mine.json"}


@pytest.mark.usefixtures("on_slab", "plain_report")
def test_other_files_in_the_folder_are_kept(plan_file: str, tmp_path: Path) -> None:
    assert main(["evaluate", plan_file, "--lesion-model", "shapes", "--out", str(tmp_path)]) == 0
    assert names(tmp_path) == WRITTEN | {"mine.json"}


def test_a_failed_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RfplanError("no pictures today")

    monkeypatch.setattr("rfplan.report.writer.write_report", fail)
    plan = monopolar(needle([35.0, 0.5, 0.0], with_device=device(10.0, 14.0)))
    with pytest.raises(RfplanError, match="no pictures today"):
        write_results(tmp_path / "new" / "out", PATIENT, plan, evaluate(plan, PATIENT))
    assert names(tmp_path) == set()
    save_plan(plan, tmp_path / "plan.json")
    with pytest.raises(RfplanError, match="no pictures today"):
        write_results(tmp_path, PATIENT, plan, evaluate(plan, PATIENT))
    assert names(tmp_path) == {"plan.json"}


def test_folders_that_cannot_be_written_are_refused_early(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; give the name of a folder"):
        check_folder(str(tmp_path / "file"))
    with pytest.raises(InputError, match="is a file, which holds no folders"):
        check_folder(str(tmp_path / "file" / "inside"))
    with pytest.raises(InputError, match="--out is empty"):
        check_folder("")
    assert check_folder(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert names(tmp_path) == {"file"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "--technique", "palisad"], "did you mean 'palisade'"),
        (["plan", "--side", "lft"], "it must be 'left' or 'right'"),
        (["plan", "--electrode", "cooled-17g-4m"], "did you mean 'cooled-17g-4mm'"),
        (["plan", "--lesion-model", "solve"], "did you mean 'solved'"),
        (["plan", "--bone", "patients"], "did you mean 'patient'"),
        (["plan", "--courses", "0"], "at least 1"),
        (["plan", "--courses", "1.5"], "--courses: it is '1.5'; it must be a whole number"),
        (["plan", "--courses", "99999999999"], "at most 20000"),
        (["plan", "--seed", "x"], "--seed: it is 'x'; it must be a whole number"),
        (["plan", "--seed", "-1"], "seed is -1; it must be a whole number of at least 0"),
        (["plan", "--anatomy", "nowhere"], "nowhere"),
        (["plan", "--anatomy", ""], "--anatomy '': there is no such file or folder; give 'reference'"),
        (["plan", "--anatomy", "n" * 400], "File name too long"),
        (["plan", "extra"], "'rfplan plan' takes nothing called 'extra'; 'rfplan plan --help' lists"),
        (["evaluate", "nowhere.json"], "nowhere.json: there is no such file"),
        (["evaluate"], "PLAN"),
    ],
)
def test_wrong_use_ends_in_one_message_and_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*arguments, "--out", str(tmp_path / "out"), "--json"]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sides": "left"}, "sides is not a known key; did you mean 'side'?"),
        ({"technique": "palisad"}, "did you mean 'palisade'?"),
        ({"needle": {"electrode": "cooled-17g-4m"}}, "did you mean 'cooled-17g-4mm'?"),
        ({"needle": {"axis": [0, 2, 0]}}, "of length 2; it must be a unit vector, such as [0.0, 1.0, 0.0]"),
        ({"application": {"protocol": {"set_c": 800, "time_s": 1}}}, "set_c is 800"),
    ],
)
def test_a_wrong_plan_is_refused_before_the_patient_is_read(
    change: dict[str, dict[str, object]],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(anatomy: str) -> None:
        raise AssertionError("the patient was read")

    monkeypatch.setattr("rfplan.anatomy.source.patient_from", never)
    document = json.loads(json.dumps(PLAN_TEXT))
    application = document["applications"][0]
    application["needles"][0].update(change.pop("needle", {}))
    application.update(change.pop("application", {}))
    (tmp_path / "mine.json").write_text(json.dumps(document | change))
    assert main(["evaluate", str(tmp_path / "mine.json")]) == 2
    assert message in capsys.readouterr().err
