"""Figures from the literature: every number in ``anatomy/`` with its unit, spread, source and trust mark."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from rfplan.errors import InputError

MARKS: Mapping[str, str] = {
    "F": "read on a page of the source itself",
    "F2": "second hand: read on a page that summarises the source",
    "M": "measured by us from a public data set; n is small",
    "I": "inferred by arithmetic from read figures",
    "C": "computed by us from a stated model",
    "R-hi": "from memory, high confidence",
    "R-med": "from memory, medium confidence",
    "R-lo": "from memory, low confidence; never shown as published",
    "A": "an assumption of ours",
}
"""Trust marks and what each means."""


@dataclass(frozen=True)
class Figure:
    """One number and where it comes from.

    ``value`` and ``sd`` are in ``unit``; ``sd`` is None where no spread is known; ``n`` counts subjects;
    ``source`` is a key of ``anatomy/bibliography.toml``; ``mark`` is one of :data:`MARKS`.
    """

    value: float
    unit: str
    source: str
    mark: str
    sd: float | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    male: float | None = None
    female: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.mark not in MARKS:
            raise InputError(f"mark {self.mark!r} is not one of {', '.join(MARKS)}")

    @property
    def is_assumption(self) -> bool:
        """True where a user must be told that the number is assumed."""
        return self.mark in ("A", "R-lo")


def anatomy_folder() -> Path:
    """Folder of the anatomy data files: inside the installed package, or at the root of a checkout."""
    installed = Path(__file__).parent / "_anatomy_data"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "anatomy"


@cache
def figures(name: str) -> Mapping[str, Figure]:
    """All figures of ``anatomy/<name>.toml`` by their dotted key, such as ``sacrum.length``.

    A table with a ``value`` is a figure; any other table is a group.
    """
    path = anatomy_folder() / f"{name}.toml"
    with path.open("rb") as handle:
        document = tomllib.load(handle)
    return dict(_walk(document, "", path))


@cache
def bibliography() -> Mapping[str, Mapping[str, Any]]:
    """Sources by key: title, year, address or DOI."""
    with (anatomy_folder() / "bibliography.toml").open("rb") as handle:
        return tomllib.load(handle)


def _walk(table: Mapping[str, Any], prefix: str, path: Path) -> Iterator[tuple[str, Figure]]:
    known = {field.name for field in fields(Figure)}
    for key, entry in table.items():
        dotted = f"{prefix}{key}"
        if not isinstance(entry, Mapping):
            raise InputError(f"{path.name}: {dotted} is neither a figure nor a group of figures")
        if "value" not in entry:
            yield from _walk(entry, f"{dotted}.", path)
            continue
        unknown = set(entry) - known
        if unknown:
            raise InputError(f"{path.name}: {dotted} has unknown keys {sorted(unknown)}; known are {sorted(known)}")
        try:
            yield dotted, Figure(**entry)
        except (TypeError, InputError) as error:
            raise InputError(f"{path.name}: {dotted}: {error}") from error
