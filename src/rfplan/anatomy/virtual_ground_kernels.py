"""Compiled ground of one virtual patient: everything that branches and needles need of a parametric sacrum, without a mesh."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from rfplan.anatomy.bridged_sheet_kernels import bridge_over, refined
from rfplan.anatomy.dorsal_sheet_kernels import dorsal_sheet, sharpen, widen
from rfplan.anatomy.joint_face_kernels import joint_face
from rfplan.anatomy.sacrum_back_kernels import lay_bells
from rfplan.anatomy.sacrum_border_kernels import lower_border
from rfplan.anatomy.sacrum_edges_kernels import joint_front, joint_margin, rim
from rfplan.anatomy.sacrum_form_kernels import (
    ALONG,
    CENTRE,
    DORSAL,
    FLOOR,
    LEVELS,
    VENTRAL_S,
    VENTRAL_T,
    VENTRAL_X,
    lay_out,
    to_view,
)  # fmt: skip
from rfplan.anatomy.sacrum_rows_kernels import FULL_SIZE, lay_rows
from rfplan.anatomy.sacrum_vector import column
from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM
from rfplan.anatomy.skyline_kernels import groove_base
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

COARSE_MM = 2.0
FAR_MM = 2.5
"""Distances to bone are told up to here: what a needle needs for its seat and its clearance."""
AROUND_MM = 8.0
"""The same for lesions."""
_ROOM_MM = 8.0
_SLOPE = column("foramen.S1.slope")
_BREADTH = column("breadth")
RIM_POINTS, CANAL_POINTS, JOINT_POINTS = 24, 9, 25


@kernel
def filled_form(values: FloatArray) -> FloatArray:
    """(FULL_SIZE,) form of the sacrum with the dimensions ``values`` (k,), the table along its axis and the border of its joint."""
    f = np.zeros(FULL_SIZE)
    f[: values.shape[0]] = values
    lay_out(f)
    lay_rows(f)
    lay_bells(f)
    lower_border(f)
    return f


@kernel
def canal(f: FloatArray, n: int, points: FloatArray) -> None:
    """Fill (9, 3) with the middle of the left tunnel of level ``n`` from below its aperture to the pelvic surface; chart."""
    at = LEVELS + 10 * n
    x, along, dorsal, floor, slope = f[at + CENTRE], f[at + ALONG], f[at + DORSAL], f[at + FLOOR] - 1.0, f[_SLOPE + n]
    bend_x, bend_s = x - 1.0, along + slope * (floor - dorsal)
    for k in range(9):
        if k < 4:
            u = k / 3.0
            px, ps, pt = x + u * (bend_x - x), along - 2.0 * slope, dorsal - 2.0
            ps, pt = ps + u * (bend_s - ps), pt + u * (floor - pt)
        else:
            u = (k - 3) / 4.0
            px = bend_x + u * (f[at + VENTRAL_X] - bend_x)
            ps = bend_s + u * (f[at + VENTRAL_S] - bend_s)
            pt = floor + u * (f[at + VENTRAL_T] - floor)
        points[k, 0] = px
        points[k, 1], points[k, 2] = to_view(f, ps, pt)


@kernel
def ring_area(ring: FloatArray) -> float:
    """Area of a closed ring (k, 3) in space."""
    k = ring.shape[0]
    x = y = z = 0.0
    for n in range(k):
        x, y, z = x + ring[n, 0] / k, y + ring[n, 1] / k, z + ring[n, 2] / k
    across_x = across_y = across_z = 0.0
    for n in range(k):
        m = (n + 1) % k
        ax, ay, az = ring[n, 0] - x, ring[n, 1] - y, ring[n, 2] - z
        bx, by, bz = ring[m, 0] - x, ring[m, 1] - y, ring[m, 2] - z
        across_x, across_y, across_z = (
            across_x + ay * bz - az * by, across_y + az * bx - ax * bz, across_z + ax * by - ay * bx
        )  # fmt: skip
    return 0.5 * sqrt(across_x * across_x + across_y * across_y + across_z * across_z)


@kernel
def lay_ground(
    values: FloatArray, gap: float
) -> tuple[
    FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray,
]:  # fmt: skip
    """Ground of the left side of the sacrum with the dimensions ``values`` (k,) and a joint of width ``gap``; chart coordinates, mm.

    Returns
    -------
    sheet with bridges (ni, nj), the same smoothed, rims (4, 24, 3), diameters (4,), canals (4, 9, 3), back of
    the joint (25, 3), base of the groove of L5 (3,), joint surface (6, 3) and its border (nu, nv, 2) as
    ``joint_face_kernels.joint_face`` returns them; the sheet begins at ``LATERAL_0_MM``, ``CAUDAL_0_MM`` in steps of 1 mm
    """
    f = filled_form(values)
    rims, canals, diameters = np.empty((4, RIM_POINTS, 3)), np.empty((4, CANAL_POINTS, 3)), np.empty(4)
    lowest = 0.0
    for n in range(4):
        rim(f, n, rims[n])
        canal(f, n, canals[n])
        diameters[n] = 2.0 * sqrt(ring_area(rims[n]) / pi)
        lowest = max(lowest, rims[n, :, 1].max())
    joint, back, front, base = (
        np.empty((JOINT_POINTS, 3)), np.empty((JOINT_POINTS, 3)), np.empty((JOINT_POINTS, 3)), np.empty(3)
    )  # fmt: skip
    joint_margin(f, gap, joint, back)
    joint_front(f, front)
    face, border = joint_face(back, front, gap)
    groove_base(f, base)
    ni = int((0.5 * f[_BREADTH] + 2.0 - LATERAL_0_MM) / COARSE_MM) + 2
    nj = int((lowest + _ROOM_MM - CAUDAL_0_MM) / COARSE_MM) + 2
    coarse = np.empty((ni, nj))
    dorsal_sheet(f, LATERAL_0_MM, CAUDAL_0_MM, COARSE_MM, coarse)
    fine = refined(coarse)
    widen(f, fine, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM)
    window = np.array([base[0] - 6.0, base[0] + 6.0, base[1] - 4.0, base[1] + 13.0])
    sharpen(f, fine, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, window)
    held, smooth = bridge_over(fine, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, rims)
    return held, smooth, rims, diameters, canals, joint, base, face, border
