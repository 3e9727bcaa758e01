"""Dose and response: what is captured against lesion width, spacing, number of lesions, and along the series of a design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.report.palette import INK, MUTED
from rfplan.report.study_plot import dress, hues_of, kept, sheet
from rfplan.study.design import StudyDesign
from rfplan.study.series import OPERATOR, Series, series_of
from rfplan.study.statistics import bootstrap_interval
from rfplan.study.tally import StudyTally

_LABELS: Final[Mapping[str, str]] = {
    OPERATOR: "operator error along the bone, SD in mm",
    "spacing_mm": "needles at most this far apart, mm",
    "offset_mm": "from the rim of the foramen, mm",
    "time_s": "time at the set point, s",
    "set_c": "set temperature, °C",
}
_COLUMNS: Final[Mapping[str, str]] = {
    "catalogue_width_mm": "width of a lesion (catalogue, lethal), mm",
    "spacing_mm": "from a tip to the nearest other, mm",
}
_LEAST_PEOPLE: Final = 20
_DIFFERENT_MM: Final = 1.0
"""Means nearer than this are not worth a panel, or a line between them."""


def draw_dose(
    folder: Path,
    design: StudyDesign,
    study: StudyTally,
    rows: Sequence[Mapping[str, Any]],
    criterion: str,
    title: str,
) -> Path:
    """Write ``dose_response.png``.

    Parameters
    ----------
    study : the study counted; ``rows`` one per strategy, as :func:`rfplan.study.summary.strategy_rows` gives them
    title : what they were found on
    """
    series = series_of(design)
    known = {str(row["strategy"]): row for row in rows}
    technique = {strategy.name: strategy.technique for strategy in design.strategies}
    hues = hues_of(technique.values())
    means = {column: {name: entry.mean(column) for name, entry in study.strategies.items()} for column in _COLUMNS}
    along = list(dict.fromkeys(entry.quantity for entry in series))
    across = [
        column
        for column, found in means.items()
        if column not in along
        and np.ptp([value for value in found.values() if np.isfinite(value)] or [0.0]) > _DIFFERENT_MM
    ]
    # hands differ in nothing that a plan says
    numbered = along != [OPERATOR]
    across = across if numbered else []
    panels = len(along) + len(across) + numbered
    figure = sheet(3.25 * panels if panels > 1 else 5.6, 3.1)
    axes = np.atleast_1d(figure.subplots(1, panels, sharey=True, gridspec_kw={"wspace": 0.09}))
    for axis, quantity in zip(axes, along, strict=False):
        _along(axis, [entry for entry in series if entry.quantity == quantity], known, hues)
        axis.set_xlabel(_LABELS.get(quantity, quantity.replace("_", " ")), fontsize=8.5, color=MUTED)
    for axis, column in zip(axes[len(along) :], across, strict=False):
        _across(axis, means[column], known, technique, hues)
        axis.set_xlabel(_COLUMNS[column], fontsize=8.5, color=MUTED)
    if numbered:
        _by_number(axes[-1], study, criterion, technique, hues)
    for axis in axes:
        dress(axis)
    for axis in axes[len(along) :]:
        axis.xaxis.get_major_locator().set_params(nbins=6)
    axes[0].set_ylabel("branches taken, %", fontsize=8.5, color=MUTED)
    axes[0].set_ylim(0.0, 103.0)
    _legend(figure, hues, bool(along), panels, numbered)
    figure.text(0.125, 0.93, f"Dose and response: {title}", fontsize=10, color=INK, ha="left")
    return kept(figure, folder / "dose_response.png")


def _along(
    axis: Any, series: Sequence[Series], known: Mapping[str, Mapping[str, Any]], hues: Mapping[str, str]
) -> None:
    values = sorted({value for entry in series for value in entry.values})
    axis.set_xticks(values, [f"{value:g}" for value in values])
    for entry in series:
        for key, interval, style, shade in (
            ("captured_mean", "captured_ci95", "-o", 0.22),
            ("complete", "complete_ci95", "--s", 0.12),
        ):
            value = [100.0 * known[name][key] for name in entry.names]
            low, high = np.array([known[name][interval] for name in entry.names]).T * 100.0
            hue = hues[entry.technique]
            axis.fill_between(entry.values, low, high, color=hue, alpha=shade, lw=0)
            axis.plot(entry.values, value, style, color=hue, ms=3.6, lw=1.5, mfc=hue if style == "-o" else "white")


def _across(
    axis: Any,
    means: Mapping[str, float],
    known: Mapping[str, Mapping[str, Any]],
    technique: Mapping[str, str],
    hues: Mapping[str, str],
) -> None:
    for name, row in known.items():
        low, high = (100.0 * value for value in row["captured_ci95"])
        hue = hues[technique[name]]
        axis.plot([means[name]] * 2, [low, high], color=hue, lw=1.6)
        axis.plot(means[name], 100.0 * row["captured_mean"], "o", color=hue, ms=5)
    for kind, hue in hues.items():
        own = sorted((means[name], 100.0 * known[name]["captured_mean"]) for name in known if technique[name] == kind)
        if own[-1][0] - own[0][0] > _DIFFERENT_MM:
            axis.plot([at for at, _ in own], [value for _, value in own], color=hue, lw=0.9, alpha=0.5)


def _by_number(
    axis: Any, study: StudyTally, criterion: str, technique: Mapping[str, str], hues: Mapping[str, str]
) -> None:
    numbers = {name: entry.by_applications(criterion) for name, entry in study.strategies.items()}
    # in a small study no number of lesions may have many people
    enough = min(_LEAST_PEOPLE, max(own.size for found in numbers.values() for own in found.values()))
    note = f"\n(numbers that {enough} people or more have)" if enough > 1 else ""
    axis.set_xlabel(f"lesions in a patient{note}", fontsize=8.5, color=MUTED)
    shown = [number for found in numbers.values() for number, own in found.items() if own.size >= enough]
    axis.set_xlim(min(shown) - 0.6, max(shown) + 0.6)
    for name, every in numbers.items():
        found = {number: own for number, own in every.items() if own.size >= enough}
        hue, at = hues[technique[name]], list(found)
        mean = [100.0 * own.mean for own in found.values()]
        ends = np.array([bootstrap_interval(own, 3) for own in found.values()]).reshape(-1, 2) * 100.0
        axis.plot(at, mean, "-", color=hue, lw=0.9, alpha=0.5)
        axis.vlines(at, ends[:, 0], ends[:, 1], color=hue, lw=1.4)
        axis.plot(at, mean, "o", color=hue, ms=4)
    axis.xaxis.get_major_locator().set_params(integer=True)


def _legend(figure: Any, hues: Mapping[str, str], two: bool, panels: int, numbered: bool) -> None:
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=hue, lw=2, marker="o", ms=4, label=name) for name, hue in hues.items()]
    if two:
        marks += [
            Line2D([], [], color=MUTED, lw=1.5, marker="o", ms=3.6, label="mean part taken"),
            Line2D(
                [],
                [],
                color=MUTED,
                lw=1.5,
                ls="--",
                marker="s",
                mfc="white",
                ms=3.6,
                label="people in whom all are taken",
            ),
        ]
    figure.legend(
        handles=marks,
        loc="upper center",
        ncols=min(len(marks), 5 if panels > 1 else 3),
        frameon=False,
        fontsize=8,
        bbox_to_anchor=(0.5, -0.03 if not numbered else -0.09),
    )
