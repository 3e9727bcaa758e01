"""Columns of the table of a study: a row per patient and strategy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.planning.safety import limits

LEVELS: Final = ("L5", "S1", "S2", "S3", "S4")
QUADRANTS: Final = ("upper", "lower")
"""Of the exit at the foramen: above or below its most lateral point (3 o'clock on the right)."""
RISKS: Final = ("canal_distance", "ventral_root_distance", "skin_distance", "beyond_joint_line")
_FAR_MM: Final = 1e6


def branch_columns(
    owner: IntArray, level: IntArray, upper: BoolArray, seen: BoolArray, cut: BoolArray, count: int
) -> dict[str, IntArray]:
    """How many branches of each level and quadrant there are and were taken, in ``count`` rows.

    ``owner`` (b,) the row of a branch, ``level`` (b,) its place in :data:`LEVELS`, ``upper`` (b,) its quadrant, ``seen`` and ``cut`` (b,)
    whether it was taken by the AP criterion and by transection.
    """

    def tally(chosen: BoolArray) -> IntArray:
        return np.bincount(owner[chosen], minlength=count).astype(np.int64)

    columns: dict[str, IntArray] = {}
    for n, name in enumerate(LEVELS):
        own = level == n
        columns |= {
            f"branches_{name}": tally(own),
            f"ap_{name}": tally(own & seen),
            f"cut_{name}": tally(own & cut),
        }
        if name == "L5":
            continue
        for quadrant in QUADRANTS:
            there = own & (upper == (quadrant == "upper"))
            columns |= {
                f"branches_{name}_{quadrant}": tally(there),
                f"cut_{name}_{quadrant}": tally(there & cut),
            }
    return columns


def risk_columns(risk: FloatArray) -> dict[str, FloatArray | IntArray]:
    """Nearest approaches (n, 4) in the order of :data:`RISKS`, mm, and how many of them are at ``stop``."""
    known = limits()
    clipped = np.clip(risk, -_FAR_MM, _FAR_MM)
    stops = np.zeros(len(risk), dtype=np.int64)
    for n, check in enumerate(RISKS):
        stops += np.array([known[check].status(value) == "stop" for value in risk[:, n].tolist()], dtype=np.int64)
    columns: Mapping[str, FloatArray | IntArray] = {f"{check}_mm": clipped[:, n] for n, check in enumerate(RISKS)}
    return {**columns, "stop_violations": stops}


def mean_there(values: FloatArray, there: BoolArray) -> FloatArray:
    """(p,) mean of those of ``values`` (p, n) that are ``there`` (p, n); NaN where none is."""
    count = there.sum(axis=1)
    # one after the other: a row has the same mean in any company
    total = np.add.accumulate(np.where(there, values, 0.0), axis=1)[:, -1:].sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
