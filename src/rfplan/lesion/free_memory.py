"""Memory that was given up, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Let the system have what this process no longer holds; nothing where its C library cannot (any but glibc).

    After large arrays of many sizes, and of several threads, most free room lies between what is still needed, where larger arrays that
    follow find no place.
    """
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
