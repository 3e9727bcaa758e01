"""What the processes that compute a study do with memory that they no longer need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SETTINGS: Final = {"MALLOC_MMAP_THRESHOLD_": "2000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}
"""Bytes from which the C library of Linux takes an array from the system, and beyond which it gives back what is free."""


@contextmanager
def freed_memory_is_kept() -> Iterator[None]:
    """Processes that are started meanwhile keep the memory that a chunk gave back for the next one, which needs as much.

    Otherwise the large arrays of every chunk come from the system page by page, one twentieth of the time of a study with shapes.
    A setting of the user's stands; other C libraries know neither.
    """
    ours = {name: value for name, value in _SETTINGS.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)
