"""Maps of a study: where branches run, and where each strategy misses them, on the back of the sacrum."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import LEVELS, Side, lateral_sign
from rfplan.geometry.arrays import FloatArray
from rfplan.report.outline import projected_outlines
from rfplan.report.palette import CAPTURED, FORAMEN, INK, JOINT, MISSED, MUTED
from rfplan.report.study_plot import kept, sheet
from rfplan.study.branch_map import NEAR_MM, BranchMaps

MOST_PANELS: Final = 15
_BONE, _EDGE = "#f5f0e3", "#b5a887"
_PANEL_IN, _MOST_COLUMNS = 2.35, 5
_OVER_MIDLINE_MM = 6.0
_SCALE_MM = 20.0


def draw_missed(folder: Path, maps: BranchMaps, reference: Patient, side: Side, title: str) -> Path:
    """Write ``missed_branches.png``: a panel for each strategy, all on one scale of colour."""
    names = list(maps.missed)[:MOST_PANELS]
    columns = min(len(names), _MOST_COLUMNS)
    if len(names) > _MOST_COLUMNS:
        # rows as full as they can be
        rows = -(-len(names) // _MOST_COLUMNS)
        columns = -(-len(names) // rows)
    top = max((float(maps.missed[name].max()) for name in names), default=0.0)
    figure, axes = _panels(maps, len(names), columns)
    drawn = None
    for axis, name in zip(axes, names, strict=False):
        drawn = _panel(axis, maps, maps.missed[name], max(top, 1.0), MISSED, reference, side)
        axis.set_title(name, fontsize=9, color=INK, pad=3)
    left_out = len(maps.missed) - len(names)
    note = f"; the first {len(names)} of {len(maps.missed)} strategies" if left_out else ""
    _bar(figure, drawn, axes, f"missed branches within {NEAR_MM:g} mm, per 100 people")
    _caption(figure, f"Where branches are missed: {title}", _note(maps) + note)
    return kept(figure, folder / "missed_branches.png")


def draw_density(folder: Path, maps: BranchMaps, reference: Patient, side: Side) -> Path:
    """Write ``nerve_density.png``."""
    figure, axes = _panels(maps, 1, 1, 3.4)
    drawn = _panel(axes[0], maps, maps.all, max(float(maps.all.max()), 1.0), CAPTURED, reference, side)
    _bar(figure, drawn, axes, f"branches within {NEAR_MM:g} mm, per 100 people")
    _caption(figure, "Where the branches run", _note(maps).replace("; ", ";\n", 1))
    return kept(figure, folder / "nerve_density.png")


def _note(maps: BranchMaps) -> str:
    return f"branches of {maps.patients} people, the first of the study; laid over the reference sacrum by foramina and joint line"


def _panels(maps: BranchMaps, count: int, columns: int, width_in: float = _PANEL_IN) -> tuple[Any, list[Any]]:
    rows = -(-count // columns)
    wide, tall = maps.beside_mm[-1] + _OVER_MIDLINE_MM, np.ptp(maps.caudal_mm)
    figure = sheet(columns * width_in, rows * (width_in * tall / wide + 0.25))
    grid = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"wspace": 0.04, "hspace": 0.12})
    axes = list(grid.flat)
    for axis in axes[count:]:
        axis.set_visible(False)
    return figure, axes[:count]


def _panel(
    axis: Any, maps: BranchMaps, values: FloatArray, top: float, hue: str, reference: Patient, side: Side
) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    outward, frame = lateral_sign(side), reference.frame
    for line in projected_outlines([reference.bones["sacrum"]], frame):
        axis.fill(outward * line[:, 0], line[:, 1], fc=_BONE, ec=_EDGE, lw=1.0, zorder=1)
    # from clear to dark: what nobody crosses shows the bone
    shades = LinearSegmentedColormap.from_list(
        "branches", [(0.0, f"{hue}00"), (0.12, f"{hue}59"), (0.55, f"{hue}f2"), (1.0, "#1a0d08")]
    )
    half = 0.5 * float(maps.beside_mm[1] - maps.beside_mm[0])
    extent = (
        maps.beside_mm[0] - half,
        maps.beside_mm[-1] + half,
        maps.caudal_mm[-1] + half,
        maps.caudal_mm[0] - half,
    )
    drawn = axis.imshow(
        values.T, extent=extent, cmap=shades, vmin=0.0, vmax=top, interpolation="bilinear", zorder=2, aspect="equal"
    )
    joint = frame.to_chart(reference.curves[f"sij_posterior_line_{side}"].points_mm)
    axis.plot(outward * joint[:, 0], joint[:, 1], color=JOINT, lw=1.1, ls=(0, (4, 2)), zorder=3)
    for level in LEVELS:
        foramen = reference.foramen(level, side)
        rim = frame.to_chart(foramen.rim_mm)
        axis.fill(outward * rim[:, 0], rim[:, 1], fc="white", ec=FORAMEN, lw=1.0, zorder=4)
        middle = frame.to_chart(foramen.centre_mm)
        axis.text(outward * middle[0], middle[1], level, fontsize=6, color=FORAMEN, ha="center", va="center", zorder=5)
    axis.axvline(0.0, color=MUTED, lw=0.6, ls=(0, (1, 3)), zorder=1)
    low, high = maps.caudal_mm[0], maps.caudal_mm[-1]
    bar = maps.beside_mm[-1] - _SCALE_MM - 2.0
    axis.plot([bar, bar + _SCALE_MM], [high - 4.0] * 2, color=INK, lw=1.6, solid_capstyle="butt", zorder=5)
    axis.text(bar + 0.5 * _SCALE_MM, high - 5.5, f"{_SCALE_MM:g} mm", fontsize=6.5, color=INK, ha="center", zorder=5)
    ends = (-_OVER_MIDLINE_MM, maps.beside_mm[-1])
    # the operator looks from behind: the patient's right is on the right
    axis.set_xlim(ends if side == "right" else ends[::-1])
    axis.set_ylim(high, low)
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_color("#d5d9dd")
    return drawn


def _caption(figure: Any, title: str, note: str) -> None:
    # places are known once the maps have taken their shape
    figure.draw_without_rendering()
    panels = [axis for axis in figure.axes if axis.get_visible()]
    top = max(axis.get_position().y1 for axis in panels)
    left = min(axis.get_position().x0 for axis in panels)
    height = figure.get_figheight()
    below = 0.27 if any(axis.get_title() for axis in panels) else 0.08
    figure.text(left, top + below / height, note, fontsize=7.5, color=MUTED, ha="left", va="bottom")
    above = below + 0.17 + 0.13 * note.count("\n")
    figure.text(left, top + above / height, title, fontsize=10, color=INK, ha="left", va="bottom")


def _bar(figure: Any, drawn: Any, axes: list[Any], label: str) -> None:
    bar = figure.colorbar(drawn, ax=axes, shrink=0.62, pad=0.02, aspect=26, fraction=0.06)
    bar.set_label(label, fontsize=8, color=MUTED)
    bar.ax.tick_params(labelsize=7.5, colors=MUTED)
    bar.outline.set_edgecolor("#d5d9dd")
