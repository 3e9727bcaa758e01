"""Compiled effect of single lesions on branches, and of a union of lesions: lengths inside the lethal surface, overlap in the AP view."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel, kernel_with
from rfplan.lesion.map_line_kernels import stretches_inside, surface_grid, ways_along
from rfplan.lesion.silhouette_kernels import silhouette_distance

_FAR = 1e30
_MOST_STRETCHES = 256
_STEP_MM = 0.005


@kernel
def branch_balls(points: FloatArray, first: IntArray) -> FloatArray:
    """(b, 4) balls (centre, radius) that hold the branches ``points[first[b]:first[b + 1]]``."""
    balls = np.zeros((first.shape[0] - 1, 4))
    for b in range(balls.shape[0]):
        start, last = first[b], first[b + 1] - 1
        for x in range(3):
            balls[b, x] = 0.5 * (points[start, x] + points[last, x])
        square = 0.0
        for i in range(start, last + 1):
            gap = 0.0
            for x in range(3):
                gap += (points[i, x] - balls[b, x]) ** 2
            square = max(square, gap)
        balls[b, 3] = np.sqrt(square)
    return balls


@kernel
def branch_ways(points: FloatArray, first: IntArray) -> FloatArray:
    """(n,) way along each branch from its first point, mm."""
    ways = np.empty(points.shape[0])
    for b in range(first.shape[0] - 1):
        ways[first[b] : first[b + 1]] = ways_along(points[first[b] : first[b + 1]])
    return ways


@kernel_with(nogil=True)
def single_effects(
    points: FloatArray,
    first: IntArray,
    ways: FloatArray,
    shade: FloatArray,
    balls: FloatArray,
    flat_balls: FloatArray,
    table: Any,
    which: IntArray,
    matrices: FloatArray,
    offsets: FloatArray,
    isotherm: int,
    lesion_balls: FloatArray,
    flat_lesion_balls: FloatArray,
    pieces: FloatArray,
    starts: IntArray,
    bins: FloatArray,
    start: int,
    stop: int,
    longest: np.ndarray,
    total: np.ndarray,
    overlap: np.ndarray,
) -> None:
    """Write what each lesion ``start:stop`` does on its own to each branch.

    ``longest`` and ``total`` (lesions, branches) get the longest stretch and the whole length inside, mm; ``overlap`` whether
    the branch and the lesion's shadow along the beam overlap. ``ways``, ``shade`` (n, 2) and the balls belong to ``points``;
    ``pieces``, ``starts``, ``bins`` are the shadows of the lesions.
    """
    lows, highs = np.empty(_MOST_STRETCHES), np.empty(_MOST_STRETCHES)
    own = np.empty((0, 3))
    for g in range(start, stop):
        if lesion_balls[g, 3] <= 0.0:
            continue
        grid = surface_grid(table, which[g], isotherm)
        origin = table.origins[which[g], isotherm]
        outline, bin_ = pieces[starts[g] : starts[g + 1]], bins[g]
        for b in range(balls.shape[0]):
            if _apart(flat_balls[b], flat_lesion_balls[g]):
                continue
            low, high = first[b], first[b + 1]
            if not _apart(balls[b], lesion_balls[g]):
                if own.shape[0] < high - low:
                    own = np.empty((2 * (high - low), 3))
                _to_own(points[low:high], matrices[g], offsets[g], own)
                count = stretches_inside(own[: high - low], ways[low:high], grid, origin, lows, highs, 0)
                for n in range(count):
                    total[g, b] += highs[n] - lows[n]
                    longest[g, b] = max(longest[g, b], highs[n] - lows[n])
            # what is inside in space is inside in the view
            overlap[g, b] = longest[g, b] > _STEP_MM or _overlaps(shade[low:high], outline, bin_)


@kernel_with(nogil=True)
def union_lengths(
    points: FloatArray,
    first: IntArray,
    ways: FloatArray,
    balls: FloatArray,
    table: Any,
    which: IntArray,
    matrices: FloatArray,
    offsets: FloatArray,
    isotherm: int,
    lesion_balls: FloatArray,
) -> FloatArray:
    """(b,) longest stretch of every branch inside the union of lesions, mm."""
    found = np.zeros(balls.shape[0])
    lows, highs = np.empty(_MOST_STRETCHES), np.empty(_MOST_STRETCHES)
    own = np.empty((0, 3))
    for b in range(balls.shape[0]):
        low, high = first[b], first[b + 1]
        count = 0
        for g in range(which.shape[0]):
            if lesion_balls[g, 3] <= 0.0 or _apart(balls[b], lesion_balls[g]):
                continue
            if own.shape[0] < high - low:
                own = np.empty((2 * (high - low), 3))
            _to_own(points[low:high], matrices[g], offsets[g], own)
            grid = surface_grid(table, which[g], isotherm)
            origin = table.origins[which[g], isotherm]
            count = stretches_inside(own[: high - low], ways[low:high], grid, origin, lows, highs, count)
        for n in range(count):
            found[b] = max(found[b], highs[n] - lows[n])
    return found


@kernel
def _apart(ball: FloatArray, other: FloatArray) -> bool:
    gap, reach = 0.0, ball[3] + other[3]
    for x in range(3):
        gap += (ball[x] - other[x]) ** 2
    apart: bool = gap >= reach * reach
    return apart


@kernel
def _to_own(line: FloatArray, matrix: FloatArray, offset: FloatArray, own: FloatArray) -> None:
    """Write the line in the frame of a map."""
    for i in range(line.shape[0]):
        dx, dy, dz = line[i, 0] - offset[0], line[i, 1] - offset[1], line[i, 2] - offset[2]
        for x in range(3):
            own[i, x] = matrix[0, x] * dx + matrix[1, x] * dy + matrix[2, x] * dz


@kernel
def _overlaps(line: FloatArray, pieces: FloatArray, bins: FloatArray) -> bool:
    """True where a flat line passes through a shadow; what does so for less than 0.005 mm may be missed."""
    for i in range(line.shape[0] - 1):
        x, y = line[i, 0], line[i, 1]
        ux, uy = line[i + 1, 0] - x, line[i + 1, 1] - y
        length = np.sqrt(ux * ux + uy * uy)
        way = 0.0
        # the distance from the shadow is a step that is safe
        while True:
            t = way / length if length > 0.0 else 0.0
            away = silhouette_distance(pieces, bins, x + t * ux, y + t * uy)
            if away < 0.0:
                return True
            if way >= length:
                break
            if i + 1 < line.shape[0] and away > length - way:
                break
            way = min(length, way + max(away, _STEP_MM))
    return False
