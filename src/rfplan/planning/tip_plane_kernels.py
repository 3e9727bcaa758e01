"""Compiled plane of bone beside an active tip: the bone's distances along the tip, and the plane that has the same.

Everything is in one orthogonal frame; it may be left-handed. Most of the bone about a tip is farther off than decides anything: what hangs
over the sacrum is asked for only as far as the sacrum itself is, and steps are taken only where they count.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from rfplan.anatomy.overhang_kernels import overhang_gap
from rfplan.anatomy.sheet_distance_kernels import sheet_gap, sheet_way
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

PLACES, PROBES = 9, 7
"""Along an active tip; at each place the place itself, a step along each axis, and a step back."""
STEP_MM = 1.0
_FLAT = 1e-6
_STEEPEST = 1.75
"""No distance between nodes of a grid changes by more than this per mm."""
_SMOOTH_MM = 1.5
"""Farther off than this, the bone's unevenness does not turn the direction of the nearest place on it."""
_SPARE_MM = 0.25


@kernel
def plane_beside(
    values: FloatArray, steps: FloatArray, axis: FloatArray, active: float, band: float, normal: FloatArray
) -> tuple[bool, float, float]:
    """The plane whose distances from an active tip are those of the bone.

    ``values`` (9, 7) distances to bone, known up to ``band``, along the ``active`` tip with ``axis`` (3,) at the places of :data:`PROBES`,
    stepped along the rows of ``steps`` (3, 3). Fills the unit ``normal`` (3,) out of the bone.

    Returns
    -------
    whether there is one, height of the middle of the active tip above it, how far the axis reaches into bone
    """
    weights, total, most, deepest = np.empty(PLACES), 0.0, 0.0, 0.0
    for k in range(PLACES):
        away = values[k, 0]
        deepest = min(deepest, away)
        # down to nothing where the distance is no longer known, so that rounding decides nothing
        weights[k] = max(0.0, 1.0 - away / band) / (1.0 + max(away, 0.0)) ** 2
        total += weights[k]
        most = max(most, weights[k])
    if most < _FLAT:
        return False, 0.0, 0.0
    mean = at = 0.0
    out = np.zeros(3)
    for k in range(PLACES):
        share = weights[k] / total
        mean += share * values[k, 0]
        at += share * active * (k / (PLACES - 1) - 0.5)
        for x in range(3):
            for way in range(3):
                out[x] += share * (values[k, 1 + way] - values[k, 4 + way]) * steps[way, x]
    spread = slope = 0.0
    for k in range(PLACES):
        share, off = weights[k] / total, active * (k / (PLACES - 1) - 0.5) - at
        spread += share * off * off
        slope += share * off * (values[k, 0] - mean)
    along = out[0] * axis[0] + out[1] * axis[1] + out[2] * axis[2]
    if spread > _FLAT:
        slope /= spread
    else:
        slope = along / max(sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2), 1e-30)
    lean = min(1.0, max(-1.0, slope))
    across = out - along * axis
    size = sqrt(across[0] ** 2 + across[1] ** 2 + across[2] ** 2)
    if size < _FLAT:
        # straight on to the bone: no direction round the needle is nearer than another
        least = 0
        for x in range(3):
            if abs(axis[x]) < abs(axis[least]):
                least = x
        unit = np.zeros(3)
        unit[least] = 1.0
        across = np.cross(axis, unit)
        size = sqrt(across[0] ** 2 + across[1] ** 2 + across[2] ** 2)
    for x in range(3):
        normal[x] = lean * axis[x] + sqrt(1.0 - lean * lean) * across[x] / size
    return True, mean - lean * at, max(0.0, -deepest)


@kernel
def _nearest_of(bone: Any, reach: float, hung: float, x: float, y: float, z: float) -> float:
    """Signed distance to the sheet or, where that is less, ``hung``; cut off at ``reach``."""
    if 0.0 < hung < reach:
        # only what is nearer counts, unless it is under the sheet that the point is
        gap: float = sheet_gap(bone, hung, x, y, z)
        if gap > -hung:
            return gap
    nearest: float = min(sheet_gap(bone, reach, x, y, z), hung)
    return nearest


@kernel
def distances_along(
    bone: Any, far: float, tip: FloatArray, axis: FloatArray, active: float, values: FloatArray
) -> None:
    """Fill ``values`` (9, 7) with the distances, up to ``far``, from an ``active`` tip to a ``bone``
    (:class:`rfplan.anatomy.sheet_distance_kernels.SheetBone`), as :func:`plane_beside` takes them, along the axes of the chart."""
    way = np.empty(3)
    for k in range(PLACES):
        along = active * k / (PLACES - 1)
        x, y, z = tip[0] + along * axis[0], tip[1] + along * axis[1], tip[2] + along * axis[2]
        gap = sheet_way(bone, far, x, y, z, way)
        # steps are taken near the sheet; farther off only what is nearer than it counts
        near = gap <= _SMOOTH_MM
        within = min(far, gap + 2.0 * STEP_MM * _STEEPEST + _SMOOTH_MM + _SPARE_MM) if near else gap
        hung = overhang_gap(bone, within, x, y, z)
        values[k, 0] = min(gap, hung)
        if values[k, 0] >= far:
            # counts for nothing
            values[k, 1:] = far
            continue
        if not near and hung >= gap:
            # so far off the direction of the nearest bone says what steps would
            for side in range(3):
                values[k, 1 + side], values[k, 4 + side] = STEP_MM * way[side], -STEP_MM * way[side]
            continue
        # a step changes the distance by no more than its length, and by what the bone is uneven; in bone it is as far to its surface
        reach = min(far, abs(values[k, 0]) + STEP_MM + _SMOOTH_MM)
        for side in range(6):
            way[:] = 0.0
            way[side % 3] = STEP_MM if side < 3 else -STEP_MM
            u, v, w = x + way[0], y + way[1], z + way[2]
            if hung < gap:
                values[k, 1 + side] = _nearest_of(bone, reach, overhang_gap(bone, reach, u, v, w), u, v, w)
                continue
            value = sheet_gap(bone, reach, u, v, w)
            if hung - _STEEPEST * STEP_MM < value:
                value = min(value, overhang_gap(bone, value, u, v, w))
            values[k, 1 + side] = value
