"""The first run on a machine: a second process compiles what is needed late while this one compiles what is needed now."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rfplan.geometry.compiled import kernel_folder
from rfplan.geometry.kernel_signature import kernel_and_types
from rfplan.geometry.kernel_source import package_state

KERNELS_FILE: Final = Path(__file__).with_suffix(".txt")
"""Kernels that ``rfplan plan`` calls on the built-in patient, in the order of their first calls; a line each, as
:func:`rfplan.geometry.kernel_signature.signature_line` writes it."""


def _done(folder: Path) -> Path:
    """File in the folder of the kernels that says that there is nothing left to do for this state of the package."""
    return folder / f"compiled_ahead.{package_state()}"


@contextlib.contextmanager
def compiling_ahead() -> Iterator[None]:
    """While this runs, a child process compiles the kernels of :data:`KERNELS_FILE` from the last to the first.

    The two meet where everything is compiled. Nothing happens where that was done before, where nothing can be kept, or on one
    processor; a child that fails costs time and nothing else, and none outlives this process by more than a kernel.
    """
    folder = kernel_folder()
    if folder is None or not sys.executable or _done(folder).exists() or (os.cpu_count() or 1) < 2:
        yield
        return
    quiet = subprocess.DEVNULL
    child = None
    with contextlib.suppress(OSError):
        child = subprocess.Popen([sys.executable, "-m", __name__], stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        if child is not None:
            child.kill()
            child.wait()


def main() -> None:
    """Compile, last to first, until all is done or the process that asked for it is gone."""
    asked_by = os.getppid()
    for line in reversed(KERNELS_FILE.read_text(encoding="utf-8").splitlines()):
        if os.getppid() != asked_by:
            return
        kernel, arguments = kernel_and_types(line)
        kernel.compile(arguments)
    folder = kernel_folder()
    if folder is not None:
        _done(folder).touch()


if __name__ == "__main__":
    main()
