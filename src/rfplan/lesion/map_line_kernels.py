"""Compiled geometry of one lesion map and a polyline: where the line is inside, and how near it comes.

Lines are (n, 3) points in the frame of the map, with ``ways`` (n,) along the line from its first point to each, mm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.silhouette_kernels import silhouette_distance
from rfplan.lesion.union_kernels import merge

SPACING_MM = 0.5
ROOM_MM = 2.0
LEAF = 32
_FAR = 1e30
_STEP_MM = 0.03
_ROOT_MM = 1e-4
_PIECE_MM = 4.0
_DEPTH = 48
_STRAIGHTEST_PER_MM = 1e-3
# what is flatter, or hollow, is taken for a ball of a metre: over an edge of a mm these differ by a micrometre


@kernel
def ways_along(points: FloatArray) -> FloatArray:
    """(n,) way along a polyline from its first point to each, mm."""
    ways = np.zeros(points.shape[0])
    for i in range(1, points.shape[0]):
        square = 0.0
        for x in range(3):
            square += (points[i, x] - points[i - 1, x]) ** 2
        ways[i] = ways[i - 1] + np.sqrt(square)
    return ways


@kernel
def surface_grid(table: Any, lesion: int, isotherm: int) -> Any:
    """(nx, ny, nz) distances on the grid of a surface."""
    head = table.heads[lesion, isotherm]
    size = head[1] * head[2] * head[3]
    return table.values[head[0] : head[0] + size].reshape((head[1], head[2], head[3]))


@kernel
def grid_distance(values: np.ndarray, origin: FloatArray, x: float, y: float, z: float) -> float:
    """Signed distance of a point from the surface; beyond the grid no more than it is: that from the grid and the room in it."""
    nx, ny, nz = values.shape
    u, v, w = (x - origin[0]) / SPACING_MM, (y - origin[1]) / SPACING_MM, (z - origin[2]) / SPACING_MM
    if not (u >= 0.0 and v >= 0.0 and w >= 0.0 and u <= nx - 1 and v <= ny - 1 and w <= nz - 1):
        u, v, w = max(0.0, -u, u - nx + 1), max(0.0, -v, v - ny + 1), max(0.0, -w, w - nz + 1)
        beyond: float = ROOM_MM + SPACING_MM * np.sqrt(u * u + v * v + w * w)
        return beyond
    i, j, k = min(int(u), nx - 2), min(int(v), ny - 2), min(int(w), nz - 2)
    s, t, r = u - i, v - j, w - k
    near = (values[i, j, k] * (1.0 - r) + values[i, j, k + 1] * r) * (1.0 - t)
    near += (values[i, j + 1, k] * (1.0 - r) + values[i, j + 1, k + 1] * r) * t
    far = (values[i + 1, j, k] * (1.0 - r) + values[i + 1, j, k + 1] * r) * (1.0 - t)
    far += (values[i + 1, j + 1, k] * (1.0 - r) + values[i + 1, j + 1, k + 1] * r) * t
    value: float = near * (1.0 - s) + far * s
    return value


@kernel
def _segment_of(ways: FloatArray, way: float) -> int:
    """Number of the segment that holds a place on the line."""
    low, high = 0, ways.shape[0] - 2
    while low < high:
        middle = (low + high) // 2
        if way > ways[middle + 1]:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _value(
    line: FloatArray,
    ways: FloatArray,
    way: float,
    flat: bool,
    values: np.ndarray,
    origin: FloatArray,
    outline: FloatArray,
    bins: FloatArray,
) -> float:
    """Signed distance at a place on the line: from the surface, or in the ``flat`` case from its shadow."""
    i = _segment_of(ways, way)
    size = ways[i + 1] - ways[i]
    t = (way - ways[i]) / size if size > 0.0 else 0.0
    x = line[i, 0] + t * (line[i + 1, 0] - line[i, 0])
    y = line[i, 1] + t * (line[i + 1, 1] - line[i, 1])
    if flat:
        shade: float = silhouette_distance(outline, bins, x, y)
        return shade
    value: float = grid_distance(values, origin, x, y, line[i, 2] + t * (line[i + 1, 2] - line[i, 2]))
    return value


@kernel
def stretches_inside(
    line: FloatArray,
    ways: FloatArray,
    values: np.ndarray,
    origin: FloatArray,
    lows: FloatArray,
    highs: FloatArray,
    count: int,
) -> int:
    """Merge the stretches of the line inside a surface, from way to way, into the ``count`` in ``lows`` and ``highs``.

    The walk steps by the distance from the surface, at least 0.03 mm: only what is in or out for less than that may be missed.
    """
    none = np.empty((0, 4))
    total = ways[-1]
    s = 0.0
    f = _value(line, ways, s, False, values, origin, none, none)
    entered = 0.0
    while s < total and count < lows.shape[0] - 1:
        t = min(total, s + max(abs(f), _STEP_MM))
        h = _value(line, ways, t, False, values, origin, none, none)
        if (f <= 0.0) != (h <= 0.0):
            a, b, fa, fb = s, t, f, h
            while b - a > _ROOT_MM:
                c = a + (b - a) * min(0.9, max(0.1, fa / (fa - fb)))
                fc = _value(line, ways, c, False, values, origin, none, none)
                if (fc <= 0.0) == (fa <= 0.0):
                    a, fa = c, fc
                else:
                    b, fb = c, fc
                if abs(fc) < 1e-5:
                    a = b = c
            if f <= 0.0:
                count = merge(lows, highs, count, entered, 0.5 * (a + b))
            else:
                entered = 0.5 * (a + b)
        s, f = t, h
    if f <= 0.0 and entered < total:
        count = merge(lows, highs, count, entered, total)
    return count


@kernel
def nearest_approach(
    line: FloatArray,
    ways: FloatArray,
    flat: bool,
    values: np.ndarray,
    origin: FloatArray,
    outline: FloatArray,
    bins: FloatArray,
    enough: float,
    tolerance: float,
) -> float:
    """Smallest signed distance of the line from a surface or, in the ``flat`` case, from its shadow; ``enough`` where it is no less.

    Distance changes no faster than the way along the line, so its values at two places bound it from below in between.
    """
    total = ways[-1]
    pieces = int(total / _PIECE_MM) + 1
    ends, at = np.empty((_DEPTH, 2)), np.empty((_DEPTH, 2))
    best = min(enough, _value(line, ways, 0.0, flat, values, origin, outline, bins))
    if total <= 0.0:
        return best
    nodes = np.empty(pieces + 1)
    for n in range(pieces + 1):
        nodes[n] = _value(line, ways, total * n / pieces, flat, values, origin, outline, bins)
        best = min(best, nodes[n])
    for n in range(pieces):
        ends[0, 0], ends[0, 1] = total * n / pieces, total * (n + 1) / pieces
        at[0, 0], at[0, 1] = nodes[n], nodes[n + 1]
        count = 1
        while count > 0:
            count -= 1
            a, b, f, h = ends[count, 0], ends[count, 1], at[count, 0], at[count, 1]
            if 0.5 * (f + h - (b - a)) >= best - tolerance:
                continue
            # where the two bounds from the ends meet the minimum is the likeliest
            t = min(0.75 * b + 0.25 * a, max(0.75 * a + 0.25 * b, 0.5 * (a + b + f - h)))
            value = _value(line, ways, t, flat, values, origin, outline, bins)
            best = min(best, value)
            if count < _DEPTH - 2 and b - a > tolerance:
                ends[count, 0], ends[count, 1], at[count, 0], at[count, 1] = a, t, f, value
                ends[count + 1, 0], ends[count + 1, 1], at[count + 1, 0], at[count + 1, 1] = t, b, value, h
                count += 2
    return best


@kernel
def far_approach(
    line: FloatArray,
    leaves: FloatArray,
    vertices: np.ndarray,
    normals: np.ndarray,
    bends: np.ndarray,
    enough: float,
) -> float:
    """Smallest distance of a line outside a surface from it; ``enough`` where it is no less.

    It is found from the nearest of the ``vertices``, in balls ``leaves``: the surface near it is taken for a sphere of its curvature
    ``bends`` that touches it along its normal.
    """
    last, count = line.shape[0] - 1, leaves.shape[0]
    squares, bounds = np.empty((count, last)), np.empty(count)
    for n in range(count):
        least = _FAR
        for i in range(last):
            squares[n, i] = _square_gap(line, i, leaves[n, 0], leaves[n, 1], leaves[n, 2])
            least = min(least, squares[n, i])
        bounds[n] = np.sqrt(least) - leaves[n, 3]
    best, vertex, segment = enough, -1, 0
    # the most promising first: it rules out most others
    for _ in range(count):
        n = int(np.argmin(bounds))
        if bounds[n] >= best:
            break
        bounds[n] = _FAR
        for i in range(last):
            reach = best + leaves[n, 3]
            if squares[n, i] < reach * reach:
                found, v = _leaf_approach(line, i, vertices, n, best)
                if v >= 0:
                    best, vertex, segment = found, v, i
    if vertex < 0:
        return enough
    radius = 1.0 / max(bends[vertex], _STRAIGHTEST_PER_MM)
    centre = np.empty(3)
    for x in range(3):
        centre[x] = vertices[vertex, x] - radius * normals[vertex, x]
    near: float = np.sqrt(_square_gap(line, segment, centre[0], centre[1], centre[2])) - radius
    return min(enough, near)


@kernel
def _square_gap(line: FloatArray, i: int, x: float, y: float, z: float) -> float:
    """Square of the distance of a point from a segment of the line."""
    ux, uy, uz = line[i + 1, 0] - line[i, 0], line[i + 1, 1] - line[i, 1], line[i + 1, 2] - line[i, 2]
    x, y, z = line[i, 0] - x, line[i, 1] - y, line[i, 2] - z
    square = ux * ux + uy * uy + uz * uz
    if square > 0.0:
        t = min(1.0, max(0.0, -(x * ux + y * uy + z * uz) / square))
        x, y, z = x + t * ux, y + t * uy, z + t * uz
    gap: float = x * x + y * y + z * z
    return gap


@kernel
def _leaf_approach(line: FloatArray, i: int, vertices: np.ndarray, leaf: int, best: float) -> tuple[float, int]:
    """Distance from a segment of the nearest vertex of a leaf that is nearer than ``best``, and its number (-1: none)."""
    nearest, vertex = best * best, -1
    for v in range(leaf * LEAF, min(leaf * LEAF + LEAF, vertices.shape[0])):
        gap = _square_gap(line, i, vertices[v, 0], vertices[v, 1], vertices[v, 2])
        if gap < nearest:
            nearest, vertex = gap, v
    return np.sqrt(nearest), vertex


@kernel
def farthest_vertex(leaves: FloatArray, vertices: np.ndarray, x: float, y: float, z: float) -> int:
    """Number of the vertex that lies farthest along a direction."""
    best, found = -_FAR, -1
    for n in range(leaves.shape[0]):
        if leaves[n, 0] * x + leaves[n, 1] * y + leaves[n, 2] * z + leaves[n, 3] <= best:
            continue
        for v in range(n * LEAF, min(n * LEAF + LEAF, vertices.shape[0])):
            at = vertices[v, 0] * x + vertices[v, 1] * y + vertices[v, 2] * z
            if at > best:
                best, found = at, v
    return found
