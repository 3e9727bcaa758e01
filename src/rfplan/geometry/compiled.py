"""How kernels are compiled: once per machine and per state of the package, kept in the cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from numba import config, njit

from rfplan.cache import cache_folder
from rfplan.geometry.kernel_cache import SharedKernelCache

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])

_KEPT_STATES: Final = 4
"""States of the package whose compiled kernels are kept; older ones are dropped."""

_DECORATING: Final = threading.Lock()
# modules may be imported by two threads at once: without it one would take back the folder under the other's hands


def kernel(function: _Kernel) -> _Kernel:
    """Compile ``function`` with numba, cached on disk where the cache folder can be written. It runs beside other threads.

    numba looks only at the file of a kernel when it asks whether a cached one is still good, so a change in a kernel that it
    calls from another file would go unnoticed. The folder is therefore named after all kernels of the package together, and
    the two files that say how they are compiled and kept.
    """
    return _compiled(function)


def kernel_with(**options: Any) -> Callable[[_Kernel], _Kernel]:
    """As :func:`kernel`, with options of numba's ``njit``, such as ``fastmath``."""
    return lambda function: _compiled(function, **options)


def _compiled(function: _Kernel, **options: Any) -> _Kernel:
    options = {"nogil": True, **options}
    folder = kernel_folder()
    if folder is None:
        return cast(_Kernel, njit(**options)(function))
    # numba takes the folder from its settings at the moment of decoration; other packages keep theirs
    with _DECORATING:
        before = getattr(config, "CACHE_DIR")  # noqa: B009 - set by numba at run time, unknown to type checkers
        setattr(config, "CACHE_DIR", str(folder))  # noqa: B010
        try:
            compiled = njit(**options)(function)
            compiled._cache = SharedKernelCache(function)
            return cast(_Kernel, compiled)
        finally:
            setattr(config, "CACHE_DIR", before)  # noqa: B010


@cache
def kernel_folder() -> Path | None:
    """Folder of the compiled kernels of this state of the package; None where nothing can be written."""
    package = Path(__file__).parents[1]
    state = hashlib.sha256()
    this = Path(__file__)
    for path in (this, this.with_name("kernel_cache.py"), *sorted(package.rglob("*_kernels.py"))):
        state.update(path.read_bytes())
    folder = cache_folder() / "kernels" / state.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    with contextlib.suppress(OSError):
        folder.touch()
        states = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in states[_KEPT_STATES:]:
            shutil.rmtree(old, ignore_errors=True)
    return folder
