"""The places that a recipe for all is chosen from, in chart coordinates."""

from __future__ import annotations

from typing import Final

import numpy as np

from rfplan.devices.electrode import Mode
from rfplan.planning.techniques.chart_target import ChartTarget, RecipeTarget, RowTarget

CLOCK_H: Final = tuple(np.arange(0.5, 6.6, 0.5).tolist())
EDGES_MM: Final = (5.5, 7.5, 10.0)
LEAPFROG_EDGE_MM: Final = 5.0
"""How far from the edge bipolar-leapfrog puts its needles."""
ROW_GAPS: Final = (4, 5, 6, 7, 8)
ROW_OFFSETS_MM: Final = (8.0, 10.0, 12.0)
"""Rows like that of the palisade, which runs 10 mm out, in gaps of 8 to 14 mm."""
TILTS_DEG: Final = ((0.0, 0.0), (0.0, 40.0))
LEVELS: Final = ("S1", "S2", "S3")


def recipe_targets(mode: Mode) -> tuple[ChartTarget, ...]:
    """Places to choose from: clock positions round S1 to S3 at three distances from the edge, from two directions.

    Of pairs both needles are at the same distance, one or two hours apart, or bridge two foramina; beside them stand the strips of
    bipolar-leapfrog, and every gap of rows like that of the palisade.
    """
    found: list[ChartTarget] = []
    pairs = mode == "bipolar"
    for level, below in zip(LEVELS, (*LEVELS[1:], None), strict=True):
        for edge in (LEAPFROG_EDGE_MM, *EDGES_MM) if pairs else EDGES_MM:
            if pairs:
                for hours in CLOCK_H:
                    for step in (1.0, 2.0):
                        if hours + step <= 6.5:
                            found.append(RecipeTarget(level, hours, edge, 0.0, 0.0, hours + step, edge))
                if below is not None:
                    found += [RecipeTarget(level, 5.0, edge, 0.0, 0.0, h, edge, below) for h in (0.5, 1.5)]
            else:
                found += [RecipeTarget(level, hours, edge, *tilt) for hours in CLOCK_H for tilt in TILTS_DEG]
    if pairs:
        found += [
            RowTarget(gap, gaps, offset) for offset in ROW_OFFSETS_MM for gaps in ROW_GAPS for gap in range(1, gaps + 1)
        ]
    return tuple(found)
