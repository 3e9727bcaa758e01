"""A coarser mesh of the same solid, as closed as the fine one."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh


def coarser(mesh: Mesh, cell_mm: float, normals: FloatArray | None = None) -> Mesh:
    """``mesh`` with vertices that share a cell of ``cell_mm`` and look the same way merged into their mean.

    Both sides of a thin wall look different ways and stay apart. Every vertex goes to exactly one place and faces that shrink to a
    line go, so that each edge is still passed as often in one direction as in the other.

    Parameters
    ----------
    normals : (n, 3) by which to tell the ways apart; those of the mesh without it
    """
    looks = mesh.vertex_normals if normals is None else normals
    cells = np.floor((mesh.vertices_mm - mesh.bounds_mm[0]) / cell_mm).astype(np.int64)
    dominant = np.argmax(np.abs(looks), axis=1)
    way = 2 * dominant + (looks[np.arange(len(looks)), dominant] > 0)
    counts = cells.max(axis=0) + 1
    keys = ((cells[:, 0] * counts[1] + cells[:, 1]) * counts[2] + cells[:, 2]) * 6 + way
    merged = np.unique(keys, return_inverse=True)[1]
    size = np.bincount(merged)
    vertices = np.stack([np.bincount(merged, mesh.vertices_mm[:, axis]) / size for axis in range(3)], axis=1)
    faces = merged[mesh.faces]
    kept = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return Mesh(vertices, faces[kept])
