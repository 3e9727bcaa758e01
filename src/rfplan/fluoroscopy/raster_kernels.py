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
from rfplan.geometry.compiled import kernel, kernel_with

_ROUNDING = 1e-9


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


@kernel_with(error_model="numpy")
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
    pixels = image.reshape(-1)
    # of every row of a face: first pixel and the one after the last, sign, and 1/t at the first
    table = np.empty((4, rows))
    starts, stops, signs, nearness = table[0], table[1], table[2], table[3]
    width = np.float64(columns)
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        weight = weights[face]
        x0, y0, z0 = screen[i, 0], screen[i, 1], screen[i, 2]
        x1, y1, z1 = screen[j, 0], screen[j, 1], screen[j, 2]
        x2, y2, z2 = screen[k, 0], screen[k, 1], screen[k, 2]
        low, high = min(z0, min(z1, z2)), max(z0, max(z1, z2))
        # from top to bottom; every exchange turns the triangle round
        if y0 > y1:
            x0, y0, z0, x1, y1, z1, weight = x1, y1, z1, x0, y0, z0, -weight
        if y1 > y2:
            x1, y1, z1, x2, y2, z2, weight = x2, y2, z2, x1, y1, z1, -weight
            if y0 > y1:
                x0, y0, z0, x1, y1, z1, weight = x1, y1, z1, x0, y0, z0, -weight
        first, last = max(math.ceil(y0), 0), min(math.ceil(y2), rows)
        # a crossing may be rounded to beyond the corners: what is skipped keeps clear of that
        left, right = min(x0, min(x1, x2)) - _ROUNDING, max(x0, max(x1, x2)) + _ROUNDING
        if first >= last or math.ceil(left) >= math.ceil(right) or right < 0.0 or left > columns - 1:
            continue
        tall = y2 - y0
        along = (x2 - x0) / tall
        # one of the two is not finite where the middle corner is level with another, and then no row asks for it
        upper, lower = (x1 - x0) / (y1 - y0), (x2 - x1) / (y2 - y1)
        area = (x1 - x0) * tall - (x2 - x0) * (y1 - y0)
        inverse = 1.0 / area if area != 0.0 else 0.0
        per_column = ((z1 - z0) * tall - (z2 - z0) * (y1 - y0)) * inverse
        per_row = ((x1 - x0) * (z2 - z0) - (x2 - x0) * (z1 - z0)) * inverse
        # all rows first: that loop has no branches, so that the processor does several rows at once
        for n in range(last - first):
            row = np.float64(np.int32(first) + np.int32(n))
            one = x0 + (row - y0) * along
            is_upper = row < y1
            slope = upper if is_upper else lower
            from_x, from_y = x0 if is_upper else x1, y0 if is_upper else y1
            other = from_x + (row - from_y) * slope
            to_right = one < other
            start = np.ceil(one if to_right else other)
            start = start if start > 0.0 else 0.0
            stop = np.ceil(other if to_right else one)
            starts[n] = start
            stops[n] = stop if stop < width else width
            signs[n] = -weight if to_right else weight
            nearness[n] = z0 + (row - y0) * per_row + (start - x0) * per_column
        for n in range(last - first):
            start, stop, z, signed = np.int64(starts[n]), np.int64(stops[n]), nearness[n], signs[n]
            at = np.uint64((first + n) * columns + start)
            for _ in range(stop - start):
                # a triangle seen on its edge has steep slopes; its corners bound what they may give
                pixels[at] += signed * (1.0 / min(max(z, low), high) - reference)
                z += per_column
                at += np.uint64(1)
