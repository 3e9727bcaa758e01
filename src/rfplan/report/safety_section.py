"""Every safety check with its value, limits and status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rfplan.report.html import Child, Html, element, firm, table
from rfplan.report.limits import (
    check_subject,
    check_title,
    gravity,
    limit_words,
    marks_of,
    value_words,
    worst_per_check,
)
from rfplan.report.status_mark import status_mark

_HEADS = ("Check", "Where", "Value", "Unit", "Caution", "Stop", "Mark", "Status")


def safety_section(evaluation: Mapping[str, Any]) -> Html:
    """The gravest answer to every check, all that are not in order, and the rest behind a fold."""
    checks: Sequence[Mapping[str, Any]] = evaluation["safety"]
    worst = worst_per_check(checks, str(evaluation.get("side", "")))
    shown = {id(check) for check in worst}
    also = [check for check in checks if check["status"] != "ok" and id(check) not in shown]
    also.sort(key=gravity, reverse=True)
    parts: list[Child] = [
        table(
            "Each check where it is worst in this plan",
            _HEADS,
            [_row(check) for check in worst],
            numeric=(2,),
            class_="wide",
        ),
        element(
            "p",
            "Caution and Stop: from where on a value calls for either. Mark: how the limits are known; A is an assumption of ours "
            "(see Assumptions). A dash as value: nothing near.",
            class_="note",
        ),
    ]
    if also:
        parts.append(
            table(
                "Also not in order",
                _HEADS,
                [_row(check) for check in also],
                numeric=(2,),
                class_="wide small",
            )
        )
    if len(checks) > len(worst):
        parts.append(
            element(
                "details",
                element("summary", f"All {len(checks)} answers"),
                table(
                    "All answers",
                    _HEADS,
                    [_row(check) for check in checks],
                    numeric=(2,),
                    class_="wide small",
                ),
            )
        )
    return element("section", element("h2", "Safety", id="safety"), parts, aria_labelledby="safety")


def _row(check: Mapping[str, Any]) -> tuple[Child, ...]:
    warn, stop = limit_words(check)
    value = value_words(check)
    note = str(check.get("note") or "")
    if value.startswith("<"):
        # the value says so already
        note = "; ".join(part for part in note.split("; ") if not part.startswith("below "))
    name: Child = check_title(check)
    if note:
        name = element("span", name, element("small", note.replace("degC", "°C")))
    return (
        name,
        check_subject(check),
        value,
        str(check.get("unit") or "").replace("degC", "°C"),
        firm(warn),
        firm(stop),
        firm(marks_of(check) or "–"),
        status_mark(str(check["status"])),
    )
