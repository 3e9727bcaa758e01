"""Compiled geometry of spheroids: signed distance, crossing with a segment, nearest approach of a polyline.

A spheroid is a row of eight numbers: centre (3), unit axis (3), semi-axis across the axis, semi-axis along it; mm.
A row whose semi-axes are not both positive stands for nothing and is passed over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from rfplan.geometry.arrays import FloatArray, IntArray

_FAR = 1e30
_CHUNK = 4


@njit(cache=True)
def ellipse_distance(rho: float, z: float, across: float, along: float) -> tuple[float, float, float]:
    """Signed distance (negative inside) of a point in the quadrant rho, z >= 0 from an ellipse, and its gradient.

    The nearest point is the root of a convex function of one variable; Newton's method from the left of the root
    climbs to it without overshooting.
    Source: Eberly 2013, Distance from a point to an ellipse, an ellipsoid, or a hyperellipsoid.
    """
    if across >= along:
        e0, e1, y0, y1 = across, along, rho, z
    else:
        e0, e1, y0, y1 = along, across, z, rho
    reach = (e0 - e1) * (e0 + e1)
    if y1 > 1e-12 * e1:
        # the unknown is counted from the pole at the shorter semi-axis, so that nothing cancels near the centre
        s = max(e1 * y1, e0 * y0 - reach)
        for _ in range(60):
            i0 = 1.0 / (s + reach)
            i1 = 1.0 / s
            m0 = (e0 * y0 * i0) ** 2
            m1 = (e1 * y1 * i1) ** 2
            step = 0.5 * (m0 + m1 - 1.0) / (m0 * i0 + m1 * i1)
            s += step
            if step <= 1e-14 * s:
                break
        x0 = e0 * e0 * y0 / (s + reach)
        x1 = e1 * e1 * y1 / s
    elif e0 * y0 < reach:
        # on the long axis: the nearest point leaves it between the centres of curvature of the two ends
        x0 = e0 * e0 * y0 / reach
        x1 = e1 * np.sqrt(max(0.0, 1.0 - (x0 / e0) ** 2))
    else:
        x0 = e0
        x1 = 0.0
    distance = np.sqrt((x0 - y0) ** 2 + (x1 - y1) ** 2)
    if (y0 / e0) ** 2 + (y1 / e1) ** 2 < 1.0:
        distance = -distance
    g0 = x0 / (e0 * e0)
    g1 = x1 / (e1 * e1)
    size = np.sqrt(g0 * g0 + g1 * g1)
    g0, g1 = g0 / size, g1 / size
    if across >= along:
        return distance, g0, g1
    return distance, g1, g0


@njit(cache=True)
def distance_and_slope(
    px: float, py: float, pz: float, dx: float, dy: float, dz: float, rows: FloatArray, k: int
) -> tuple[float, float]:
    """Signed distance of a point from spheroid ``k``, and a subgradient of it along the direction d."""
    ax, ay, az = rows[k, 3], rows[k, 4], rows[k, 5]
    qx, qy, qz = px - rows[k, 0], py - rows[k, 1], pz - rows[k, 2]
    height = qx * ax + qy * ay + qz * az
    rx, ry, rz = qx - height * ax, qy - height * ay, qz - height * az
    rho = np.sqrt(rx * rx + ry * ry + rz * rz)
    distance, across, along = ellipse_distance(rho, abs(height), rows[k, 6], rows[k, 7])
    if height < 0.0:
        along = -along
    elif height == 0.0:
        along = 0.0
    slope = along * (dx * ax + dy * ay + dz * az)
    if rho > 0.0:
        slope += across * (dx * rx + dy * ry + dz * rz) / rho
    return distance, slope


@njit(cache=True)
def segment_distance(points: FloatArray, i: int, rows: FloatArray, k: int, enough: float, tolerance: float) -> float:
    """Smallest signed distance from spheroid ``k`` along the segment from point ``i`` to the next, mm, to within ``tolerance``.

    Signed distance from a convex body is convex along a line, so the tangents at the ends of a bracket bound it from
    below: they close in on the minimum, and the search ends early where it cannot come below ``enough``.
    """
    x, y, z = points[i, 0], points[i, 1], points[i, 2]
    dx, dy, dz = points[i + 1, 0] - x, points[i + 1, 1] - y, points[i + 1, 2] - z
    length = np.sqrt(dx * dx + dy * dy + dz * dz)
    if length == 0.0:
        return distance_and_slope(x, y, z, 0.0, 0.0, 0.0, rows, k)[0]
    dx, dy, dz = dx / length, dy / length, dz / length
    low, high = 0.0, length
    f_low, g_low = distance_and_slope(x, y, z, dx, dy, dz, rows, k)
    if g_low >= 0.0 or f_low + g_low * length > enough:
        return f_low
    f_high, g_high = distance_and_slope(points[i + 1, 0], points[i + 1, 1], points[i + 1, 2], dx, dy, dz, rows, k)
    if g_high <= 0.0:
        return f_high
    best = min(f_low, f_high)
    for step in range(80):
        t = (f_high - f_low + g_low * low - g_high * high) / (g_low - g_high)
        bound = f_low + g_low * (t - low)
        if bound > enough or best - bound < tolerance:
            break
        if step % 3 == 2 or not low < t < high:
            t = 0.5 * (low + high)
        f, g = distance_and_slope(x + t * dx, y + t * dy, z + t * dz, dx, dy, dz, rows, k)
        best = min(best, f)
        if g < 0.0:
            low, f_low, g_low = t, f, g
        elif g > 0.0:
            high, f_high, g_high = t, f, g
        else:
            break
    return best


@njit(cache=True)
def _no_nearer(cx: float, cy: float, cz: float, radius: float, rows: FloatArray, k: int) -> Any:
    """A cheap lower bound of the signed distance of anything inside a ball from spheroid ``k``; far where that is none."""
    across, along = rows[k, 6], rows[k, 7]
    if across <= 0.0 or along <= 0.0:
        return _FAR
    qx, qy, qz = cx - rows[k, 0], cy - rows[k, 1], cz - rows[k, 2]
    height = abs(qx * rows[k, 3] + qy * rows[k, 4] + qz * rows[k, 5])
    square = max(0.0, qx * qx + qy * qy + qz * qz - height * height)
    room = across * across * (1.0 - (height / along) ** 2)
    if square < room:
        # inside: the surface is no farther than straight across
        return np.sqrt(square) - np.sqrt(room) - radius
    # outside: a spheroid lies in the capsule (or, a flat one, in the rounded disc) of its smaller semi-axis
    if along > across:
        past = max(0.0, height - (along - across))
        return np.sqrt(square + past * past) - across - radius
    past = max(0.0, np.sqrt(square) - (across - along))
    return np.sqrt(past * past + height * height) - along - radius


@njit(cache=True)
def _segment_no_nearer(points: FloatArray, i: int, rows: FloatArray, k: int) -> Any:
    """A cheap lower bound of the signed distance of the segment from point ``i`` to the next from spheroid ``k``."""
    ax, ay, az = points[i, 0], points[i, 1], points[i, 2]
    ux, uy, uz = points[i + 1, 0] - ax, points[i + 1, 1] - ay, points[i + 1, 2] - az
    uu = ux * ux + uy * uy + uz * uz
    bound = _no_nearer(ax + 0.5 * ux, ay + 0.5 * uy, az + 0.5 * uz, 0.5 * np.sqrt(uu), rows, k)
    across, core = rows[k, 6], rows[k, 7] - rows[k, 6]
    if bound < 0.0 or core < 0.0:
        return bound
    # outside: from the core of the capsule that holds the spheroid, segment to segment
    vx, vy, vz = 2.0 * core * rows[k, 3], 2.0 * core * rows[k, 4], 2.0 * core * rows[k, 5]
    wx, wy, wz = ax - rows[k, 0] + 0.5 * vx, ay - rows[k, 1] + 0.5 * vy, az - rows[k, 2] + 0.5 * vz
    return max(bound, segment_gap(wx, wy, wz, ux, uy, uz, vx, vy, vz) - across)


@njit(cache=True)
def segment_gap(
    wx: float, wy: float, wz: float, ux: float, uy: float, uz: float, vx: float, vy: float, vz: float
) -> Any:
    """Distance between the segments w + s u and t v, s and t from 0 to 1.

    Source: Ericson 2005, Real-Time Collision Detection, 5.1.9.
    """
    uu, vv, uv = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, ux * vx + uy * vy + uz * vz
    uw, vw = ux * wx + uy * wy + uz * wz, vx * wx + vy * wy + vz * wz
    s = t = 0.0
    if uu <= 0.0 and vv > 0.0:
        t = min(1.0, max(0.0, vw / vv))
    elif vv <= 0.0 and uu > 0.0:
        s = min(1.0, max(0.0, -uw / uu))
    elif uu > 0.0:
        square = uu * vv - uv * uv
        if square > 1e-14 * uu * vv:
            s = min(1.0, max(0.0, (uv * vw - uw * vv) / square))
        t = (uv * s + vw) / vv
        if t < 0.0:
            t = 0.0
            s = min(1.0, max(0.0, -uw / uu))
        elif t > 1.0:
            t = 1.0
            s = min(1.0, max(0.0, (uv - uw) / uu))
    return np.sqrt((wx + s * ux - t * vx) ** 2 + (wy + s * uy - t * vy) ** 2 + (wz + s * uz - t * vz) ** 2)


@njit(cache=True)
def _ball(points: FloatArray, start: int, stop: int) -> tuple[float, float, float, float]:
    """Centre and radius of a ball that holds the polyline from point ``start`` to ``stop``."""
    cx = 0.5 * (points[start, 0] + points[stop, 0])
    cy = 0.5 * (points[start, 1] + points[stop, 1])
    cz = 0.5 * (points[start, 2] + points[stop, 2])
    square = 0.0
    for i in range(start, stop + 1):
        square = max(square, (points[i, 0] - cx) ** 2 + (points[i, 1] - cy) ** 2 + (points[i, 2] - cz) ** 2)
    return cx, cy, cz, np.sqrt(square)


@njit(cache=True)
def polyline_distance(
    points: FloatArray,
    rows: FloatArray,
    starts: IntArray,
    balls: FloatArray,
    enough: float,
    tolerance: float,
) -> float:
    """Smallest signed distance of a polyline from a union of spheroids; not refined above ``enough``.

    Outside the union it is the distance from it; inside, minus the depth in the spheroid that holds the point deepest.
    ``rows`` are in groups: group g is ``starts[g]:starts[g + 1]`` and lies in the ball ``balls[g]`` (centre, radius).
    """
    best = enough
    last = points.shape[0] - 1
    chunks = (last + _CHUNK - 1) // _CHUNK
    pieces = np.empty((chunks, 4))
    for c in range(chunks):
        pieces[c] = _ball(points, c * _CHUNK, min((c + 1) * _CHUNK, last))
    # the nearest group first, and in it the most promising pair of piece and spheroid: that rules out most others
    cx, cy, cz, radius = _ball(points, 0, last)
    groups = np.empty(balls.shape[0])
    for g in range(balls.shape[0]):
        groups[g] = _FAR
        if balls[g, 3] > 0.0:
            gap = np.sqrt((balls[g, 0] - cx) ** 2 + (balls[g, 1] - cy) ** 2 + (balls[g, 2] - cz) ** 2)
            groups[g] = gap - radius - balls[g, 3]
    pairs = np.empty(chunks * rows.shape[0])
    for _ in range(balls.shape[0]):
        g = int(np.argmin(groups))
        if groups[g] >= best:
            break
        groups[g] = _FAR
        first, size = starts[g], starts[g + 1] - starts[g]
        for c in range(chunks):
            dx, dy, dz = pieces[c, 0] - balls[g, 0], pieces[c, 1] - balls[g, 1], pieces[c, 2] - balls[g, 2]
            if np.sqrt(dx * dx + dy * dy + dz * dz) - pieces[c, 3] - balls[g, 3] >= best:
                pairs[c * size : (c + 1) * size] = _FAR
                continue
            for n in range(size):
                pairs[c * size + n] = _no_nearer(
                    pieces[c, 0], pieces[c, 1], pieces[c, 2], pieces[c, 3], rows, first + n
                )
        while True:
            nearest, pair = best, -1
            for n in range(chunks * size):
                if pairs[n] < nearest:
                    nearest, pair = pairs[n], n
            if pair < 0:
                break
            pairs[pair] = _FAR
            c, k = pair // size, first + pair % size
            for i in range(c * _CHUNK, min((c + 1) * _CHUNK, last)):
                if _segment_no_nearer(points, i, rows, k) < best:
                    best = min(best, segment_distance(points, i, rows, k, best, tolerance))
    return best


@njit(cache=True)
def segment_crossing(points: FloatArray, i: int, rows: FloatArray, k: int) -> tuple[float, float]:
    """Part (t0, t1), 0 to 1, of the segment from point ``i`` to the next inside spheroid ``k``; t0 > t1 where there is none."""
    across, along = rows[k, 6], rows[k, 7]
    if across <= 0.0 or along <= 0.0:
        return 1.0, 0.0
    ax, ay, az = rows[k, 3], rows[k, 4], rows[k, 5]
    qx, qy, qz = points[i, 0] - rows[k, 0], points[i, 1] - rows[k, 1], points[i, 2] - rows[k, 2]
    dx, dy, dz = points[i + 1, 0] - points[i, 0], points[i + 1, 1] - points[i, 1], points[i + 1, 2] - points[i, 2]
    qh = qx * ax + qy * ay + qz * az
    dh = dx * ax + dy * ay + dz * az
    ws, wl = 1.0 / (across * across), 1.0 / (along * along)
    square = (dx * dx + dy * dy + dz * dz - dh * dh) * ws + dh * dh * wl
    mixed = (qx * dx + qy * dy + qz * dz - qh * dh) * ws + qh * dh * wl
    rest = (qx * qx + qy * qy + qz * qz - qh * qh) * ws + qh * qh * wl - 1.0
    if square <= 0.0:
        if rest < 0.0:
            return 0.0, 1.0
        return 1.0, 0.0
    inner = mixed * mixed - square * rest
    if inner <= 0.0:
        return 1.0, 0.0
    root = np.sqrt(inner)
    return max(0.0, (-mixed - root) / square), min(1.0, (-mixed + root) / square)


@njit(cache=True)
def inside_lengths(points: FloatArray, rows: FloatArray, starts: IntArray, balls: FloatArray) -> tuple[float, float]:
    """Length of a polyline inside a union of spheroids, and the longest stretch without a gap; exact, mm."""
    total, longest, running = 0.0, 0.0, 0.0
    lows, highs = np.empty(rows.shape[0]), np.empty(rows.shape[0])
    near = np.empty(rows.shape[0], dtype=np.int64)
    last = points.shape[0] - 1
    for start in range(0, last, _CHUNK):
        stop = min(start + _CHUNK, last)
        found = _rows_near(points, start, stop, rows, starts, balls, near)
        for i in range(start, stop):
            length = np.sqrt(
                (points[i + 1, 0] - points[i, 0]) ** 2
                + (points[i + 1, 1] - points[i, 1]) ** 2
                + (points[i + 1, 2] - points[i, 2]) ** 2
            )
            if length == 0.0:
                continue
            count = 0
            for n in range(found):
                t0, t1 = segment_crossing(points, i, rows, near[n])
                if t0 < t1:
                    count = _merge(lows, highs, count, t0, t1)
                    if lows[0] <= 0.0 and highs[0] >= 1.0:
                        break
            if count == 0:
                running = 0.0
            for n in range(count):
                inside = (highs[n] - lows[n]) * length
                total += inside
                running = running + inside if lows[n] <= 0.0 else inside
                longest = max(longest, running)
                if highs[n] < 1.0:
                    running = 0.0
    return total, longest


@njit(cache=True)
def _rows_near(
    points: FloatArray,
    start: int,
    stop: int,
    rows: FloatArray,
    starts: IntArray,
    balls: FloatArray,
    near: IntArray,
) -> int:
    """Number of spheroids, put into ``near``, that the polyline from ``start`` to ``stop`` may meet."""
    cx, cy, cz, radius = _ball(points, start, stop)
    found = 0
    for g in range(balls.shape[0]):
        reach = radius + balls[g, 3]
        gap = (balls[g, 0] - cx) ** 2 + (balls[g, 1] - cy) ** 2 + (balls[g, 2] - cz) ** 2
        if balls[g, 3] <= 0.0 or gap > reach * reach:
            continue
        for k in range(starts[g], starts[g + 1]):
            if _no_nearer(cx, cy, cz, radius, rows, k) <= 0.0:
                near[found] = k
                found += 1
    return found


@njit(cache=True)
def _merge(lows: FloatArray, highs: FloatArray, count: int, t0: float, t1: float) -> int:
    """Add an interval to the sorted, disjoint intervals in ``lows`` and ``highs``; their new count."""
    first = 0
    while first < count and highs[first] < t0:
        first += 1
    last = first
    while last < count and lows[last] <= t1:
        t0 = min(t0, lows[last])
        t1 = max(t1, highs[last])
        last += 1
    shift = last - first - 1
    if shift < 0:
        for n in range(count, first, -1):
            lows[n], highs[n] = lows[n - 1], highs[n - 1]
    elif shift > 0:
        for n in range(last, count):
            lows[n - shift], highs[n - shift] = lows[n], highs[n]
    lows[first], highs[first] = t0, t1
    return count - shift


@njit(cache=True)
def union_distance(points: FloatArray, rows: FloatArray) -> FloatArray:
    """(n,) signed distance of (n, 3) points from a union of spheroids, negative inside."""
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        best = _FAR
        for k in range(rows.shape[0]):
            if _no_nearer(x, y, z, 0.0, rows, k) < best:
                best = min(best, distance_and_slope(x, y, z, 0.0, 0.0, 0.0, rows, k)[0])
        result[n] = best
    return result


@njit(cache=True)
def rays_leave(origins: FloatArray, directions: FloatArray, rows: FloatArray) -> FloatArray:
    """(n,) distance from ``origins`` (n, 3), inside a union of spheroids, along unit ``directions`` to where it is first left."""
    lows, highs = np.empty(rows.shape[0]), np.empty(rows.shape[0])
    lengths = np.zeros(directions.shape[0])
    ray = np.empty((2, 3))
    for n in range(directions.shape[0]):
        reach = 0.0
        for k in range(rows.shape[0]):
            gap = rows[k, :3] - origins[n]
            reach = max(reach, np.sqrt(np.dot(gap, gap)) + 1.01 * max(rows[k, 6], rows[k, 7]))
        ray[0] = origins[n]
        ray[1] = origins[n] + reach * directions[n]
        count = 0
        for k in range(rows.shape[0]):
            t0, t1 = segment_crossing(ray, 0, rows, k)
            if t0 < t1:
                count = _merge(lows, highs, count, t0, t1)
        if count > 0 and lows[0] <= 0.0:
            lengths[n] = highs[0] * reach
    return lengths


@njit(cache=True)
def union_volume(rows: FloatArray, spacing: float) -> float:
    """Volume of a union of spheroids, mm3: exact lengths along lines of the first row's axis, on a square grid across it."""
    axis = rows[0, 3:6].copy()
    # one direction of the grid along the line of centres, so that a pair needs no more lines than its lesion is wide
    side = rows[rows.shape[0] - 1, :3] - rows[0, :3]
    side -= np.dot(side, axis) * axis
    if np.dot(side, side) < 1e-12:
        side = np.zeros(3)
        side[int(np.argmin(np.abs(axis)))] = 1.0
        side -= np.dot(side, axis) * axis
    side /= np.sqrt(np.dot(side, side))
    up = np.array(
        [
            axis[1] * side[2] - axis[2] * side[1],
            axis[2] * side[0] - axis[0] * side[2],
            axis[0] * side[1] - axis[1] * side[0],
        ]
    )
    low, high = np.full(3, _FAR), np.full(3, -_FAR)
    for k in range(rows.shape[0]):
        radius = max(rows[k, 6], rows[k, 7])
        for a in range(3):
            direction = axis if a == 0 else (side if a == 1 else up)
            at = np.dot(rows[k, :3], direction)
            low[a] = min(low[a], at - radius)
            high[a] = max(high[a], at + radius)
    lows, highs = np.empty(rows.shape[0]), np.empty(rows.shape[0])
    line = np.empty((2, 3))
    length, volume = high[0] - low[0], 0.0
    for i in range(int(np.ceil((high[1] - low[1]) / spacing))):
        for j in range(int(np.ceil((high[2] - low[2]) / spacing))):
            line[0] = low[0] * axis + (low[1] + (i + 0.5) * spacing) * side + (low[2] + (j + 0.5) * spacing) * up
            line[1] = line[0] + length * axis
            merged = 0
            for k in range(rows.shape[0]):
                t0, t1 = segment_crossing(line, 0, rows, k)
                if t0 < t1:
                    merged = _merge(lows, highs, merged, t0, t1)
            for n in range(merged):
                volume += (highs[n] - lows[n]) * length * spacing * spacing
    return volume
