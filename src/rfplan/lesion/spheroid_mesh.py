"""Closed meshes of lesions made of spheroids, for pictures."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.union_kernels import rays_leave

_AROUND = 48
_CAP = 12


def spheroid_mesh(row: FloatArray) -> Mesh:
    """One spheroid, poles on its axis."""
    return strip_mesh(np.stack([row, row]))


def strip_mesh(rows: FloatArray) -> Mesh:
    """The surface of a union of (k, 8) spheroids whose centres follow a straight line and which overlap in turn.

    Rays leave the line of centres: across it between the ends, and in all directions beyond them. Every vertex is on the surface.
    """
    first, last = rows[0, :3], rows[-1, :3]
    line = last - first
    length = float(np.linalg.norm(line))
    along = line / length if length > 0 else rows[0, 3:6]
    side = rows[0, 3:6] - (rows[0, 3:6] @ along) * along
    if np.linalg.norm(side) < 1e-6:
        side = np.eye(3)[np.argmin(np.abs(along))]
        side = side - (side @ along) * along
    side /= np.linalg.norm(side)
    across = np.cross(along, side)

    cap = np.linspace(0.0, 0.5 * np.pi, _CAP + 1)[1:]
    between = np.linspace(0.0, 1.0, 2 * len(rows) - 1)[1:-1] if length > 0 else np.empty(0)
    # rings of rays from one end of the line to the other: where each starts, and how it leans along the line
    start = np.concatenate([np.zeros(_CAP), between, np.ones(_CAP if length > 0 else _CAP - 1)])
    lean = np.concatenate([-np.cos(cap), np.zeros(len(between)), np.cos(cap[::-1][0 if length > 0 else 1 :])])
    turn = np.linspace(0.0, 2.0 * np.pi, _AROUND, endpoint=False)
    outward = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * across
    rays = lean[:, None, None] * along + np.sqrt(1.0 - lean**2)[:, None, None] * outward
    origins = np.broadcast_to((first + start[:, None] * line)[:, None], rays.shape)
    origins = np.concatenate([first[None], origins.reshape(-1, 3), last[None]])
    rays = np.concatenate([-along[None], rays.reshape(-1, 3), along[None]])
    return Mesh(origins + rays_leave(origins, rays, rows)[:, None] * rays, _tube(len(start)))


def _tube(rings: int) -> IntArray:
    """Triangles of ``rings`` rings of points between two poles, outward where the rings turn about the way from pole to pole."""
    n = np.arange(_AROUND)
    after = (n + 1) % _AROUND
    final = rings * _AROUND + 1
    faces = [np.stack([np.zeros_like(n), 1 + after, 1 + n], axis=1)]
    for ring in range(rings - 1):
        a, b = 1 + ring * _AROUND + n, 1 + ring * _AROUND + after
        faces += [np.stack([a, b, b + _AROUND], axis=1), np.stack([a, b + _AROUND, a + _AROUND], axis=1)]
    base = 1 + (rings - 1) * _AROUND
    faces.append(np.stack([base + n, base + after, np.full_like(n, final)], axis=1))
    return np.concatenate(faces)
