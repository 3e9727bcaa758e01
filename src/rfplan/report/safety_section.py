"""Every safety check with its value, limits and status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rfplan.report.html import Html, element, number, table
from rfplan.report.limits import limit_words
from rfplan.report.status_mark import STATUS_ORDER, status_mark

_SAID_ELSEWHERE: Final = frozenset({"check", "value", "unit", "warn", "stop", "status"})


def safety_section(evaluation: Mapping[str, Any]) -> Html:
    """One table, the gravest checks first."""
    checks = sorted(
        evaluation["safety"],
        key=lambda check: -STATUS_ORDER.index(check["status"]) if check["status"] in STATUS_ORDER else -1,
    )
    rows = []
    for check in checks:
        warn, stop = limit_words(check)
        rows.append(
            (
                _name(check),
                number(check.get("value")),
                str(check.get("unit") or "").replace("degC", "°C"),
                warn,
                stop,
                status_mark(str(check["status"])),
            )
        )
    return element(
        "section",
        element("h2", "Safety", id="safety"),
        table(
            "Checks of the plan in this patient",
            ("Check", "Value", "Unit", "Caution", "Stop", "Status"),
            rows,
            numeric=(1,),
            class_="wide",
        ),
        aria_labelledby="safety",
    )


def _name(check: Mapping[str, Any]) -> Html:
    words = str(check["check"]).replace("_", " ")
    name = element("span", words[:1].upper() + words[1:])
    more = [
        f"{key.replace('_', ' ')} {value}" if key not in ("where", "note", "detail") else str(value)
        for key, value in check.items()
        if key not in _SAID_ELSEWHERE and value not in (None, "", [], {})
    ]
    return element("span", name, element("small", "; ".join(more))) if more else name
