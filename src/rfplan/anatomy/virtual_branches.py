"""Branches of one side of a virtual patient, in its chart: the same as :func:`rfplan.anatomy.nerves.nerves_on` draws, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import pi, radians

import numpy as np

from rfplan.anatomy.course_kernels import STEP_MM
from rfplan.anatomy.innervation import BranchTraits
from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM
from rfplan.anatomy.side_courses_kernels import courses_on_side
from rfplan.anatomy.sides import LEVELS
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

_SHORTEST_MM = 3.0


@dataclass(frozen=True, eq=False)
class SideBranches:
    """Branches that bone carries: ``lines`` (n, 3) in the chart, whose lateral axis points away from the midline, and their ``traits``."""

    lines: tuple[FloatArray, ...]
    traits: tuple[BranchTraits, ...]


def side_branches(ground: VirtualGround) -> SideBranches:
    """The branches of either side of ``ground``, which are alike."""
    _, _, smooth, _, rims, _, _, joint, base, *_ = ground.side_mm
    rows = np.array(
        [
            (
                -1.0 if t.level == "L5" else LEVELS.index(t.level),
                radians(t.clock_deg),
                pi - radians(t.angle_deg),
                t.depth_mm,
                t.shift_mm,
            )
            for t in ground.traits
        ]
    ).reshape(-1, 5)
    numbers = _numbers()
    most = int(max(numbers[2], numbers[3] + numbers[4]) / STEP_MM) + 2
    points = np.empty((most * max(len(rows), 1), 3))
    first, kept = np.empty(len(rows) + 1, dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    count = courses_on_side(
        smooth,
        LATERAL_0_MM,
        CAUDAL_0_MM,
        FINE_MM,
        np.ascontiguousarray(rims[:, :, :2]),
        np.ascontiguousarray(rims[:, :, :2].mean(axis=1)),
        np.ascontiguousarray(joint[:, :2]),
        np.ascontiguousarray(base[:2]),
        rows,
        *numbers,
        _SHORTEST_MM,
        points,
        first,
        kept,
    )
    return SideBranches(
        tuple(points[first[k] : first[k + 1]] for k in range(count)), tuple(ground.traits[k] for k in kept[:count])
    )


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
