"""Compiled geometry of unions of spheroids: nearest approach of a polyline, its length inside, rays, volume.

Spheroids are rows as in ``spheroid_kernels``; a union may come in groups, each in a ball of its own, so that most can be ruled out.
"""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.spheroid_kernels import (
    distance_and_slope,
    no_nearer,
    segment_crossing,
    segment_distance,
    segment_no_nearer,
)

_FAR = 1e30
_CHUNK = 4


@kernel
def _ball(points: FloatArray, start: int, stop: int) -> tuple[float, float, float, float]:
    """Centre and radius of a ball that holds the polyline from point ``start`` to ``stop``."""
    cx = 0.5 * (points[start, 0] + points[stop, 0])
    cy = 0.5 * (points[start, 1] + points[stop, 1])
    cz = 0.5 * (points[start, 2] + points[stop, 2])
    square = 0.0
    for i in range(start, stop + 1):
        square = max(square, (points[i, 0] - cx) ** 2 + (points[i, 1] - cy) ** 2 + (points[i, 2] - cz) ** 2)
    return cx, cy, cz, np.sqrt(square)


@kernel
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
                pairs[c * size + n] = no_nearer(pieces[c, 0], pieces[c, 1], pieces[c, 2], pieces[c, 3], rows, first + n)
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
                if segment_no_nearer(points, i, rows, k) < best:
                    best = min(best, segment_distance(points, i, rows, k, best, tolerance))
    return best


@kernel
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
                    count = merge(lows, highs, count, t0, t1)
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


@kernel
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
            if no_nearer(cx, cy, cz, radius, rows, k) <= 0.0:
                near[found] = k
                found += 1
    return found


@kernel
def merge(lows: FloatArray, highs: FloatArray, count: int, t0: float, t1: float) -> int:
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


@kernel
def union_distance(points: FloatArray, rows: FloatArray) -> FloatArray:
    """(n,) signed distance of (n, 3) points from a union of spheroids, negative inside."""
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        best = _FAR
        for k in range(rows.shape[0]):
            if no_nearer(x, y, z, 0.0, rows, k) < best:
                best = min(best, distance_and_slope(x, y, z, 0.0, 0.0, 0.0, rows, k)[0])
        result[n] = best
    return result


@kernel
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
                count = merge(lows, highs, count, t0, t1)
        if count > 0 and lows[0] <= 0.0:
            lengths[n] = highs[0] * reach
    return lengths


@kernel
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
                    merged = merge(lows, highs, merged, t0, t1)
            for n in range(merged):
                volume += (highs[n] - lows[n]) * length * spacing * spacing
    return volume
