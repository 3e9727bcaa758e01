"""Compiled geometry of targets beside an aperture, and of the back of the joint that they stay off; chart coordinates of one side, mm."""

from __future__ import annotations

from math import cos, hypot, sin
from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel


@kernel
def edge(rim: FloatArray, centre: FloatArray, hours: float) -> float:
    """Distance from the centre of an aperture to its edge (k, >= 2) in a clock direction."""
    turn = hours * 30.0 * np.pi / 180.0
    dx, dy = sin(turn), -cos(turn)
    best, mean, count = -1.0, 0.0, rim.shape[0]
    for n in range(count):
        m = (n + 1) % count
        ax, ay = rim[n, 0] - centre[0], rim[n, 1] - centre[1]
        sx, sy = rim[m, 0] - rim[n, 0], rim[m, 1] - rim[n, 1]
        mean += hypot(ax, ay) / count
        across = dx * sy - dy * sx
        if abs(across) < 1e-12:
            continue
        t, u = (ax * sy - ay * sx) / across, (ax * dy - ay * dx) / across
        if -1e-9 <= u <= 1 + 1e-9 and t > 0.0:
            best = max(best, t)
    return best if best >= 0.0 else mean


@kernel
def rim_gap(rim: FloatArray, centre: FloatArray, x: float, y: float) -> float:
    """Distance of a chart point from the edge of an aperture; 0 or less inside."""
    nearest, count = 1e30, rim.shape[0]
    for n in range(count):
        m = (n + 1) % count
        sx, sy = rim[m, 0] - rim[n, 0], rim[m, 1] - rim[n, 1]
        share = ((x - rim[n, 0]) * sx + (y - rim[n, 1]) * sy) / max(sx * sx + sy * sy, 1e-12)
        share = min(max(share, 0.0), 1.0)
        nearest = min(nearest, hypot(rim[n, 0] + share * sx - x, rim[n, 1] + share * sy - y))
    ax, ay = x - centre[0], y - centre[1]
    hours = np.arctan2(ax, -ay) * 180.0 / np.pi / 30.0
    return nearest if hypot(ax, ay) >= edge(rim, centre, hours) else -nearest


@kernel
def back_of_joint(ground: Any) -> FloatArray:
    """(m, 2) caudal and lateral coordinates of the back of the joint, cranial to caudal."""
    order = np.argsort(ground.joint[:, 1], kind="mergesort")
    line = np.empty((order.shape[0], 2))
    for n in range(order.shape[0]):
        line[n, 0], line[n, 1] = ground.joint[order[n], 1], ground.joint[order[n], 0]
    return line


@kernel
def joint_limit(line: FloatArray, gap: float, caudal: float) -> float:
    """How lateral a target may lie at a caudal coordinate to stay ``gap`` off the back of the joint, as :func:`back_of_joint` gives it;
    endless where that is unknown."""
    low, high = 0, line.shape[0] - 1
    if not line[low, 0] <= caudal <= line[high, 0]:
        return np.inf
    lateral = line[high, 1]
    if caudal < line[high, 0]:
        while high - low > 1:
            middle = (low + high) // 2
            if line[middle, 0] <= caudal:
                low = middle
            else:
                high = middle
        slope = (line[high, 1] - line[low, 1]) / (line[high, 0] - line[low, 0])
        lateral = slope * (caudal - line[low, 0]) + line[low, 1]
    limit: float = lateral - gap
    return limit
