"""Compiled kernels of the distance field."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel


@kernel
def squared_distance(p: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray) -> Any:
    """Squared distance from ``p`` to the triangle ``a b c`` (closest feature by its Voronoi region).

    Written out in numbers, as a small array per difference would take most of the time. A triangle without area counts as
    its corner ``a`` or one of its sides.
    """
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    x, y, z = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    d1, d2 = ux * x + uy * y + uz * z, vx * x + vy * y + vz * z
    if d1 <= 0.0 and d2 <= 0.0:
        return x * x + y * y + z * z
    uu, uv, vv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz, vx * vx + vy * vy + vz * vz
    # the same products from the corners b and c
    d3, d4 = d1 - uu, d2 - uv
    s = t = 0.0
    if d3 >= 0.0 and d4 <= d3:
        s = 1.0
    else:
        d5, d6 = d1 - uv, d2 - vv
        vc = d1 * d4 - d3 * d2
        vb = d5 * d2 - d1 * d6
        va = d3 * d6 - d5 * d4
        if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0 and d1 - d3 > 0.0:
            s = d1 / (d1 - d3)
        elif d6 >= 0.0 and d5 <= d6:
            t = 1.0
        elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0 and d2 - d6 > 0.0:
            t = d2 / (d2 - d6)
        elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0 and (d4 - d3) + (d5 - d6) > 0.0:
            t = (d4 - d3) / ((d4 - d3) + (d5 - d6))
            s = 1.0 - t
        else:
            total = va + vb + vc
            if total > 0.0:
                s, t = vb / total, vc / total
    x -= s * ux + t * vx
    y -= s * uy + t * vy
    z -= s * uz + t * vz
    return x * x + y * y + z * z


@kernel
def nearest_faces(vertices: FloatArray, faces: IntArray, origin: FloatArray, spacing: float, nearest: IntArray) -> None:
    """Write into ``nearest`` (nx, ny, nz) the closest face of every node within 1.5 cells of the surface; -1 elsewhere."""
    reach = 1.5 * spacing
    square = np.full(nearest.shape, reach * reach)
    nearest[:] = -1
    point = np.empty(3)
    low = np.empty(3, dtype=np.int64)
    high = np.empty(3, dtype=np.int64)
    for face in range(faces.shape[0]):
        a, b, c = vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
        for axis in range(3):
            smallest = min(a[axis], b[axis], c[axis]) - reach
            largest = max(a[axis], b[axis], c[axis]) + reach
            low[axis] = max(0, int(np.ceil((smallest - origin[axis]) / spacing)))
            high[axis] = min(nearest.shape[axis] - 1, int(np.floor((largest - origin[axis]) / spacing)))
        for i in range(low[0], high[0] + 1):
            point[0] = origin[0] + i * spacing
            for j in range(low[1], high[1] + 1):
                point[1] = origin[1] + j * spacing
                for k in range(low[2], high[2] + 1):
                    point[2] = origin[2] + k * spacing
                    found = squared_distance(point, a, b, c)
                    if found < square[i, j, k]:
                        square[i, j, k] = found
                        nearest[i, j, k] = face


@kernel
def relax_nearest_faces(
    vertices: FloatArray, faces: IntArray, origin: FloatArray, spacing: float, nearest: IntArray
) -> None:
    """Let every node that knows a face try those of its neighbours: one sweep forward, one backward."""
    nx, ny, nz = nearest.shape
    point = np.empty(3)
    for sweep in range(2):
        back = -1 if sweep == 0 else 1
        for n in range(nx * ny * nz):
            m = n if sweep == 0 else nx * ny * nz - 1 - n
            i, j, k = m // (ny * nz), (m // nz) % ny, m % nz
            own = nearest[i, j, k]
            if own < 0:
                continue
            point[0], point[1], point[2] = origin[0] + i * spacing, origin[1] + j * spacing, origin[2] + k * spacing
            square = -1.0
            for axis in range(3):
                ni, nj, nk = i, j, k
                if axis == 0:
                    ni = i + back
                elif axis == 1:
                    nj = j + back
                else:
                    nk = k + back
                if not (0 <= ni < nx and 0 <= nj < ny and 0 <= nk < nz):
                    continue
                face = nearest[ni, nj, nk]
                if face < 0 or face == nearest[i, j, k]:
                    continue
                if square < 0.0:
                    square = squared_distance(
                        point, vertices[faces[own, 0]], vertices[faces[own, 1]], vertices[faces[own, 2]]
                    )
                other = squared_distance(
                    point, vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
                )
                if other < square:
                    square = other
                    nearest[i, j, k] = face


@kernel
def lower_to_mesh(
    vertices: FloatArray,
    faces: IntArray,
    origin: FloatArray,
    spacing: float,
    band: float,
    nearest: IntArray,
    values: FloatArray,
) -> None:
    """Lower ``values`` (nx, ny, nz) to the signed distance of one closed mesh, cut off at ``band``.

    ``nearest`` names the nearest face of every node, -1 beyond the band. The sign comes from counting crossings of the grid
    lines along x.
    """
    nx, ny, nz = values.shape
    most = 64
    crossings = np.zeros((ny, nz, most))
    counts = np.zeros((ny, nz), dtype=np.int64)
    for face in range(faces.shape[0]):
        a, b, c = vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
        area = (b[1] - a[1]) * (c[2] - a[2]) - (c[1] - a[1]) * (b[2] - a[2])
        if area == 0.0:
            continue
        j0 = max(0, int(np.ceil((min(a[1], b[1], c[1]) - origin[1]) / spacing - 1e-3)))
        j1 = min(ny - 1, int(np.floor((max(a[1], b[1], c[1]) - origin[1]) / spacing + 1e-3)))
        k0 = max(0, int(np.ceil((min(a[2], b[2], c[2]) - origin[2]) / spacing - 1e-3)))
        k1 = min(nz - 1, int(np.floor((max(a[2], b[2], c[2]) - origin[2]) / spacing + 1e-3)))
        for j in range(j0, j1 + 1):
            # a tiny shift keeps the lines off vertices and edges, where a crossing would count twice
            y = origin[1] + j * spacing + 3.1e-6
            for k in range(k0, k1 + 1):
                z = origin[2] + k * spacing + 7.7e-6
                u = ((b[1] - y) * (c[2] - z) - (c[1] - y) * (b[2] - z)) / area
                v = ((c[1] - y) * (a[2] - z) - (a[1] - y) * (c[2] - z)) / area
                w = 1.0 - u - v
                if u >= 0.0 and v >= 0.0 and w >= 0.0 and counts[j, k] < most:
                    crossings[j, k, counts[j, k]] = u * a[0] + v * b[0] + w * c[0]
                    counts[j, k] += 1
    point = np.empty(3)
    for j in range(ny):
        point[1] = origin[1] + j * spacing
        for k in range(nz):
            point[2] = origin[2] + k * spacing
            found = np.sort(crossings[j, k, : counts[j, k]])
            passed = 0
            for i in range(nx):
                point[0] = origin[0] + i * spacing
                while passed < len(found) and found[passed] < point[0]:
                    passed += 1
                face = nearest[i, j, k]
                distance = band
                if face >= 0:
                    square = squared_distance(
                        point, vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
                    )
                    distance = min(band, np.sqrt(square))
                if passed % 2 == 1:
                    distance = -distance
                if distance < values[i, j, k]:
                    values[i, j, k] = distance


@kernel
def sample_grid(
    values: np.ndarray, origin: FloatArray, spacing: float, outside: float, points: FloatArray
) -> FloatArray:
    """(n,) trilinear values at (n, 3) ``points``; ``outside`` beyond the grid."""
    nx, ny, nz = values.shape
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        x = (points[n, 0] - origin[0]) / spacing
        y = (points[n, 1] - origin[1]) / spacing
        z = (points[n, 2] - origin[2]) / spacing
        if not (0.0 <= x <= nx - 1 and 0.0 <= y <= ny - 1 and 0.0 <= z <= nz - 1):
            result[n] = outside
            continue
        i, j, k = min(int(x), nx - 2), min(int(y), ny - 2), min(int(z), nz - 2)
        s, t, r = x - i, y - j, z - k
        total = 0.0
        for di in range(2):
            wi = s if di == 1 else 1.0 - s
            for dj in range(2):
                wj = t if dj == 1 else 1.0 - t
                for dk in range(2):
                    wk = r if dk == 1 else 1.0 - r
                    total += wi * wj * wk * values[i + di, j + dj, k + dk]
        result[n] = total
    return result
