"""The folder in which rfplan keeps what it need not compute twice."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """``RFPLAN_CACHE_DIR`` where it is set, else the user's cache folder. It may not exist or not be writable."""
    chosen = os.environ.get("RFPLAN_CACHE_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("rfplan"))
