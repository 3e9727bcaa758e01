"""JSON files read without guessing and written complete or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rfplan.errors import InputError
from rfplan.whole_file import write_whole


def load_json(path: Path) -> Any:
    """The document in ``path``.

    Raises
    ------
    InputError : the file is missing, empty, no UTF-8 text or no JSON (with line and column), or states a key twice
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder; a JSON file is expected") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if not raw.strip():
        raise InputError(f"{path}: the file is empty; a JSON object is expected")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        for key, value in pairs:
            if key in entry:
                raise InputError(f"{path}: key {key!r} is stated twice in one object")
            entry[key] = value
        return entry

    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=once)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); a JSON file is expected") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply to be a plan") from error


def json_text(document: Any) -> str:
    """The text of a JSON document; floats keep every digit."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def write_json(document: Any, path: Path) -> None:
    """Write a document at ``path``, complete or not at all; InputError where it cannot be written."""
    content = json_text(document).encode("utf-8")
    try:
        write_whole(path, content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
