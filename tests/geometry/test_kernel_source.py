"""What compiled kernels depend on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rfplan.geometry import kernel_source

PACKAGE = Path(kernel_source.__file__).parents[1]
_STATE = (
    "from pathlib import Path; from rfplan.geometry import kernel_source as k; print(*map(k.state_of, map(Path, {!r})))"
)


def states(above: Path, *files: str) -> list[str]:
    """Marks of files of the copy of the package in ``above``, in a process of its own."""
    code = _STATE.format([str(above / "rfplan" / file) for file in files])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(above)}
    )
    return done.stdout.split()


def test_a_kernel_is_compiled_anew_when_what_it_calls_changes_and_only_then(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(PACKAGE, copy / "rfplan", ignore=shutil.ignore_patterns("__pycache__"))
    # the first takes numbers from sacrum_vector two imports away, the second not
    files = ("planning/virtual_way_kernels.py", "lesion/band_kernels.py")
    way, band = states(copy, *files)
    assert [way, band] == [kernel_source.state_of(PACKAGE / file) for file in files]
    with (copy / "rfplan" / "anatomy" / "sacrum_vector.py").open("a") as stream:
        stream.write("# changed\n")
    way_now, band_now = states(copy, *files)
    assert way_now != way
    assert band_now == band


@pytest.mark.parametrize(
    "line",
    [
        "from rfplan.geometry.arrays import FloatArray",
        "from rfplan.geometry.arrays import (\n    FloatArray,\n    IntArray,\n)",
        "from rfplan.geometry import arrays",
        "from rfplan.geometry import (\n    compiled,\n    arrays,\n)",
        "import rfplan.geometry.arrays",
    ],
)
def test_every_way_to_import_is_seen(tmp_path: Path, line: str) -> None:
    source = tmp_path / "some_kernels.py"
    source.write_text(f"import numpy as np\n\n{line}\n")
    assert PACKAGE / "geometry" / "arrays.py" in kernel_source._imported(source)


def test_files_of_one_name_in_two_packages_are_told_apart() -> None:
    names = [kernel_source.name_of(path) for path in PACKAGE.rglob("*_kernels.py")]
    assert len(names) == len(set(names))
    assert "report.raster_kernels" in names
