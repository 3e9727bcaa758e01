"""The figure of what more applications, needles and minutes buy: optimised plans as lines, published techniques as points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rfplan.planning.coverage import Criterion
from rfplan.planning.optimiser.front import FrontPoint
from rfplan.report.palette import CAPTURED, INK, LESION, MISSED, MUTED, TIP
from rfplan.report.study_plot import dress, sheet

_COLOURS: Final = {"cooled": CAPTURED, "monopolar": MISSED, "bipolar": LESION}
_COSTS: Final = (("applications", "applications of energy"), ("needles", "needle placements"), ("minutes", "minutes"))
_MEASURES: Final = (
    ("captured", "branches captured, mean, %"),
    ("complete", "courses with every branch captured, %"),
)
_MARKERS: Final = ("s", "D", "^", "v", "P", "X", "*")


def front_figure(points: Sequence[FrontPoint], criterion: Criterion = "transection", title: str = "") -> Any:
    """Two rows (mean captured part, part of courses with complete capture) against three costs; only plans that no cheaper one matches."""
    figure = sheet(11.5, 7.0)
    axes = figure.subplots(2, 3, sharey="row", sharex="col", gridspec_kw={"wspace": 0.07, "hspace": 0.09})
    modes = list(dict.fromkeys(point.name for point in points if point.optimised))
    published = [point for point in points if not point.optimised]
    for row, (measure, label) in enumerate(_MEASURES):
        for column, (cost, cost_label) in enumerate(_COSTS):
            axis = axes[row, column]
            for mode in modes:
                own = better_only([p for p in points if p.optimised and p.name == mode], cost, measure, criterion)
                x = [getattr(point, cost) for point in own]
                y = [100.0 * getattr(point, measure)[criterion] for point in own]
                axis.plot(
                    x,
                    y,
                    "o-",
                    drawstyle="steps-post",
                    color=_COLOURS.get(mode, INK),
                    ms=4.5,
                    lw=1.8,
                    label=f"optimised, {mode} ({own[0].electrode})",
                )
            for marker, point in zip(_MARKERS, published, strict=False):
                axis.plot(
                    [getattr(point, cost)],
                    [100.0 * getattr(point, measure)[criterion]],
                    marker,
                    color=INK,
                    mfc=TIP,
                    mew=0.9,
                    ms=8.5,
                    ls="none",
                    label=f"{point.name} ({point.electrode})",
                )
            dress(axis)
            axis.set_ylim(-2.0, 104.0)
            axis.set_xlim(left=0.0)
            axis.xaxis.get_major_locator().set_params(integer=True, nbins=8)
            if column == 0:
                axis.set_ylabel(label, fontsize=9, color=MUTED)
            if row == 1:
                axis.set_xlabel(cost_label, fontsize=9, color=MUTED)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0.045), ncols=3, fontsize=9, frameon=False)
    if title:
        axes[0, 0].set_title(title, fontsize=11, color=INK, loc="left", pad=10)
    return figure


def better_only(points: Sequence[FrontPoint], cost: str, measure: str, criterion: Criterion) -> list[FrontPoint]:
    """The points, cheapest first, without those that take no more than one that costs no more.

    ``cost`` is ``applications``, ``needles`` or ``minutes``, ``measure`` ``captured`` or ``complete``.
    """
    found: list[FrontPoint] = []
    for point in sorted(points, key=lambda point: (getattr(point, cost), -getattr(point, measure)[criterion])):
        if not found or getattr(point, measure)[criterion] > getattr(found[-1], measure)[criterion]:
            found.append(point)
    return found
