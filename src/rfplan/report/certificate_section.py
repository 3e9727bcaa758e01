"""What the optimiser proved about a plan, and how it does on courses it never saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rfplan.planning.coverage import CRITERIA
from rfplan.planning.optimiser.objective import AIM_WORDS, MOVED, TARGETED
from rfplan.report.html import Child, Html, element, table
from rfplan.report.limits import check_title
from rfplan.report.summary_section import CRITERIA as TITLES

_STATUS: Final = {
    "optimal": "proved: no choice of the candidates does better",
    "gap": "within the gap that was asked for",
    "time_limit": "time was up before the proof",
    "node_limit": "as many nodes were looked at as were allowed, before the proof",
    "cancelled": "cancelled before the proof",
}
_REASONS: Final = {"no_way_in": "Directions in which no straight shaft comes from the skin past the bone"}


def certificate_section(found: Mapping[str, Any] | None) -> Html:
    """The section for the content of ``optimisation.json``; empty without one."""
    if not found:
        return Html("")
    proof = found["certificate"]
    return element(
        "section",
        element("h2", "How good it can be", id="certificate"),
        element("p", _verdict(proof), class_="verdict"),
        _courses(found),
        element("p", _meaning(proof), class_="note"),
        element("p", MOVED, class_="note") if _refined(found) else "",
        _removed(found["removed"]) if found.get("removed") else "",
        [element("p", sentence, class_="note") for sentence in _notes(found)],
        aria_labelledby="certificate",
    )


def _notes(found: Mapping[str, Any]) -> list[str]:
    checked = found.get("confirmed")
    return [*found.get("notes", ()), *([checked["sentence"]] if checked else [])]


def _refined(found: Mapping[str, Any]) -> bool:
    moved = found.get("refinement") or {}
    return moved.get("before") != moved.get("after")


def _verdict(proof: Mapping[str, Any]) -> str:
    aim = proof["aim"] if proof["reached"] else "complete"
    bound = proof["bound"]
    limit = (
        f"no choice of the {proof['candidates']:,} candidates {'goes below' if aim in TARGETED else 'passes'} {_worth(aim, bound)} "
        f"(gap {_exactly(proof['gap'])})"
        if bound is not None
        else "there is no bound"
    )
    return (
        f"{AIM_WORDS[aim]} by the {TITLES[proof['criterion']]} criterion on the {proof['courses']} courses it was found on: "
        f"{_worth(aim, proof['objective'])}; {limit}. Search: {_STATUS[proof['status']]}, {proof['time_s']:.0f} s."
    )


def _worth(aim: str, value: float) -> str:
    return f"{value:.4g}" if aim in TARGETED else _exactly(value)


def _exactly(fraction: float) -> str:
    return f"{100.0 * fraction:.2f} %"


def _courses(found: Mapping[str, Any]) -> Html:
    rows: list[tuple[Child, ...]] = []
    for key, name in (("train", "found on"), ("unseen", "never seen")):
        entry = found[key]
        rows.append(
            (
                f"{name} ({entry['courses']:,})",
                *(
                    _exactly(entry[criterion][part])
                    for criterion in reversed(CRITERIA)
                    for part in ("captured_fraction", "complete_fraction")
                ),
            )
        )
    heads = ["Courses"]
    for criterion in reversed(CRITERIA):
        heads += [f"Captured, {TITLES[criterion]}", "Every branch"]
    return table("Courses of the branches", heads, rows, numeric=range(1, len(heads)))


def _meaning(proof: Mapping[str, Any]) -> str:
    text = (
        "In the bound each lesion counts on its own: a branch is taken if one lesion alone takes it. Nothing is said of places "
        "between the candidates."
    )
    union, bound = proof.get("union_objective"), proof.get("union_bound")
    if union is not None and bound is not None:
        text += (
            f" Taken together, lesions that touch count as one: the choice is then worth {_exactly(union)}, and no choice of "
            f"candidates more than {_exactly(bound)}."
        )
    return text


def _removed(removed: Mapping[str, int]) -> Html:
    rows: list[tuple[Child, ...]] = [
        (_REASONS.get(reason) or check_title({"check": reason}), f"{count:,}") for reason, count in removed.items()
    ]
    caption = "Candidates that were taken out before the search, by the first limit they break"
    return table(caption, ("Limit", "Candidates"), rows, numeric=(1,))
