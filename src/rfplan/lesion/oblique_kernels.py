"""What oblique planes between tissues do to the faces they cut, on a wrapped grid: many straight lines through every face.

A cell beside such a plane is of two tissues. Along every line from one centre to the next the resistances are in series, and the lines
of a face are side by side: so current that runs along the plane sees the shares of the area, and current across it the layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel

_LINES = 3


@kernel
def _height(
    section: tuple[FloatArray, FloatArray, FloatArray],
    turn: FloatArray,
    plane: tuple[float, float, float],
    cell: tuple[int, int, int],
    part: tuple[float, float, float],
) -> Any:
    """Height above the plane of a place inside a cell."""
    r_edges, angles, z_edges = section
    k, j, i = cell
    low = r_edges[i]
    r = low * (r_edges[i + 1] / low) ** part[2] if low > 0.0 else r_edges[i + 1] * part[2]
    phi = turn[j] + (turn[j + 1] - turn[j]) * part[1]
    rays = len(angles) - 1
    if k < rays:
        theta = angles[k] + (angles[k + 1] - angles[k]) * part[0]
        across, along = r * np.sin(theta), z_edges[0] - r * np.cos(theta)
    else:
        across, along = r, z_edges[k - rays] + (z_edges[k - rays + 1] - z_edges[k - rays]) * part[0]
    return plane[0] * across * np.cos(phi) + plane[1] * along - plane[2]


@kernel
def _tissue(height: float, levels: FloatArray) -> int:
    """Which tissue is at a height: how many of the ``levels`` it is below."""
    below = 0
    for level in levels:
        below += height < level
    return below


@kernel
def _resistance(first: float, last: float, levels: FloatArray, conductivity: FloatArray) -> Any:
    """Of a line of length 1 on which the height runs straight from ``first`` to ``last``."""
    low, high = min(first, last), max(first, last)
    if high - low < 1e-12:
        return 1.0 / conductivity[_tissue(low, levels)]
    total, above = 0.0, high
    for n in range(len(levels) + 1):
        floor = min(max(levels[n], low), above) if n < len(levels) else low
        total += (above - floor) / conductivity[n]
        above = floor
    return total / (high - low)


@kernel
def shares(
    section: tuple[FloatArray, FloatArray, FloatArray],
    turn: FloatArray,
    plane: tuple[float, float, float],
    levels: FloatArray,
    result: FloatArray,
) -> None:
    """Fill ``result`` (tissues, nz, nv, nu) with the part of every cell that each tissue has.

    ``plane`` is the normal along x, along z, and the offset; ``levels`` (tissues - 1,) heights above it, falling, at which tissues change.
    """
    nz, nv, nu = result.shape[1:]
    result[:] = 0.0
    for k in range(nz):
        for j in range(nv):
            for i in range(nu):
                first = _tissue(_height(section, turn, plane, (k, j, i), (0.5, 0.5, 0.5)), levels)
                mixed = False
                for corner in range(8):
                    at = (float(corner & 1), float(corner >> 1 & 1), float(corner >> 2))
                    mixed = mixed or _tissue(_height(section, turn, plane, (k, j, i), at), levels) != first
                if not mixed:
                    result[first, k, j, i] = 1.0
                    continue
                for p in range(_LINES):
                    for q in range(_LINES):
                        for s in range(_LINES):
                            at = ((p + 0.5) / _LINES, (q + 0.5) / _LINES, (s + 0.5) / _LINES)
                            result[_tissue(_height(section, turn, plane, (k, j, i), at), levels), k, j, i] += (
                                1.0 / _LINES**3
                            )


@kernel
def cut_faces(
    section: tuple[FloatArray, FloatArray, FloatArray],
    turn: FloatArray,
    plane: tuple[float, float, float],
    levels: FloatArray,
    share: FloatArray,
    index: IntArray,
    metal: BoolArray,
    conductivity: FloatArray,
    parts: FloatArray,
    over: FloatArray,
) -> None:
    """Change ``parts`` and ``over`` (kinds, 3, nz, nv, nu) of faces near a plane: with the tissues of ``index`` they are then right.

    ``conductivity`` (kinds, tissues) of current and of heat, ``share`` of :func:`shares`, ``metal`` (nz, nv, nu) where a cell is metal,
    whose half of a face has no plane in it. ``index`` (nz, nv, nu) is the tissue at the cells' centres.
    """
    nz, nv, nu = index.shape
    kinds = len(conductivity)
    low, high = np.empty(kinds), np.empty(kinds)
    sums = np.empty((3, kinds))
    for k in range(nz):
        for j in range(nv):
            for i in range(nu):
                for axis in range(3):
                    n, m, o = k + (axis == 2), j + (axis == 1), i + (axis == 0)
                    if n >= nz or m >= nv or o >= nu or (metal[k, j, i] and metal[n, m, o]):
                        continue
                    a, b = index[k, j, i], index[n, m, o]
                    if a == b and share[a, k, j, i] == 1.0 and share[b, n, m, o] == 1.0:
                        continue
                    part = parts[0, axis, k, j, i]
                    sums[:] = 0.0
                    for p in range(_LINES):
                        for q in range(_LINES):
                            s, t = (p + 0.5) / _LINES, (q + 0.5) / _LINES
                            if axis == 0:
                                middle, up, down = (s, t, 0.5), (s, t, 1.0), (s, t, 0.0)
                            elif axis == 1:
                                middle, up, down = (s, 0.5, t), (s, 1.0, t), (s, 0.0, t)
                            else:
                                middle, up, down = (0.5, s, t), (1.0, s, t), (0.0, s, t)
                            here = _height(section, turn, plane, (k, j, i), middle)
                            face = _height(section, turn, plane, (k, j, i), up)
                            also = _height(section, turn, plane, (n, m, o), down)
                            there = _height(section, turn, plane, (n, m, o), middle)
                            for kind in range(kinds):
                                low[kind] = _resistance(here, face, levels, conductivity[kind])
                                high[kind] = _resistance(also, there, levels, conductivity[kind])
                            for kind in range(kinds):
                                on_low = 0.0 if metal[k, j, i] else low[kind] * part
                                on_high = 0.0 if metal[n, m, o] else high[kind] * (1.0 - part)
                                # of every line, its current at one volt and the heat on either side
                                current = 1.0 / (on_low + on_high)
                                sums[0, kind] += current
                                sums[1, kind] += current * current * on_low
                                sums[2, kind] += current * current * on_high
                    for kind in range(kinds):
                        resistance = _LINES**2 / sums[0, kind]
                        half = sums[1, kind] / (sums[1, kind] + sums[2, kind])
                        on_low = half * resistance * conductivity[kind, a]
                        on_high = (1.0 - half) * resistance * conductivity[kind, b]
                        if metal[k, j, i]:
                            on_low = part / (1.0 - part) * on_high
                        if metal[n, m, o]:
                            on_high = (1.0 - part) / part * on_low
                        over[kind, axis, k, j, i] *= on_low + on_high
                        parts[kind, axis, k, j, i] = on_low / (on_low + on_high)
