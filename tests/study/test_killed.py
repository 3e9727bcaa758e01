"""A study that is killed again and again ends as one that never was."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from rfplan.study.design import read_design
from rfplan.study.ledger import MANIFEST, Ledger
from rfplan.study.runner import run_study
from rfplan.whole_file import half_written

_PATIENTS = 44
_STUDY = f"""
patients = {_PATIENTS}
chunk = 1
lesion_model = "shapes"
operator = {{}}
[[strategies]]
technique = "cooled-clockface"
"""
_LONGEST_S = 120.0


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "chunks").iterdir())}


@pytest.mark.slow
def test_killed_at_ten_random_moments_and_resumed_it_is_the_same(tmp_path):
    file, killed, whole = tmp_path / "study.toml", tmp_path / "killed", tmp_path / "whole"
    file.write_text(_STUDY)
    design = read_design(file)
    run_study(Ledger.opened(whole, design, resume=False), workers=1)
    command = _command(file, killed)
    rng = np.random.default_rng(2)
    # three kills while it starts, seven while chunks are written: after so many of them, and a random while
    early = rng.uniform(0.05, 2.5, 3)
    marks = np.sort(rng.choice(np.arange(1, _PATIENTS), 7, replace=False))
    finished = []
    for wait_s in early:
        _killed_after(command, lambda: True, float(wait_s))
        finished.append(_finished(killed))
    for mark in marks:
        _killed_after(command, lambda mark=mark: _finished(killed) >= mark, float(rng.uniform(0.0, 0.06)))
        finished.append(_finished(killed))
    assert finished == sorted(finished)
    assert any(0 < count < _PATIENTS for count in finished)
    ledger = Ledger.opened(killed, design, resume=True)
    assert ledger.damaged == ()
    run_study(ledger, workers=1)
    assert contents(killed) == contents(whole)
    assert not half_written(killed)
    assert (killed / MANIFEST).read_bytes() == (whole / MANIFEST).read_bytes()


def test_workers_end_with_a_process_that_was_killed(tmp_path):
    file, folder = tmp_path / "study.toml", tmp_path / "out"
    file.write_text(_STUDY)
    process = subprocess.Popen(
        _command(file, folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    give_up = time.monotonic() + _LONGEST_S
    while not (folder / "chunks").is_dir() or not _finished(folder):
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.02)
    # alone, as one that the system kills for its memory: workers hold its standard output, which ends with the last of them
    process.kill()
    try:
        process.communicate(timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        pytest.fail("workers outlived the process that started them")


def _command(file, folder):
    return [
        sys.executable, "-c",
        "import sys; from pathlib import Path; from rfplan.study.design import read_design; from rfplan.study.ledger import Ledger; "
        "from rfplan.study.runner import run_study; "
        "run_study(Ledger.opened(Path(sys.argv[2]), read_design(Path(sys.argv[1])), True), workers=1)",
        str(file), str(folder),
    ]  # fmt: skip


def _finished(folder):
    return len(list((folder / "chunks").glob("chunk-*.parquet")))


def _killed_after(command, ready, wait_s):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    give_up = time.monotonic() + _LONGEST_S
    while not ready() and process.poll() is None and time.monotonic() < give_up:
        time.sleep(0.005)
    time.sleep(wait_s)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_folder_that_was_only_begun_is_taken_up(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(_STUDY)
    design = read_design(file)
    folder = tmp_path / "begun"
    # killed after the folder was made and before the manifest was
    (folder / "chunks").mkdir(parents=True)
    (folder / f".{MANIFEST}.0a.part").write_text("half")
    assert len(Ledger.opened(folder, design, resume=True).missing) == _PATIENTS
