"""The file that a flag names for a result, refused before any work is done for it."""

from __future__ import annotations

import os
from pathlib import Path

from rfplan.errors import InputError


def file_to_write(name: str | Path, flag: str, endings: tuple[str, ...] = ()) -> Path:
    """The file ``name`` of ``flag``.

    Raises
    ------
    InputError : it has none of ``endings``, is a folder, or lies in a folder that is missing or cannot be written
    """
    path = Path(name)
    if endings and (not path.name.lower().endswith(endings) or path.name.lower() in endings):
        told = " or ".join([", ".join(endings[:-1]), endings[-1]] if len(endings) > 1 else endings)
        raise InputError(f"{flag} {name}: the name of the file must end in {told}")
    if path.is_dir():
        raise InputError(f"{flag} {name}: is a folder; give the name of a file in it")
    if not path.parent.is_dir():
        what = "is a file, no folder" if path.parent.exists() else "does not exist; make it first"
        raise InputError(f"{flag} {name}: {path.parent} {what}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"{flag} {name}: the folder {path.parent} cannot be written; give one that can")
    return path
