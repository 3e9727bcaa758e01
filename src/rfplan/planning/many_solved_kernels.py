"""Compiled judgement of many virtual patients at once: which branches solved lesions take, and how near they come to what must be spared.

Everything is in the chart of each patient, whose beam is the third axis. Patient p has the branches ``branches[p]:branches[p + 1]`` and
the lesions ``lesions[p]:lesions[p + 1]``; a branch or tube k is the polyline ``points[first[k]:first[k + 1]]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.map_line_kernels import farthest_vertex, nearest_approach, stretches_inside, surface_grid, ways_along
from rfplan.lesion.silhouette_kernels import silhouette_distance
from rfplan.planning.evaluation_kernels import height_at
from rfplan.planning.joint_area_kernels import deepest_outline
from rfplan.planning.solved_kernels import (
    MOST_STRETCHES,
    TOLERANCE_MM,
    approach_of,
    ball_gaps,
    flattened,
    own_line,
    placed_balls,
    shadows,
)

_FAR = 1e30
_TOUCH_MM = 0.02
CANAL, ROOT, SKIN, JOINT = range(4)


@kernel
def longest_inside(
    branch: FloatArray, table: Any, which: IntArray, matrices: FloatArray, offsets: FloatArray, isotherm: int, gaps: FloatArray
) -> float:  # fmt: skip
    """Longest contiguous length of a branch inside the union, mm; ``gaps`` (g,) from the balls of the lesions."""
    lows, highs = np.empty(MOST_STRETCHES), np.empty(MOST_STRETCHES)
    ways, stretches, longest = ways_along(branch), 0, 0.0
    for g in range(which.shape[0]):
        if gaps[g] < 0.0:
            line = own_line(branch, matrices[g], offsets[g])
            grid = surface_grid(table, which[g], isotherm)
            stretches = stretches_inside(line, ways, grid, table.origins[which[g], isotherm], lows, highs, stretches)
    for n in range(stretches):
        longest = max(longest, highs[n] - lows[n])
    return longest


@kernel
def _nearest_vertex(line: FloatArray, x: float, y: float) -> int:
    nearest, least = 0, _FAR
    for n in range(line.shape[0]):
        square = (line[n, 0] - x) ** 2 + (line[n, 1] - y) ** 2
        if square < least:
            nearest, least = n, square
    return nearest


@kernel
def touches_shadow(
    shade: FloatArray, gaps: FloatArray, balls: FloatArray, pieces: FloatArray, starts: IntArray, bins: FloatArray
) -> bool:  # fmt: skip
    """Whether a flat line meets the shadow of the union; ``gaps`` (g,) from the ``balls`` (g, 4) of the lesions seen along the beam."""
    values, origin = np.empty((0, 0, 0), dtype=np.float32), np.empty(0)
    for g in range(gaps.shape[0]):
        if gaps[g] < 0.0 and starts[g] < starts[g + 1]:
            # most branches that a lesion takes run through its middle
            v = _nearest_vertex(shade, balls[g, 0], balls[g, 1])
            if silhouette_distance(pieces[starts[g] : starts[g + 1]], bins[g], shade[v, 0], shade[v, 1]) < 0.0:
                return True
    ways = ways_along(shade)
    for g in range(gaps.shape[0]):
        if gaps[g] < 0.0:
            found = nearest_approach(
                shade, ways, True, values, origin, pieces[starts[g] : starts[g + 1]], bins[g], _TOUCH_MM, TOLERANCE_MM
            )
            if found < 0.0:
                return True
    return False


@kernel
def _depth_under_skin(
    skin: FloatArray, axes: FloatArray, corner: FloatArray, spacing: float, table: Any, which: IntArray, matrices: FloatArray,
    offsets: FloatArray,
) -> float:  # fmt: skip
    """Depth of the most superficial point of the coolest isotherm under the skin, whose ``axes`` are in the chart's frame."""
    least, up, place = _FAR, np.empty(3), np.empty(3)
    for g in range(which.shape[0]):
        head = table.heads[which[g], 0]
        if head[1] == 0:
            continue
        m = matrices[g]
        for y in range(3):
            up[y] = m[0, y] * axes[2, 0] + m[1, y] * axes[2, 1] + m[2, y] * axes[2, 2]
        vertices = table.vertices[head[4] : head[5]]
        v = farthest_vertex(table.leaves[head[6] : head[7]], vertices, up[0], up[1], up[2])
        for a in range(3):
            place[a] = 0.0
            for x in range(3):
                top = offsets[g, x]
                for y in range(3):
                    top += m[x, y] * vertices[v, y]
                place[a] += top * axes[a, x]
        height = height_at(skin, (place[0] - corner[0]) / spacing, (place[1] - corner[1]) / spacing)
        least = min(least, height - place[2])
    return least


@kernel
def _nearest(
    points: FloatArray, first: IntArray, radii: FloatArray, low: int, high: int, balls: FloatArray, table: Any, which: IntArray,
    matrices: FloatArray, offsets: FloatArray, isotherm: int,
) -> float:  # fmt: skip
    """Smallest distance of the union from the tubes ``low`` to ``high``."""
    least, gaps = _FAR, np.empty(which.shape[0])
    bounds = np.empty(high - low)
    for k in range(low, high):
        ball_gaps(points[first[k] : first[k + 1]], balls, gaps)
        bounds[k - low] = np.min(gaps) - radii[k]
    # the nearest first: the others then need not be looked at closely
    for n in np.argsort(bounds, kind="mergesort"):
        k = low + n
        tube = points[first[k] : first[k + 1]]
        ball_gaps(tube, balls, gaps)
        enough = least + radii[k]
        if np.min(gaps) < enough:
            found = approach_of(tube, ways_along(tube), gaps, table, which, matrices, offsets, isotherm, enough)
            least = min(least, found - radii[k])
    return least


@kernel
def judge_many_solved(
    points: FloatArray, first: IntArray, branches: IntArray, tube_points: FloatArray, tube_first: IntArray, tube_radii: FloatArray,
    tubes_each: int, joints: FloatArray, skins: FloatArray, skin_rows: IntArray, skin_axes: FloatArray, corners: FloatArray,
    skin_spacing: float, table: Any, which: IntArray, matrices: FloatArray, offsets: FloatArray, lesions: IntArray, isotherm: int,
    least_cut: float, seen: BoolArray, cut: BoolArray, risk: FloatArray,
) -> None:  # fmt: skip
    """Judge every patient.

    Of each, half of the ``tubes_each`` tubes are canals, the others ventral roots; ``joints`` (p, k, 2) the back of its joint, whose far
    side has the larger lateral; ``skins`` (p, ni, nj) heights of which ``skin_rows`` (p,) rows count.

    Fills ``seen`` and ``cut`` (b,): whether a branch meets the shadow of the lesions, and whether ``least_cut`` mm of it are inside in one
    piece; ``risk`` (p, 4): distance from canals, from roots, of the coolest isotherm from the skin, and how far past the joint line.
    """
    plane = np.eye(3)
    for p in range(lesions.shape[0] - 1):
        risk[p] = _FAR
        risk[p, JOINT] = -_FAR
        low, high = lesions[p], lesions[p + 1]
        if low == high:
            continue
        w, m, o = which[low:high], matrices[low:high], offsets[low:high]
        balls = placed_balls(table, w, m, o, isotherm)
        flat, gaps = flattened(balls, plane), np.empty(high - low)
        pieces, starts, bins = shadows(table, w, m, o, isotherm, plane)
        for b in range(branches[p], branches[p + 1]):
            branch = points[first[b] : first[b + 1]]
            ball_gaps(branch, balls, gaps)
            cut[b] = longest_inside(branch, table, w, m, o, isotherm, gaps) >= least_cut
            shade = branch.copy()
            shade[:, 2] = 0.0
            ball_gaps(shade, flat, gaps)
            seen[b] = touches_shadow(shade, gaps, flat, pieces, starts, bins)
        start, half = p * tubes_each, tubes_each // 2
        risk[p, CANAL] = _nearest(
            tube_points, tube_first, tube_radii, start, start + half, balls, table, w, m, o, isotherm
        )
        risk[p, ROOT] = _nearest(
            tube_points, tube_first, tube_radii, start + half, start + tubes_each, balls, table, w, m, o, isotherm
        )
        risk[p, SKIN] = _depth_under_skin(skins[p, : skin_rows[p]], skin_axes, corners[p], skin_spacing, table, w, m, o)
        risk[p, JOINT] = deepest_outline(joints[p], 1.0, pieces, starts, bins)
