"""Compiled look-up in an octree: which leaf holds a point, values at corners, and values between them."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray, IndexArray
from rfplan.geometry.compiled import kernel


@kernel
def leaf_at(
    child: IndexArray, roots: int, origin: FloatArray, root_mm: float, x: float, y: float, z: float
) -> tuple[int, float, float, float, float]:
    """The leaf that holds a point (nearest one outside), its edge, and where the point is in it, 0 to 1 along x, y and z."""
    a, b, c = (x - origin[0]) / root_mm, (y - origin[1]) / root_mm, (z - origin[2]) / root_mm
    a, b, c = min(max(a, 0.0), roots - 1e-9), min(max(b, 0.0), roots - 1e-9), min(max(c, 0.0), roots - 1e-9)
    i, j, k = int(a), int(b), int(c)
    node = (k * roots + j) * roots + i
    a, b, c, edge = a - i, b - j, c - k, root_mm
    while child[node] >= 0:
        a, b, c, edge = 2.0 * a, 2.0 * b, 2.0 * c, 0.5 * edge
        p, q, r = min(int(a), 1), min(int(b), 1), min(int(c), 1)
        a, b, c = a - p, b - q, c - r
        node = child[node] + p + 2 * q + 4 * r
    return -1 - child[node], edge, a, b, c


@kernel
def leaves_around(
    child: IndexArray, roots: int, origin: FloatArray, root_mm: float, corners: FloatArray, step: float
) -> IndexArray:
    """(n, 8) leaves that meet at (n, 3) corners, some of them several times; -1 outside the cube of roots."""
    found = np.empty((corners.shape[0], 8), dtype=np.int32)
    end = roots * root_mm
    for n in range(corners.shape[0]):
        for m in range(8):
            x = corners[n, 0] + (step if m & 1 else -step)
            y = corners[n, 1] + (step if m >> 1 & 1 else -step)
            z = corners[n, 2] + (step if m >> 2 else -step)
            out = not 0.0 < x - origin[0] < end or not 0.0 < y - origin[1] < end or not 0.0 < z - origin[2] < end
            found[n, m] = -1 if out else leaf_at(child, roots, origin, root_mm, x, y, z)[0]
    return found


@kernel
def corner_values(
    corners: FloatArray,
    around: IndexArray,
    weights: FloatArray,
    centres: FloatArray,
    values: FloatArray,
    slopes: FloatArray,
) -> FloatArray:
    """(n, 4) value and slopes at corners; slopes along an axis are 0 where one of the leaves around has none (NaN).

    The value is half-way between what the centres say and what they say with their slopes, which cancels the curvature.
    """
    found = np.zeros((corners.shape[0], 4))
    for n in range(corners.shape[0]):
        for m in range(8):
            leaf, weight = around[n, m], weights[n, m]
            if leaf < 0:
                continue
            found[n, 0] += weight * values[leaf]
            for x in range(3):
                found[n, 1 + x] += weight * slopes[leaf, x]
        for x in range(3):
            if np.isnan(found[n, 1 + x]):
                found[n, 1 + x] = 0.0
                continue
            for m in range(8):
                leaf = around[n, m]
                if leaf >= 0:
                    found[n, 0] += 0.5 * weights[n, m] * slopes[leaf, x] * (corners[n, x] - centres[leaf, x])
    return found


@kernel
def slopes_of(
    low: IndexArray,
    high: IndexArray,
    axis: IndexArray,
    coarse: IndexArray,
    fine: IndexArray,
    group_axis: IndexArray,
    group_way: IndexArray,
    sizes: FloatArray,
    kind: np.ndarray,
    values: FloatArray,
) -> FloatArray:
    """(n, 3) slopes of values in leaves, the mean over both faces across every axis; NaN where there is none.

    Beside a leaf of another ``kind`` (n,) values bend, and it is the slope of the face on the other side.
    """
    total = np.zeros((sizes.shape[0], 3))
    count = np.zeros((sizes.shape[0], 3))
    for f in range(low.shape[0]):
        a, b, x = low[f], high[f], axis[f]
        if kind[a] == kind[b]:
            slope = (values[b] - values[a]) / sizes[a]
            total[a, x] += slope
            total[b, x] += slope
            count[a, x] += 1.0
            count[b, x] += 1.0
    for n in range(coarse.shape[0]):
        c, x = coarse[n], group_axis[n]
        alike = True
        mean = 0.0
        for k in range(4):
            alike = alike and kind[fine[n, k]] == kind[c]
            mean += 0.25 * values[fine[n, k]]
        if not alike:
            continue
        slope = group_way[n] * (values[c] - mean) / (0.75 * sizes[c])
        total[c, x] += slope
        count[c, x] += 1.0
        for k in range(4):
            total[fine[n, k], x] += slope
            count[fine[n, k], x] += 1.0
    for i in range(sizes.shape[0]):
        for x in range(3):
            total[i, x] = total[i, x] / count[i, x] if count[i, x] > 0.0 else np.nan
    return total


@kernel
def interpolate(
    child: IndexArray,
    roots: int,
    origin: FloatArray,
    root_mm: float,
    corner_of: IndexArray,
    at_corners: FloatArray,
    points: FloatArray,
) -> FloatArray:
    """(n,) values at (n, 3) points, exact for a parabola: corners weigh as in linear interpolation, each with half its slopes."""
    found = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        leaf, edge, a, b, c = leaf_at(child, roots, origin, root_mm, points[n, 0], points[n, 1], points[n, 2])
        total = 0.0
        for m in range(8):
            p, q, r = m & 1, m >> 1 & 1, m >> 2
            corner = at_corners[corner_of[leaf, m]]
            ahead = corner[1] * (a - p) + corner[2] * (b - q) + corner[3] * (c - r)
            weight = (a if p else 1.0 - a) * (b if q else 1.0 - b) * (c if r else 1.0 - c)
            total += weight * (corner[0] + 0.5 * edge * ahead)
        found[n] = total
    return found
