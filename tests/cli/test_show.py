"""``rfplan show``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from rfplan.cli import main
from rfplan.devices.catalogue import electrode
from rfplan.planning.plan_file import save_plan
from strategies import monopolar, needle, slab_patient, straight_nerve

PATIENT = slab_patient((straight_nerve([22.0, 2.0, 0.0], [44.0, 2.0, 0.0], level="S1"),))


@pytest.mark.parametrize("view", ["true_ap", "chart", "oblique_left_33"])
@pytest.mark.parametrize("planned", [True, False])
def test_a_picture_is_written(view: str, planned: bool, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("rfplan.anatomy.source.patient_from", lambda anatomy: PATIENT)
    folder = tmp_path / "pictures"
    folder.mkdir()
    path = folder / "picture.png"
    arguments = ["show", "--view", view, "--size", "400", "--out", str(path), "--json"]
    if planned:
        plan = monopolar(needle([33.0, 2.0, 0.0], with_device=electrode("conventional-18g-10mm")))
        save_plan(plan, tmp_path / "plan.json")
        arguments += ["--plan", str(tmp_path / "plan.json")]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    with Image.open(path) as image:
        assert list(image.size) == told["size_px"]
        assert image.size[0] == 400
    assert told["view"] == view
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--out FILE.png"),
        (["--out", "a.jpg"], "must end in .png"),
        (["--out", "absent/a.png"], "does not exist"),
        (["--out", "a.png", "--view", "lateral_rigth"], "did you mean 'lateral_right'"),
        (["--out", "a.png", "--size", "7"], "from 100 to 6000"),
        (["--out", "a.png", "--anatomy", "nowhere"], "nowhere"),
    ],
)
def test_wrong_input_is_one_clear_message(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["show", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err.replace("\n", " ")
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_window_without_a_display_says_what_to_do_instead(monkeypatch, capsys) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main(["show", "--interactive"]) == 1
    assert "--out FILE.png" in capsys.readouterr().err.replace("\n", " ")
