"""Branches of one side of many virtual patients, in their charts: those of :func:`rfplan.anatomy.nerves.nerves_on`, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import pi

import numpy as np

from rfplan.anatomy.course_kernels import STEP_MM
from rfplan.anatomy.population_branches import DrawnBranches
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.anatomy.virtual_grounds_kernels import courses_on_sides
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, IntArray

_SHORTEST_MM = 3.0


@dataclass(frozen=True, eq=False)
class SideBranches:
    """Branches that bone carries, in charts whose lateral axis points away from the midline.

    Those of patient k are ``branches[k]:branches[k + 1]``; branch b is ``points[first[b]:first[b + 1]]`` of (n, 3), the ``ordinal``-th of
    its ``level``, 0 for the L5 ramus and n for Sn, with its exit at ``clock_deg``.
    """

    points: FloatArray
    first: IntArray
    branches: IntArray
    level: IntArray
    ordinal: IntArray
    clock_deg: FloatArray


def side_branches(grounds: VirtualGrounds) -> SideBranches:
    """The branches of either side of ``grounds``, which are alike."""
    owned, level, ordinal, values = _listed(grounds.drawn.branches)
    clock, angle, depth, shift = values.T
    traits = np.stack([level - 1.0, np.radians(clock), pi - np.radians(angle), depth, shift], axis=1)
    numbers = _numbers()
    most = int(max(numbers[2], numbers[3] + numbers[4]) / STEP_MM) + 2
    points, first, kept, branches = courses_on_sides(
        grounds.laid, grounds.centres, traits, owned, *numbers, _SHORTEST_MM, most
    )
    return SideBranches(points, first, branches, level[kept], ordinal[kept], clock[kept])


def _listed(drawn: DrawnBranches) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Where the branches of each patient begin (p + 1,), level and ordinal (b,), clock and angle, depth and shift (b, 4) of all, each
    patient's in the order of :meth:`DrawnBranches.traits`."""
    count, levels, most = drawn.clock_deg.shape
    there = np.zeros((count, levels + 1, most), dtype=np.bool_)
    there[:, 0, 0] = drawn.l5
    there[:, 1:] = np.arange(most) < drawn.count[:, :, None]
    values = np.zeros((count, levels + 1, most, 4))
    values[:, 0, 0, 0], values[:, 0, 0, 2] = 180.0, figures("nerves")["depth.L5"].value
    values[:, 0, 0, 3] = drawn.shift_mm
    for n, part in enumerate((drawn.clock_deg, drawn.angle_deg, drawn.depth_mm)):
        values[:, 1:, :, n] = part
    owner, level, ordinal = np.nonzero(there)
    owned = np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)
    return owned, level.astype(np.int64), ordinal.astype(np.int64) + 1, values[there]


@cache
def _numbers() -> tuple[float, float, float, float, float, float, float]:
    table = figures("nerves")
    return (
        table["course.relaxation_mm"].value,
        table["course.steer_beyond_edge_mm"].value,
        table["course.reach_mm"].value,
        table["L5.cranial_of_base_mm"].value,
        table["L5.caudal_of_base_mm"].value,
        table["L5.half_width_of_groove_mm"].value,
        table["L5.highest_over_floor_mm"].value,
    )
