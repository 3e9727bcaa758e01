"""Compiled kernels for needles and gas: chords of rays through cylinders and ellipsoids, in closed form."""

from __future__ import annotations

import math

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_PARALLEL = 1e-12


@kernel
def add_rods(
    rods: FloatArray,
    source: FloatArray,
    axes: FloatArray,
    sid_mm: float,
    pixel_mm: float,
    image: np.ndarray,
) -> None:
    """Add ``weight * chord`` of every rod to the pixels of ``image`` (rows, columns) in its shadow.

    A row of ``rods`` (n, 15): start (3), unit axis (3), length, radius, weight, then a plane that cuts the start off: unit
    normal (3) and a point on it (3); what lies behind the plane is not there. Chords are in units of the ray to the receptor.
    Only the strip of pixels beside the projected axis is looked at.
    """
    rows, columns = image.shape
    middle_c, middle_r = 0.5 * columns - 0.5, 0.5 * rows - 0.5
    local = np.empty((3, 3))
    for n in range(rods.shape[0]):
        length, radius, weight = rods[n, 6], rods[n, 7], rods[n, 8]
        # start, axis and cut in the axes of the system, from the source
        for axis in range(3):
            local[0, axis] = 0.0
            local[1, axis] = 0.0
            local[2, axis] = 0.0
            for m in range(3):
                local[0, axis] += axes[axis, m] * (rods[n, m] - source[m])
                local[1, axis] += axes[axis, m] * rods[n, 3 + m]
                local[2, axis] += axes[axis, m] * rods[n, 9 + m]
        cut = 0.0
        for m in range(3):
            cut += rods[n, 9 + m] * (rods[n, 12 + m] - source[m])
        px, py, pz = local[0, 0], local[0, 1], local[0, 2]
        ax, ay, az = local[1, 0], local[1, 1], local[1, 2]
        nx, ny, nz = local[2, 0], local[2, 1], local[2, 2]
        ex, ey, ez = px + length * ax, py + length * ay, pz + length * az
        if min(pz, ez) <= 2.0 * radius:
            continue
        c0, r0 = middle_c + sid_mm * px / (pz * pixel_mm), middle_r + sid_mm * py / (pz * pixel_mm)
        c1, r1 = middle_c + sid_mm * ex / (ez * pixel_mm), middle_r + sid_mm * ey / (ez * pixel_mm)
        # off the central ray the shadow of a ball is a little longer than wide
        slant = 1.0 + max(px * px + py * py, ex * ex + ey * ey) / min(pz, ez) ** 2
        half = radius * sid_mm / (min(pz, ez) * pixel_mm) * slant + 1.0
        first = max(0, math.floor(min(r0, r1) - half))
        last = min(rows - 1, math.ceil(max(r0, r1) + half))
        low_c, high_c = min(c0, c1) - half, max(c0, c1) + half
        run_c, run_r = c1 - c0, r1 - r0
        run = math.sqrt(run_c * run_c + run_r * run_r)
        across = half * run / abs(run_r) if abs(run_r) > 1e-6 * run and run > 0.0 else 1e9
        pa = px * ax + py * ay + pz * az
        qx, qy, qz = px - pa * ax, py - pa * ay, pz - pa * az
        outside = qx * qx + qy * qy + qz * qz - radius * radius
        for row in range(first, last + 1):
            left, right = low_c, high_c
            if across < 1e9:
                centre = c0 + (row - r0) * run_c / run_r
                left, right = max(left, centre - across), min(right, centre + across)
            dy = (row - middle_r) * pixel_mm
            for column in range(max(0, math.floor(left)), min(columns - 1, math.ceil(right)) + 1):
                dx = (column - middle_c) * pixel_mm
                da = dx * ax + dy * ay + sid_mm * az
                ux, uy, uz = dx - da * ax, dy - da * ay, sid_mm - da * az
                square = ux * ux + uy * uy + uz * uz
                half_b = -(ux * qx + uy * qy + uz * qz)
                enter, leave = 0.0, 1.0
                if square > _PARALLEL:
                    inside = half_b * half_b - square * outside
                    if inside <= 0.0:
                        continue
                    root = math.sqrt(inside)
                    enter, leave = (-half_b - root) / square, (-half_b + root) / square
                elif outside > 0.0:
                    continue
                # between the two ends
                if da > _PARALLEL:
                    enter, leave = max(enter, pa / da), min(leave, (pa + length) / da)
                elif da < -_PARALLEL:
                    enter, leave = max(enter, (pa + length) / da), min(leave, pa / da)
                elif pa > 0.0 or pa + length < 0.0:
                    continue
                # beyond the cut
                dn = dx * nx + dy * ny + sid_mm * nz
                if dn > _PARALLEL:
                    enter = max(enter, cut / dn)
                elif dn < -_PARALLEL:
                    leave = min(leave, cut / dn)
                if leave > enter:
                    image[row, column] += weight * (leave - enter)


@kernel
def add_ellipsoids(
    balls: FloatArray, source: FloatArray, axes: FloatArray, sid_mm: float, pixel_mm: float, image: np.ndarray
) -> None:
    """Add ``weight * chord`` of every ellipsoid to ``image``.

    A row of ``balls`` (n, 13): centre (3), matrix (3, 3) by rows that maps the ellipsoid about its centre to the unit ball, weight.
    """
    rows, columns = image.shape
    middle_c, middle_r = 0.5 * columns - 0.5, 0.5 * rows - 0.5
    for n in range(balls.shape[0]):
        to_unit = balls[n, 3:12].copy().reshape(3, 3)
        weight = balls[n, 12]
        centre = balls[n, 0:3] - source
        depth = axes[2, 0] * centre[0] + axes[2, 1] * centre[1] + axes[2, 2] * centre[2]
        # the longest half axis bounds the shadow
        shortest = 1e30
        for m in range(3):
            shortest = min(shortest, math.sqrt(to_unit[m, 0] ** 2 + to_unit[m, 1] ** 2 + to_unit[m, 2] ** 2))
        reach = 1.0 / shortest
        if depth <= reach:
            continue
        c0 = middle_c + sid_mm / (depth * pixel_mm) * (axes[0] * centre).sum()
        r0 = middle_r + sid_mm / (depth * pixel_mm) * (axes[1] * centre).sum()
        half = 1.3 * reach * sid_mm / ((depth - reach) * pixel_mm) + 1.0
        off = to_unit @ centre
        outside = (off * off).sum() - 1.0
        steps = to_unit @ np.ascontiguousarray(axes.T)
        for row in range(max(0, math.floor(r0 - half)), min(rows - 1, math.ceil(r0 + half)) + 1):
            dy = (row - middle_r) * pixel_mm
            for column in range(max(0, math.floor(c0 - half)), min(columns - 1, math.ceil(c0 + half)) + 1):
                dx = (column - middle_c) * pixel_mm
                square, along = 0.0, 0.0
                for m in range(3):
                    part = steps[m, 0] * dx + steps[m, 1] * dy + steps[m, 2] * sid_mm
                    square += part * part
                    along += part * off[m]
                inside = along * along - square * outside
                if inside > 0.0:
                    image[row, column] += weight * 2.0 * math.sqrt(inside) / square


@kernel
def to_millimetres(image: np.ndarray, sid_mm: float, pixel_mm: float) -> None:
    """Turn lengths in units of each pixel's ray into mm."""
    rows, columns = image.shape
    for row in range(rows):
        dy = (row + 0.5 - 0.5 * rows) * pixel_mm
        for column in range(columns):
            dx = (column + 0.5 - 0.5 * columns) * pixel_mm
            image[row, column] *= math.sqrt(sid_mm * sid_mm + dx * dx + dy * dy)
