"""Compiled kernels of the projector: path length through closed meshes as a sum of signed depths.

A ray from the source reaches the point ``source + t D`` where ``D`` ends on the receptor. Over a plane 1/t is linear in the
pixel, so a triangle is rasterised, and adds its t to the pixels that it covers: with plus where the ray leaves the solid, with
minus where it enters. The sum over a closed mesh is the length inside it, in units of ``D``. Pixel (row, column) is sampled at its centre,
which has the whole numbers (column, row) as coordinates here.
"""

from __future__ import annotations

import math

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel


@kernel
def to_receptor(
    vertices: FloatArray, source: FloatArray, axes: FloatArray, sid_mm: float, pixel_mm: float, size: int
) -> FloatArray:
    """(n, 3) column, row and 1/t of (n, 3) points in front of the source.

    ``axes`` rows point right, down and to the receptor. Points level with the source or behind it get a 1/t of 0 or less.
    """
    screen: FloatArray = np.empty(vertices.shape)
    middle = 0.5 * size - 0.5
    per_mm = 1.0 / pixel_mm
    for n in range(vertices.shape[0]):
        x, y, z = vertices[n, 0] - source[0], vertices[n, 1] - source[1], vertices[n, 2] - source[2]
        depth = axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z
        nearness = sid_mm / depth if depth != 0.0 else 0.0
        scale = nearness * per_mm
        screen[n, 0] = middle + scale * (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z)
        screen[n, 1] = middle + scale * (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z)
        screen[n, 2] = nearness
    return screen


@kernel
def add_signed_depth(
    screen: FloatArray, faces: np.ndarray, weights: np.ndarray, reference: float, image: np.ndarray
) -> None:
    """Add ``weight * sign * (t - reference)`` of every face to the pixels of ``image`` (rows, columns) that it covers.

    ``screen`` as :func:`to_receptor` makes it, ``faces`` (m, 3), ``weights`` (m,). Over a closed mesh of one weight the signs of
    a pixel cancel, so that any ``reference`` is right; one near the patient leaves small numbers to be summed.

    Whether a pixel is covered is decided edge by edge: the column at which an edge crosses a row is computed from its upper to
    its lower end whichever triangle asks, and a triangle owns the columns between its two crossings. Neighbours thus share their edge
    exactly, without a gap or a pixel counted twice, and the sign comes from the order of the same two crossings.
    """
    rows, columns = image.shape
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        weight = weights[face]
        # from top to bottom; every exchange turns the triangle round
        if screen[i, 1] > screen[j, 1]:
            i, j, weight = j, i, -weight
        if screen[j, 1] > screen[k, 1]:
            j, k, weight = k, j, -weight
            if screen[i, 1] > screen[j, 1]:
                i, j, weight = j, i, -weight
        y0, y2 = screen[i, 1], screen[k, 1]
        first, last = max(math.ceil(y0), 0), min(math.ceil(y2), rows)
        if first >= last:
            continue
        x0, x1, x2 = screen[i, 0], screen[j, 0], screen[k, 0]
        if max(x0, x1, x2) < 0.0 or min(x0, x1, x2) > columns - 1:
            continue
        y1 = screen[j, 1]
        z0, z1, z2 = screen[i, 2], screen[j, 2], screen[k, 2]
        low, high = min(z0, z1, z2), max(z0, z1, z2)
        along = (x2 - x0) / (y2 - y0)
        upper = (x1 - x0) / (y1 - y0) if y1 > y0 else 0.0
        lower = (x2 - x1) / (y2 - y1) if y2 > y1 else 0.0
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        per_column = ((z1 - z0) * (y2 - y0) - (z2 - z0) * (y1 - y0)) / area if area != 0.0 else 0.0
        per_row = ((x1 - x0) * (z2 - z0) - (x2 - x0) * (z1 - z0)) / area if area != 0.0 else 0.0
        for row in range(first, last):
            one = x0 + (row - y0) * along
            other = x0 + (row - y0) * upper if row < y1 else x1 + (row - y1) * lower
            if one < other:
                start, stop, signed = math.ceil(one), math.ceil(other), -weight
            else:
                start, stop, signed = math.ceil(other), math.ceil(one), weight
            start, stop = max(start, 0), min(stop, columns)
            if start >= stop:
                continue
            z = z0 + (row - y0) * per_row + (start - x0) * per_column
            for column in range(start, stop):
                # a triangle seen on its edge has steep slopes; its corners bound what they may give
                image[row, column] += signed * (1.0 / min(max(z, low), high) - reference)
                z += per_column
