"""What the figures of a study have in common: sheet, axes, colours of techniques."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from rfplan.report.palette import CAPTURED, CREST, INK, LESION, MISSED, MUTED, UNJUDGED, WARM

HUES: Final = (CAPTURED, MISSED, LESION, WARM, INK, UNJUDGED, CREST)
GRID: Final = "#e3e6ea"
_DPI: Final = 150
_TITLE_PT, _LEAST_PT = 9.0, 6.5
"""Largest and smallest title of a panel."""


def sheet(width_in: float, height_in: float) -> Any:
    """An empty matplotlib figure that needs no window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    return figure


def hues_of(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name, in order of first appearance."""
    return {name: HUES[n % len(HUES)] for n, name in enumerate(dict.fromkeys(names))}


def dress(axis: Any, grid: str = "both", open_sides: Sequence[str] = ("top", "right")) -> None:
    """Quiet axes with a light grid."""
    axis.tick_params(labelsize=8, colors=MUTED, length=3)
    axis.grid(axis=grid, color=GRID, lw=0.7)
    axis.set_axisbelow(True)
    for side in open_sides:
        axis.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color("#aab2ba")


def title_panel(axis: Any, name: str, width_in: float, pad: float = 6.0) -> None:
    """``name`` over a panel that is ``width_in`` wide: smaller where it is long, and cut off where it would be too small to read."""
    shown = axis.set_title(name, fontsize=_TITLE_PT, color=INK, pad=pad)
    fits = width_in * axis.figure.dpi / shown.get_window_extent().width
    if fits < 1.0:
        shown.set_fontsize(max(fits * _TITLE_PT, _LEAST_PT))
    letters = len(name) * fits * _TITLE_PT / _LEAST_PT
    if letters < len(name):
        # a little less, as letters differ in width
        shown.set_text(f"{name[: int(0.92 * letters) - 1]}…")


def kept(figure: Any, path: Path) -> Path:
    """Write ``figure`` and return its path."""
    figure.savefig(path, dpi=_DPI, bbox_inches="tight", facecolor="white")
    return path
