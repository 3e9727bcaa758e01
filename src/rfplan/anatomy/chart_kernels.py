"""Compiled kernel of the dorsal chart: nearest bone along the beam."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel


@kernel
def height_map(
    points: FloatArray, faces: IntArray, lateral_0: float, caudal_0: float, spacing: float, ni: int, nj: int
) -> FloatArray:
    """(ni, nj) largest third coordinate of the triangles over each grid node; NaN where there is none.

    ``points`` (n, 3) are chart coordinates, mm; node (i, j) is at ``lateral_0 + i spacing``, ``caudal_0 + j spacing``.
    """
    heights = np.full((ni, nj), np.nan)
    for face in range(faces.shape[0]):
        a, b, c = points[faces[face, 0]], points[faces[face, 1]], points[faces[face, 2]]
        ax, ay = (a[0] - lateral_0) / spacing, (a[1] - caudal_0) / spacing
        bx, by = (b[0] - lateral_0) / spacing, (b[1] - caudal_0) / spacing
        cx, cy = (c[0] - lateral_0) / spacing, (c[1] - caudal_0) / spacing
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0.0:
            continue
        i0 = max(0, int(np.ceil(min(ax, bx, cx) - 1e-9)))
        i1 = min(ni - 1, int(np.floor(max(ax, bx, cx) + 1e-9)))
        j0 = max(0, int(np.ceil(min(ay, by, cy) - 1e-9)))
        j1 = min(nj - 1, int(np.floor(max(ay, by, cy) + 1e-9)))
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                u = ((bx - i) * (cy - j) - (cx - i) * (by - j)) / area
                v = ((cx - i) * (ay - j) - (ax - i) * (cy - j)) / area
                w = 1.0 - u - v
                if u >= -1e-9 and v >= -1e-9 and w >= -1e-9:
                    height = u * a[2] + v * b[2] + w * c[2]
                    if not heights[i, j] >= height:
                        heights[i, j] = height
    return heights
