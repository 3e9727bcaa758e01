"""Compiled geometry of one spheroid: signed distance of points and segments, quick bounds of it, crossing with a segment.

A spheroid is a row of eight numbers: centre (3), unit axis (3), semi-axis across the axis, semi-axis along it; mm.
A row whose semi-axes are not both positive stands for nothing and is passed over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_FAR = 1e30


@kernel
def ellipse_distance(rho: float, z: float, across: float, along: float) -> tuple[float, float, float]:
    """Signed distance (negative inside) of a point in the quadrant rho, z >= 0 from an ellipse, and its gradient.

    The nearest point is the root of a convex function of one variable; Newton's method from the left of the root
    climbs to it without overshooting.
    Source: Eberly 2013, Distance from a point to an ellipse, an ellipsoid, or a hyperellipsoid.
    """
    if across >= along:
        e0, e1, y0, y1 = across, along, rho, z
    else:
        e0, e1, y0, y1 = along, across, z, rho
    reach = (e0 - e1) * (e0 + e1)
    if y1 > 1e-12 * e1:
        # the unknown is counted from the pole at the shorter semi-axis, so that nothing cancels near the centre
        s = max(e1 * y1, e0 * y0 - reach)
        for _ in range(60):
            i0 = 1.0 / (s + reach)
            i1 = 1.0 / s
            m0 = (e0 * y0 * i0) ** 2
            m1 = (e1 * y1 * i1) ** 2
            step = 0.5 * (m0 + m1 - 1.0) / (m0 * i0 + m1 * i1)
            s += step
            if step <= 1e-14 * s:
                break
        x0 = e0 * e0 * y0 / (s + reach)
        x1 = e1 * e1 * y1 / s
    elif e0 * y0 < reach:
        # on the long axis: the nearest point leaves it between the centres of curvature of the two ends
        x0 = e0 * e0 * y0 / reach
        x1 = e1 * np.sqrt(max(0.0, 1.0 - (x0 / e0) ** 2))
    else:
        x0 = e0
        x1 = 0.0
    distance = np.sqrt((x0 - y0) ** 2 + (x1 - y1) ** 2)
    if (y0 / e0) ** 2 + (y1 / e1) ** 2 < 1.0:
        distance = -distance
    g0 = x0 / (e0 * e0)
    g1 = x1 / (e1 * e1)
    size = np.sqrt(g0 * g0 + g1 * g1)
    g0, g1 = g0 / size, g1 / size
    if across >= along:
        return distance, g0, g1
    return distance, g1, g0


@kernel
def distance_and_slope(
    px: float, py: float, pz: float, dx: float, dy: float, dz: float, rows: FloatArray, k: int
) -> tuple[float, float]:
    """Signed distance of a point from spheroid ``k``, and a subgradient of it along the direction d."""
    ax, ay, az = rows[k, 3], rows[k, 4], rows[k, 5]
    qx, qy, qz = px - rows[k, 0], py - rows[k, 1], pz - rows[k, 2]
    height = qx * ax + qy * ay + qz * az
    rx, ry, rz = qx - height * ax, qy - height * ay, qz - height * az
    rho = np.sqrt(rx * rx + ry * ry + rz * rz)
    distance, across, along = ellipse_distance(rho, abs(height), rows[k, 6], rows[k, 7])
    if height < 0.0:
        along = -along
    elif height == 0.0:
        along = 0.0
    slope = along * (dx * ax + dy * ay + dz * az)
    if rho > 0.0:
        slope += across * (dx * rx + dy * ry + dz * rz) / rho
    return distance, slope


@kernel
def segment_distance(points: FloatArray, i: int, rows: FloatArray, k: int, enough: float, tolerance: float) -> float:
    """Smallest signed distance from spheroid ``k`` along the segment from point ``i`` to the next, mm, to within ``tolerance``.

    Signed distance from a convex body is convex along a line, so the tangents at the ends of a bracket bound it from
    below: they close in on the minimum, and the search ends early where it cannot come below ``enough``.
    """
    x, y, z = points[i, 0], points[i, 1], points[i, 2]
    dx, dy, dz = points[i + 1, 0] - x, points[i + 1, 1] - y, points[i + 1, 2] - z
    length = np.sqrt(dx * dx + dy * dy + dz * dz)
    if length == 0.0:
        return distance_and_slope(x, y, z, 0.0, 0.0, 0.0, rows, k)[0]
    dx, dy, dz = dx / length, dy / length, dz / length
    low, high = 0.0, length
    f_low, g_low = distance_and_slope(x, y, z, dx, dy, dz, rows, k)
    if g_low >= 0.0 or f_low + g_low * length > enough:
        return f_low
    f_high, g_high = distance_and_slope(points[i + 1, 0], points[i + 1, 1], points[i + 1, 2], dx, dy, dz, rows, k)
    if g_high <= 0.0:
        return f_high
    best = min(f_low, f_high)
    for step in range(80):
        t = (f_high - f_low + g_low * low - g_high * high) / (g_low - g_high)
        bound = f_low + g_low * (t - low)
        if bound > enough or best - bound < tolerance:
            break
        if step % 3 == 2 or not low < t < high:
            t = 0.5 * (low + high)
        f, g = distance_and_slope(x + t * dx, y + t * dy, z + t * dz, dx, dy, dz, rows, k)
        best = min(best, f)
        if g < 0.0:
            low, f_low, g_low = t, f, g
        elif g > 0.0:
            high, f_high, g_high = t, f, g
        else:
            break
    return best


@kernel
def no_nearer(cx: float, cy: float, cz: float, radius: float, rows: FloatArray, k: int) -> Any:
    """A cheap lower bound of the signed distance of anything inside a ball from spheroid ``k``; far where that is none."""
    across, along = rows[k, 6], rows[k, 7]
    if across <= 0.0 or along <= 0.0:
        return _FAR
    qx, qy, qz = cx - rows[k, 0], cy - rows[k, 1], cz - rows[k, 2]
    height = abs(qx * rows[k, 3] + qy * rows[k, 4] + qz * rows[k, 5])
    square = max(0.0, qx * qx + qy * qy + qz * qz - height * height)
    room = across * across * (1.0 - (height / along) ** 2)
    if square < room:
        # inside: the surface is no farther than straight across
        return np.sqrt(square) - np.sqrt(room) - radius
    # outside: a spheroid lies in the capsule (or, a flat one, in the rounded disc) of its smaller semi-axis
    if along > across:
        past = max(0.0, height - (along - across))
        return np.sqrt(square + past * past) - across - radius
    past = max(0.0, np.sqrt(square) - (across - along))
    return np.sqrt(past * past + height * height) - along - radius


@kernel
def segment_no_nearer(points: FloatArray, i: int, rows: FloatArray, k: int) -> Any:
    """A cheap lower bound of the signed distance of the segment from point ``i`` to the next from spheroid ``k``."""
    ax, ay, az = points[i, 0], points[i, 1], points[i, 2]
    ux, uy, uz = points[i + 1, 0] - ax, points[i + 1, 1] - ay, points[i + 1, 2] - az
    uu = ux * ux + uy * uy + uz * uz
    bound = no_nearer(ax + 0.5 * ux, ay + 0.5 * uy, az + 0.5 * uz, 0.5 * np.sqrt(uu), rows, k)
    across, core = rows[k, 6], rows[k, 7] - rows[k, 6]
    if bound < 0.0 or core < 0.0:
        return bound
    # outside: from the core of the capsule that holds the spheroid, segment to segment
    vx, vy, vz = 2.0 * core * rows[k, 3], 2.0 * core * rows[k, 4], 2.0 * core * rows[k, 5]
    wx, wy, wz = ax - rows[k, 0] + 0.5 * vx, ay - rows[k, 1] + 0.5 * vy, az - rows[k, 2] + 0.5 * vz
    return max(bound, segment_gap(wx, wy, wz, ux, uy, uz, vx, vy, vz) - across)


@kernel
def segment_gap(
    wx: float, wy: float, wz: float, ux: float, uy: float, uz: float, vx: float, vy: float, vz: float
) -> Any:
    """Distance between the segments w + s u and t v, s and t from 0 to 1.

    Source: Ericson 2005, Real-Time Collision Detection, 5.1.9.
    """
    uu, vv, uv = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz, ux * vx + uy * vy + uz * vz
    uw, vw = ux * wx + uy * wy + uz * wz, vx * wx + vy * wy + vz * wz
    s = t = 0.0
    if uu <= 0.0 and vv > 0.0:
        t = min(1.0, max(0.0, vw / vv))
    elif vv <= 0.0 and uu > 0.0:
        s = min(1.0, max(0.0, -uw / uu))
    elif uu > 0.0:
        square = uu * vv - uv * uv
        if square > 1e-14 * uu * vv:
            s = min(1.0, max(0.0, (uv * vw - uw * vv) / square))
        t = (uv * s + vw) / vv
        if t < 0.0:
            t = 0.0
            s = min(1.0, max(0.0, -uw / uu))
        elif t > 1.0:
            t = 1.0
            s = min(1.0, max(0.0, (uv - uw) / uu))
    return np.sqrt((wx + s * ux - t * vx) ** 2 + (wy + s * uy - t * vy) ** 2 + (wz + s * uz - t * vz) ** 2)


@kernel
def segment_crossing(points: FloatArray, i: int, rows: FloatArray, k: int) -> tuple[float, float]:
    """Part (t0, t1), 0 to 1, of the segment from point ``i`` to the next inside spheroid ``k``; t0 > t1 where there is none."""
    across, along = rows[k, 6], rows[k, 7]
    if across <= 0.0 or along <= 0.0:
        return 1.0, 0.0
    ax, ay, az = rows[k, 3], rows[k, 4], rows[k, 5]
    qx, qy, qz = points[i, 0] - rows[k, 0], points[i, 1] - rows[k, 1], points[i, 2] - rows[k, 2]
    dx, dy, dz = points[i + 1, 0] - points[i, 0], points[i + 1, 1] - points[i, 1], points[i + 1, 2] - points[i, 2]
    qh = qx * ax + qy * ay + qz * az
    dh = dx * ax + dy * ay + dz * az
    ws, wl = 1.0 / (across * across), 1.0 / (along * along)
    square = (dx * dx + dy * dy + dz * dz - dh * dh) * ws + dh * dh * wl
    mixed = (qx * dx + qy * dy + qz * dz - qh * dh) * ws + qh * dh * wl
    rest = (qx * qx + qy * qy + qz * qz - qh * qh) * ws + qh * qh * wl - 1.0
    if square <= 0.0:
        if rest < 0.0:
            return 0.0, 1.0
        return 1.0, 0.0
    inner = mixed * mixed - square * rest
    if inner <= 0.0:
        return 1.0, 0.0
    root = np.sqrt(inner)
    return max(0.0, (-mixed - root) / square), min(1.0, (-mixed + root) / square)
