"""Coverage of the branches, one by one and by level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfplan.anatomy.sides import BRANCH_LEVELS
from rfplan.report.branch_state import BranchState, branch_states
from rfplan.report.html import Html, element, number, percent, table
from rfplan.report.status_mark import branch_word, captured_mark
from rfplan.report.summary_section import CRITERIA


def coverage_section(evaluation: Mapping[str, Any]) -> Html:
    """Two tables: each branch by both criteria with its margin, and each level."""
    courses = int(evaluation["courses"])
    many = courses > 1
    states: dict[str, BranchState] = branch_states(evaluation)
    rows = [
        (
            element("b", nerve["name"]),
            nerve["level"],
            captured_mark(nerve["captured"].get("transection"), courses),
            captured_mark(nerve["captured"].get("ap_projection"), courses),
            number(nerve.get("lethal_length_mm")),
            _margin(nerve.get("margin_mm")),
            str(nerve.get("courses", courses)) if many else branch_word(states[nerve["name"]]),
        )
        for nerve in evaluation["nerves"]
    ]
    by_branch = table(
        f"Branches of the treated side over {courses} courses" if many else "Every branch of the treated side",
        (
            "Branch",
            "Level",
            *CRITERIA.values(),
            "Inside lesion, mm",
            "Margin, mm",
            "Courses that have it" if many else "In the pictures",
        ),
        rows,
        numeric=(4, 5, 6) if many else (4, 5),
        class_="wide",
    )
    levels = [level for level in BRANCH_LEVELS if _has_level(evaluation, level)]
    judged = {nerve["level"] for nerve in evaluation["nerves"]}
    by_level = table(
        "Missed part of the branches, by level",
        ("Criterion", *levels, "All levels captured"),
        [
            (
                title,
                *[
                    _missed(evaluation["coverage"][key]["missed_by_level"].get(level))
                    if level in judged
                    else "no branch"
                    for level in levels
                ],
                element("b", percent(evaluation["coverage"][key]["captured_fraction"])),
            )
            for key, title in CRITERIA.items()
        ],
        numeric=range(1, len(levels) + 2),
    )
    return element(
        "section",
        element("h2", "Coverage", id="coverage"),
        by_branch,
        element(
            "p",
            f"Margin: how deep the branch lies inside the {evaluation.get('lethal_c', 50.0):g} °C surface where it is covered "
            "best; a negative margin is the distance by which the lesion misses it. Inside lesion: how much of the branch lies within "
            "that surface.",
            " Per cent of the courses that have the branch; lengths are means over them. Not every course has as many branches."
            if many
            else "",
            class_="note",
        ),
        by_level,
        aria_labelledby="coverage",
    )


def _has_level(evaluation: Mapping[str, Any], level: str) -> bool:
    missed = (evaluation["coverage"][key]["missed_by_level"].get(level) for key in CRITERIA)
    return any(value is not None for value in missed) or any(n["level"] == level for n in evaluation["nerves"])


def _missed(fraction: object) -> str:
    return "none" if fraction == 0 else percent(fraction)


def _margin(value: object) -> str:
    text = number(value)
    return f"+{text}" if isinstance(value, int | float) and value > 0 else text
