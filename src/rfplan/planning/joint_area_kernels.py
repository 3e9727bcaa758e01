"""Compiled measure of how far lesions reach behind the posterior joint line in the true AP view, whatever model they come from.

The area behind the joint is all that lies to the ``outward`` side of the line (n, 2), lateral and caudal from cranial to caudal, which
goes on straight up from its first point and straight down from its last: lateral of them there is nothing either that a lesion is meant
for. ``outward`` is +1 where that side has the larger lateral. A point in the area is as deep as it is far from the line; outside, its
distance counts negative. So the measure never changes by more than a lesion, or the line, is moved, however level the line runs. The
deepest point of a shadow lies on its outline, as depth grows away from the line.
"""

from __future__ import annotations

from math import cos, hypot, pi, sin, sqrt

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.silhouette_kernels import BINS

_FAR = 1e30
_TOLERANCE_MM = 0.002
_ROUNDING_MM = 1e-9
_ANGLES = 48
_GOLDEN = 0.6180339887498949
_GOLDEN_STEPS = 18
_MOST_PARTS = 64


@kernel
def depth_behind(line: FloatArray, outward: float, x: float, y: float) -> float:
    """Depth of a point in the area behind the joint, mm; negative outside."""
    last = line.shape[0] - 1
    nearest = min(
        _square_from_ray(x, y, line[0, 0], line[0, 1], -1.0), _square_from_ray(x, y, line[last, 0], line[last, 1], 1.0)
    )
    inside = (line[0, 1] > y and outward * (x - line[0, 0]) > 0.0) != (
        line[last, 1] <= y and outward * (x - line[last, 0]) > 0.0
    )
    for i in range(last):
        ax, ay, bx, by = line[i, 0], line[i, 1], line[i + 1, 0], line[i + 1, 1]
        if (ay > y) != (by > y):
            # beside the point: the line is crossed by who goes straight towards the midline
            nearest = min(nearest, _square_from_segment(x, y, ax, ay, bx, by))
            if outward * (x - ax - (y - ay) / (by - ay) * (bx - ax)) > 0.0:
                inside = not inside
    for i in range(last):
        ax, ay, bx, by = line[i, 0], line[i, 1], line[i + 1, 0], line[i + 1, 1]
        off = max(min(ay, by) - y, y - max(ay, by), 0.0)
        if off * off < nearest:
            nearest = min(nearest, _square_from_segment(x, y, ax, ay, bx, by))
    return sqrt(nearest) if inside else -sqrt(nearest)


@kernel
def _square_from_segment(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> float:
    dx, dy, qx, qy = bx - ax, by - ay, x - ax, y - ay
    square = dx * dx + dy * dy
    t = min(1.0, max(0.0, (qx * dx + qy * dy) / square)) if square > 0.0 else 0.0
    return (qx - t * dx) ** 2 + (qy - t * dy) ** 2


@kernel
def _square_from_ray(x: float, y: float, ex: float, ey: float, way: float) -> float:
    """Square of the distance from what goes straight up (``way`` -1) or down (1) from the end of the line."""
    dx, dy = x - ex, min(way * (y - ey), 0.0)
    return dx * dx + dy * dy


@kernel
def deepest_outline(line: FloatArray, outward: float, pieces: FloatArray, starts: IntArray, bins: FloatArray) -> float:
    """Depth behind the joint of the deepest point of the shadows of solved lesions, mm; -far where there is none.

    ``pieces`` (n, 4), ``starts`` and ``bins`` are the :func:`rfplan.planning.solved_kernels.shadows` of lesions in the AP view.
    """
    best = -_FAR
    for g in range(starts.shape[0] - 1):
        best = deepest_of_shadow(line, outward, pieces[starts[g] : starts[g + 1]], bins[g], best)
    return best


@kernel
def deepest_of_shadow(line: FloatArray, outward: float, pieces: FloatArray, bins: FloatArray, best: float) -> float:
    """The same of one shadow; ``best`` where it is no deeper."""
    bounds, waiting = np.full(BINS, -_FAR), np.full(pieces.shape[0], -_FAR)
    for k in range(BINS):
        if bins[k, 0] < bins[k, 1]:
            bounds[k] = depth_behind(line, outward, bins[k, 2], bins[k, 3]) + bins[k, 4]
    for _ in range(BINS):
        k = int(np.argmax(bounds))
        if bounds[k] <= best:
            break
        bounds[k] = -_FAR
        # the middles of all before any is looked at closely: most pieces then need not be
        for n in range(int(bins[k, 0]), int(bins[k, 1])):
            ax, ay, bx, by = pieces[n, 0], pieces[n, 1], pieces[n, 2], pieces[n, 3]
            depth = depth_behind(line, outward, 0.5 * (ax + bx), 0.5 * (ay + by))
            waiting[n] = depth + 0.5 * hypot(bx - ax, by - ay)
            best = max(best, depth)
    parts = np.empty((_MOST_PARTS, 4))
    for n in range(pieces.shape[0]):
        if waiting[n] > best + _TOLERANCE_MM:
            parts[0] = pieces[n]
            best = _deepest_of_piece(line, outward, parts, best)
    return best


@kernel
def _deepest_of_piece(line: FloatArray, outward: float, parts: FloatArray, best: float) -> float:
    """Depth of the deepest point of the straight piece ``parts[0]``, or ``best`` where that is more; right to the tolerance.

    Depth changes along a piece by no more than its length, so that pieces are halved where they could hold more than is known.
    """
    waiting = 1
    while waiting > 0:
        waiting -= 1
        ax, ay, bx, by = parts[waiting, 0], parts[waiting, 1], parts[waiting, 2], parts[waiting, 3]
        mx, my, half = 0.5 * (ax + bx), 0.5 * (ay + by), 0.5 * hypot(bx - ax, by - ay)
        depth = depth_behind(line, outward, mx, my)
        if depth + half <= best + _TOLERANCE_MM:
            best = max(best, depth)
            continue
        bound, least = _bounds_of_piece(line, outward, ax, ay, bx, by)
        best = max(best, depth, least)
        if bound <= best + _TOLERANCE_MM or waiting + 2 > _MOST_PARTS:
            continue
        parts[waiting, 0], parts[waiting, 1], parts[waiting, 2], parts[waiting, 3] = ax, ay, mx, my
        parts[waiting + 1, 0], parts[waiting + 1, 1], parts[waiting + 1, 2], parts[waiting + 1, 3] = mx, my, bx, by
        waiting += 2
    return best


@kernel
def _bounds_of_piece(
    line: FloatArray, outward: float, ax: float, ay: float, bx: float, by: float
) -> tuple[float, float]:
    """What no point of a piece is deeper than, and what its deepest point is at least."""
    one, other = depth_behind(line, outward, ax, ay), depth_behind(line, outward, bx, by)
    least = max(one, other)
    size = hypot(bx - ax, by - ay)
    bound, last = 0.5 * (one + other + size), line.shape[0] - 1
    if one + other < -size:
        # it does not reach the edge: the nearest places of two straight lines are an end of one of them
        nearest = _FAR
        for i in range(last + 1):
            nearest = min(nearest, _square_from_segment(line[i, 0], line[i, 1], ax, ay, bx, by))
        least = max(least, -sqrt(nearest))
        bound = least
    elif one > 0.0 and other > 0.0:
        # the distance from each part of the edge is convex along the piece, and depth is the least of them
        for end, way in ((0, -1.0), (last, 1.0)):
            ex, ey = line[end, 0], line[end, 1]
            farther = max(_square_from_ray(ax, ay, ex, ey, way), _square_from_ray(bx, by, ex, ey, way))
            bound = min(bound, sqrt(farther))
        for i in range(last):
            x0, y0, x1, y1 = line[i, 0], line[i, 1], line[i + 1, 0], line[i + 1, 1]
            farther = max(_square_from_segment(ax, ay, x0, y0, x1, y1), _square_from_segment(bx, by, x0, y0, x1, y1))
            bound = min(bound, sqrt(farther))
    return bound, least


@kernel
def deepest_spheroid(
    line: FloatArray, outward: float, lateral: FloatArray, caudal: FloatArray, rows: FloatArray
) -> float:
    """Depth behind the joint of the deepest point of the shadows of spheroids in the AP view, mm; -far where there is none.

    ``rows`` (g, 8) as :mod:`rfplan.lesion.shape_kernels` has them: centre, axis, radius across and along. ``lateral`` and ``caudal`` are
    the axes of the view.
    """
    best, count = -_FAR, rows.shape[0]
    bounds, shadows = np.full(count, -_FAR), np.zeros((count, 4))
    for k in range(count):
        if rows[k, 6] <= 0.0 or rows[k, 7] <= 0.0:
            continue
        for a in range(3):
            shadows[k, 0] += rows[k, a] * lateral[a]
            shadows[k, 1] += rows[k, a] * caudal[a]
            shadows[k, 2] += rows[k, 3 + a] * lateral[a]
            shadows[k, 3] += rows[k, 3 + a] * caudal[a]
        # the longest radius of the shadow is no more than this
        lean = min(shadows[k, 2] ** 2 + shadows[k, 3] ** 2, 1.0)
        square = rows[k, 7] ** 2 * lean + rows[k, 6] ** 2 * (1.0 - lean)
        reach = sqrt(max(square, rows[k, 6] ** 2)) + _ROUNDING_MM
        bounds[k] = depth_behind(line, outward, shadows[k, 0], shadows[k, 1]) + reach
    for _ in range(count):
        k = int(np.argmax(bounds))
        if bounds[k] <= best:
            break
        bounds[k] = -_FAR
        x, y, ex, ey = shadows[k]
        best = _deepest_of_ellipse(line, outward, x, y, ex, ey, rows[k, 6], rows[k, 7], best)
    return best


@kernel
def _deepest_of_ellipse(
    line: FloatArray, outward: float, x: float, y: float, ex: float, ey: float, across: float, along: float, best: float
) -> float:  # fmt: skip
    """Depth of the deepest point of a spheroid's shadow, or ``best`` where that is more; arguments as of :func:`_depth_at`."""
    step = 2.0 * pi / _ANGLES
    # the outline's radius of curvature is no more than this: from one angle to the next depth changes by no more than the arc
    arc = max(across, along) ** 2 / min(across, along) * step
    depths, n = np.full(_ANGLES, -_FAR), 0
    known = best
    while n < _ANGLES:
        depths[n] = _depth_at(line, outward, x, y, ex, ey, across, along, n * step)
        known = max(known, depths[n])
        # what is left out is not deeper than what is known
        n += 1 + int(max(known - depths[n], 0.0) / arc)
    best = known
    for n in range(_ANGLES):
        if (
            depths[n] + 0.5 * arc <= best
            or depths[n] < depths[n - 1]
            or depths[n] < depths[(n + 1) % _ANGLES]
        ):  # fmt: skip
            continue
        low, high = (n - 1) * step, (n + 1) * step
        one, other = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        at_one = _depth_at(line, outward, x, y, ex, ey, across, along, one)
        at_other = _depth_at(line, outward, x, y, ex, ey, across, along, other)
        for _ in range(_GOLDEN_STEPS):
            if at_one < at_other:
                low, one, at_one = one, other, at_other
                other = low + _GOLDEN * (high - low)
                at_other = _depth_at(line, outward, x, y, ex, ey, across, along, other)
            else:
                high, other, at_other = other, one, at_one
                one = high - _GOLDEN * (high - low)
                at_one = _depth_at(line, outward, x, y, ex, ey, across, along, one)
        best = max(best, at_one, at_other)
    return best


@kernel
def _depth_at(
    line: FloatArray, outward: float, x: float, y: float, ex: float, ey: float, across: float, along: float, turn: float
) -> float:  # fmt: skip
    """Depth of the point of a spheroid's shadow whose outward normal is turned so far from lateral; axis (ex, ey) as the view shows it."""
    nx, ny = cos(turn), sin(turn)
    lean = ex * nx + ey * ny
    reach = sqrt(along * along * lean * lean + across * across * (1.0 - lean * lean))
    more = (along * along - across * across) * lean
    depth: float = depth_behind(
        line, outward, x + (across * across * nx + more * ex) / reach, y + (across * across * ny + more * ey) / reach
    )
    return depth
