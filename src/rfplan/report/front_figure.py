"""The figure of what more applications, needles and minutes buy: optimised plans as lines, published techniques as points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rfplan.planning.coverage import Criterion
from rfplan.planning.optimiser.front import FrontPoint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS: Final = {"cooled": "#1f6fb4", "monopolar": "#c45b12", "bipolar": "#3a7d34"}
_COSTS: Final = (("applications", "applications of energy"), ("needles", "needle placements"), ("minutes", "minutes"))
_MARKERS: Final = ("s", "D", "^", "v", "P", "X", "*")


def front_figure(points: Sequence[FrontPoint], criterion: Criterion = "transection", title: str = "") -> Figure:
    """Two rows (mean captured part, part of courses with complete capture) against three costs; only plans that no cheaper one matches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 7.4), layout="constrained")
    axes = figure.subplots(2, 3, sharey="row", sharex="col")
    modes = list(dict.fromkeys(point.name for point in points if point.optimised))
    published = [point for point in points if not point.optimised]
    for row, (measure, label) in enumerate(
        (("captured", "branches captured, mean"), ("complete", "courses with every branch captured"))
    ):
        for column, (cost, cost_label) in enumerate(_COSTS):
            axis = axes[row, column]
            for mode in modes:
                own = _better_only([p for p in points if p.optimised and p.name == mode], measure, criterion)
                x = [getattr(point, cost) for point in own]
                y = [100.0 * getattr(point, measure)[criterion] for point in own]
                electrode = own[0].electrode
                axis.plot(
                    x,
                    y,
                    "o-",
                    drawstyle="steps-post",
                    color=_COLOURS.get(mode, "black"),
                    ms=4,
                    lw=1.6,
                    label=f"optimised, {mode} ({electrode})",
                )
            for marker, point in zip(_MARKERS, published, strict=False):
                axis.plot(
                    [getattr(point, cost)],
                    [100.0 * getattr(point, measure)[criterion]],
                    marker,
                    color="black",
                    mfc="#f2c94c",
                    ms=8,
                    ls="none",
                    label=point.name,
                )
            axis.grid(alpha=0.25)
            axis.set_ylim(-2.0, 104.0)
            axis.set_xlim(left=0.0)
            if column == 0:
                axis.set_ylabel(f"{label} (%)")
            if row == 1:
                axis.set_xlabel(cost_label)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8.5, frameon=False)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _better_only(points: Sequence[FrontPoint], measure: str, criterion: Criterion) -> list[FrontPoint]:
    """The points, cheapest first, without those that take no more than a cheaper one."""
    found: list[FrontPoint] = []
    for point in sorted(points, key=lambda point: point.applications):
        if not found or getattr(point, measure)[criterion] > getattr(found[-1], measure)[criterion]:
            found.append(point)
    return found
