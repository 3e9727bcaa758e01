"""Left and right, and the clock of the operator who looks at the prone patient from behind."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from rfplan.errors import InputError, did_you_mean
from rfplan.geometry.arrays import FloatArray

Side = Literal["left", "right"]
SIDES: Final[tuple[Side, Side]] = ("left", "right")
LEVELS: Final = ("S1", "S2", "S3", "S4")
"""Levels of the posterior sacral foramina."""
BRANCH_LEVELS: Final = ("L5", "S1", "S2", "S3", "S4")
"""Levels whose branches may reach the joint."""


def side_named(name: str) -> Side:
    """``name`` as a side, or an :class:`InputError` that says what is accepted."""
    if name not in SIDES:
        raise InputError(f"side {name!r} is not known;{did_you_mean(name, SIDES)} it must be 'left' or 'right'")
    return "left" if name == "left" else "right"


def lateral_sign(side: Side) -> int:
    """+1 for the left, -1 for the right: the chart's lateral axis points to the patient's left."""
    return 1 if side == "left" else -1


def clock_direction(hours: float, side: Side) -> FloatArray:
    """Unit vector (lateral, caudal) on the chart of a clock position stated for the right side.

    12 is cranial, 3 is lateral and 6 is caudal on the right as the operator sees it; on the left the recipe is
    mirrored (9 is lateral there), so that one recipe serves both sides.
    """
    angle = np.deg2rad(hours * 30.0)
    return np.array([lateral_sign(side) * np.sin(angle), -np.cos(angle)])
