"""Compiled shadows of closed surfaces: the apparent contour seen along a beam, and the distance of points from the shadow.

A contour is (n, 4) straight pieces (from x, y to x, y) with the shadow on their left. Pieces inside the shadow, where the surface
folds, do no harm: whether a point is in the shadow is told by how often the contour winds round it, and depth is then never
overstated. They are sorted into ``BINS`` by their direction from the middle: ``bins`` (BINS, 7) has first piece and past the last,
the circle round them (centre, radius), lowest and highest y.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

BINS = 32
_FAR = 1e30


@kernel
def contour(
    vertices: np.ndarray, normals: np.ndarray, faces: np.ndarray, base: int, plane: FloatArray, shift: FloatArray
) -> FloatArray:
    """(n, 4) pieces of the contour of a surface.

    ``plane`` (3, 3): rows are x, y and the beam in the frame of the vertices; ``shift`` (2,) is added to x and y. Faces count
    vertices from ``base``.
    """
    facing, front = np.empty(vertices.shape[0]), np.empty(vertices.shape[0], dtype=np.bool_)
    for v in range(vertices.shape[0]):
        facing[v] = normals[v, 0] * plane[2, 0] + normals[v, 1] * plane[2, 1] + normals[v, 2] * plane[2, 2]
        front[v] = facing[v] > 0.0
    pieces = np.empty((faces.shape[0] // 4 + 16, 4))
    count = 0
    for f in range(faces.shape[0]):
        # never negative, and quicker where that is known
        a, b, c = np.uint64(faces[f, 0] - base), np.uint64(faces[f, 1] - base), np.uint64(faces[f, 2] - base)
        fa, fb, fc = front[a], front[b], front[c]
        if fa == fb and fb == fc:
            continue
        # turn the face so that the corner that differs comes first
        if fb != fa and fb != fc:
            a, b, c = b, c, a
        elif fc != fa and fc != fb:
            a, b, c = c, a, b
        if count == pieces.shape[0]:
            more = np.empty((2 * count, 4))
            more[:count] = pieces
            pieces = more
        for n in range(2):
            # between b and a, then between a and c: seen from outside what faces the beam is then on the left
            other = b if n == 0 else c
            t = facing[a] / (facing[a] - facing[other])
            # the surface bulges over the chord by what its normals turn from end to end
            bulge = 0.0
            for k in range(3):
                bulge += (normals[other, k] - normals[a, k]) * (vertices[other, k] - vertices[a, k])
            bulge *= 0.5 * t * (1.0 - t)
            x, y = shift[0], shift[1]
            for k in range(3):
                p = vertices[a, k] + t * (vertices[other, k] - vertices[a, k])
                p += bulge * (normals[a, k] + t * (normals[other, k] - normals[a, k]))
                x += p * plane[0, k]
                y += p * plane[1, k]
            side = n if facing[a] > 0.0 else 1 - n
            pieces[count, 2 * side], pieces[count, 2 * side + 1] = x, y
        count += 1
    return pieces[:count]


@kernel
def binned(pieces: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The pieces sorted into bins, and the bins."""
    count = pieces.shape[0]
    bins = np.zeros((BINS, 7))
    sorted_pieces = np.empty((count, 4))
    if count == 0:
        return sorted_pieces, bins
    cx, cy = 0.0, 0.0
    for n in range(count):
        cx += pieces[n, 0] / count
        cy += pieces[n, 1] / count
    where = np.empty(count, dtype=np.int64)
    sizes = np.zeros(BINS + 1, dtype=np.int64)
    for n in range(count):
        turn = np.arctan2(pieces[n, 1] - cy, pieces[n, 0] - cx) / (2.0 * np.pi) + 0.5
        where[n] = min(BINS - 1, int(turn * BINS))
        sizes[where[n] + 1] += 1
    for k in range(BINS):
        sizes[k + 1] += sizes[k]
        bins[k, 0], bins[k, 1] = sizes[k], sizes[k + 1]
        bins[k, 5], bins[k, 6] = _FAR, -_FAR
    filled = sizes.copy()
    for n in range(count):
        k = where[n]
        sorted_pieces[filled[k]] = pieces[n]
        filled[k] += 1
    for k in range(BINS):
        start, stop = int(bins[k, 0]), int(bins[k, 1])
        if start == stop:
            continue
        for n in range(start, stop):
            for e in range(2):
                bins[k, 2] += sorted_pieces[n, 2 * e] / (2 * (stop - start))
                bins[k, 3] += sorted_pieces[n, 2 * e + 1] / (2 * (stop - start))
                bins[k, 5] = min(bins[k, 5], sorted_pieces[n, 2 * e + 1])
                bins[k, 6] = max(bins[k, 6], sorted_pieces[n, 2 * e + 1])
        for n in range(start, stop):
            for e in range(2):
                gap = (sorted_pieces[n, 2 * e] - bins[k, 2]) ** 2 + (sorted_pieces[n, 2 * e + 1] - bins[k, 3]) ** 2
                bins[k, 4] = max(bins[k, 4], gap)
        bins[k, 4] = np.sqrt(bins[k, 4])
    return sorted_pieces, bins


@kernel
def silhouette_distance(pieces: FloatArray, bins: FloatArray, x: float, y: float) -> Any:
    """Signed distance of a point from the shadow, negative inside."""
    winding, nearest, first = 0, _FAR, -1
    for k in range(bins.shape[0]):
        if bins[k, 0] == bins[k, 1]:
            continue
        dx, dy = x - bins[k, 2], y - bins[k, 3]
        gap = dx * dx + dy * dy
        if gap < nearest:
            nearest, first = gap, k
        if bins[k, 5] <= y < bins[k, 6]:
            for n in range(int(bins[k, 0]), int(bins[k, 1])):
                y0, y1 = pieces[n, 1], pieces[n, 3]
                if (y0 > y) != (y1 > y) and x < pieces[n, 0] + (y - y0) / (y1 - y0) * (pieces[n, 2] - pieces[n, 0]):
                    winding += 1 if y1 > y0 else -1
    if first < 0:
        return _FAR
    square = _bin_square(pieces, bins, first, x, y, _FAR)
    away = np.sqrt(square)
    for k in range(bins.shape[0]):
        if k == first or bins[k, 0] == bins[k, 1]:
            continue
        dx, dy, reach = x - bins[k, 2], y - bins[k, 3], away + bins[k, 4]
        if dx * dx + dy * dy < reach * reach:
            other = _bin_square(pieces, bins, k, x, y, square)
            if other < square:
                square, away = other, np.sqrt(other)
    return -away if winding != 0 else away


@kernel
def _bin_square(pieces: FloatArray, bins: FloatArray, k: int, x: float, y: float, square: float) -> float:
    for n in range(int(bins[k, 0]), int(bins[k, 1])):
        ux, uy = pieces[n, 2] - pieces[n, 0], pieces[n, 3] - pieces[n, 1]
        wx, wy = x - pieces[n, 0], y - pieces[n, 1]
        size = ux * ux + uy * uy
        t = min(1.0, max(0.0, (wx * ux + wy * uy) / size)) if size > 0.0 else 0.0
        wx, wy = wx - t * ux, wy - t * uy
        square = min(square, wx * wx + wy * wy)
    return square


@kernel
def outline_approach(line: FloatArray, pieces: FloatArray, bins: FloatArray, enough: float) -> float:
    """Smallest distance of a line outside a shadow from the ends of its pieces; ``enough`` where it is no less."""
    best = enough
    for i in range(line.shape[0] - 1):
        ux, uy = line[i + 1, 0] - line[i, 0], line[i + 1, 1] - line[i, 1]
        size = ux * ux + uy * uy
        half = 0.5 * np.sqrt(size)
        mx, my = line[i, 0] + 0.5 * ux, line[i, 1] + 0.5 * uy
        scale = 1.0 / size if size > 0.0 else 0.0
        for k in range(bins.shape[0]):
            reach = best + bins[k, 4] + half
            if bins[k, 0] == bins[k, 1] or (mx - bins[k, 2]) ** 2 + (my - bins[k, 3]) ** 2 >= reach * reach:
                continue
            square = best * best
            for n in range(int(bins[k, 0]), int(bins[k, 1])):
                wx, wy = pieces[n, 0] - line[i, 0], pieces[n, 1] - line[i, 1]
                t = min(1.0, max(0.0, (wx * ux + wy * uy) * scale))
                wx, wy = wx - t * ux, wy - t * uy
                square = min(square, wx * wx + wy * wy)
            best = np.sqrt(square)
    return best
