"""Compiled making of a lesion map: distances to a closed surface on the nodes of a grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.geometry.distance_kernels import nearest_faces, squared_distance


@kernel
def signed_distances(
    vertices: FloatArray,
    normals: FloatArray,
    faces: IntArray,
    origin: FloatArray,
    spacing: float,
    inside: np.ndarray,
    values: np.ndarray,
) -> None:
    """Write into ``values`` (nx, ny, nz) the distance of every node from a surface, negative where ``inside``.

    Exact within 1.5 cells. Farther out it is that from the surface round the nearest vertex, which is found from the nearest
    ones of neighbouring nodes.
    """
    nx, ny, nz = values.shape
    face_of = np.empty((nx, ny, nz), dtype=np.int64)
    nearest_faces(vertices, faces, origin, spacing, face_of)
    vertex_of = np.full((nx + 2, ny + 2, nz + 2), -1, dtype=np.int32)
    square_of = np.full((nx + 2, ny + 2, nz + 2), 1e30)
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                face = face_of[i, j, k]
                if face >= 0:
                    for corner in range(3):
                        v = faces[face, corner]
                        square = _square(vertices, v, origin, spacing, i, j, k)
                        if square < square_of[i + 1, j + 1, k + 1]:
                            square_of[i + 1, j + 1, k + 1] = square
                            vertex_of[i + 1, j + 1, k + 1] = v
    _spread(vertices, origin, spacing, vertex_of, square_of)
    point = np.empty(3)
    for i in range(nx):
        point[0] = origin[0] + i * spacing
        for j in range(ny):
            point[1] = origin[1] + j * spacing
            for k in range(nz):
                point[2] = origin[2] + k * spacing
                face = face_of[i, j, k]
                if face >= 0:
                    away = np.sqrt(
                        squared_distance(
                            point, vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
                        )
                    )
                else:
                    v = vertex_of[i + 1, j + 1, k + 1]
                    away = past_vertex(vertices, normals, v, point[0], point[1], point[2], spacing)
                values[i, j, k] = -away if inside[i, j, k] else away


@kernel
def _spread(
    vertices: FloatArray, origin: FloatArray, spacing: float, vertex_of: IntArray, square_of: FloatArray
) -> None:
    """Let every node try the nearest vertices of the 13 neighbours behind it, on the way forward and back, twice.

    The arrays have one layer of nodes more on every side, which know nothing.
    """
    nx, ny, nz = vertex_of.shape
    steps = np.empty(13, dtype=np.int64)
    for n in range(13):
        steps[n] = ((n // 9 - 1) * ny + (n // 3) % 3 - 1) * nz + n % 3 - 1
    near, square = vertex_of.reshape(nx * ny * nz), square_of.reshape(nx * ny * nz)
    for sweep in range(4):
        sense = 1 if sweep % 2 == 0 else -1
        for a in range(1, nx - 1):
            i = a if sweep % 2 == 0 else nx - 1 - a
            x = origin[0] + (i - 1) * spacing
            for b in range(1, ny - 1):
                j = b if sweep % 2 == 0 else ny - 1 - b
                y = origin[1] + (j - 1) * spacing
                for c in range(1, nz - 1):
                    k = c if sweep % 2 == 0 else nz - 1 - c
                    z = origin[2] + (k - 1) * spacing
                    m = (i * ny + j) * nz + k
                    best, own = square[m], near[m]
                    for n in range(13):
                        v = near[m + sense * steps[n]]
                        if v < 0 or v == own:
                            continue
                        dx, dy, dz = vertices[v, 0] - x, vertices[v, 1] - y, vertices[v, 2] - z
                        other = dx * dx + dy * dy + dz * dz
                        if other < best:
                            best, own = other, v
                    square[m], near[m] = best, own


@kernel
def past_vertex(vertices: FloatArray, normals: FloatArray, v: int, x: float, y: float, z: float, spacing: float) -> Any:
    """Distance of a point from the surface near its nearest vertex ``v``: its height over the tangent plane there.

    No less than a vertex at most 0.6 of the ``spacing`` from the foot allows, should the normal be off.
    """
    dx, dy, dz = x - vertices[v, 0], y - vertices[v, 1], z - vertices[v, 2]
    height = abs(dx * normals[v, 0] + dy * normals[v, 1] + dz * normals[v, 2])
    square = dx * dx + dy * dy + dz * dz - (0.6 * spacing) ** 2
    return max(height, np.sqrt(max(0.0, square)))


@kernel
def _square(vertices: FloatArray, v: int, origin: FloatArray, spacing: float, i: int, j: int, k: int) -> Any:
    x = vertices[v, 0] - origin[0] - i * spacing
    y = vertices[v, 1] - origin[1] - j * spacing
    z = vertices[v, 2] - origin[2] - k * spacing
    return x * x + y * y + z * z
