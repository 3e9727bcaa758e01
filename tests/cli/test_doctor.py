"""``rfplan doctor``."""

from __future__ import annotations

import json

import pytest

from rfplan.cli import doctor, main
from rfplan.report.window_probe import WindowProbe


@pytest.fixture(autouse=True)
def _no_probe(monkeypatch):
    monkeypatch.setattr("rfplan.report.window_probe.probe_window", lambda: WindowProbe(None, "", "not tried"))


def test_this_machine_is_well_enough(capsys) -> None:
    assert main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "ok"
    found = {check["name"]: check for check in told["checks"]}
    assert set(found) == {
        "versions",
        "anatomy figures",
        "catalogues",
        "cache folder",
        "lesion store",
        "compiled code",
        "pictures",
        "window",
        "machine",
    }
    assert found["pictures"]["status"] == "ok"


def test_no_renderer_is_a_warning_with_the_package_that_helps(capsys) -> None:
    assert main(["doctor", "--json"]) == 0
    (window,) = [c for c in json.loads(capsys.readouterr().out)["checks"] if c["name"] == "window"]
    assert window["status"] == "warn"
    assert "libegl1" in window["remedy"]


def test_a_cache_that_cannot_be_written_is_a_warning(monkeypatch, tmp_path, capsys) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(blocked / "cache"))
    assert main(["doctor", "--json"]) == 0
    (cache,) = [c for c in json.loads(capsys.readouterr().out)["checks"] if c["name"] == "cache folder"]
    assert cache["status"] == "warn"
    assert "RFPLAN_CACHE_DIR" in cache["remedy"]


def test_people_get_lines(capsys) -> None:
    assert main(["doctor"]) == 0
    assert "pictures" in capsys.readouterr().out


def test_a_check_that_fails_is_told_and_ends_with_status_1(monkeypatch, capsys) -> None:
    def dies(name: str) -> doctor.Finding:
        raise OSError("no such luck")

    monkeypatch.setitem(doctor._CHECKS, "machine", dies)
    assert main(["doctor", "--json"]) == 1
    (machine,) = [c for c in json.loads(capsys.readouterr().out)["checks"] if c["name"] == "machine"]
    assert machine["status"] == "broken"
    assert "no such luck" in machine["text"]
