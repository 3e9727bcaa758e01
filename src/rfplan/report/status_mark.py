"""Marks that say yes, no, careful and stop by shape and word, not by colour alone."""

from __future__ import annotations

from typing import Final

from rfplan.report.branch_state import WORDS, BranchState
from rfplan.report.html import Html, element, percent

_PATHS: Final = {
    "ok": "M3.2 8.6 6.6 12 12.8 4.4",
    "warn": "M8 4.2V8.9M8 11.7V11.9",
    "stop": "M4.7 4.7 11.3 11.3M11.3 4.7 4.7 11.3",
}
_OUTLINES: Final = {
    "ok": '<circle cx="8" cy="8" r="8"/>',
    "warn": '<path d="M8 .6 16 15H0Z"/>',
    "stop": '<path d="M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7Z"/>',
}
STATUS_WORDS: Final = {"ok": "OK", "warn": "Caution", "stop": "Stop"}
STATUS_ORDER: Final = ("ok", "warn", "stop")


def icon(status: str) -> Html:
    """A disc with a tick, a triangle with an exclamation mark, or an octagon with a cross."""
    known = status if status in _PATHS else "warn"
    return Html(
        f'<svg class="icon {known}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{_OUTLINES[known]}'
        f'<path class="stroke" d="{_PATHS[known]}"/></svg>'
    )


def status_mark(status: str) -> Html:
    """The sign and the word of a safety status."""
    return element("span", icon(status), STATUS_WORDS.get(status, status), class_=f"status {status}")


def captured_mark(value: object, courses: int) -> Html:
    """Whether a branch was captured, or in which share of the courses."""
    share = float(value) if isinstance(value, int | float) else 0.0
    if courses > 1:
        return element("span", percent(share))
    return element(
        "span",
        icon("ok" if share >= 0.5 else "stop"),
        "captured" if share >= 0.5 else "missed",
        class_="mark",
    )


def branch_word(state: BranchState) -> Html:
    """The word for what became of a branch, with its colour beside it."""
    return element("span", element("i", class_=f"swatch {state}"), WORDS[state], class_="branch")
