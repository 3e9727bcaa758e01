"""Compiled kernel of the sacral axis: the nearest point of a smooth plane curve."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_STRIDE = 16


@kernel
def project(
    points: FloatArray, nodes: FloatArray, tangents: FloatArray, bends: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Position along and distance off a curve for each of the (n, 2) ``points``.

    ``nodes`` (k, 2) are evenly spaced on the curve, ``tangents`` (k, 2) its unit tangents there and ``bends`` (k,) the angle it
    turns from one node to the next, clockwise positive. Positions are in units of the spacing of nodes; the distance is
    positive to the left of the tangent, and in units of the coordinates.
    """
    count = points.shape[0]
    last = nodes.shape[0] - 1
    along, off = np.empty(count), np.empty(count)
    spacing = np.hypot(nodes[1, 0] - nodes[0, 0], nodes[1, 1] - nodes[0, 1])
    for n in range(count):
        y, z = points[n, 0], points[n, 1]
        best, nearest = np.inf, 0
        for k in range(0, last + 1, _STRIDE):
            square = (y - nodes[k, 0]) ** 2 + (z - nodes[k, 1]) ** 2
            if square < best:
                best, nearest = square, k
        low, high = max(nearest - _STRIDE, 0), min(nearest + _STRIDE, last)
        for k in range(low, high + 1):
            square = (y - nodes[k, 0]) ** 2 + (z - nodes[k, 1]) ** 2
            if square < best:
                best, nearest = square, k
        dy, dz = y - nodes[nearest, 0], z - nodes[nearest, 1]
        ty, tz = tangents[nearest, 0], tangents[nearest, 1]
        dorsal = dz * ty - dy * tz
        # one Newton step from the nearest node, on the circle that touches the curve there
        stretch = max(spacing + bends[nearest] * dorsal, 0.2 * spacing)
        ahead = (dy * ty + dz * tz) / stretch
        along[n] = nearest + min(max(ahead, -1.0), 1.0)
        off[n] = dorsal
    return along, off
