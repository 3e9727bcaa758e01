"""Outline of solids as they project on the plane of the true AP view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.mesh import Mesh
from rfplan.report import raster_kernels as kernels


def projected_outlines(meshes: Sequence[Mesh], frame: ApFrame, spacing_mm: float = 0.15) -> list[FloatArray]:
    """Closed outlines, each (n, 2) chart coordinates (lateral, caudal) in mm, of the union of ``meshes`` seen along the beam."""
    from scipy import ndimage

    if not meshes:
        return []
    seen = [frame.to_chart(mesh.vertices_mm)[:, :2] for mesh in meshes]
    low = np.min([points.min(axis=0) for points in seen], axis=0) - 4 * spacing_mm
    high = np.max([points.max(axis=0) for points in seen], axis=0) + 4 * spacing_mm
    columns, rows = np.ceil((high - low) / spacing_mm).astype(int)
    cover = np.full((rows, columns), kernels.FAR, dtype=np.float32)
    for points, mesh in zip(seen, meshes, strict=True):
        screen = np.column_stack([(points - low) / spacing_mm, np.zeros(len(points))])
        kernels.draw_depth(screen, mesh.faces, cover, False)
    # a little blur turns the staircase of pixels into a smooth line through the same place
    smooth = ndimage.gaussian_filter((cover > 0.5 * kernels.FAR).astype(np.float32), 1.6)
    return [low + (line + 0.5) * spacing_mm for line in _contours(smooth, 0.5)]


def _contours(values: np.ndarray, level: float) -> list[FloatArray]:
    """Closed lines (n, 2), column and row, where a map that is below ``level`` along its border crosses it."""
    above = values > level
    # one crossing per grid edge between a node above and a node below
    horizontal = above[:, :-1] != above[:, 1:]
    vertical = above[:-1] != above[1:]
    next_of: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    rows, columns = np.nonzero(horizontal[:-1] | horizontal[1:] | vertical[:, :-1] | vertical[:, 1:])
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        # edges of the cell in order; walking with the high side on the left pairs each way in with its way out
        corners = (
            above[row, column],
            above[row, column + 1],
            above[row + 1, column + 1],
            above[row + 1, column],
        )
        edges = ((0, row, column), (1, row, column + 1), (0, row + 1, column), (1, row, column))
        entries = [n for n in range(4) if corners[n] and not corners[(n + 1) % 4]]
        exits = [n for n in range(4) if not corners[n] and corners[(n + 1) % 4]]
        for entry in entries:
            leave = min(exits, key=lambda n: (n - entry) % 4)
            next_of[edges[entry]] = edges[leave]
    lines = []
    while next_of:
        start = next(iter(next_of))
        keys, key = [], start
        while key in next_of:
            keys.append(key)
            key = next_of.pop(key)
        if len(keys) > 8:
            lines.append(np.array([_crossing(values, level, key) for key in keys]))
    return lines


def _crossing(values: np.ndarray, level: float, edge: tuple[int, int, int]) -> tuple[float, float]:
    along_column, row, column = edge
    a = values[row, column]
    b = values[row + 1, column] if along_column else values[row, column + 1]
    share = float((level - a) / (b - a))
    return (column, row + share) if along_column else (column + share, row)
