"""What became of each branch, in the words and colours that every picture uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from rfplan.report import palette

BranchState = Literal["captured", "ap_only", "missed", "unjudged"]

WORDS: Final[Mapping[BranchState, str]] = {
    "captured": "captured",
    "ap_only": "AP view only",
    "missed": "missed",
    "unjudged": "not judged",
}
"""``captured``: transected in 3-D; ``ap_only``: the lesion overlaps the branch in the AP view but does not transect it."""


def branch_states(evaluation: Mapping[str, Any] | None) -> dict[str, BranchState]:
    """State of every branch of an evaluation's JSON, by the branch's name; over many courses, what happens in most."""
    states: dict[str, BranchState] = {}
    for nerve in (evaluation or {}).get("nerves", ()):
        captured = nerve["captured"]
        if float(captured.get("transection", 0.0)) >= 0.5:
            states[nerve["name"]] = "captured"
        elif float(captured.get("ap_projection", 0.0)) >= 0.5:
            states[nerve["name"]] = "ap_only"
        else:
            states[nerve["name"]] = "missed"
    return states


def state_colours(state: BranchState) -> tuple[str, ...]:
    """One colour, or two that alternate along the branch."""
    return {
        "captured": (palette.CAPTURED,),
        "ap_only": (palette.CAPTURED, palette.MISSED),
        "missed": (palette.MISSED,),
        "unjudged": (palette.UNJUDGED,),
    }[state]
