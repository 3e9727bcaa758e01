"""What matters: how the mean capture changes from the lowest to the highest fifth of each factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rfplan.report.palette import CAPTURED, INK, MISSED, MUTED
from rfplan.report.study_plot import dress, kept, sheet, title_panel
from rfplan.study.sensitivity import FACTORS, LEAST

MOST_PANELS: Final = 4
_MOST_FACTORS: Final = 12
_TITLE_IN: Final = 2.1
NOTHING: Final = f"no factor has {LEAST} people in its\nlowest and in its highest fifth"
"""What stands in a panel where nothing can be told."""


def draw_tornado(
    folder: Path, factors: Mapping[str, Sequence[Mapping[str, Any]]], means: Mapping[str, float], title: str
) -> Path:
    """Write ``what_matters.png``.

    Parameters
    ----------
    factors : by strategy what :func:`rfplan.study.sensitivity.factor_rows` gives; the first four strategies are shown
    means : by strategy the mean captured part of all patients, drawn as a broken line
    title : what they were found on
    """
    names = list(factors)[:MOST_PANELS]
    found = {name: {str(entry["factor"]): entry for entry in factors[name]} for name in names}
    size = {
        factor: max((abs(found[name][factor]["difference"]) for name in names if factor in found[name]), default=0.0)
        for factor in FACTORS
        if any(factor in found[name] for name in names)
    }
    order = sorted(size, key=lambda factor: -size[factor])[:_MOST_FACTORS]
    figure = sheet(2.75 * len(names) + 0.3, 1.2 + 0.34 * max(len(order), 2))
    axes = figure.subplots(1, len(names), sharey=True, sharex=True, squeeze=False, gridspec_kw={"wspace": 0.1})[0]
    for axis, name in zip(axes, names, strict=True):
        for place, factor in enumerate(order):
            if factor in found[name]:
                _bar(axis, place, found[name][factor])
        dress(axis, "x", ("top", "right", "left"))
        axis.axvline(100.0 * means[name], color=MUTED, lw=0.9, ls=(0, (2, 2)), zorder=1.5)
        title_panel(axis, name, _TITLE_IN)
        axis.set_xlabel("branches taken, %", fontsize=8.5, color=MUTED)
        axis.tick_params(axis="y", length=0)
    axes[0].set_yticks(range(len(order)), [_label(factor, found) for factor in order], fontsize=8, color=INK)
    axes[0].set_ylim(len(order) - 0.4, -0.6)
    axes[0].xaxis.get_major_locator().set_params(nbins=6, integer=True, prune="upper")
    if order:
        _legend(figure)
    else:
        for axis in axes:
            note = axis.text(
                0.5, 0.5, NOTHING, transform=axis.transAxes, fontsize=8, color=MUTED, ha="center", va="center"
            )
            note.set_bbox({"facecolor": "white", "edgecolor": "none"})
    left_out = len(factors) - len(names)
    note = f" (the first {len(names)} of {len(factors)} strategies)" if left_out else ""
    height = figure.get_figheight()
    figure.text(0.125, 0.88 + 0.34 / height, f"What matters: {title}{note}", fontsize=10, color=INK, ha="left")
    return kept(figure, folder / "what_matters.png")


def _bar(axis: Any, place: int, entry: Mapping[str, Any]) -> None:
    low, high = 100.0 * entry["low"], 100.0 * entry["high"]
    least, most = (100.0 * value for value in entry["difference_ci95"])
    clear = least > 0.0 or most < 0.0
    axis.barh(place, high - low, 0.5, left=low, color="#c3cad1" if clear else "#e9ecef", zorder=2)
    for key, value, hue, shift in (("low", low, CAPTURED, -0.09), ("high", high, MISSED, 0.09)):
        ends = [100.0 * end for end in entry[f"{key}_ci95"]]
        axis.plot(ends, [place + shift] * 2, color=hue, lw=1.3, zorder=3)
        axis.plot(value, place + shift, "o", color=hue, ms=4.2, zorder=4)


def _label(factor: str, found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    if factor == "female":
        return FACTORS[factor]
    name, _, unit = FACTORS[factor].partition(", ")
    bounds = {_bounds(entries[factor], unit) for entries in found.values() if factor in entries}
    # hands of different size have different fifths
    return f"{name}, {bounds.pop()}" if len(bounds) == 1 else f"{name}, other fifths in each"


def _bounds(entry: Mapping[str, Any], unit: str) -> str:
    digits = 0 if abs(entry["high_from"]) >= 10 or not unit else 1
    return f"to {entry['low_to']:.{digits}f} | from {entry['high_from']:.{digits}f}{' ' + unit if unit else ''}"


def _legend(figure: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks = [
        Line2D([], [], color=CAPTURED, marker="o", ms=4.2, lw=1.3, label="lowest fifth, or men, with 95 % interval"),
        Line2D([], [], color=MISSED, marker="o", ms=4.2, lw=1.3, label="highest fifth, or women"),
        Patch(color="#c3cad1", label="difference beyond chance"),
        Patch(color="#e9ecef", label="within it"),
    ]
    below = -0.12 / figure.get_figheight()
    figure.legend(
        handles=marks, loc="upper center", ncols=4, frameon=False, fontsize=8, bbox_to_anchor=(0.45, below + 0.06)
    )
