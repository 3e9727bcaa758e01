"""Triangles of a plane polygon with holes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray


def triangulated(rings: Sequence[FloatArray]) -> IntArray:
    """(m, 3) triangles, counter-clockwise, of the polygon ``rings[0]`` without the islands ``rings[1:]``.

    Every ring is (n, 2) without repeating its first point, the outer counter-clockwise and the islands clockwise. Indices
    count through the rings in their order. Ears are clipped after a bridge was cut to every island; on rings that cross
    themselves the triangles overlap but still join up.
    """
    points = np.concatenate([np.asarray(ring, dtype=float) for ring in rings])
    ends = np.cumsum([len(ring) for ring in rings])
    loops = [list(range(end - len(ring), end)) for ring, end in zip(rings, ends, strict=True)]
    polygon = loops[0]
    for island in sorted(loops[1:], key=lambda loop: -float(points[loop, 0].max())):
        polygon = _bridged(points, polygon, island, loops)
    return _ears(points, polygon)


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _bridged(points: FloatArray, polygon: list[int], island: list[int], loops: list[list[int]]) -> list[int]:
    """The island joined to the polygon over the shortest line that crosses no edge."""
    gaps = np.linalg.norm(points[polygon][:, None] - points[island][None], axis=-1)
    starts = np.concatenate([points[loop] for loop in loops])
    stops = np.concatenate([points[np.roll(loop, -1)] for loop in loops])
    order = np.argsort(gaps, axis=None, kind="stable")
    i, j = (int(k) for k in np.unravel_index(order[0], gaps.shape))
    for place in order[:2000]:
        row, column = (int(k) for k in np.unravel_index(place, gaps.shape))
        p, q = points[polygon[row]], points[island[column]]
        before, after = points[polygon[row - 1]], points[polygon[(row + 1) % len(polygon)]]
        # a corner that carries a bridge stands in the polygon twice; the line must leave from the copy that faces it
        if _faces(before, p, after, q) and not _crosses(p, q, starts, stops):
            i, j = row, column
            break
    return polygon[: i + 1] + island[j:] + island[: j + 1] + polygon[i:]


def _ears(points: FloatArray, polygon: list[int]) -> IntArray:
    triangles = []
    left = list(polygon)
    while len(left) > 3:
        at = points[left]
        before, after = np.roll(at, 1, axis=0), np.roll(at, -1, axis=0)
        turn = _cross(at - before, after - at)
        # the sharpest corners first keep the triangles fat
        legs = np.linalg.norm(at - before, axis=1) * np.linalg.norm(after - at, axis=1)
        order = np.argsort(-turn / np.maximum(legs, 1e-300), kind="stable")
        ear = next((int(k) for k in order if turn[k] > 0 and _empty(at, int(k))), int(order[0]))
        triangles.append((left[ear - 1], left[ear], left[(ear + 1) % len(left)]))
        del left[ear]
    triangles.append((left[0], left[1], left[2]))
    return np.array(triangles, dtype=np.int64)


def _empty(polygon: FloatArray, corner: int) -> bool:
    """True if the triangle that would be clipped holds no other corner and its new side crosses no edge."""
    a, b, c = polygon[corner - 1], polygon[corner], polygon[(corner + 1) % len(polygon)]
    inside = (_cross(b - a, polygon - a) >= 0) & (_cross(c - b, polygon - b) >= 0) & (_cross(a - c, polygon - c) >= 0)
    # the ends of a bridge stand twice at one place
    same = np.any([np.all(polygon == p, axis=1) for p in (a, b, c)], axis=0)
    if np.any(inside & ~same):
        return False
    return not _crosses(a, c, polygon, np.roll(polygon, -1, axis=0))


def _faces(before: FloatArray, corner: FloatArray, after: FloatArray, target: FloatArray) -> bool:
    """True if ``target`` lies within the inner angle of the corner."""
    ahead = float(_cross(after - corner, target - corner))
    behind = float(_cross(target - corner, before - corner))
    if float(_cross(corner - before, after - corner)) > 0:
        return ahead > 0 and behind > 0
    return ahead > 0 or behind > 0


def _crosses(p: FloatArray, q: FloatArray, starts: FloatArray, stops: FloatArray) -> bool:
    """True if the line from ``p`` to ``q`` passes through one of the edges, ends not counted."""
    side_p, side_q = _cross(stops - starts, p - starts), _cross(stops - starts, q - starts)
    side_a, side_b = _cross(q - p, starts - p), _cross(q - p, stops - p)
    return bool(np.any((side_p * side_q < 0) & (side_a * side_b < 0)))
