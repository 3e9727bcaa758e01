"""Maps of a study: where branches run, and where each strategy misses them, on the back of the sacrum."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import LEVELS, Side, lateral_sign
from rfplan.geometry.arrays import FloatArray
from rfplan.report.outline import projected_outlines
from rfplan.report.palette import CAPTURED, FORAMEN, INK, JOINT, MISSED, MUTED
from rfplan.report.study_plot import kept, sheet, title_panel
from rfplan.study.branch_map import NEAR_MM, BranchMaps

MOST_PANELS: Final = 15
_BONE, _EDGE = "#f5f0e3", "#b5a887"
_PANEL_IN, _SMALL_IN, _LARGE_IN, _MOST_COLUMNS = 2.0, 1.65, 2.9, 5
_TITLE_IN, _GAP_IN, _BAR_IN, _CAPTION_IN, _LONGEST_BAR_IN = 0.24, 0.07, 0.7, 0.45, 4.0
_OVER_MIDLINE_MM = 6.0
_SCALE_MM = 20.0


def draw_missed(folder: Path, maps: BranchMaps, reference: Patient, side: Side, title: str) -> Path:
    """Write ``missed_branches.png``: a panel for each strategy, all on one scale of colour."""
    names = list(maps.missed)[:MOST_PANELS]
    rows = -(-len(names) // _MOST_COLUMNS)
    sheet = _Sheet(maps, len(names), -(-len(names) // rows), _PANEL_IN if rows == 1 else _SMALL_IN, _TITLE_IN)
    top = max(float(maps.missed[name].max()) for name in names)
    sacrum = projected_outlines([reference.bones["sacrum"]], reference.frame)
    for axis, name in zip(sheet.panels, names, strict=True):
        drawn = _panel(axis, maps, maps.missed[name], max(top, 1.0), MISSED, reference, side, sacrum)
        title_panel(axis, name, _PANEL_IN if rows == 1 else _SMALL_IN, pad=3)
    left_out = len(maps.missed) - len(names)
    note = f"; the first {len(names)} of {len(maps.missed)} strategies" if left_out else ""
    sheet.bar(drawn, f"missed branches within {NEAR_MM:g} mm, per 100 people")
    sheet.caption(f"Where branches are missed: {title}", _note(maps) + note)
    return kept(sheet.figure, folder / "missed_branches.png")


def draw_density(folder: Path, maps: BranchMaps, reference: Patient, side: Side) -> Path:
    """Write ``nerve_density.png``."""
    sheet = _Sheet(maps, 1, 1, _LARGE_IN, 0.0)
    sacrum = projected_outlines([reference.bones["sacrum"]], reference.frame)
    drawn = _panel(sheet.panels[0], maps, maps.all, max(float(maps.all.max()), 1.0), CAPTURED, reference, side, sacrum)
    sheet.bar(drawn, f"branches within {NEAR_MM:g} mm, per 100 people")
    sheet.caption("Where the branches run", _note(maps).replace("; ", ";\n", 1))
    return kept(sheet.figure, folder / "nerve_density.png")


def _note(maps: BranchMaps) -> str:
    whose = "one person" if maps.patients == 1 else f"{maps.patients} people"
    return f"branches of {whose}, the first of the study; laid over the reference sacrum by foramina and joint line"


class _Sheet:
    """Equal panels in rows, as tall as what they show, with room for a bar of colours and a caption."""

    def __init__(self, maps: BranchMaps, count: int, columns: int, width_in: float, title_in: float) -> None:
        tall = width_in * float(np.ptp(maps.caudal_mm)) / float(maps.beside_mm[-1] + _OVER_MIDLINE_MM)
        rows = -(-count // columns)
        self._wide_in = columns * (width_in + _GAP_IN)
        self._tall_in = rows * (tall + title_in + _GAP_IN)
        size = (self._wide_in + _BAR_IN, self._tall_in + _CAPTION_IN)
        self._size, self._title_in = size, title_in
        self.figure = sheet(*size)
        self.panels = [
            self._axes(
                (n % columns) * (width_in + _GAP_IN),
                self._tall_in - (n // columns + 1) * (tall + title_in + _GAP_IN),
                width_in,
                tall,
            )
            for n in range(count)
        ]

    def _axes(self, x: float, y: float, width: float, height: float) -> Any:
        across, up = self._size
        return self.figure.add_axes((x / across, y / up, width / across, height / up))

    def bar(self, drawn: Any, label: str) -> None:
        """The scale of colours beside the panels."""
        height = min(0.7 * self._tall_in, _LONGEST_BAR_IN)
        axis = self._axes(self._wide_in + 0.06, 0.5 * (self._tall_in - height), 0.12, height)
        bar = self.figure.colorbar(drawn, cax=axis)
        bar.set_label(label, fontsize=8, color=MUTED)
        axis.tick_params(labelsize=7.5, colors=MUTED)
        bar.outline.set_edgecolor("#d5d9dd")

    def caption(self, title: str, note: str) -> None:
        """Title and a smaller note above the panels."""
        up, foot = self._size[1], self._tall_in + 0.02
        self.figure.text(0.0, foot / up, note, fontsize=7.5, color=MUTED, ha="left", va="bottom")
        above = foot + 0.17 + 0.13 * note.count("\n")
        self.figure.text(0.0, above / up, title, fontsize=10, color=INK, ha="left", va="bottom")


def _panel(
    axis: Any,
    maps: BranchMaps,
    values: FloatArray,
    top: float,
    hue: str,
    reference: Patient,
    side: Side,
    sacrum: Sequence[FloatArray],
) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    outward, frame = lateral_sign(side), reference.frame
    for line in sacrum:
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
