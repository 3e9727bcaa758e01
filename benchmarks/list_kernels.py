"""Kernels that ``rfplan plan`` calls, in the order of their first calls: what a first run compiles ahead.

    RFPLAN_CACHE_DIR=$(mktemp -d) python benchmarks/list_kernels.py > kernels.txt
    mv kernels.txt src/rfplan/cli/compile_ahead.txt

With an empty cache folder, for a patient and lesions that are there already need no kernels to make them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from numba.core.dispatcher import Dispatcher

from rfplan.cli import main
from rfplan.geometry.kernel_signature import signature_line


def called() -> list[str]:
    """A line for every kernel and every set of types with which the plan of the built-in patient calls it."""
    lines: list[str] = []
    first_call = Dispatcher._compile_for_args

    def noted(self: Any, *arguments: Any, **named: Any) -> Any:
        known = set(self.overloads)
        result = first_call(self, *arguments, **named)
        if self.py_func.__module__.startswith("rfplan."):
            lines.extend(signature_line(self, types) for types in self.overloads if types not in known)
        return result

    Dispatcher._compile_for_args = noted
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        status = main(["plan", "--anatomy", "reference", "--technique", "palisade", "--side", "right", "--out", folder])
    if status:
        sys.exit(status)
    return lines


if __name__ == "__main__":
    print("\n".join(dict.fromkeys(called())))
