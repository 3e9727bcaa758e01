"""Many lesion maps end to end in a few arrays, so that kernels can look into any of them by its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.lesion_map import LesionMap

HEAD: Final = 10
"""Numbers in a head: first value, nx, ny, nz, first vertex, past the last, first leaf, past the last, first face, past the last."""


class MapTable(NamedTuple):
    """Maps by number. ``heads`` (maps, isotherms, HEAD) say where the parts of each surface are (all 0: there is none),
    ``origins`` (maps, isotherms, 3) where its first node is, ``balls`` (maps, isotherms, 4) what ball holds it.

    The rest are the arrays of :class:`rfplan.lesion.lesion_map.SurfaceMap` end to end; faces count vertices of the table.
    """

    heads: IntArray
    origins: FloatArray
    balls: FloatArray
    values: NDArray[np.float32]
    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    bends: NDArray[np.float32]
    leaves: FloatArray
    faces: NDArray[np.int32]


def map_table(maps: Sequence[LesionMap]) -> MapTable:
    """The table in which ``maps`` have the numbers of their places."""
    heads = np.zeros((len(maps), len(ISOTHERMS_C), HEAD), dtype=np.int64)
    origins = np.zeros((len(maps), len(ISOTHERMS_C), 3))
    balls = np.zeros((len(maps), len(ISOTHERMS_C), 4))
    values, vertices, normals, bends, leaves, faces = [], [], [], [], [], []
    node = vertex = leaf = face = 0
    for number, entry in enumerate(maps):
        for isotherm, surface in enumerate(entry.surfaces):
            if surface is None:
                continue
            head = heads[number, isotherm]
            head[0], head[1:4] = node, surface.values_mm.shape
            head[4:6] = vertex, vertex + len(surface.vertices_mm)
            head[6:8] = leaf, leaf + len(surface.leaves)
            head[8:10] = face, face + len(surface.faces)
            origins[number, isotherm], balls[number, isotherm] = surface.origin_mm, surface.ball
            values.append(surface.values_mm.ravel())
            vertices.append(surface.vertices_mm)
            normals.append(surface.normals)
            bends.append(surface.bends)
            leaves.append(surface.leaves)
            faces.append(surface.faces + np.int32(vertex))
            node, vertex, leaf, face = node + surface.values_mm.size, head[5], head[7], head[9]
    return MapTable(
        heads,
        origins,
        balls,
        np.concatenate([np.empty(0, np.float32), *values]),
        np.concatenate([np.empty((0, 3), np.float32), *vertices]),
        np.concatenate([np.empty((0, 3), np.float32), *normals]),
        np.concatenate([np.empty(0, np.float32), *bends]),
        np.concatenate([np.empty((0, 4)), *leaves]),
        np.concatenate([np.empty((0, 3), np.int32), *faces]),
    )


def chosen_maps(table: MapTable, numbers: Sequence[int]) -> MapTable:
    """The table in which the maps ``numbers`` of ``table`` have the numbers of their places."""
    heads = table.heads[list(numbers)].copy()
    ranges: list[list[tuple[int, int]]] = [[], [], [], []]
    faces = [np.empty((0, 3), np.int32)]
    ends = [0, 0, 0, 0]
    for head in heads.reshape(-1, HEAD):
        if head[1] == 0:
            continue
        own = [
            (int(head[0]), int(head[0] + np.prod(head[1:4]))),
            *((int(head[k]), int(head[k + 1])) for k in (4, 6, 8)),
        ]
        faces.append(table.faces[slice(*own[3])] + np.int32(ends[1] - own[1][0]))
        for part, (low, high) in enumerate(own):
            ranges[part].append((low, high))
            place, ends[part] = ends[part], ends[part] + high - low
            if part == 0:
                head[0] = place
            else:
                head[2 + 2 * part], head[3 + 2 * part] = place, ends[part]
    values, vertices, leaves = ranges[:3]
    return MapTable(
        heads,
        table.origins[list(numbers)],
        table.balls[list(numbers)],
        _joined(table.values, values),
        _joined(table.vertices, vertices),
        _joined(table.normals, vertices),
        _joined(table.bends, vertices),
        _joined(table.leaves, leaves),
        np.concatenate(faces),
    )


def _joined(rows: NDArray[Any], ranges: Sequence[tuple[int, int]]) -> NDArray[Any]:
    return np.concatenate([rows[:0], *(rows[low:high] for low, high in ranges)])
