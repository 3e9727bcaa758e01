"""Which number of a label map is which bone."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rfplan.errors import InputError

TOTAL: Final[Mapping[str, int]] = {
    "sacrum": 25,
    "vertebrae_S1": 26,
    "vertebrae_L5": 27,
    "vertebrae_L4": 28,
    "femur_left": 75,
    "femur_right": 76,
    "hip_left": 77,
    "hip_right": 78,
}
"""The labels that matter here in the numbering of TotalSegmentator version 2, task ``total`` (its ``map_to_binary.py``).
``vertebrae_S1`` is apart from ``sacrum`` there; an import joins the two. Femora and L4 are listed so that messages can name them."""

TOTAL_V1_SACRUM: Final = 92
"""The sacrum in version 1 of the same task, for a hint only."""

USED_LABELS: Final = ("sacrum", "vertebrae_S1", "hip_left", "hip_right", "vertebrae_L5")


def read_label_table(path: Path) -> dict[str, int]:
    """Bone names and their numbers from ``path``.

    JSON holds an object, ``{"sacrum": 25, ...}`` or the other way round ``{"25": "sacrum"}``; CSV (or TSV) holds two columns, a
    name and a number in either order, with or without a header. Names that are not bones of ours are passed over.

    Raises
    ------
    InputError : the file cannot be read, names no sacrum, or gives a number twice
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file; a label table is JSON or CSV") from error
    if not text.strip():
        raise InputError(f"{path}: the label table is empty")
    pairs = _json_pairs(path, text) if path.suffix.lower() == ".json" or text.lstrip()[0] == "{" else _csv_pairs(text)
    table: dict[str, int] = {}
    for name, number in pairs:
        if name in table and table[name] != number:
            raise InputError(f"{path}: {name} is given two numbers, {table[name]} and {number}")
        if number < 1:
            raise InputError(f"{path}: {name} has the number {number}; labels are whole numbers from 1")
        table[name] = number
    used = {name: number for name, number in table.items() if name in USED_LABELS}
    if "sacrum" not in used:
        near = difflib.get_close_matches("sacrum", list(table), n=1, cutoff=0.6)
        hint = f"; did you mean 'sacrum' by {near[0]!r}?" if near else ""
        raise InputError(f"{path}: the label table names no sacrum{hint}; known names are {', '.join(USED_LABELS)}")
    numbers = list(used.values())
    twice = [name for name, number in used.items() if numbers.count(number) > 1]
    if twice:
        raise InputError(f"{path}: {' and '.join(twice)} have the same number {used[twice[0]]}")
    return table


def _json_pairs(path: Path, text: str) -> list[tuple[str, int]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON ({error})") from error
    if isinstance(document, dict) and isinstance(document.get("labels"), dict):
        document = document["labels"]
    if not isinstance(document, dict):
        raise InputError(f'{path}: a label table in JSON is an object such as {{"sacrum": 25}}')
    pairs = []
    for key, value in document.items():
        pair = _pair(str(key), value)
        if pair is None:
            raise InputError(f"{path}: {key!r}: {value!r} does not pair a name with a whole number")
        pairs.append(pair)
    return pairs


def _csv_pairs(text: str) -> list[tuple[str, int]]:
    separator = next((mark for mark in ("\t", ";", ",") if mark in text), ",")
    pairs = []
    for row in csv.reader(text.splitlines(), delimiter=separator):
        cells = [cell.strip() for cell in row if cell.strip()]
        pair = _pair(cells[0], cells[1]) if len(cells) >= 2 and not cells[0].startswith("#") else None
        if pair is not None:
            pairs.append(pair)
    return pairs


def _pair(first: str, second: object) -> tuple[str, int] | None:
    """The name and the number, whichever comes first."""
    if isinstance(second, int) and not isinstance(second, bool):
        return first, second
    if not isinstance(second, str):
        return None
    if second.lstrip("-").isdecimal() and not first.lstrip("-").isdecimal():
        return first, int(second)
    if first.lstrip("-").isdecimal():
        return second, int(first)
    return None
