"""What surrounds the AP chart: scale bar, clock face and legend."""

from __future__ import annotations

from typing import Final

import numpy as np

from rfplan.report import palette
from rfplan.report.drawing import Drawing, text_width

HEIGHT_PX: Final = 104.0
"""Height of the strip under the chart that holds the legend."""


def draw_scale_bar(drawing: Drawing, px_per_mm: float, at: tuple[float, float], length_mm: float = 20.0) -> None:
    """A bar of ``length_mm`` with a tick each centimetre, its left end at ``at``."""
    x, y = at
    end = x + length_mm * px_per_mm
    drawing.line([(x, y), (end, y)], palette.PAPER, 6.0)
    drawing.line([(x, y), (end, y)], palette.INK, 2.4)
    for tick in np.arange(0.0, length_mm + 0.1, 10.0):
        drawing.line([(x + tick * px_per_mm, y - 6), (x + tick * px_per_mm, y + 6)], palette.INK, 2.0)
    drawing.text((end + 10.0, y), f"{length_mm:g} mm", size=15)


def draw_clock(drawing: Drawing, centre: tuple[float, float]) -> None:
    """The clock by which the operator names positions around a foramen: a wall clock, as it hangs in front of them."""
    middle = np.array(centre)
    drawing.circle(middle, 30.0, palette.PAPER, stroke=palette.MUTED, width=1.3, fill_opacity=0.8)
    for hour in (12, 3, 6, 9):
        angle = np.deg2rad(30.0 * hour)
        step = np.array([np.sin(angle), -np.cos(angle)])
        drawing.line([middle + 23.0 * step, middle + 30.0 * step], palette.MUTED, 1.5)
        x, y = middle + 41.0 * step
        drawing.text((x, y), str(hour), size=14, anchor="middle", colour=palette.INK)
    drawing.circle(middle, 2.2, palette.MUTED)


def draw_legend(drawing: Drawing, top: float, with_plan: bool, judged: bool, lethal_c: float) -> None:
    """Samples with their names in rows under the chart."""
    samples = ["foramen found", "foramen estimated", "joint line (posterior)", "lateral crest"]
    branches = ["branch captured", "captured in the AP view only", "branch missed"] if judged else ["branch"]
    samples = [*branches, *samples]
    if with_plan:
        samples += [
            f"{lethal_c:g} °C lesion",
            "45 °C",
            "needle: active tip, shaft, skin entry",
            "order of use",
        ]
    drawing.line([(20, top + 6), (drawing.width - 20, top + 6)], "#d5dade", 1.0)
    x, y = 24.0, top + 28.0
    for name in samples:
        width = 46.0 + text_width(name, 14) + 26.0
        if x + width > drawing.width:
            x, y = 24.0, y + 28.0
        _sample(drawing, name, x, y)
        drawing.text((x + 46.0, y), name, size=14, halo=None)
        x += width


def draw_still_legend(
    drawing: Drawing, top: float, height: float, with_plan: bool, judged: bool, lethal_c: float
) -> None:
    """Samples with their names in one row under a 3-D picture."""
    names = ["branch captured", "AP view only", "branch missed"] if judged else ["branch"]
    if with_plan:
        names += [f"{lethal_c:g} °C lesion", "needle"]
    widths = [44.0 + text_width(name, 13) for name in names]
    gap = min(40.0, (drawing.width - 32.0 - sum(widths)) / max(1, len(names) - 1))
    box = [(0.0, top), (drawing.width, top), (drawing.width, top + height), (0.0, top + height)]
    drawing.area(box, palette.PAPER)
    x, y = 16.0, top + 0.5 * height
    for name, width in zip(names, widths, strict=True):
        _sample(drawing, name, x, y)
        drawing.text((x + 44.0, y), name, size=13, halo=None)
        x += width + gap


def _sample(drawing: Drawing, name: str, x: float, y: float) -> None:
    line = [(x, y), (x + 36.0, y)]
    if "branch" in name or "AP view only" in name:
        colour = {"branch captured": palette.CAPTURED, "branch": palette.UNJUDGED}.get(name, palette.MISSED)
        drawing.line(line, colour, 3.6)
        if "AP view only" in name:
            drawing.line(line, palette.CAPTURED, 3.6, dash=(9, 9))
    elif name.startswith("foramen"):
        turn = np.linspace(0, 2 * np.pi, 30, endpoint=False)
        ring = np.column_stack([x + 18 + 13 * np.cos(turn), y + 8 * np.sin(turn)])
        drawing.area(ring, None, palette.FORAMEN, width=2.0, dash=(5, 4) if name.endswith("estimated") else ())
    elif name.startswith("joint"):
        drawing.line(line, palette.JOINT, 2.6, dash=(12, 4, 2.5, 4))
    elif name == "lateral crest":
        drawing.line(line, palette.CREST, 2.0, dash=(2, 4.5))
    elif name.endswith("lesion"):
        box = [(x, y - 8), (x + 36, y - 8), (x + 36, y + 8), (x, y + 8)]
        drawing.area(box, palette.LESION, palette.LESION, width=1.8, fill_opacity=0.17)
    elif name == "45 °C":
        drawing.line(line, palette.WARM, 1.6, dash=(7, 4))
    elif name.startswith("needle"):
        drawing.line([(x + 14, y), (x + 32, y)], palette.SHAFT, 2.2)
        drawing.circle((x + 33, y), 3.8, palette.PAPER, stroke=palette.SHAFT, width=1.8)
        drawing.line([(x + 2, y), (x + 16, y)], palette.INK, 7.0)
        drawing.line([(x + 2, y), (x + 16, y)], palette.TIP, 4.6)
        drawing.circle((x + 2, y), 3.6, palette.INK)
    else:
        drawing.circle((x + 18, y), 10.0, palette.INK)
        drawing.text((x + 18, y), "1", size=13, bold=True, colour=palette.PAPER, anchor="middle", halo=None)
