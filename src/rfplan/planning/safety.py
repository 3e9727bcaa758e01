"""Safety checks: what each asks, its limits with their source, and the row of the table that answers it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal

from rfplan.figures import Figure, figures

Status = Literal["ok", "warn", "stop"]
Sense = Literal["below", "above", "reached"]

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "canal_distance": "lethal surface to sacral foramen's canal",
        "canal_isotherm": "hottest isotherm in the canal",
        "needle_to_canal": "active tip to the canal's edge",
        "ventral_root_distance": "lethal surface to ventral root",
        "ventral_root_isotherm": "hottest isotherm at the ventral root",
        "skin_distance": "45 degC surface to skin",
        "skin_isotherm": "hottest isotherm at the skin",
        "needle_in_bone": "needle through bone",
        "tip_off_bone": "tip off the bone",
        "tip_below_dorsal_bone": "tip below the back of the sacrum",
        "needle_to_needle": "shaft to shaft",
        "beyond_joint_line": "lethal surface beyond the posterior SIJ line",
    }
)
"""Every check and its name for people."""

_SENSES: Mapping[str, Sense] = {
    "canal_distance": "below",
    "canal_isotherm": "reached",
    "needle_to_canal": "below",
    "ventral_root_distance": "below",
    "ventral_root_isotherm": "reached",
    "skin_distance": "below",
    "skin_isotherm": "reached",
    "needle_in_bone": "above",
    "tip_off_bone": "above",
    "tip_below_dorsal_bone": "above",
    "needle_to_needle": "below",
    "beyond_joint_line": "above",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """When a check warns and stops: its value ``below`` or ``above`` the figure, or it has ``reached`` it."""

    check: str
    sense: Sense
    warn: float
    stop: float
    unit: str
    figures: tuple[Figure, Figure]

    def status(self, value: float) -> Status:
        """Status of a value of this check."""
        if self.sense == "below":
            return "stop" if value < self.stop else "warn" if value < self.warn else "ok"
        if self.sense == "above":
            return "stop" if value > self.stop else "warn" if value > self.warn else "ok"
        return "stop" if value >= self.stop else "warn" if value >= self.warn else "ok"

    @property
    def assumed(self) -> bool:
        """True if one of the two figures is an assumption."""
        return any(figure.is_assumption for figure in self.figures)


@dataclass(frozen=True, slots=True)
class SafetyRow:
    """One answer: ``value`` in ``limit.unit`` about ``concerns``, such as ``S1_right`` or ``needle 3``; ``note`` for the user."""

    concerns: str
    value: float
    status: Status
    limit: Limit
    note: str = ""

    @property
    def check(self) -> str:
        """Key of the check."""
        return self.limit.check

    @property
    def title(self) -> str:
        """Name of the check for people."""
        return TITLES[self.limit.check]

    def to_json(self) -> dict[str, Any]:
        """The entry of ``evaluation.json``; a value that is infinite (nothing near) becomes null."""
        limit = self.limit
        warn, stop = limit.figures
        return {
            "check": limit.check,
            "concerns": self.concerns,
            "value": self.value if math.isfinite(self.value) else None,
            "unit": limit.unit,
            "warn": limit.warn,
            "stop": limit.stop,
            "sense": limit.sense,
            "status": self.status,
            "note": self.note,
            "source": {"warn": warn.source, "stop": stop.source},
            "mark": {"warn": warn.mark, "stop": stop.mark},
        }


@cache
def limits() -> Mapping[str, Limit]:
    """Limits of every check, from ``anatomy/safety.toml``."""
    table = figures("safety")
    found = {}
    for check, sense in _SENSES.items():
        warn, stop = table[f"{check}.warn"], table[f"{check}.stop"]
        found[check] = Limit(check, sense, warn.value, stop.value, warn.unit, (warn, stop))
    return MappingProxyType(found)


def row(check: str, concerns: str, value: float, note: str = "") -> SafetyRow:
    """The answer to ``check``, with its status."""
    limit = limits()[check]
    return SafetyRow(concerns, value, limit.status(value), limit, note)


_RANK: Mapping[Status, int] = {"ok": 0, "warn": 1, "stop": 2}


def worst(rows: tuple[SafetyRow, ...]) -> Status:
    """The gravest status among ``rows``."""
    return max((entry.status for entry in rows), key=_RANK.__getitem__, default="ok")


def worst_per_check(rows: tuple[SafetyRow, ...], side: str = "") -> tuple[SafetyRow, ...]:
    """The gravest row of every check, the nearest to its limit among equals; in the order of the checks.

    ``side`` of the plan decides where places are alike, so that a reader is not sent to the side that nobody treats.
    """

    def gravity(entry: SafetyRow) -> tuple[int, float]:
        return _RANK[entry.status], -entry.value if entry.limit.sense == "below" else entry.value

    found: dict[str, SafetyRow] = {}
    for entry in sorted(rows, key=lambda entry: not entry.concerns.endswith(side)):
        held = found.get(entry.check)
        if held is None or gravity(entry) > gravity(held):
            found[entry.check] = entry
    return tuple(found[check] for check in TITLES if check in found)
