"""Safety checks in words: their names, their limits, and which is the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rfplan.planning.safety import TITLES
from rfplan.report.html import number
from rfplan.report.status_mark import STATUS_ORDER

_SENSES = {"below": "below", "above": "above", "reached": "from"}


def check_title(check: Mapping[str, Any]) -> str:
    """Name of a check for people."""
    key = str(check["check"])
    text = TITLES.get(key, key.replace("_", " ")).replace("degC", "°C")
    return text[:1].upper() + text[1:]


def check_subject(check: Mapping[str, Any]) -> str:
    """What the check is about, such as ``S1 right`` or ``needle 3``."""
    return str(check.get("concerns") or "").replace("_", " ")


def limit_words(check: Mapping[str, Any]) -> tuple[str, str]:
    """From where on a value calls for caution and for a stop, such as ``below 8.0`` and ``below 5.0``."""
    warn, stop = check.get("warn"), check.get("stop")
    word = _SENSES.get(str(check.get("sense")))
    if word is None:
        word = "below" if warn is not None and stop is not None and stop < warn else "above"
    return _limit(word, warn), _limit(word, stop)


def value_words(check: Mapping[str, Any]) -> str:
    """The value; of a temperature that is not reached only that, as nothing is known below the lowest isotherm."""
    value, warn = check.get("value"), check.get("warn")
    if check.get("sense") == "reached" and value is not None and warn is not None and value < warn:
        return f"< {number(warn)}"
    return number(value)


def marks_of(check: Mapping[str, Any]) -> str:
    """Trust marks of the limits; one where both are alike."""
    marks = check.get("mark") or {}
    return " / ".join(dict.fromkeys(str(marks[key]) for key in ("warn", "stop") if marks.get(key)))


def gravity(check: Mapping[str, Any]) -> tuple[int, float]:
    """Order of checks from harmless to grave: by status, then by how far the value is past its limits or from them."""
    status = str(check["status"])
    rank = STATUS_ORDER.index(status) if status in STATUS_ORDER else 1
    value, warn, stop = check.get("value"), check.get("warn"), check.get("stop")
    if value is None or warn is None or stop is None:
        return rank, float("-inf")
    span = abs(float(stop) - float(warn)) or 1.0
    past = (float(warn) - float(value)) / span
    return rank, past if check.get("sense", "below") == "below" else -past


def worst_check(checks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The gravest of the checks; None without checks."""
    return max(checks, key=gravity, default=None)


def worst_per_check(checks: Sequence[Mapping[str, Any]], side: str = "") -> list[Mapping[str, Any]]:
    """The gravest answer to every check, the gravest first; among equals the one on the ``side`` of the plan."""
    held: dict[str, Mapping[str, Any]] = {}
    for check in sorted(checks, key=lambda check: not check_subject(check).endswith(side)):
        key = str(check["check"])
        if key not in held or gravity(check) > gravity(held[key]):
            held[key] = check
    # the order of the table within a status, which a reader can learn
    order = list(dict.fromkeys(str(check["check"]) for check in checks))
    return sorted(held.values(), key=lambda check: (-gravity(check)[0], order.index(str(check["check"]))))


def _limit(word: str, value: float | None) -> str:
    return "–" if value is None else f"{word} {number(value)}"
