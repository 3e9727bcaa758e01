"""Compiled joint surface of the parametric sacrum as the ilium behind it sees it; chart coordinates of the left side, mm."""

from __future__ import annotations

from math import acos, cos, pi, sqrt

import numpy as np

from rfplan.anatomy.bell_kernels import plain
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


@plain
def _along(axes: FloatArray, row: int, ring: FloatArray, n: int, middle: FloatArray) -> float:
    """Coordinate of a point of a ring along an axis through ``middle``."""
    place: float = (
        axes[row, 0] * (ring[n, 0] - middle[0])
        + axes[row, 1] * (ring[n, 1] - middle[1])
        + axes[row, 2] * (ring[n, 2] - middle[2])
    )
    return place


@kernel
def _plane_of(ring: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centre (3,) of the area of a closed ring (k, 3), and axes (3, 3) of its mean plane: caudal and dorsal in it, lateral out of it."""
    k = ring.shape[0]
    sizes = np.empty(k)
    middle, total = np.zeros(3), 0.0
    for n in range(k):
        m = (n + 1) % k
        square = 0.0
        for p in range(3):
            square += (ring[m, p] - ring[n, p]) ** 2
        sizes[n] = sqrt(square)
        for p in range(3):
            middle[p] += 0.5 * sizes[n] * (ring[n, p] + ring[m, p])
        total += sizes[n]
    middle /= total
    spread = np.zeros((3, 3))
    for n in range(k):
        m = (n + 1) % k
        for p in range(3):
            for q in range(3):
                spread[p, q] += sizes[n] * (
                    (0.5 * (ring[n, p] + ring[m, p]) - middle[p]) * (0.5 * (ring[n, q] + ring[m, q]) - middle[q])
                    + (ring[m, p] - ring[n, p]) * (ring[m, q] - ring[n, q]) / 12.0
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
    here_u, here_v = _along(axes, 0, ring, 0, middle), _along(axes, 1, ring, 0, middle)
    for n in range(k):
        m = (n + 1) % k
        next_u, next_v = _along(axes, 0, ring, m, middle), _along(axes, 1, ring, m, middle)
        cross = here_u * next_v - next_u * here_v
        area += cross
        u += (here_u + next_u) * cross / 3.0
        v += (here_v + next_v) * cross / 3.0
        here_u, here_v = next_u, next_v
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


@plain
def _beside_line(line: FloatArray, u0: float, v0: float, nu: int, nv: int) -> tuple[FloatArray, FloatArray]:
    """(nu, nv) distances from a line (k, 3) over a plane, negative in front of it, and heights of the places of the line next to each node
    of a grid that begins at (``u0``, ``v0``)."""
    sides = line.shape[0] - 1
    du, dv, per_square = np.empty(sides), np.empty(sides), np.empty(sides)
    from_u, from_v = line[:, 0].copy(), line[:, 1].copy()
    for n in range(sides):
        du[n], dv[n] = line[n + 1, 0] - line[n, 0], line[n + 1, 1] - line[n, 1]
        per_square[n] = 1.0 / max(du[n] * du[n] + dv[n] * dv[n], 1e-12)
    outside, height = np.empty((nu, nv)), np.empty((nu, nv))
    shares, squares, crossed = np.empty(sides), np.empty(sides), np.empty(sides)
    for i in range(nu):
        u = u0 + i * _STEP_MM
        crossings = 0
        for n in range(sides):
            if (line[n, 0] > u) != (line[n + 1, 0] > u):
                crossed[crossings] = line[n, 1] + (u - line[n, 0]) / du[n] * dv[n]
                crossings += 1
        for j in range(nv):
            v = v0 + j * _STEP_MM
            for n in range(sides):
                a, b = u - from_u[n], v - from_v[n]
                share = min(max((a * du[n] + b * dv[n]) * per_square[n], 0.0), 1.0)
                shares[n], squares[n] = share, (a - share * du[n]) ** 2 + (b - share * dv[n]) ** 2
            nearest, least = 0, squares[0]
            for n in range(1, sides):
                if squares[n] < least:
                    nearest, least = n, squares[n]
            height[i, j] = line[nearest, 2] + shares[nearest] * (line[nearest + 1, 2] - line[nearest, 2])
            within = False
            for n in range(crossings):
                within = within != (v < crossed[n])
            away = sqrt(least)
            outside[i, j] = -away if within else away
    return outside, height


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
        for row in range(3):
            line[n, row] = _along(axes, row, back, n, centre)
    face = np.zeros((6, 3))
    face[:3], face[CENTRE], face[SPACE, 0] = axes, centre, gap
    u0, v0 = line[:, 0].min() - _ALONG_MM, line[:, 1].min() - _VENTRAL_MM
    nu = int((line[:, 0].max() + _ALONG_MM - u0) / _STEP_MM) + 2
    nv = int((line[:, 1].max() + _DORSAL_MM - v0) / _STEP_MM) + 2
    face[GRID, 0], face[GRID, 1], face[GRID, 2] = u0, v0, _STEP_MM
    outside, height = _beside_line(line, u0, v0, nu, nv)
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
