"""The top of the report: what the plan takes, at what risk, for what effort."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfplan.report.html import Html, element, number, percent
from rfplan.report.limits import worst_check
from rfplan.report.status_mark import STATUS_WORDS, icon

CRITERIA: Mapping[str, str] = {
    "transection": "3-D transection",
    "ap_projection": "AP projection",
}
"""Capture criteria and what they are called; the first is the one that nerve death needs."""


def summary_section(evaluation: Mapping[str, Any]) -> Html:
    """Five figures in one row, and the same in two sentences."""
    coverage = evaluation["coverage"]
    tiles = [
        _coverage_tile(key, title, coverage[key], evaluation["courses"]) for key, title in CRITERIA.items()
    ]
    worst = worst_check(evaluation["safety"])
    status = worst["status"] if worst else "ok"
    tiles.append(
        _tile(
            "Safety",
            [icon(status), STATUS_WORDS.get(status, status)],
            f"worst check: {_check_name(worst)}"
            if worst and status != "ok"
            else "all checks within their limits",
            status,
        )
    )
    minutes = evaluation["energy_time_s"] / 60.0
    tiles.append(
        _tile(
            "Needles", str(evaluation["needles"]), f"in {_counted(evaluation['applications'], 'application')}"
        )
    )
    tiles.append(_tile("Energy on", [number(minutes), element("small", " min")], "one after the other"))
    return element(
        "section",
        element("h2", "At a glance", id="glance"),
        element("div", tiles, class_="tiles"),
        element("p", _sentence(evaluation), class_="verdict"),
        aria_labelledby="glance",
    )


def _coverage_tile(key: str, title: str, result: Mapping[str, Any], courses: int) -> Html:
    complete = float(result["complete_fraction"])
    if courses > 1:
        note = f"complete in {percent(complete)} of {courses} courses"
    else:
        note = "every branch captured" if complete >= 1.0 else "not every branch captured"
    tone = "ok" if complete >= 1.0 else "warn" if float(result["captured_fraction"]) >= 0.5 else "stop"
    return _tile(
        f"Captured, {title}", percent(result["captured_fraction"]), note, f"main {tone}" if key else tone
    )


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
        taken = [n for n in nerves if float(n["captured"]["transection"]) >= 0.5]
        missed = [n["name"] for n in nerves if float(n["captured"]["transection"]) < 0.5]
        text = f"The lesions transect {len(taken)} of {_counted(len(nerves), 'branch', 'branches')}"
        text += f"; missed: {', '.join(missed)}. " if missed else ". "
    checks = evaluation["safety"]
    for status, words in (("stop", "beyond the stop limit"), ("warn", "in the range of caution")):
        found = [_check_name(check) for check in checks if check["status"] == status]
        if found:
            text += f"{_counted(len(found), 'safety check')} {words}: {'; '.join(found[:3])}"
            text += f" and {len(found) - 3} more. " if len(found) > 3 else ". "
    if all(check["status"] == "ok" for check in checks):
        text += f"All {len(checks)} safety checks are within their limits."
    return text


def _check_name(check: Mapping[str, Any] | None) -> str:
    return str(check["check"]).replace("_", " ") if check else ""


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
