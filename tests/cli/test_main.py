"""The command line as a whole."""

import subprocess
import sys

import pytest

from rfplan.cli import COMMANDS, LATER, main


def test_version(capsys):
    import rfplan

    assert main(["--version"]) == 0
    assert rfplan.__version__ in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, capsys):
    assert main([command, "--help"]) == 0
    assert command in capsys.readouterr().out


def test_a_misspelt_command_gets_a_suggestion(capsys):
    assert main(["plann"]) == 2
    assert "did you mean 'plan'" in capsys.readouterr().err


@pytest.mark.parametrize("command", LATER)
def test_what_is_not_there_yet_says_so(command, capsys):
    assert main([command]) == 2
    assert "not part of version" in capsys.readouterr().err


def test_a_misspelt_flag_is_wrong_usage(capsys):
    assert main(["devices", "--jsn"]) == 2
    captured = capsys.readouterr()
    assert "--jsn" in captured.err
    assert captured.out == ""


def test_a_flag_before_the_command_is_told_all_commands(capsys):
    assert main(["--json", "devices"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("rfplan: '--json' stands where a command is expected")
    assert "doctor" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("command", ["plan", "import"])
def test_a_name_that_the_system_refuses_ends_in_one_message(command, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    arguments = [command, *([str(tmp_path)] if command == "import" else [])]
    for place, message in (("n" * 400, "File name too long"), (str(tmp_path / "file" / "in"), "file is a file")):
        assert main([*arguments, "--out", place]) == 2
        captured = capsys.readouterr()
        assert message in captured.err
        assert len(captured.err.splitlines()) == 1
        assert captured.out == ""


def test_importing_the_package_loads_neither_vtk_nor_matplotlib():
    code = "import sys, rfplan; print([m for m in ('vtk', 'vtkmodules', 'pyvista', 'matplotlib', 'numba', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
