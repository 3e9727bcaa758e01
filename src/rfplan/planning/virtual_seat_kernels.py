"""Compiled seats of needles on the bone of a virtual patient, as :mod:`rfplan.planning.approach` finds them.

Everything is in the chart of the treated side (:class:`rfplan.planning.virtual_way_kernels.SideGround`), whose lateral axis points away
from the midline.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from rfplan.anatomy.bone_gap_kernels import bone_gap
from rfplan.anatomy.course_kernels import height_over
from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

FAR_MM = 2.5
UNEVEN, UNEVEN_MM = 1.2, 0.1
"""How much faster than the way, and by how much at once, the distance to bone made of patches and grids may change."""
_STEP_MM, _STEPS, _LIFT_ROUNDS = 0.25, 32, 4


@kernel
def height_at_chart(ground: Any, lateral: float, caudal: float) -> float:
    """Height of the chart; NaN beside the bone."""
    height: float = height_over(ground.smooth, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, lateral, caudal)
    return height


@kernel
def chart_normal(ground: Any, lateral: float, caudal: float, normal: FloatArray) -> bool:
    """Fill (3,) with the unit normal of the chart; False where it has none."""
    slope_l = 0.5 * (height_at_chart(ground, lateral + 1.0, caudal) - height_at_chart(ground, lateral - 1.0, caudal))
    slope_c = 0.5 * (height_at_chart(ground, lateral, caudal + 1.0) - height_at_chart(ground, lateral, caudal - 1.0))
    size = sqrt(1.0 + slope_l * slope_l + slope_c * slope_c)
    normal[0], normal[1], normal[2] = -slope_l / size, -slope_c / size, 1.0 / size
    return bool(np.isfinite(size))


@kernel
def _over(ground: Any, lateral: float, caudal: float, height: float, standoff: float, far: float) -> float:
    gap: float = bone_gap(ground.bone, far, lateral, caudal, height)
    return gap - standoff


@kernel
def _same_side(value: float) -> int:
    """How many steps on the distance surely is on the same side of what is wanted."""
    return max(int((abs(value) - UNEVEN_MM) / (UNEVEN * _STEP_MM)), 0)


@kernel
def seat(ground: Any, lateral: float, caudal: float, standoff: float) -> float:
    """Height at which a point of the chart is ``standoff`` off the bone, the nearest to the chart; NaN beside the bone."""
    surface = height_at_chart(ground, lateral, caudal)
    if not np.isfinite(surface):
        return np.nan
    # farther off than this no crossing is near
    far = min(standoff + 2.0 * _STEP_MM, FAR_MM)
    up = down = _over(ground, lateral, caudal, surface, standoff, far)
    # the steps that these were asked at, and those up to which they surely keep their sign
    up_at = down_at = 0
    up_to = down_to = _same_side(up)
    for ring in range(_same_side(up), _STEPS):
        above, below, best = up, down, 1e30
        if ring + 1 > up_to:
            above = _over(ground, lateral, caudal, surface + _STEP_MM * ring + _STEP_MM, standoff, far)
            if up < 0.0 <= above:
                if up_at < ring:
                    up = _over(ground, lateral, caudal, surface + _STEP_MM * ring, standoff, far)
                best = _STEP_MM * ring + _STEP_MM * up / (up - above)
            up_at, up_to = ring + 1, ring + 1 + _same_side(above)
        if ring + 1 > down_to:
            below = _over(ground, lateral, caudal, surface - _STEP_MM * ring - _STEP_MM, standoff, far)
            if below < 0.0 <= down:
                if down_at < ring:
                    down = _over(ground, lateral, caudal, surface - _STEP_MM * ring, standoff, far)
                other = -_STEP_MM * (ring + 1) + _STEP_MM * below / (below - down)
                if abs(other) <= abs(best):
                    best = other
            down_at, down_to = ring + 1, ring + 1 + _same_side(below)
        if best < 1e29:
            return surface + best
        up, down = above, below
    # a cleft beside the overhanging ilium, too narrow for the standoff: its middle
    best, most = -_STEP_MM * _STEPS, -np.inf
    for step in range(int((2.0 * standoff + 1.0) / _STEP_MM + 1e-9) + 1):
        if step <= _STEPS:
            value = _over(ground, lateral, caudal, surface + _STEP_MM * step, standoff, FAR_MM)
            if value > most:
                most, best = value, _STEP_MM * step
    return surface + best


@kernel
def lift(ground: Any, point: FloatArray, standoff: float) -> None:
    """Move a point near the bone along its outward normal to ``standoff`` from it."""
    slope = np.empty(3)
    for _ in range(_LIFT_ROUNDS):
        x, y, z = point[0], point[1], point[2]
        slope[0] = _over(ground, x + 1.0, y, z, 0.0, FAR_MM) - _over(ground, x - 1.0, y, z, 0.0, FAR_MM)
        slope[1] = _over(ground, x, y + 1.0, z, 0.0, FAR_MM) - _over(ground, x, y - 1.0, z, 0.0, FAR_MM)
        slope[2] = _over(ground, x, y, z + 1.0, 0.0, FAR_MM) - _over(ground, x, y, z - 1.0, 0.0, FAR_MM)
        slope *= 0.5
        steepness = sqrt(slope[0] ** 2 + slope[1] ** 2 + slope[2] ** 2)
        if steepness < 1e-6:
            break
        point += (standoff - _over(ground, x, y, z, 0.0, FAR_MM)) / steepness * slope
