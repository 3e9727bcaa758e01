"""Compiled kernels on disk, shared by processes that compile at the same time."""

# numba has no annotations here
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import contextlib
import pickle
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile

_LONGEST_WAIT_S: Final = 60.0
"""For another process that compiles the same kernel; after that it is compiled twice."""
_LOOK_AGAIN_S: Final = 0.02


class SharedKernelCache(FunctionCache):
    """numba's cache of one kernel, in which of several processes one compiles and the others wait for what it makes.

    numba calls ``load_overload``, and where that finds nothing compiles and calls ``save_overload``, all under its compiler lock;
    the lock on the file is held between the two. A process that dies gives it back.
    """

    def __init__(self, function: Callable[..., Any], folder: Path) -> None:
        # the folder is named after the sources, so that copies of the package in several places share it
        self._impl_class = _implementation(_Locator(function, folder))
        super().__init__(function)
        self._cache_file = _NamedApart(
            self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )
        self._lock_path = folder / f"{self._impl.filename_base}.lock"
        self._lock: IO[bytes] | None = None

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What is kept for the signature ``sig``; None where this process has to compile it."""
        found = super().load_overload(sig, target_context)
        if found is None and self._lock is None:
            self._lock = _locked(self._lock_path)
            # another process may have made it meanwhile
            found = super().load_overload(sig, target_context)
            if found is not None:
                self._give_back()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for the signature ``sig``, and let the others have it."""
        try:
            super().save_overload(sig, data)
        finally:
            self._give_back()

    def _give_back(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class _Locator:
    """Tells numba where the kernels of one file are kept; it stands for the class whose instance it is."""

    def __init__(self, function: Callable[..., Any], folder: Path) -> None:
        self._line = function.__code__.co_firstlineno
        self._folder = folder

    def from_function(self, _function: Callable[..., Any], _source: str) -> _Locator:
        return self

    def get_cache_path(self) -> str:
        return str(self._folder)

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def get_source_stamp(self) -> str:
        """No time of a file: the folder's name already says which text it is."""
        return self._folder.name

    def get_disambiguator(self) -> str:
        return str(self._line)


def _implementation(locator: _Locator) -> type[CompileResultCacheImpl]:
    return type("_KernelsInFolder", (CompileResultCacheImpl,), {"_locator_classes": [locator]})


_UNREADABLE: Final = (AttributeError, ImportError, EOFError, pickle.UnpicklingError)
"""What reading gives where a file is cut short, or names a class that has moved: a kernel that takes a tuple of a class that it does not
import keeps its folder when the class goes elsewhere."""


class _NamedApart(IndexDataCacheFile):
    """numba numbers its data files by the index as it was read: two processes may then give one number to two signatures."""

    def load(self, key: Any) -> Any:
        """What is kept under ``key``; None where there is nothing, or nothing that can be read."""
        with contextlib.suppress(*_UNREADABLE):
            return super().load(key)
        return None

    def _load_index(self) -> Any:
        with contextlib.suppress(*_UNREADABLE):
            return super()._load_index()
        return {}

    def save(self, key: Any, data: Any) -> None:
        """Keep ``data`` under ``key``; the index never names a file that is not there, or that holds another key."""
        name = self._data_name(secrets.randbits(48))
        self._save_data(name, data)
        self._save_index({**self._load_index(), key: name})


def _locked(path: Path) -> IO[bytes] | None:
    """The file at ``path`` with a lock on it, once no other process has one; None where this machine gives none in time."""
    try:
        import fcntl
    except ImportError:
        return None
    with contextlib.ExitStack() as undo, contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = undo.enter_context(path.open("ab"))
        until = time.monotonic() + _LONGEST_WAIT_S
        while time.monotonic() < until:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_LOOK_AGAIN_S)
                continue
            undo.pop_all()
            return stream
    return None
