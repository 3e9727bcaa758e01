"""Distance to closed lines in a half plane."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def distance_to_segments(points, starts, ends):  # type: ignore[no-untyped-def]
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
