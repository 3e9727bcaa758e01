"""Compiled parts of the evaluation: branches, canals and skin against spheroids; shafts against bone and each other."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.shape_kernels import silhouettes
from rfplan.lesion.spheroid_kernels import segment_gap
from rfplan.lesion.union_kernels import inside_lengths, polyline_distance

_FAR = 1e30
_TOLERANCE_MM = 1e-8
_TIE_MM = 1e-8
_SHAFT_STEP_MM = 0.25


@kernel
def judge_branches(
    points: FloatArray,
    first: IntArray,
    beam: FloatArray,
    rows: FloatArray,
    starts: IntArray,
    balls: FloatArray,
) -> FloatArray:
    """What the lethal surface does to branches.

    ``points`` (n, 3) of all branches, branch b is ``first[b]:first[b + 1]``; ``rows``, ``starts``, ``balls``: the lethal spheroids.

    Returns
    -------
    (b, 4) lethal length, longest contiguous lethal length, margin in space, margin in the shadow along ``beam``; mm
    """
    shadows = np.empty_like(points)
    for n in range(points.shape[0]):
        depth = points[n, 0] * beam[0] + points[n, 1] * beam[1] + points[n, 2] * beam[2]
        for x in range(3):
            shadows[n, x] = points[n, x] - depth * beam[x]
    flat, flat_balls = np.empty_like(rows), np.empty_like(balls)
    silhouettes(rows, beam, flat, balls, flat_balls)
    result = np.empty((first.shape[0] - 1, 4))
    for b in range(first.shape[0] - 1):
        branch, shadow = points[first[b] : first[b + 1]], shadows[first[b] : first[b + 1]]
        result[b, 0], result[b, 1] = inside_lengths(branch, rows, starts, balls)
        result[b, 2] = -polyline_distance(branch, rows, starts, balls, _FAR, _TOLERANCE_MM)
        result[b, 3] = -polyline_distance(shadow, flat, starts, flat_balls, _FAR, _TOLERANCE_MM)
    return result


@kernel
def clearances(
    points: FloatArray,
    first: IntArray,
    radii: FloatArray,
    lethal: int,
    rows: FloatArray,
    starts: IntArray,
    balls: FloatArray,
) -> FloatArray:
    """Lesions against round tubes about the polylines ``points[first[k]:first[k + 1]]`` of ``radii`` (k,).

    Returns
    -------
    (k, 2) distance of the ``lethal`` isotherm's surface from the tube, mm (negative where it enters), and the number of isotherms
    that reach it: 0 for none, 1 for the coolest only, and so on
    """
    result = np.empty((first.shape[0] - 1, 2))
    for k in range(first.shape[0] - 1):
        tube = points[first[k] : first[k + 1]]
        result[k, 0] = polyline_distance(tube, rows[lethal], starts, balls[lethal], _FAR, _TOLERANCE_MM) - radii[k]
        reached = 0
        for isotherm in range(rows.shape[0]):
            # only whether it is nearer than the radius matters, so nothing farther needs refining
            limit = radii[k] + 1e-6
            if polyline_distance(tube, rows[isotherm], starts, balls[isotherm], limit, _TOLERANCE_MM) > radii[k]:
                break
            reached += 1
        result[k, 1] = reached
    return result


@kernel
def height_at(grid: FloatArray, u: float, v: float) -> float:
    """Bilinear value at fractional node (u, v), clamped to the edge."""
    u = min(max(u, 0.0), grid.shape[0] - 1.000001)
    v = min(max(v, 0.0), grid.shape[1] - 1.000001)
    i, j = int(u), int(v)
    s, t = u - i, v - j
    low = grid[i, j] * (1 - s) + grid[i + 1, j] * s
    high = grid[i, j + 1] * (1 - s) + grid[i + 1, j + 1] * s
    value: float = low * (1 - t) + high * t
    return value


@kernel
def skin_clearances(
    grid: FloatArray,
    origin: FloatArray,
    axes: FloatArray,
    corner: FloatArray,
    spacing: float,
    rows: FloatArray,
) -> FloatArray:
    """(isotherms,) depth under the skin of the most superficial point of each isotherm's surface, along the skin's outward axis.

    ``axes`` rows: lateral, caudal, outward; ``corner`` (2,) lateral and caudal of node (0, 0). Far where there is no surface.
    """
    result, place = np.full(rows.shape[0], _FAR), np.empty(3)
    for isotherm in range(rows.shape[0]):
        for k in range(rows.shape[1]):
            row = rows[isotherm, k]
            if row[6] <= 0.0 or row[7] <= 0.0:
                continue
            lean = row[3] * axes[2, 0] + row[4] * axes[2, 1] + row[5] * axes[2, 2]
            across, along = row[6] * row[6], row[7] * row[7]
            reach = np.sqrt(along * lean * lean + across * (1.0 - lean * lean))
            place[:] = 0.0
            for x in range(3):
                # the point of the spheroid farthest along the outward axis
                top = row[x] + (across * axes[2, x] + (along - across) * lean * row[3 + x]) / reach
                for a in range(3):
                    place[a] += (top - origin[x]) * axes[a, x]
            skin = height_at(grid, (place[0] - corner[0]) / spacing, (place[1] - corner[1]) / spacing)
            result[isotherm] = min(result[isotherm], skin - place[2])
    return result


@kernel
def bone_along_shafts(
    values: np.ndarray,
    origin: FloatArray,
    spacing: float,
    outside: float,
    tips: FloatArray,
    ends: FloatArray,
    tolerance: float,
) -> FloatArray:
    """(n, 2) length of straight shafts deeper than ``tolerance`` inside bone, and distance of their tips from it, mm.

    ``tips`` and ``ends`` (n, 3) in the frame of the distance grid; the length comes from samples a quarter of a millimetre apart near
    bone, linear in between.
    """
    result = np.zeros((tips.shape[0], 2))
    point = np.empty(3)
    for n in range(tips.shape[0]):
        length = np.sqrt(np.sum((ends[n] - tips[n]) ** 2))
        along, before, step = 0.0, 0.0, 0.0
        while True:
            t = along / length if length > 0.0 else 0.0
            for x in range(3):
                point[x] = tips[n, x] + t * (ends[n, x] - tips[n, x])
            depth = -_distance_at(values, origin, spacing, outside, point)
            if along == 0.0:
                result[n, 1] = -depth
            else:
                a, b = before - tolerance, depth - tolerance
                if a > 0.0 and b > 0.0:
                    result[n, 0] += step
                elif a > 0.0 or b > 0.0:
                    result[n, 0] += step * max(a, b) / (abs(a) + abs(b))
            if along >= length:
                break
            before = depth
            # far from bone nothing can be missed within half the distance to it
            step = min(max(_SHAFT_STEP_MM, -0.5 * depth), length - along)
            along += step
    return result


@kernel
def _distance_at(values: np.ndarray, origin: FloatArray, spacing: float, outside: float, point: FloatArray) -> float:
    nx, ny, nz = values.shape
    x, y, z = (
        (point[0] - origin[0]) / spacing,
        (point[1] - origin[1]) / spacing,
        (point[2] - origin[2]) / spacing,
    )
    if not (0.0 <= x <= nx - 1 and 0.0 <= y <= ny - 1 and 0.0 <= z <= nz - 1):
        return outside
    i, j, k = min(int(x), nx - 2), min(int(y), ny - 2), min(int(z), nz - 2)
    s, t, r = x - i, y - j, z - k
    near = (values[i, j, k] * (1 - s) + values[i + 1, j, k] * s) * (1 - t)
    near += (values[i, j + 1, k] * (1 - s) + values[i + 1, j + 1, k] * s) * t
    far = (values[i, j, k + 1] * (1 - s) + values[i + 1, j, k + 1] * s) * (1 - t)
    far += (values[i, j + 1, k + 1] * (1 - s) + values[i + 1, j + 1, k + 1] * s) * t
    value: float = near * (1 - r) + far * r
    return value


@kernel
def rod_gap(one: FloatArray, one_end: FloatArray, other: FloatArray, other_end: FloatArray) -> float:
    """Distance between two straight rods, from end to end."""
    gap: float = segment_gap(
        one[0] - other[0],
        one[1] - other[1],
        one[2] - other[2],
        one_end[0] - one[0],
        one_end[1] - one[1],
        one_end[2] - one[2],
        other_end[0] - other[0],
        other_end[1] - other[1],
        other_end[2] - other[2],
    )
    return gap


@kernel
def shaft_gaps(
    tips: FloatArray, ends: FloatArray, radii: FloatArray, probe: BoolArray, since: IntArray, until: IntArray
) -> tuple[float, int, int]:
    """Smallest clearance between shafts that stand at the same time, and which two they are (-1 where no two do).

    Needle n stands from application ``since[n]`` to ``until[n]``; pieces of one ``probe`` do not count.
    """
    best, one, other = _FAR, -1, -1
    for i in range(tips.shape[0]):
        for j in range(i + 1, tips.shape[0]):
            if since[j] > until[i] or since[i] > until[j] or (probe[i] and probe[j]):
                continue
            gap = rod_gap(tips[i], ends[i], tips[j], ends[j]) - radii[i] - radii[j]
            # the first of equals, whatever rounding a motion brings
            if gap < best - _TIE_MM:
                best, one, other = gap, i, j
    return best, one, other


@kernel
def needle_clearances(
    points: FloatArray,
    first: IntArray,
    radii: FloatArray,
    tips: FloatArray,
    ends: FloatArray,
    thick: FloatArray,
) -> tuple[FloatArray, IntArray]:
    """(k,) smallest clearance of any active tip (segments ``tips`` to ``ends``, radii ``thick``) from each tube, and whose it is."""
    gaps = np.full(first.shape[0] - 1, _FAR)
    which = np.full(first.shape[0] - 1, -1, dtype=np.int64)
    for k in range(first.shape[0] - 1):
        for n in range(tips.shape[0]):
            for i in range(first[k], first[k + 1] - 1):
                gap = rod_gap(points[i], points[i + 1], tips[n], ends[n]) - radii[k] - thick[n]
                if gap < gaps[k] - _TIE_MM:
                    gaps[k], which[k] = gap, n
    return gaps, which
