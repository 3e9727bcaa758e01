"""The top of the report: what the plan takes, at what risk, for what effort."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rfplan.report.branch_state import branch_states
from rfplan.report.html import Html, element, number, percent
from rfplan.report.limits import check_subject, check_title, worst_check, worst_per_check
from rfplan.report.status_mark import STATUS_WORDS, icon

CRITERIA: Mapping[str, str] = {
    "transection": "3-D transection",
    "ap_projection": "AP projection",
}
"""Capture criteria and what they are called; the first is the one that nerve death needs."""


def summary_section(evaluation: Mapping[str, Any]) -> Html:
    """Five figures in one row, and the same in two sentences."""
    coverage = evaluation["coverage"]
    warnings = evaluation.get("warnings") or ()
    tiles = [_coverage_tile(title, coverage[key], int(evaluation["courses"])) for key, title in CRITERIA.items()]
    worst = worst_check(evaluation["safety"])
    status = worst["status"] if worst else "ok"
    tiles.append(
        _tile(
            "Safety",
            [icon(status), STATUS_WORDS.get(status, status)],
            _named(worst) if worst and status != "ok" else "all checks within their limits",
            status,
        )
    )
    minutes = evaluation["energy_time_s"] / 60.0
    tiles.append(
        _tile("Needles", str(evaluation["needles"]), f"in {_counted(evaluation['applications'], 'application')}")
    )
    tiles.append(_tile("Energy on", [number(minutes), element("small", " min")], "one after the other"))
    return element(
        "section",
        element("h2", "At a glance", id="glance"),
        element("div", tiles, class_="tiles"),
        element("p", _sentence(evaluation), class_="verdict"),
        element("ul", [element("li", text.replace("degC", "°C")) for text in warnings], class_="warnings")
        if warnings
        else "",
        aria_labelledby="glance",
    )


def _coverage_tile(title: str, result: Mapping[str, Any], courses: int) -> Html:
    complete = float(result["complete_fraction"])
    if courses > 1:
        note = f"complete in {percent(complete)} of {courses} courses"
        interval = result.get("captured_ci95")
        if interval and interval[0] < interval[1]:
            note += f"; 95 % interval of the mean {percent(interval[0])} to {percent(interval[1])}"
    else:
        note = "every branch captured" if complete >= 1.0 else "not every branch captured"
    tone = "ok" if complete >= 1.0 else "warn" if float(result["captured_fraction"]) >= 0.5 else "stop"
    return _tile(f"Captured, {title}", percent(result["captured_fraction"]), note, tone)


def _tile(title: str, value: Any, note: str, tone: str = "") -> Html:
    return element(
        "div",
        element("h3", title),
        element("div", value, class_="value"),
        element("p", note),
        class_=f"tile {tone}".strip(),
    )


def _sentence(evaluation: Mapping[str, Any]) -> str:
    nerves = evaluation["nerves"]
    courses = int(evaluation["courses"])
    if courses > 1:
        text = (
            f"Judged on {courses} possible courses of the branches. On average the lesions transect "
            f"{percent(evaluation['coverage']['transection']['captured_fraction'])} of them. "
        )
    else:
        states = branch_states(evaluation)
        cut = [name for name, state in states.items() if state == "captured"]
        text = f"The lesions transect {len(cut)} of {_counted(len(nerves), 'branch', 'branches')}. "
        over = [name for name, state in states.items() if state == "ap_only"]
        missed = [name for name, state in states.items() if state == "missed"]
        if over:
            text += (
                f"{_listed(over)} {'is' if len(over) == 1 else 'are'} overlapped in the AP view but not transected. "
            )
        if missed:
            text += f"{_listed(missed)} {'is' if len(missed) == 1 else 'are'} missed. "
    checks = evaluation["safety"]
    for status, words in (("stop", "beyond the stop limit"), ("warn", "in the range of caution")):
        found = [
            check for check in worst_per_check(checks, str(evaluation.get("side", ""))) if check["status"] == status
        ]
        if found:
            text += f"{words[:1].upper()}{words[1:]}: {'; '.join(_lowered(_named(check)) for check in found)}. "
    if all(check["status"] == "ok" for check in checks):
        text += f"All {len(checks)} safety checks are within their limits."
    return text


def _named(check: Mapping[str, Any]) -> str:
    subject = check_subject(check)
    # what is in brackets there is in the table
    return f"{check_title(check)}, {re.sub(r' *[(].*?[)]', '', subject)}" if subject else check_title(check)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
