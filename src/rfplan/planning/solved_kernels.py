"""Compiled parts of the evaluation of solved lesions: branches, tubes and skin against a union of lesion maps.

A union is a ``table`` of maps (:class:`rfplan.lesion.map_table.MapTable`), the map ``which`` (g,) of every lesion, and its pose:
``matrices`` (g, 3, 3) and ``offsets`` (g, 3) take the map's frame to the patient's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.map_line_kernels import (
    ROOM_MM,
    far_approach,
    farthest_vertex,
    nearest_approach,
    stretches_inside,
    surface_grid,
    ways_along,
)
from rfplan.lesion.silhouette_kernels import BINS, binned, contour, outline_approach
from rfplan.planning.evaluation_kernels import height_at

_FAR = 1e30
TOLERANCE_MM = 0.005
MOST_STRETCHES = 256


@kernel
def judge_branches_solved(
    points: FloatArray,
    first: IntArray,
    plane: FloatArray,
    table: Any,
    which: IntArray,
    matrices: FloatArray,
    offsets: FloatArray,
    isotherm: int,
    pieces: FloatArray,
    starts: IntArray,
    bins: FloatArray,
) -> FloatArray:
    """What the surface of an isotherm does to branches.

    ``points`` (n, 3) of all branches, branch b is ``first[b]:first[b + 1]``; ``plane`` (3, 3): rows are two axes across the beam
    and the beam; ``pieces``, ``starts``, ``bins`` the :func:`shadows` of the lesions along it.

    Returns
    -------
    (b, 4) length inside, longest contiguous length, margin in space, margin in the shadow along the beam; mm
    """
    count = which.shape[0]
    balls = placed_balls(table, which, matrices, offsets, isotherm)
    flat_balls = flattened(balls, plane)
    result = np.empty((first.shape[0] - 1, 4))
    gaps = np.empty(count)
    lows, highs = np.empty(MOST_STRETCHES), np.empty(MOST_STRETCHES)
    for b in range(first.shape[0] - 1):
        branch = points[first[b] : first[b + 1]]
        ways = ways_along(branch)
        ball_gaps(branch, balls, gaps)
        stretches = 0
        for g in range(count):
            if gaps[g] < 0.0:
                line = own_line(branch, matrices[g], offsets[g])
                grid = surface_grid(table, which[g], isotherm)
                stretches = stretches_inside(
                    line, ways, grid, table.origins[which[g], isotherm], lows, highs, stretches
                )
        result[b, 0], result[b, 1] = 0.0, 0.0
        for n in range(stretches):
            result[b, 0] += highs[n] - lows[n]
            result[b, 1] = max(result[b, 1], highs[n] - lows[n])
        result[b, 2] = -approach_of(branch, ways, gaps, table, which, matrices, offsets, isotherm, _FAR)
        shade = np.zeros_like(branch)
        for i in range(branch.shape[0]):
            for x in range(3):
                shade[i, 0] += branch[i, x] * plane[0, x]
                shade[i, 1] += branch[i, x] * plane[1, x]
        ball_gaps(shade, flat_balls, gaps)
        result[b, 3] = -_shadow_approach(shade, ways_along(shade), gaps, pieces, starts, bins)
    return result


@kernel
def clearances_solved(
    points: FloatArray,
    first: IntArray,
    radii: FloatArray,
    lethal: int,
    table: Any,
    which: IntArray,
    matrices: FloatArray,
    offsets: FloatArray,
) -> FloatArray:
    """Lesions against round tubes about the polylines ``points[first[k]:first[k + 1]]`` of ``radii`` (k,).

    Returns
    -------
    (k, 2) distance of the ``lethal`` isotherm's surface from the tube, mm (negative where it enters), and the number of isotherms
    that reach it: 0 for none, 1 for the coolest only, and so on
    """
    isotherms = table.heads.shape[1]
    tubes = first.shape[0] - 1
    result = np.zeros((tubes, 2))
    gaps = np.empty(which.shape[0])
    for isotherm in range(isotherms):
        balls = placed_balls(table, which, matrices, offsets, isotherm)
        for k in range(tubes):
            if isotherm != lethal and result[k, 1] < isotherm:
                continue
            tube = points[first[k] : first[k + 1]]
            ways = ways_along(tube)
            ball_gaps(tube, balls, gaps)
            # of other isotherms only whether they reach the tube matters
            enough = _FAR if isotherm == lethal else radii[k] + 1e-6
            gap = approach_of(tube, ways, gaps, table, which, matrices, offsets, isotherm, enough) - radii[k]
            if isotherm == lethal:
                result[k, 0] = gap
            if gap <= 0.0 and result[k, 1] == isotherm:
                result[k, 1] = isotherm + 1
    return result


@kernel
def skin_clearances_solved(
    grid: FloatArray,
    origin: FloatArray,
    axes: FloatArray,
    corner: FloatArray,
    spacing: float,
    table: Any,
    which: IntArray,
    matrices: FloatArray,
    offsets: FloatArray,
) -> FloatArray:
    """(isotherms,) depth under the skin of the most superficial point of each isotherm's surface, along the skin's outward axis.

    ``axes`` rows: lateral, caudal, outward; ``corner`` (2,) lateral and caudal of node (0, 0). Far where there is no surface.
    """
    result = np.full(table.heads.shape[1], _FAR)
    place = np.empty(3)
    for isotherm in range(result.shape[0]):
        for g in range(which.shape[0]):
            head = table.heads[which[g], isotherm]
            if head[1] == 0:
                continue
            m = matrices[g]
            vertices = table.vertices[head[4] : head[5]]
            v = farthest_vertex(
                table.leaves[head[6] : head[7]],
                vertices,
                m[0, 0] * axes[2, 0] + m[1, 0] * axes[2, 1] + m[2, 0] * axes[2, 2],
                m[0, 1] * axes[2, 0] + m[1, 1] * axes[2, 1] + m[2, 1] * axes[2, 2],
                m[0, 2] * axes[2, 0] + m[1, 2] * axes[2, 1] + m[2, 2] * axes[2, 2],
            )
            for a in range(3):
                place[a] = 0.0
                for x in range(3):
                    top = offsets[g, x] - origin[x]
                    for y in range(3):
                        top += m[x, y] * vertices[v, y]
                    place[a] += top * axes[a, x]
            skin = height_at(grid, (place[0] - corner[0]) / spacing, (place[1] - corner[1]) / spacing)
            result[isotherm] = min(result[isotherm], skin - place[2])
        if result[isotherm] > 0.0:
            # hotter surfaces lie inside: they are deeper still
            result[isotherm + 1 :] = result[isotherm]
            break
    return result


@kernel
def placed_balls(table: Any, which: IntArray, matrices: FloatArray, offsets: FloatArray, isotherm: int) -> FloatArray:
    """(g, 4) balls (centre, radius) that hold the surfaces of an isotherm; radius 0 where it is not reached."""
    balls = np.zeros((which.shape[0], 4))
    for g in range(which.shape[0]):
        ball = table.balls[which[g], isotherm]
        if ball[3] > 0.0:
            for x in range(3):
                balls[g, x] = offsets[g, x]
                for y in range(3):
                    balls[g, x] += matrices[g, x, y] * ball[y]
            balls[g, 3] = ball[3]
    return balls


@kernel
def shadows(
    table: Any, which: IntArray, matrices: FloatArray, offsets: FloatArray, isotherm: int, plane: FloatArray
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Contours of all lesions seen along the beam: pieces (n, 4), of lesion g ``starts[g]:starts[g + 1]``, with bins (g, BINS, 7)."""
    count = which.shape[0]
    starts = np.zeros(count + 1, dtype=np.int64)
    bins = np.zeros((count, BINS, 7))
    pieces = np.empty((64 + 192 * count, 4))
    for g in range(count):
        starts[g + 1] = starts[g]
        if table.heads[which[g], isotherm, 1] == 0:
            continue
        found, bins[g] = shadow_of(table, which[g], matrices[g], offsets[g], isotherm, plane)
        starts[g + 1] += found.shape[0]
        if starts[g + 1] > pieces.shape[0]:
            more = np.empty((2 * starts[g + 1], 4))
            more[: starts[g]] = pieces[: starts[g]]
            pieces = more
        pieces[starts[g] : starts[g + 1]] = found
    return pieces[: starts[count]], starts, bins


@kernel
def shadow_of(
    table: Any, lesion: int, matrix: FloatArray, offset: FloatArray, isotherm: int, plane: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Contour (n, 4) of one lesion that reaches the isotherm, seen along the beam, and its bins (BINS, 7)."""
    head, shift, own = table.heads[lesion, isotherm], np.empty(2), np.empty((3, 3))
    for a in range(3):
        for x in range(3):
            own[a, x] = 0.0
            for y in range(3):
                own[a, x] += plane[a, y] * matrix[y, x]
    for a in range(2):
        shift[a] = 0.0
        for x in range(3):
            shift[a] += plane[a, x] * offset[x]
    found, bins = binned(
        contour(
            table.vertices[head[4] : head[5]],
            table.normals[head[4] : head[5]],
            table.faces[head[8] : head[9]],
            head[4],
            own,
            shift,
        )
    )
    if _mirrors(own):
        # seen in a mirror, what was on the left of a piece is on its right: turn it round
        for n in range(found.shape[0]):
            for x in range(2):
                found[n, x], found[n, 2 + x] = found[n, 2 + x], found[n, x]
    return found, bins


@kernel
def _mirrors(matrix: FloatArray) -> bool:
    a = matrix[0, 0] * (matrix[1, 1] * matrix[2, 2] - matrix[1, 2] * matrix[2, 1])
    b = matrix[0, 1] * (matrix[1, 0] * matrix[2, 2] - matrix[1, 2] * matrix[2, 0])
    c = matrix[0, 2] * (matrix[1, 0] * matrix[2, 1] - matrix[1, 1] * matrix[2, 0])
    return bool(a - b + c < 0.0)


@kernel
def approach_of(
    line: FloatArray,
    ways: FloatArray,
    gaps: FloatArray,
    table: Any,
    which: IntArray,
    matrices: FloatArray,
    offsets: FloatArray,
    isotherm: int,
    enough: float,
) -> float:
    """Smallest signed distance of a line from the union; ``enough`` where it is no less. ``gaps`` from the balls are used up."""
    none = np.empty((0, 4))
    best = min(enough, ROOM_MM)
    kept = gaps.copy()
    for _ in range(which.shape[0]):
        g = int(np.argmin(gaps))
        if gaps[g] >= best:
            break
        gaps[g] = _FAR
        own = own_line(line, matrices[g], offsets[g])
        grid = surface_grid(table, which[g], isotherm)
        best = nearest_approach(
            own, ways, False, grid, table.origins[which[g], isotherm], none, none, best, TOLERANCE_MM
        )
    if best < ROOM_MM or enough <= ROOM_MM:
        return best
    best = enough
    for _ in range(which.shape[0]):
        g = int(np.argmin(kept))
        if kept[g] >= best:
            break
        kept[g] = _FAR
        head = table.heads[which[g], isotherm]
        own = own_line(line, matrices[g], offsets[g])
        best = far_approach(
            own,
            table.leaves[head[6] : head[7]],
            table.vertices[head[4] : head[5]],
            table.normals[head[4] : head[5]],
            table.bends[head[4] : head[5]],
            best,
        )
    return best


@kernel
def _shadow_approach(
    line: FloatArray, ways: FloatArray, gaps: FloatArray, pieces: FloatArray, starts: IntArray, bins: FloatArray
) -> float:
    """Smallest signed distance of a flat line from the shadows. ``gaps`` from the balls are used up."""
    values, origin = np.empty((0, 0, 0), dtype=np.float32), np.empty(0)
    best = ROOM_MM
    kept = gaps.copy()
    for _ in range(gaps.shape[0]):
        g = int(np.argmin(gaps))
        if gaps[g] >= best:
            break
        gaps[g] = _FAR
        best = nearest_approach(
            line, ways, True, values, origin, pieces[starts[g] : starts[g + 1]], bins[g], best, TOLERANCE_MM
        )
    if best < ROOM_MM:
        return best
    best = _FAR
    for _ in range(gaps.shape[0]):
        g = int(np.argmin(kept))
        if kept[g] >= best:
            break
        kept[g] = _FAR
        best = outline_approach(line, pieces[starts[g] : starts[g + 1]], bins[g], best)
    return best


@kernel
def ball_gaps(line: FloatArray, balls: FloatArray, gaps: FloatArray) -> None:
    """Write into ``gaps`` (g,) how far each ball is at least from the line; far where there is no surface.

    No place on a line is farther from its nearest vertex than half the longest piece.
    """
    longest = 0.0
    for i in range(line.shape[0] - 1):
        dx, dy, dz = line[i + 1, 0] - line[i, 0], line[i + 1, 1] - line[i, 1], line[i + 1, 2] - line[i, 2]
        longest = max(longest, dx * dx + dy * dy + dz * dz)
    half = 0.5 * np.sqrt(longest)
    for g in range(balls.shape[0]):
        gaps[g] = _FAR
        if balls[g, 3] > 0.0:
            x, y, z = balls[g, 0], balls[g, 1], balls[g, 2]
            least = _FAR
            for i in range(line.shape[0]):
                square = (line[i, 0] - x) ** 2 + (line[i, 1] - y) ** 2 + (line[i, 2] - z) ** 2
                least = min(least, square)
            gaps[g] = np.sqrt(least) - half - balls[g, 3]


@kernel
def flattened(balls: FloatArray, plane: FloatArray) -> FloatArray:
    """(g, 4) the balls seen along the beam, flat."""
    flat = np.zeros_like(balls)
    for g in range(balls.shape[0]):
        for x in range(3):
            flat[g, 0] += balls[g, x] * plane[0, x]
            flat[g, 1] += balls[g, x] * plane[1, x]
        flat[g, 3] = balls[g, 3]
    return flat


@kernel
def own_line(line: FloatArray, matrix: FloatArray, offset: FloatArray) -> FloatArray:
    """The line in the frame of a map."""
    own = np.empty_like(line)
    for i in range(line.shape[0]):
        dx, dy, dz = line[i, 0] - offset[0], line[i, 1] - offset[1], line[i, 2] - offset[2]
        for x in range(3):
            own[i, x] = matrix[0, x] * dx + matrix[1, x] * dy + matrix[2, x] * dz
    return own
