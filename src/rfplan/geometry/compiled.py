"""How kernels are compiled: once per machine and per state of their sources, kept in the cache folder."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from numba import njit

from rfplan.cache import cache_folder
from rfplan.geometry.kernel_cache import SharedKernelCache
from rfplan.geometry.kernel_source import name_of, state_of

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])

_KEPT_STATES: Final = 4
"""States of a file whose compiled kernels are kept; older ones are dropped."""


def kernel(function: _Kernel) -> _Kernel:
    """Compile ``function`` with numba, cached on disk where the cache folder can be written. It runs beside other threads.

    numba looks only at the file of a kernel when it asks whether a cached one is still good, so a change in a kernel that it
    calls from another file would go unnoticed. Each file's kernels are therefore kept in a folder named after its text and the
    texts of all that it imports from this package (:func:`rfplan.geometry.kernel_source.state_of`).
    """
    return _compiled(function)


def kernel_with(**options: Any) -> Callable[[_Kernel], _Kernel]:
    """As :func:`kernel`, with options of numba's ``njit``, such as ``fastmath``."""
    return lambda function: _compiled(function, **options)


def _compiled(function: _Kernel, **options: Any) -> _Kernel:
    compiled = njit(**{"nogil": True, **options})(function)
    above = kernel_folder()
    folder = None if above is None else _folder_of(Path(function.__code__.co_filename), above)
    if folder is not None:
        compiled._cache = SharedKernelCache(function, folder)
    return cast(_Kernel, compiled)


@cache
def _folder_of(source: Path, above: Path) -> Path | None:
    """Folder for the compiled kernels of one file in its present state; None where it cannot be made."""
    states = above / name_of(source)
    folder = states / state_of(source)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        folder.touch()
        old = sorted(states.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT_STATES:]
        for state in old:
            shutil.rmtree(state, ignore_errors=True)
    return folder


@cache
def kernel_folder() -> Path | None:
    """Folder of all compiled kernels; None where nothing can be written."""
    folder = cache_folder() / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    return folder
