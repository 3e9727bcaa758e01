"""Compiled field of the hip bone: a curved blade, the cup and the rods of the lower ring."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_SMOOTH_MM = 2.0
_TURNS = 3
_OUTLINE, _MIDDLE, _SLOPE, _HALF = 0, 1, 2, 3


@kernel
def _blend(a: float, b: float, width: float) -> float:
    overlap = max(width - abs(a - b), 0.0)
    return min(a, b) - overlap * overlap / (4.0 * width)


@kernel
def sheet_field(
    along: float, up: float, out: float, maps: FloatArray, along_0: float, up_0: float, step: float
) -> float:
    """Approximate distance to a sheet with round edges, given on a grid by its outline, middle and thickness.

    ``maps`` (4, na, nu): signed distance to the outline, height of the middle surface, cosine of its slope and half
    its thickness, mm.
    """
    na, nu = maps.shape[1], maps.shape[2]
    x, y = (along - along_0) / step, (up - up_0) / step
    cx, cy = min(max(x, 0.0), na - 1.000001), min(max(y, 0.0), nu - 1.000001)
    beyond = np.hypot(x - cx, y - cy) * step
    i, j = int(cx), int(cy)
    s, t = cx - i, cy - j
    w00, w10, w01, w11 = (1 - s) * (1 - t), s * (1 - t), (1 - s) * t, s * t
    value = np.empty(4)
    for k in range(4):
        grid = maps[k]
        value[k] = w00 * grid[i, j] + w10 * grid[i + 1, j] + w01 * grid[i, j + 1] + w11 * grid[i + 1, j + 1]
    half = value[_HALF]
    across = abs(out - value[_MIDDLE]) * value[_SLOPE]
    edge = value[_OUTLINE] + half + beyond
    if edge <= 0.0:
        return float(max(across, edge) - half)
    return float(np.hypot(across, edge) - half)


@kernel
def rod_field(p: FloatArray, rod: FloatArray) -> float:
    """Approximate distance of ``p`` (3,) to a rounded, flattened rod.

    ``rod`` (14,): start, end, radius at start and end, spread (the half width beyond the radius) at start and end.
    """
    share, shift = 0.5, 0.0
    # the nearest point of the twisted strip between the two spreads, along it and across it in turn
    for _ in range(_TURNS):
        square, dot = 0.0, 0.0
        for k in range(3):
            edge = rod[3 + k] - rod[k] + shift * (rod[11 + k] - rod[8 + k])
            square += edge * edge
            dot += edge * (p[k] - rod[k] - shift * rod[8 + k])
        share = min(max(dot / square, 0.0), 1.0)
        wide, sideways = 0.0, 0.0
        for k in range(3):
            spread = rod[8 + k] + share * (rod[11 + k] - rod[8 + k])
            wide += spread * spread
            sideways += spread * (p[k] - rod[k] - share * (rod[3 + k] - rod[k]))
        if wide == 0.0:
            break
        shift = min(max(sideways / wide, -1.0), 1.0)
    gap = 0.0
    for k in range(3):
        spread = rod[8 + k] + share * (rod[11 + k] - rod[8 + k])
        gap += (p[k] - rod[k] - share * (rod[3 + k] - rod[k]) - shift * spread) ** 2
    return float(np.sqrt(gap) - rod[6] - share * (rod[7] - rod[6]))


@kernel
def _with_chains(
    p: FloatArray,
    solid: float,
    rods: FloatArray,
    first_of_chain: np.ndarray,
    spheres: FloatArray,
    blend: float,
) -> float:
    for c in range(first_of_chain.shape[0] - 1):
        # further away than this a rod changes nothing
        limit_mm = solid + blend + _SMOOTH_MM
        chain = 1e9
        for r in range(first_of_chain[c], first_of_chain[c + 1]):
            limit = min(chain + _SMOOTH_MM, limit_mm) + spheres[r, 3]
            if limit <= 0.0:
                continue
            dx, dy, dz = p[0] - spheres[r, 0], p[1] - spheres[r, 1], p[2] - spheres[r, 2]
            if dx * dx + dy * dy + dz * dz < limit * limit:
                chain = _blend(chain, rod_field(p, rods[r]), _SMOOTH_MM)
        solid = _blend(solid, chain, blend)
    return solid


@kernel
def hip_field(
    points: FloatArray,
    maps: FloatArray,
    along_0: float,
    up_0: float,
    step: float,
    yaw: float,
    rods: FloatArray,
    first_of_chain: np.ndarray,
    spheres: FloatArray,
    cup: FloatArray,
    blend: float,
) -> FloatArray:
    """(n,) field of the hip bone at (n, 3) ``points`` in its own axes (anterior, superior, lateral), mm.

    ``rods`` (m, 14) in chains that begin at ``first_of_chain``, each rod inside its sphere of ``spheres`` (m, 4);
    ``cup`` (10,): radius, wall, rim, opening (3,), notch end (3,), notch radius. The cup is at the origin.
    """
    count = points.shape[0]
    result = np.empty(count)
    cosine, sine = np.cos(yaw), np.sin(yaw)
    radius, wall, rim, notch_radius = cup[0], cup[1], cup[2], cup[9]
    notch = np.zeros(14)
    notch[3:6] = cup[6:9]
    notch[6] = notch[7] = notch_radius
    for n in range(count):
        p = points[n]
        along, out = p[0] * cosine + p[2] * sine, -p[0] * sine + p[2] * cosine
        solid = sheet_field(along, p[1], out, maps, along_0, up_0, step)
        solid = _with_chains(p, solid, rods, first_of_chain, spheres, blend)
        reach = np.sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2])
        side = p[0] * cup[3] + p[1] * cup[4] + p[2] * cup[5] - rim
        ball = -_blend(-(reach - radius - wall), -side, 4.0)
        solid = _blend(solid, ball, blend)
        hollow = _blend(reach - radius, rod_field(p, notch), 3.0)
        # the socket opens towards its rim; the bone's own wall keeps the rest
        result[n] = -_blend(-solid, hollow, 2.0)
    return result


@kernel
def blended_rods(
    points: FloatArray,
    solid: FloatArray,
    rods: FloatArray,
    first_of_chain: np.ndarray,
    spheres: FloatArray,
    blend: float,
) -> FloatArray:
    """(n,) union of a field ``solid`` (n,) with chains of rods, see :func:`hip_field`, at (n, 3) ``points``."""
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        result[n] = _with_chains(points[n], solid[n], rods, first_of_chain, spheres, blend)
    return result
