"""Distance to closed lines in a half plane."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel


@kernel
def distance_to_segments(points: FloatArray, starts: FloatArray, ends: FloatArray) -> FloatArray:
    """(n,) distance of (n, 2) points to the segments of closed lines: positive inside (even-odd rule), negative outside."""
    result = np.empty(len(points))
    for n in range(len(points)):
        x, y = points[n, 0], points[n, 1]
        nearest, inside = np.inf, False
        for k in range(len(starts)):
            ax, ay, bx, by = starts[k, 0], starts[k, 1], ends[k, 0], ends[k, 1]
            dx, dy = bx - ax, by - ay
            length = dx * dx + dy * dy
            t = 0.0 if length == 0.0 else min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / length))
            gap = (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2
            nearest = min(nearest, gap)
            if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * dx:
                inside = not inside
        result[n] = np.sqrt(nearest) if inside else -np.sqrt(nearest)
    return result


@kernel
def distance_to_triangles(points: FloatArray, triangles: FloatArray) -> FloatArray:
    """(n,) distance of (n, 3) points to the nearest of (m, 3, 3) triangles. Source: Ericson's regions of the nearest point."""
    result = np.empty(len(points))
    middles = np.empty((len(triangles), 3))
    reach = np.empty(len(triangles))
    for t in range(len(triangles)):
        middles[t] = (triangles[t, 0] + triangles[t, 1] + triangles[t, 2]) / 3.0
        reach[t] = 0.0
        for n in range(3):
            reach[t] = max(reach[t], np.sqrt(((triangles[t, n] - middles[t]) ** 2).sum()))
    for n in range(len(points)):
        p = points[n]
        best = np.inf
        for t in range(len(triangles)):
            dx, dy, dz = p[0] - middles[t, 0], p[1] - middles[t, 1], p[2] - middles[t, 2]
            rough = np.sqrt(dx * dx + dy * dy + dz * dz) - reach[t]
            if rough < best:
                best = min(best, _to_triangle(p, triangles[t, 0], triangles[t, 1], triangles[t, 2]))
        result[n] = best
    return result


@kernel
def _to_triangle(p: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray) -> Any:
    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = (ab * ap).sum(), (ac * ap).sum()
    if d1 <= 0.0 and d2 <= 0.0:
        return np.sqrt((ap * ap).sum())
    bp = p - b
    d3, d4 = (ab * bp).sum(), (ac * bp).sum()
    if d3 >= 0.0 and d4 <= d3:
        return np.sqrt((bp * bp).sum())
    cp = p - c
    d5, d6 = (ab * cp).sum(), (ac * cp).sum()
    if d6 >= 0.0 and d5 <= d6:
        return np.sqrt((cp * cp).sum())
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        nearest = a + d1 / (d1 - d3) * ab
    else:
        vb = d5 * d2 - d1 * d6
        if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
            nearest = a + d2 / (d2 - d6) * ac
        else:
            va = d3 * d6 - d5 * d4
            if va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
                nearest = b + (d4 - d3) / ((d4 - d3) + (d5 - d6)) * (c - b)
            else:
                scale = 1.0 / (va + vb + vc)
                nearest = a + ab * (vb * scale) + ac * (vc * scale)
    gap = p - nearest
    return np.sqrt((gap * gap).sum())
