"""Limits of safety checks in words, and which check is the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rfplan.report.html import number
from rfplan.report.status_mark import STATUS_ORDER


def limit_words(check: Mapping[str, Any]) -> tuple[str, str]:
    """From where on a value calls for caution and for a stop, such as ``below 8.0`` and ``below 5.0``."""
    warn, stop = check.get("warn"), check.get("stop")
    if warn is None and stop is None:
        return "–", "–"
    if warn is not None and stop is not None and warn != stop:
        low_is_bad = stop < warn
    else:
        # one limit alone: the status tells on which side of it the value is
        limit = stop if stop is not None else warn
        low_is_bad = (float(check["value"]) < float(limit or 0.0)) == (check["status"] != "ok")
    word = "below" if low_is_bad else "above"
    return tuple("–" if limit is None else f"{word} {number(limit)}" for limit in (warn, stop))  # type: ignore[return-value]


def worst_check(checks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first of the checks with the gravest status; None without checks."""
    if not checks:
        return None
    return max(checks, key=lambda check: (_gravity(check), -checks.index(check)))


def _gravity(check: Mapping[str, Any]) -> int:
    status = str(check["status"])
    return STATUS_ORDER.index(status) if status in STATUS_ORDER else 1
