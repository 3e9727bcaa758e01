"""Compiled joint surface of the parametric sacrum as the ilium behind it sees it; chart coordinates of the left side, mm."""

from __future__ import annotations

from math import acos, cos, pi, sqrt

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

CENTRE, GRID, SPACE = 3, 4, 5
"""Rows of what :func:`joint_face` returns that are not axes."""
_STEP_MM = 3.0
_ALONG_MM, _VENTRAL_MM, _DORSAL_MM = 12.0, 6.0, 12.0
_BLURS = 2


@kernel
def _least_spread(a: FloatArray) -> FloatArray:
    """(3,) unit vector along which the symmetric tensor (3, 3) is least."""
    mean = (a[0, 0] + a[1, 1] + a[2, 2]) / 3.0
    off = a[0, 1] ** 2 + a[0, 2] ** 2 + a[1, 2] ** 2
    size = sqrt(((a[0, 0] - mean) ** 2 + (a[1, 1] - mean) ** 2 + (a[2, 2] - mean) ** 2 + 2.0 * off) / 6.0)
    b = (a - mean * np.eye(3)) / size
    half = 0.5 * (
        b[0, 0] * (b[1, 1] * b[2, 2] - b[1, 2] ** 2)
        - b[0, 1] * (b[0, 1] * b[2, 2] - b[1, 2] * b[0, 2])
        + b[0, 2] * (b[0, 1] * b[1, 2] - b[1, 1] * b[0, 2])
    )
    least = mean + 2.0 * size * cos(acos(min(max(half, -1.0), 1.0)) / 3.0 + 2.0 * pi / 3.0)
    c = a - least * np.eye(3)
    # what is square to two of the rows is square to all: of the pairs the one that says it best
    best, most = np.zeros(3), 0.0
    for n in range(3):
        across = np.cross(c[n], c[(n + 1) % 3])
        square = np.sum(across * across)
        if square > most:
            best, most = across, square
    return best / sqrt(most)


@kernel
def _plane_of(ring: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centre (3,) of the area of a closed ring (k, 3), and axes (3, 3) of its mean plane: caudal and dorsal in it, lateral out of it."""
    k = ring.shape[0]
    middle, total = np.zeros(3), 0.0
    for n in range(k):
        a, b = ring[n], ring[(n + 1) % k]
        size = sqrt(np.sum((b - a) ** 2))
        middle += 0.5 * size * (a + b)
        total += size
    middle /= total
    spread = np.zeros((3, 3))
    for n in range(k):
        a, b = ring[n], ring[(n + 1) % k]
        size = sqrt(np.sum((b - a) ** 2))
        for p in range(3):
            for q in range(3):
                spread[p, q] += size * (
                    (0.5 * (a[p] + b[p]) - middle[p]) * (0.5 * (a[q] + b[q]) - middle[q])
                    + (b[p] - a[p]) * (b[q] - a[q]) / 12.0
                )
    out = _least_spread(spread / total)
    if out[0] < 0.0:
        out = -out
    dorsal = -out[2] * out
    dorsal[2] += 1.0
    dorsal /= sqrt(np.sum(dorsal * dorsal))
    axes = np.empty((3, 3))
    axes[0], axes[1], axes[2] = np.cross(dorsal, out), dorsal, out
    if axes[0, 1] < 0.0:
        axes[0] = -axes[0]
    area, u, v = 0.0, 0.0, 0.0
    for n in range(k):
        a, b = axes @ (ring[n] - middle), axes @ (ring[(n + 1) % k] - middle)
        cross = a[0] * b[1] - b[0] * a[1]
        area += cross
        u += (a[0] + b[0]) * cross / 3.0
        v += (a[1] + b[1]) * cross / 3.0
    return middle + (u * axes[0] + v * axes[1]) / area, axes


@kernel
def _blurred(grid: FloatArray) -> FloatArray:
    """A grid (nu, nv) with each node between its neighbours."""
    nu, nv = grid.shape
    along, result = np.empty((nu, nv)), np.empty((nu, nv))
    for i in range(nu):
        low, high = max(i - 1, 0), min(i + 1, nu - 1)
        for j in range(nv):
            along[i, j] = 0.25 * (grid[low, j] + grid[high, j]) + 0.5 * grid[i, j]
    for i in range(nu):
        for j in range(nv):
            low, high = max(j - 1, 0), min(j + 1, nv - 1)
            result[i, j] = 0.25 * (along[i, low] + along[i, high]) + 0.5 * along[i, j]
    return result


@kernel
def joint_face(back: FloatArray, front: FloatArray, gap: float) -> tuple[FloatArray, FloatArray]:
    """The joint surface between its dorsal border ``back`` (k, 3) and its ventral one ``front`` (k, 3), both cranial to caudal.

    Returns
    -------
    face : (6, 3) axes of its mean plane (caudal, dorsal, lateral), its centre, where its grid begins (along the first two axes from the
        centre) and the step of it, and the ``gap`` of the joint with two zeros
    border : (nu, nv, 2) on that grid the distance from the dorsal border, negative within the surface, and the height of the surface over
        the plane, beyond the border that of the border
    """
    k = back.shape[0]
    ring = np.concatenate((back, front[::-1]))
    centre, axes = _plane_of(ring)
    line = np.empty((k, 3))
    for n in range(k):
        line[n] = axes @ (back[n] - centre)
    face = np.zeros((6, 3))
    face[:3], face[CENTRE], face[SPACE, 0] = axes, centre, gap
    u0, v0 = line[:, 0].min() - _ALONG_MM, line[:, 1].min() - _VENTRAL_MM
    nu = int((line[:, 0].max() + _ALONG_MM - u0) / _STEP_MM) + 2
    nv = int((line[:, 1].max() + _DORSAL_MM - v0) / _STEP_MM) + 2
    face[GRID, 0], face[GRID, 1], face[GRID, 2] = u0, v0, _STEP_MM
    outside, height = np.empty((nu, nv)), np.empty((nu, nv))
    for i in range(nu):
        u = u0 + i * _STEP_MM
        for j in range(nv):
            v = v0 + j * _STEP_MM
            nearest, within = 1e30, False
            for n in range(k - 1):
                pu, pv, du, dv = line[n, 0], line[n, 1], line[n + 1, 0] - line[n, 0], line[n + 1, 1] - line[n, 1]
                share = ((u - pu) * du + (v - pv) * dv) / max(du * du + dv * dv, 1e-12)
                share = min(max(share, 0.0), 1.0)
                square = (pu + share * du - u) ** 2 + (pv + share * dv - v) ** 2
                if square < nearest:
                    nearest = square
                    height[i, j] = line[n, 2] + share * (line[n + 1, 2] - line[n, 2])
                if (pu > u) != (pu + du > u) and v < pv + (u - pu) / du * dv:
                    within = not within
            outside[i, j] = -sqrt(nearest) if within else sqrt(nearest)
    for _ in range(_BLURS):
        height = _blurred(height)
    border = np.empty((nu, nv, 2))
    border[:, :, 0], border[:, :, 1] = outside, height
    return face, border


@kernel
def place_by_face(face: FloatArray, border: FloatArray, x: float, y: float, z: float) -> tuple[float, float]:
    """How far outside the outline of a joint surface, and how far above it, a chart point of its side is; see :func:`joint_face`."""
    dx, dy, dz = x - face[CENTRE, 0], y - face[CENTRE, 1], z - face[CENTRE, 2]
    u = (face[0, 0] * dx + face[0, 1] * dy + face[0, 2] * dz - face[GRID, 0]) / face[GRID, 2]
    v = (face[1, 0] * dx + face[1, 1] * dy + face[1, 2] * dz - face[GRID, 1]) / face[GRID, 2]
    out = face[2, 0] * dx + face[2, 1] * dy + face[2, 2] * dz
    nu, nv, _ = border.shape
    at_u, at_v = min(max(u, 0.0), nu - 1.000001), min(max(v, 0.0), nv - 1.000001)
    i, j = int(at_u), int(at_v)
    s, t = at_u - i, at_v - j
    w00, w10, w01, w11 = (1.0 - s) * (1.0 - t), s * (1.0 - t), (1.0 - s) * t, s * t
    outside = (
        w00 * border[i, j, 0] + w10 * border[i + 1, j, 0] + w01 * border[i, j + 1, 0] + w11 * border[i + 1, j + 1, 0]
    )
    height = (
        w00 * border[i, j, 1] + w10 * border[i + 1, j, 1] + w01 * border[i, j + 1, 1] + w11 * border[i + 1, j + 1, 1]
    )
    # beyond the grid as far again as the grid is left; towards the front of the joint there is only joint
    beyond = max(abs(u - at_u), v - at_v, 0.0) * face[GRID, 2]
    return outside + beyond, out - height
