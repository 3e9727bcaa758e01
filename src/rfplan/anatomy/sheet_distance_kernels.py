"""Compiled distances to the bone of a virtual patient: its dorsal sheet and what hangs over it. Points and directions in the chart's
frame; the two sides are alike, so that the lateral coordinate counts by its size."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.bridged_sheet_kernels import gap_to_sheet
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_SPARE_MM = 0.05


@kernel
def _hung(values: np.ndarray, origin: FloatArray, spacing: float, far: float, x: float, y: float, z: float) -> float:
    nx, ny, nz = values.shape
    u, v, w = (x - origin[0]) / spacing, (y - origin[1]) / spacing, (z - origin[2]) / spacing
    if not (0.0 <= u <= nx - 1 and 0.0 <= v <= ny - 1 and 0.0 <= w <= nz - 1):
        return far
    i, j, k = min(int(u), nx - 2), min(int(v), ny - 2), min(int(w), nz - 2)
    s, t, r = u - i, v - j, w - k
    near = (values[i, j, k] * (1 - s) + values[i + 1, j, k] * s) * (1 - t)
    near += (values[i, j + 1, k] * (1 - s) + values[i + 1, j + 1, k] * s) * t
    away = (values[i, j, k + 1] * (1 - s) + values[i + 1, j, k + 1] * s) * (1 - t)
    away += (values[i, j + 1, k + 1] * (1 - s) + values[i + 1, j + 1, k + 1] * s) * t
    value: float = near * (1 - r) + away * r
    return value


@kernel
def bone_gap(
    held: FloatArray, slopes: FloatArray, tops: FloatArray, lateral_0: float, caudal_0: float, step: float, far: float,
    hip: np.ndarray, origin: FloatArray, vertebra: np.ndarray, low: FloatArray, spacing: float, x: float, y: float, z: float,
) -> float:  # fmt: skip
    """Signed distance of one chart point to bone, cut off at ``far``.

    ``hip`` and ``vertebra`` are the distances of the overhang on grids of ``spacing`` from ``origin`` and ``low``.
    """
    x = abs(x)
    near: float = gap_to_sheet(held, slopes, tops, lateral_0, caudal_0, step, far, x, y, z)
    near = min(near, _hung(hip, origin, spacing, far, x, y, z))
    return min(near, _hung(vertebra, low, spacing, far, x, y, z), far)


@kernel
def bone_gaps(
    held: FloatArray, slopes: FloatArray, tops: FloatArray, lateral_0: float, caudal_0: float, step: float, far: float,
    hip: np.ndarray, origin: FloatArray, vertebra: np.ndarray, low: FloatArray, spacing: float, points: FloatArray,
) -> FloatArray:  # fmt: skip
    """(n,) the same at chart points (n, 3)."""
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        result[n] = bone_gap(
            held,
            slopes,
            tops,
            lateral_0,
            caudal_0,
            step,
            far,
            hip,
            origin,
            vertebra,
            low,
            spacing,
            points[n, 0],
            points[n, 1],
            points[n, 2],
        )
    return result


@kernel
def bone_rooms(
    held: FloatArray, slopes: FloatArray, tops: FloatArray, lateral_0: float, caudal_0: float, step: float, far: float,
    hip: np.ndarray, origin: FloatArray, vertebra: np.ndarray, low: FloatArray, spacing: float,
    tip: FloatArray, directions: FloatArray, along: FloatArray, wanted: FloatArray, bound: float, first: bool,
) -> FloatArray:  # fmt: skip
    """(n,) smallest distance to bone less what is ``wanted`` (m,) at ``along`` (m,) from ``tip`` (3,), for each direction (n, 3).

    A direction whose room falls below ``bound`` is not followed further. With ``first``, neither is one that has less room than another
    before it, and none after the first that is clear; those not looked at have endlessly little.
    Where either hint is given, room to spare is told up to a twentieth of a millimetre only.
    """
    result = np.full(directions.shape[0], -np.inf)
    top = tops.max() + far
    roof = max(top, max(origin[2], low[2]) + spacing * (hip.shape[2] - 1))
    hinted = first or bound > -np.inf
    for n in range(directions.shape[0]):
        room = 1e9
        for k in range(along.shape[0]):
            a = along[k]
            if directions[n, 2] > 0.0 and tip[2] + a * directions[n, 2] > roof:
                # nothing hangs higher
                room = min(room, far - wanted[wanted.shape[0] - 1])
                break
            reach = min(far, max(wanted[k], 0.0) + _SPARE_MM) if hinted else far
            gap = bone_gap(
                held, slopes, tops, lateral_0, caudal_0, step, reach, hip, origin, vertebra, low, spacing,
                tip[0] + a * directions[n, 0], tip[1] + a * directions[n, 1], tip[2] + a * directions[n, 2],
            )  # fmt: skip
            room = min(room, gap - wanted[k])
            if room < bound:
                break
        result[n] = room
        if first:
            if room >= 0.0:
                break
            bound = max(bound, room)
    return result
