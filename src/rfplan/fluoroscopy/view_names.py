"""Names of views, and what they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rfplan.anatomy.sides import LEVELS, Side
from rfplan.errors import InputError, did_you_mean

VIEW_NAMES: Final = (
    "ap",
    "true_ap",
    "lateral",
    "lateral_left",
    "lateral_right",
    "oblique_left_20",
    "oblique_right_20",
    "contralateral_oblique",
    "sij_overlap",
    "foramen_S1_left",
    "foramen_S1_right",
    "down_the_barrel_1",
)
"""Views by name. The angle of an oblique one may be any whole number from 1 to 90, the level of a foramen S1 to S4, the number of a
needle any that the plan has; ``contralateral_oblique`` and ``sij_overlap`` may end in the side of the target."""

_PATTERNS: Final = (
    ("ap", re.compile(r"ap")),
    ("true_ap", re.compile(r"true_ap")),
    ("lateral", re.compile(r"lateral(?:_(?P<side>left|right))?")),
    ("oblique", re.compile(r"oblique_(?P<side>left|right)_(?P<number>\d{1,2})")),
    ("contralateral_oblique", re.compile(r"contralateral_oblique(?:_(?P<side>left|right))?")),
    ("sij_overlap", re.compile(r"sij_overlap(?:_(?P<side>left|right))?")),
    ("foramen", re.compile(r"foramen_(?P<level>s\d)_(?P<side>left|right)")),
    ("down_the_barrel", re.compile(r"down_the_barrel(?:_(?P<number>\d{1,3}))?")),
)


@dataclass(frozen=True)
class ViewName:
    """A view's ``kind``, and what its name adds: side, number (degrees or needle) and level."""

    kind: str
    side: Side | None = None
    number: int | None = None
    level: str | None = None


def parse_view(name: str) -> ViewName:
    """What a view's name says; upper and lower case are the same.

    Raises
    ------
    InputError : no such view, with a suggestion; an oblique angle or a level that is not there
    """
    text = name.strip().lower()
    for kind, pattern in _PATTERNS:
        matched = pattern.fullmatch(text)
        if matched is None:
            continue
        parts = matched.groupdict()
        side: Side | None = None if parts.get("side") is None else ("left" if parts["side"] == "left" else "right")
        number = None if parts.get("number") is None else int(parts["number"])
        level = None if parts.get("level") is None else parts["level"].upper()
        if kind == "oblique" and not 1 <= (number or 0) <= 90:
            raise InputError(f"view {name!r}: the angle of an oblique view must be from 1 to 90 degrees")
        if level is not None and level not in LEVELS:
            raise InputError(f"view {name!r}: there is no foramen {level}; accepted: {', '.join(LEVELS)}")
        if kind == "down_the_barrel" and number == 0:
            raise InputError(f"view {name!r}: needles are numbered from 1")
        return ViewName(kind, side, number, level)
    meant = did_you_mean(name, VIEW_NAMES)
    raise InputError(
        f"view {name!r} is not known;{meant} accepted: {', '.join(VIEW_NAMES)} (any angle, level, side, needle)"
    )
