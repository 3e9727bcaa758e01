"""Compiled courses of branches on a chart: from the rim of a foramen to the joint.

A chart is given by its heights (ni, nj), the place of its first node, its step and the ``sign`` of the side; everything else is in the
frame of one side, whose first axis points away from the midline; mm.
"""

from __future__ import annotations

from math import cos, exp, hypot, pi, sin, sqrt

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

STEP_MM = 0.5
EDGE_MM = 1.5
LEAST_COSINE = 0.5
"""On bone steeper than this the beam grazes it, and a course kept at its depth along the beam would leap."""


@kernel
def height_over(
    grid: FloatArray, lateral_0: float, caudal_0: float, step: float, lateral: float, caudal: float
) -> float:
    """Bilinear height; NaN beside the bone."""
    u, v = (lateral - lateral_0) / step, (caudal - caudal_0) / step
    if not (0.0 <= u <= grid.shape[0] - 1 and 0.0 <= v <= grid.shape[1] - 1):
        return np.nan
    i, j = min(int(u), grid.shape[0] - 2), min(int(v), grid.shape[1] - 2)
    s, t = u - i, v - j
    value: float = (
        grid[i, j] * (1 - s) * (1 - t)
        + grid[i + 1, j] * s * (1 - t)
        + grid[i, j + 1] * (1 - s) * t
        + grid[i + 1, j + 1] * s * t
    )
    return value


@kernel
def _towards_beam(
    grid: FloatArray, lateral_0: float, caudal_0: float, step: float, lateral: float, caudal: float
) -> float:
    a = height_over(grid, lateral_0, caudal_0, step, lateral + step, caudal)
    b = height_over(grid, lateral_0, caudal_0, step, lateral - step, caudal)
    c = height_over(grid, lateral_0, caudal_0, step, lateral, caudal + step)
    d = height_over(grid, lateral_0, caudal_0, step, lateral, caudal - step)
    return 1.0 / sqrt(1.0 + ((a - b) / (2.0 * step)) ** 2 + ((c - d) / (2.0 * step)) ** 2)


@kernel
def over_bone(
    grid: FloatArray,
    lateral_0: float,
    caudal_0: float,
    step: float,
    sign: float,
    path: FloatArray,
    depth: float,
    out: FloatArray,
) -> int:
    """Lift a course (n, 2) ``depth`` over the bone along the beam into ``out`` (n, 3); the number of points that bone carries."""
    count = 0
    for n in range(path.shape[0]):
        lateral = sign * path[n, 0]
        height = height_over(grid, lateral_0, caudal_0, step, lateral, path[n, 1])
        height += depth / max(_towards_beam(grid, lateral_0, caudal_0, step, lateral, path[n, 1]), LEAST_COSINE)
        if np.isfinite(height):
            out[count, 0], out[count, 1], out[count, 2] = path[n, 0], path[n, 1], height
            count += 1
    return count


@kernel
def rim_point(rim: FloatArray, centre: FloatArray, clock: float) -> tuple[float, float]:
    """Where the ray from the centre at a clock angle (radians from cranial, outward) leaves the ring (k, >= 2)."""
    k = rim.shape[0]
    below, above = -1e9, 1e9
    low = high = 0.0
    for n in range(k):
        dx, dy = rim[n, 0] - centre[0], rim[n, 1] - centre[1]
        turn = (np.arctan2(dx, -dy) - clock) % (2.0 * pi)
        radius = hypot(dx, dy)
        if turn < above:
            above, high = turn, radius
        if turn - 2.0 * pi > below:
            below, low = turn - 2.0 * pi, radius
    radius = low + (high - low) * (0.0 - below) / (above - below) if above > below else high
    return centre[0] + radius * sin(clock), centre[1] - radius * cos(clock)


@kernel
def _area(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@kernel
def crosses(ax: float, ay: float, bx: float, by: float, line: FloatArray) -> bool:
    """True if the segment from a to b meets the polyline (n, >= 2) in the plane."""
    for n in range(line.shape[0] - 1):
        px, py, qx, qy = line[n, 0], line[n, 1], line[n + 1, 0], line[n + 1, 1]
        apart = _area(px, py, qx, qy, ax, ay) * _area(px, py, qx, qy, bx, by) < 0.0
        if apart and _area(ax, ay, bx, by, px, py) * _area(ax, ay, bx, by, qx, qy) < 0.0:
            return True
    return False


@kernel
def course_to_joint(
    grid: FloatArray, lateral_0: float, caudal_0: float, step: float, sign: float, rim: FloatArray, centre: FloatArray,
    joint: FloatArray, clock: float, final: float, relaxation: float, steer_beyond: float, reach: float, out: FloatArray,
) -> int:  # fmt: skip
    """Write the course (n, 2) of a branch to ``out`` and return n.

    ``clock`` is the direction in which it leaves the ``rim`` (k, 2) and ``final`` that to which it turns over the length
    ``relaxation``, radians from cranial; ``joint`` (m, 2) the back of the joint, empty where unknown. A branch that would pass below it
    turns to its lower end from ``steer_beyond`` lateral of the rim. It ends at the joint, after ``reach``, or where the bone ends.
    """
    x, y = rim_point(rim, centre, clock)
    outermost = rim[0, 0]
    for n in range(rim.shape[0]):
        outermost = max(outermost, rim[n, 0])
    known = joint.shape[0] > 1
    steers = known and not crosses(x, y, x + 200.0 * sin(final), y - 200.0 * cos(final), joint)
    goal_x, goal_y = 0.0, 0.0
    if known:
        goal_x, goal_y = joint[joint.shape[0] - 1, 0], joint[joint.shape[0] - 1, 1]
    turned = 1.0 - exp(-STEP_MM / relaxation)
    heading = clock
    out[0, 0], out[0, 1] = x, y
    count = 1
    for _ in range(int(reach / STEP_MM)):
        wanted = final
        if steers and x > outermost + steer_beyond:
            wanted = np.arctan2(goal_x - x, -(goal_y - y))
        turn = (wanted - heading + pi) % (2.0 * pi) - pi
        heading += turn * turned
        nx, ny = x + STEP_MM * sin(heading), y - STEP_MM * cos(heading)
        if known and crosses(x, y, nx, ny, joint):
            out[count, 0], out[count, 1] = nx, ny
            count += 1
            break
        if known and hypot(nx - goal_x, ny - goal_y) < EDGE_MM:
            break
        out[count, 0], out[count, 1] = nx, ny
        count += 1
        x, y = nx, ny
    # up to where it would leave the back of the bone, with a margin that keeps normals defined
    for n in range(count):
        if count < 2:
            break
        low, high = max(n - 1, 0), min(n + 1, count - 1)
        share = EDGE_MM / (STEP_MM * (high - low))
        dx, dy = share * (out[high, 0] - out[low, 0]), share * (out[high, 1] - out[low, 1])
        here = height_over(grid, lateral_0, caudal_0, step, sign * out[n, 0], out[n, 1])
        ahead = height_over(grid, lateral_0, caudal_0, step, sign * (out[n, 0] + dx), out[n, 1] + dy)
        if not (np.isfinite(here) and np.isfinite(ahead)):
            return n
    return count
