"""What a first run compiles in a second process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rfplan.cli import compile_ahead
from rfplan.geometry.kernel_signature import kernel_and_types

PROJECT = Path(__file__).parents[2]
LINES = compile_ahead.KERNELS_FILE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.partition("(")[0].removeprefix("rfplan."))
def test_every_kernel_of_the_list_compiles_for_its_types(line: str) -> None:
    kernel, arguments = kernel_and_types(line)
    kernel.compile(arguments)
    assert arguments in kernel.overloads


def test_the_list_holds_what_the_plan_of_the_built_in_patient_calls() -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "benchmarks" / "list_kernels.py")], capture_output=True, text=True, check=True
    )
    called = done.stdout.splitlines()
    assert len(called) > 20
    assert not [line for line in called if line not in LINES]


def test_a_child_compiles_once_and_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_ahead, "kernel_folder", lambda: tmp_path)
    monkeypatch.setattr(compile_ahead.os, "cpu_count", lambda: 2)
    children = []

    class Child:
        def __init__(self, command: list[str], **streams: int) -> None:
            self.command, self.ended = command, []
            children.append(self)

        def kill(self) -> None:
            self.ended.append("killed")

        def wait(self) -> None:
            self.ended.append("waited for")

    monkeypatch.setattr(compile_ahead.subprocess, "Popen", Child)
    with pytest.raises(KeyboardInterrupt), compile_ahead.compiling_ahead():
        assert children[0].command == [sys.executable, "-m", "rfplan.cli.compile_ahead"]
        assert not children[0].ended
        raise KeyboardInterrupt
    assert children[0].ended == ["killed", "waited for"]

    monkeypatch.setattr(compile_ahead, "KERNELS_FILE", tmp_path / "list.txt")
    (tmp_path / "list.txt").write_text("")
    compile_ahead.main()
    with compile_ahead.compiling_ahead():
        pass
    assert len(children) == 1


@pytest.mark.parametrize("processors", [1, None])
def test_on_one_processor_there_is_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processors: int | None
) -> None:
    monkeypatch.setattr(compile_ahead, "kernel_folder", lambda: tmp_path)
    monkeypatch.setattr(compile_ahead.os, "cpu_count", lambda: processors)
    monkeypatch.setattr(compile_ahead.subprocess, "Popen", lambda *_, **__: pytest.fail("a child was started"))
    with compile_ahead.compiling_ahead():
        pass
