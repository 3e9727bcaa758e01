"""Figures of a study: what each strategy takes, by level and in all, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rfplan.report.palette import CAPTURED, INK, LESION, MISSED, MUTED, UNJUDGED, WARM
from rfplan.report.study_plot import dress, kept, sheet

_COLOURS = {"L5": CAPTURED, "S1": LESION, "S2": WARM, "S3": INK, "S4": UNJUDGED}


def draw_study(folder: Path, rows: Sequence[Mapping[str, Any]], title: str) -> tuple[Path, ...]:
    """Write ``captured_by_level.png`` and ``complete.png`` to ``folder``.

    Parameters
    ----------
    rows : one per strategy, as :func:`rfplan.study.summary.strategy_rows` gives them
    title : what they were found on, shown above each figure
    """
    return (_by_level(folder, rows, title), _complete(folder, rows, title))


def _by_level(folder: Path, rows: Sequence[Mapping[str, Any]], title: str) -> Path:
    figure = sheet(8.0, 0.9 + 0.62 * len(rows))
    axis = figure.add_subplot()
    # of a level without branches nothing can be taken
    levels = [level for level in rows[0]["missed"] if rows[0]["branches"][level]]
    height = 0.8 / len(levels)
    for place, row in enumerate(rows):
        for number, level in enumerate(levels):
            at = place + (number - 0.5 * (len(levels) - 1)) * height
            share = 100.0 * (1.0 - row["missed"][level])
            label = level if place == 0 else None
            axis.barh(at, share, 0.85 * height, color=_COLOURS[level], label=label)
            axis.text(share + 0.8, at, f"{share:.0f}", va="center", fontsize=6.5, color=MUTED)
    _dress(axis, rows, "branches taken, % of those of the level", title)
    _legend(axis, len(levels))
    return kept(figure, folder / "captured_by_level.png")


def _complete(folder: Path, rows: Sequence[Mapping[str, Any]], title: str) -> Path:
    figure = sheet(8.0, 1.1 + 0.42 * len(rows))
    axis = figure.add_subplot()
    for place, row in enumerate(rows):
        for key, interval, colour, shift, label in (
            ("captured_mean", "captured_ci95", CAPTURED, -0.14, "mean part of the branches taken"),
            ("complete", "complete_ci95", MISSED, 0.14, "people in whom every branch is taken"),
        ):
            low, high = (100.0 * value for value in row[interval])
            axis.plot([low, high], [place + shift] * 2, color=colour, lw=2.0)
            axis.plot(100.0 * row[key], place + shift, "o", ms=5, color=colour, label=label if place == 0 else None)
    _dress(axis, rows, "%, with 95 % intervals", title)
    _legend(axis, 2)
    return kept(figure, folder / "complete.png")


def _dress(axis: Any, rows: Sequence[Mapping[str, Any]], label: str, title: str) -> None:
    axis.set_yticks(range(len(rows)), [row["strategy"] for row in rows], fontsize=8.5, color=INK)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xlim(0.0, 106.0)
    axis.set_xticks(range(0, 101, 20))
    axis.set_xlabel(label, fontsize=8.5, color=MUTED)
    axis.set_title(title, fontsize=9, color=INK, loc="left")
    dress(axis, "x", ("top", "right", "left"))
    axis.tick_params(axis="y", labelsize=8.5, labelcolor=INK, length=0)


def _legend(axis: Any, columns: int) -> None:
    """Below the label of the axis, however many rows there are."""
    height_in = axis.get_position().height * axis.figure.get_figheight()
    axis.legend(ncols=columns, loc="upper center", bbox_to_anchor=(0.45, -0.42 / height_in), frameon=False, fontsize=8)
