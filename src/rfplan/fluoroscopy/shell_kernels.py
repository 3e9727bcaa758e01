"""Compiled kernels of the cortical shell: how thick a bone is under each vertex, and an even noise in space."""

from __future__ import annotations

import math

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel

_EDGE = 1e-9
"""A ray that meets an edge meets both of its faces, not neither."""


@kernel
def thickness_below(
    vertices: FloatArray, faces: IntArray, normals: FloatArray, farthest_mm: float, cell_mm: float
) -> FloatArray:
    """(n,) length of solid straight below each vertex, against its outward normal (n, 3); at most ``farthest_mm``.

    Faces are sorted into cells of ``cell_mm``; a ray looks only at the cells that it passes.
    """
    count = vertices.shape[0]
    low = np.empty(3)
    cells = np.empty(3, dtype=np.int64)
    for axis in range(3):
        low[axis] = vertices[:, axis].min() - cell_mm
        cells[axis] = int((vertices[:, axis].max() + cell_mm - low[axis]) / cell_mm) + 1
    start = np.zeros(cells[0] * cells[1] * cells[2] + 1, dtype=np.int64)
    entries = np.empty(1, dtype=np.int64)
    for turn in range(2):
        if turn == 1:
            for n in range(1, start.shape[0]):
                start[n] += start[n - 1]
            entries = np.empty(start[-1], dtype=np.int64)
        for face in range(faces.shape[0]):
            box = np.empty((2, 3), dtype=np.int64)
            for axis in range(3):
                a, b, c = (
                    vertices[faces[face, 0], axis],
                    vertices[faces[face, 1], axis],
                    vertices[faces[face, 2], axis],
                )
                box[0, axis] = int((min(a, b, c) - low[axis]) / cell_mm)
                box[1, axis] = int((max(a, b, c) - low[axis]) / cell_mm)
            for i in range(box[0, 0], box[1, 0] + 1):
                for j in range(box[0, 1], box[1, 1] + 1):
                    for k in range(box[0, 2], box[1, 2] + 1):
                        cell = (i * cells[1] + j) * cells[2] + k
                        if turn == 0:
                            start[cell + 1] += 1
                        else:
                            # the cells are filled from behind, which leaves every start where it belongs
                            start[cell + 1] -= 1
                            entries[start[cell + 1]] = face
        if turn == 1:
            # each count was run down to the beginning of its cell
            for n in range(start.shape[0] - 1):
                start[n] = start[n + 1]
            start[-1] = entries.shape[0]
    found = np.full(count, farthest_mm)
    at, step = np.empty(3, dtype=np.int64), np.empty(3, dtype=np.int64)
    ahead, across = np.empty(3), np.empty(3)
    for n in range(count):
        dx, dy, dz = -normals[n, 0], -normals[n, 1], -normals[n, 2]
        # from cell to cell through the walls that the ray passes
        for axis in range(3):
            place = (vertices[n, axis] - low[axis]) / cell_mm
            at[axis] = int(place)
            along = -normals[n, axis]
            step[axis] = 1 if along > 0.0 else -1
            across[axis] = cell_mm / abs(along) if along != 0.0 else np.inf
            share = at[axis] + 1 - place if along > 0.0 else place - at[axis]
            ahead[axis] = share * across[axis] if along != 0.0 else np.inf
        reached = 0.0
        while reached <= found[n]:
            if min(at[0], at[1], at[2]) < 0 or at[0] >= cells[0] or at[1] >= cells[1] or at[2] >= cells[2]:
                break
            cell = (at[0] * cells[1] + at[1]) * cells[2] + at[2]
            for entry in range(start[cell], start[cell + 1]):
                face = entries[entry]
                a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
                if n in (a, b, c):
                    continue
                ux, uy, uz = (
                    vertices[b, 0] - vertices[a, 0],
                    vertices[b, 1] - vertices[a, 1],
                    vertices[b, 2] - vertices[a, 2],
                )
                vx, vy, vz = (
                    vertices[c, 0] - vertices[a, 0],
                    vertices[c, 1] - vertices[a, 1],
                    vertices[c, 2] - vertices[a, 2],
                )
                px, py, pz = dy * vz - dz * vy, dz * vx - dx * vz, dx * vy - dy * vx
                scale = ux * px + uy * py + uz * pz
                # only a face through which the ray leaves the solid ends it
                if scale >= -1e-14:
                    continue
                sx, sy, sz = (
                    vertices[n, 0] - vertices[a, 0],
                    vertices[n, 1] - vertices[a, 1],
                    vertices[n, 2] - vertices[a, 2],
                )
                first = (sx * px + sy * py + sz * pz) / scale
                if first < -_EDGE or first > 1.0 + _EDGE:
                    continue
                qx, qy, qz = sy * uz - sz * uy, sz * ux - sx * uz, sx * uy - sy * ux
                second = (dx * qx + dy * qy + dz * qz) / scale
                if second < -_EDGE or first + second > 1.0 + _EDGE:
                    continue
                length = (vx * qx + vy * qy + vz * qz) / scale
                if 0.0 < length < found[n]:
                    found[n] = length
            wall = 0
            if ahead[1] < ahead[wall]:
                wall = 1
            if ahead[2] < ahead[wall]:
                wall = 2
            reached = ahead[wall]
            ahead[wall] += across[wall]
            at[wall] += step[wall]
    return found


@kernel
def _at_node(i: int, j: int, k: int, seed: int) -> float:
    mixed = (i * 73856093) ^ (j * 19349663) ^ (k * 83492791) ^ (seed * 2654435761)
    mixed = (mixed ^ (mixed >> 13)) * 1274126177
    mixed = mixed ^ (mixed >> 16)
    return (mixed & 0xFFFFFF) / 0x800000 - 1.0


@kernel
def noise_in_space(points: FloatArray, grain_mm: float, seed: int) -> FloatArray:
    """(n,) smooth noise between -1 and 1 at (n, 3) points, of grains of ``grain_mm``; the same place has the same value."""
    values = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        x, y, z = points[n, 0] / grain_mm, points[n, 1] / grain_mm, points[n, 2] / grain_mm
        i, j, k = math.floor(x), math.floor(y), math.floor(z)
        u, v, w = x - i, y - j, z - k
        u, v, w = u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v), w * w * (3.0 - 2.0 * w)
        total = 0.0
        for a in range(2):
            for b in range(2):
                for c in range(2):
                    share = (u if a else 1.0 - u) * (v if b else 1.0 - v) * (w if c else 1.0 - w)
                    total += share * _at_node(i + a, j + b, k + c, seed)
        values[n] = total
    return values
