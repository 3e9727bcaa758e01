"""Compiled judgement of many virtual patients at once: which branches solved lesions take, and how near they come to what must be spared.

Everything is in the chart of each patient, whose beam is the third axis. Patient p has the branches ``branches[p]:branches[p + 1]`` and
the lesions ``lesions[p]:lesions[p + 1]``; a branch or tube k is the polyline ``points[first[k]:first[k + 1]]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.map_line_kernels import (
    farthest_vertex,
    grid_distance,
    nearest_approach,
    stretches_inside,
    surface_grid,
    ways_along,
)
from rfplan.lesion.silhouette_kernels import BINS
from rfplan.planning.evaluation_kernels import height_at
from rfplan.planning.joint_area_kernels import deepest_of_shadow, depth_behind
from rfplan.planning.solved_kernels import (
    MOST_STRETCHES,
    TOLERANCE_MM,
    approach_of,
    ball_gaps,
    flattened,
    own_line,
    placed_balls,
    shadow_of,
)

_FAR = 1e30
_TOUCH_MM = 0.02
_SURELY_MM = 0.25
"""More than maps and contours are off: what is so deep in a lesion is in its shadow."""
_SPARE_MM = 0.1
"""What a contour bulges over the vertices it runs between, at most."""
CANAL, ROOT, SKIN, JOINT = range(4)


@kernel
def _is_cut(
    branch: FloatArray, table: Any, which: IntArray, matrices: FloatArray, offsets: FloatArray, isotherm: int, gaps: FloatArray,
    least_cut: float,
) -> bool:  # fmt: skip
    """Whether ``least_cut`` mm of a branch are inside the union in one piece; ``gaps`` (g,) from the balls of the lesions are used up."""
    lows, highs = np.empty(MOST_STRETCHES), np.empty(MOST_STRETCHES)
    ways, stretches = ways_along(branch), 0
    for _ in range(which.shape[0]):
        g = int(np.argmin(gaps))
        if gaps[g] >= 0.0:
            break
        gaps[g] = _FAR
        line = own_line(branch, matrices[g], offsets[g])
        grid = surface_grid(table, which[g], isotherm)
        stretches = stretches_inside(line, ways, grid, table.origins[which[g], isotherm], lows, highs, stretches)
        for n in range(stretches):
            if highs[n] - lows[n] >= least_cut:
                return True
    return False


@kernel
def _nearest_vertex(line: FloatArray, x: float, y: float) -> int:
    nearest, least = 0, _FAR
    for n in range(line.shape[0]):
        square = (line[n, 0] - x) ** 2 + (line[n, 1] - y) ** 2
        if square < least:
            nearest, least = n, square
    return nearest


@kernel
def _crosses_middle(
    shade: FloatArray, balls: FloatArray, gaps: FloatArray, table: Any, which: IntArray, matrices: FloatArray, offsets: FloatArray,
    isotherm: int,
) -> bool:  # fmt: skip
    """Whether a flat line runs over a place well inside a lesion, at the height of the middle of its ball."""
    for g in range(gaps.shape[0]):
        if gaps[g] < 0.0:
            v, m, own = _nearest_vertex(shade, balls[g, 0], balls[g, 1]), matrices[g], np.zeros(3)
            dx, dy, dz = shade[v, 0] - offsets[g, 0], shade[v, 1] - offsets[g, 1], balls[g, 2] - offsets[g, 2]
            for x in range(3):
                own[x] = m[0, x] * dx + m[1, x] * dy + m[2, x] * dz
            grid = surface_grid(table, which[g], isotherm)
            if grid_distance(grid, table.origins[which[g], isotherm], own[0], own[1], own[2]) < -_SURELY_MM:
                return True
    return False


@kernel
def _with_shadow(
    g: int, table: Any, which: IntArray, matrices: FloatArray, offsets: FloatArray, isotherm: int, plane: FloatArray,
    pieces: FloatArray, spans: IntArray, bins: FloatArray,
) -> FloatArray:  # fmt: skip
    """``pieces`` with the contour of lesion g among them, at ``spans[g]``, and its ``bins[g]``: drawn when it is first asked for."""
    if spans[g, 1] >= 0:
        return pieces
    found, bins[g] = shadow_of(table, which[g], matrices[g], offsets[g], isotherm, plane)
    used = max(0, int(np.max(spans)))
    if used + found.shape[0] > pieces.shape[0]:
        more = np.empty((2 * (used + found.shape[0]), 4))
        more[:used] = pieces[:used]
        pieces = more
    pieces[used : used + found.shape[0]] = found
    spans[g, 0], spans[g, 1] = used, used + found.shape[0]
    return pieces


@kernel
def _depth_under_skin(
    skin: FloatArray, axes: FloatArray, corner: FloatArray, spacing: float, table: Any, which: IntArray, matrices: FloatArray,
    offsets: FloatArray,
) -> float:  # fmt: skip
    """Depth of the most superficial point of the coolest isotherm under the skin, whose ``axes`` are in the chart's frame."""
    count = which.shape[0]
    least, ups, bounds, place = _FAR, np.empty((count, 3)), np.full(count, _FAR), np.empty(3)
    balls = placed_balls(table, which, matrices, offsets, 0)
    for g in range(count):
        if balls[g, 3] > 0.0:
            bounds[g] = _lowest_skin(skin, axes, corner, spacing, balls[g])
            top = offsets[g, 0] * axes[2, 0] + offsets[g, 1] * axes[2, 1] + offsets[g, 2] * axes[2, 2]
            for y in range(3):
                m = matrices[g]
                ups[g, y] = m[0, y] * axes[2, 0] + m[1, y] * axes[2, 1] + m[2, y] * axes[2, 2]
            head, highest = table.heads[which[g], 0], -_FAR
            for n in range(head[6], head[7]):
                leaf = table.leaves[n]
                highest = max(highest, leaf[0] * ups[g, 0] + leaf[1] * ups[g, 1] + leaf[2] * ups[g, 2] + leaf[3])
            bounds[g] -= top + highest
    # the most superficial first: the others then need not be looked at closely
    for _ in range(count):
        g = int(np.argmin(bounds))
        if bounds[g] >= least:
            break
        bounds[g] = _FAR
        head, m = table.heads[which[g], 0], matrices[g]
        vertices = table.vertices[head[4] : head[5]]
        v = farthest_vertex(table.leaves[head[6] : head[7]], vertices, ups[g, 0], ups[g, 1], ups[g, 2])
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
def _lowest_skin(skin: FloatArray, axes: FloatArray, corner: FloatArray, spacing: float, ball: FloatArray) -> float:
    """No place of the skin over a ball is lower."""
    low, high = np.empty(2, dtype=np.int64), np.empty(2, dtype=np.int64)
    for a in range(2):
        at = ball[0] * axes[a, 0] + ball[1] * axes[a, 1] + ball[2] * axes[a, 2] - corner[a]
        low[a] = min(max(int(np.floor((at - ball[3]) / spacing)), 0), skin.shape[a] - 1)
        high[a] = min(max(int(np.ceil((at + ball[3]) / spacing)), 0), skin.shape[a] - 1)
    least = _FAR
    for i in range(low[0], high[0] + 1):
        for j in range(low[1], high[1] + 1):
            least = min(least, skin[i, j])
    return least


@kernel
def _nearest(
    points: FloatArray, first: IntArray, radii: FloatArray, low: int, high: int, balls: FloatArray, table: Any, which: IntArray,
    matrices: FloatArray, offsets: FloatArray, isotherm: int,
) -> float:  # fmt: skip
    """Smallest distance of the union from the tubes ``low`` to ``high``."""
    least, gaps, bounds = _FAR, np.empty((high - low, which.shape[0])), np.empty(high - low)
    for k in range(low, high):
        ball_gaps(points[first[k] : first[k + 1]], balls, gaps[k - low])
        bounds[k - low] = np.min(gaps[k - low]) - radii[k]
    # the nearest first: the others then need not be looked at closely
    for _ in range(high - low):
        n = int(np.argmin(bounds))
        if bounds[n] >= least:
            break
        bounds[n] = _FAR
        k = low + n
        tube = points[first[k] : first[k + 1]]
        enough = least + radii[k]
        found = approach_of(tube, ways_along(tube), gaps[n], table, which, matrices, offsets, isotherm, enough)
        least = min(least, found - radii[k])
    return least


@kernel
def _no_deeper(
    line: FloatArray, table: Any, lesion: int, matrix: FloatArray, offset: FloatArray, isotherm: int
) -> float:
    """What no point of the shadow of a lesion is deeper than behind the joint."""
    head, most = table.heads[lesion, isotherm], -_FAR
    for n in range(head[6], head[7]):
        leaf = table.leaves[n]
        x = offset[0] + matrix[0, 0] * leaf[0] + matrix[0, 1] * leaf[1] + matrix[0, 2] * leaf[2]
        y = offset[1] + matrix[1, 0] * leaf[0] + matrix[1, 1] * leaf[1] + matrix[1, 2] * leaf[2]
        most = max(most, depth_behind(line, 1.0, x, y) + leaf[3])
    return most + _SPARE_MM


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
    values, origin = np.empty((0, 0, 0), dtype=np.float32), np.empty(0)
    for p in range(lesions.shape[0] - 1):
        risk[p] = _FAR
        risk[p, JOINT] = -_FAR
        low, high = lesions[p], lesions[p + 1]
        if low == high:
            continue
        w, m, o, count = which[low:high], matrices[low:high], offsets[low:high], high - low
        balls = placed_balls(table, w, m, o, isotherm)
        flat, gaps = flattened(balls, plane), np.empty(count)
        # contours take longest, and few are needed
        pieces, spans, bins = np.empty((256, 4)), np.full((count, 2), -1), np.empty((count, BINS, 7))
        for b in range(branches[p], branches[p + 1]):
            branch = points[first[b] : first[b + 1]]
            ball_gaps(branch, balls, gaps)
            # what is cut by lesions runs under their shadow
            seen[b] = cut[b] = _is_cut(branch, table, w, m, o, isotherm, gaps, least_cut)
            if cut[b]:
                continue
            shade = branch.copy()
            shade[:, 2] = 0.0
            ball_gaps(shade, flat, gaps)
            seen[b] = _crosses_middle(shade, balls, gaps, table, w, m, o, isotherm)
            ways = ways_along(shade)
            for g in range(count):
                if gaps[g] < 0.0 and not seen[b]:
                    pieces = _with_shadow(g, table, w, m, o, isotherm, plane, pieces, spans, bins)
                    own = pieces[spans[g, 0] : spans[g, 1]]
                    found = nearest_approach(shade, ways, True, values, origin, own, bins[g], _TOUCH_MM, TOLERANCE_MM)
                    seen[b] = found < 0.0
        start, half = p * tubes_each, tubes_each // 2
        risk[p, CANAL] = _nearest(
            tube_points, tube_first, tube_radii, start, start + half, balls, table, w, m, o, isotherm
        )
        risk[p, ROOT] = _nearest(
            tube_points, tube_first, tube_radii, start + half, start + tubes_each, balls, table, w, m, o, isotherm
        )
        risk[p, SKIN] = _depth_under_skin(skins[p, : skin_rows[p]], skin_axes, corners[p], skin_spacing, table, w, m, o)
        line, best, bounds, sharp = joints[p], -_FAR, np.full(count, -_FAR), np.zeros(count, dtype=np.bool_)
        for g in range(count):
            if flat[g, 3] > 0.0:
                bounds[g] = depth_behind(line, 1.0, flat[g, 0], flat[g, 1]) + flat[g, 3]
        for _ in range(2 * count):
            g = int(np.argmax(bounds))
            if bounds[g] <= best:
                break
            if not sharp[g]:
                sharp[g] = True
                bounds[g] = min(bounds[g], _no_deeper(line, table, w[g], m[g], o[g], isotherm))
                continue
            bounds[g] = -_FAR
            pieces = _with_shadow(g, table, w, m, o, isotherm, plane, pieces, spans, bins)
            best = deepest_of_shadow(line, 1.0, pieces[spans[g, 0] : spans[g, 1]], bins[g], best)
        risk[p, JOINT] = best
