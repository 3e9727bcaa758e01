"""Compiled distances to what hangs over the sacrum of a virtual patient: its hip, with what is built up at the joint, and its vertebra.

Points in the chart's frame of a :class:`rfplan.anatomy.sheet_distance_kernels.SheetBone`; the two sides are alike, so that the lateral
coordinate counts by its size. Most points are so far from this bone that a bound tells: one of the grid of the hip, which knows no joint,
and one of the bone at the joint, put together as the bone itself is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.anatomy.hip_joint_kernels import (
    BLEND_MM,
    CLEAR_MM,
    SPACE_BLEND_MM,
    built_up,
    ended,
    least_built_up,
    least_from_pad,
    space_kept,
    spaced,
)
from rfplan.anatomy.joint_face_kernels import CENTRE, SPACE, place_by_face
from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM
from rfplan.anatomy.sheet_gap_kernels import gap_by_foot
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel, kernel_with

NEAR_MM = 2.0
"""How near bone has to come for a way to be clear of it."""
BOUND_MM = 0.1
"""Unit of the bounds that are kept as bytes."""
AROUND_CELLS = (0, 1, 3, 7)
"""How many cells about its own the bounds of a cell hold for."""
_EVEN = 0.6
"""How fast at least the distance from a joint surface, of which its height is taken off, grows with the way."""
_UNEVEN_MM = 0.5
"""How much more than the way the distance from its outline, told by a grid, changes at most."""


@kernel
def _hung(
    one: np.ndarray, other: np.ndarray, share: float, ox: float, oy: float, oz: float, spacing: float, x: float, y: float, z: float
) -> float:  # fmt: skip
    """Distance on a grid, ``share`` of the way from one to the other, at a point within it."""
    nx, ny, nz = one.shape
    u, v, w = (x - ox) / spacing, (y - oy) / spacing, (z - oz) / spacing
    i, j, k = min(int(u), nx - 2), min(int(v), ny - 2), min(int(w), nz - 2)
    s, t, r = u - i, v - j, w - k
    value = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                corner = one[i + a, j + b, k + c]
                if share > 0.0:
                    corner += share * (other[i + a, j + b, k + c] - corner)
                value += (s if a else 1.0 - s) * (t if b else 1.0 - t) * (r if c else 1.0 - r) * corner
    return value


@kernel
def _at_joint(
    field: float, one: np.ndarray, other: np.ndarray, share: float, blade: FloatArray, face: FloatArray, sheet: FloatArray, far: float,
    outside: float, above: float, x: float, y: float, z: float,
) -> float:  # fmt: skip
    """The ``field`` of a hip alone as it is with a sacrum beside it, cut off at ``far``."""
    dx, dy, dz = x - face[CENTRE, 0], y - face[CENTRE, 1], z - face[CENTRE, 2]
    up = blade[1, 0] * dx + blade[1, 1] * dy + blade[1, 2] * dz + blade[3, 1]
    if least_from_pad(outside, above) < field + BLEND_MM:
        along = blade[0, 0] * dx + blade[0, 1] * dy + blade[0, 2] * dz + blade[3, 0]
        out = blade[2, 0] * dx + blade[2, 1] * dy + blade[2, 2] * dz + blade[3, 2]
        na, nu = one.shape
        u, v = (along - blade[4, 0]) / blade[4, 2], (up - blade[4, 1]) / blade[4, 2]
        u, v = min(max(u, 0.0), na - 1.000001), min(max(v, 0.0), nu - 1.000001)
        i, j = int(u), int(v)
        s, t = u - i, v - j
        middle = 0.0
        for a in range(2):
            for b in range(2):
                height = one[i + a, j + b] + share * (other[i + a, j + b] - one[i + a, j + b])
                middle += (s if a else 1.0 - s) * (t if b else 1.0 - t) * height
        field = built_up(field, out - middle, outside, above)
    if field < far:
        field = ended(field, outside, above, max(dz, 0.0), max(blade[5, 0] - up, 0.0))
    if field < far and above < CLEAR_MM:
        space = space_kept(face[SPACE, 0], blade[5, 1], blade[5, 2], outside)
        sacrum = gap_by_foot(sheet, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, space + SPACE_BLEND_MM, x, y, z)
        field = spaced(field, space, sacrum)
    return min(field, far)


# Built into their callers: handing the many arrays of a bone from function to function takes longer than these.
_built_in = kernel_with(inline="always")


@_built_in
def _hip_gap(bone: Any, far: float, outside: float, above: float, x: float, y: float, z: float) -> float:
    """Distance to the hip at a point on its grid, cut off at ``far``."""
    alone = _hung(
        bone.hips[bone.bend], bone.hips[bone.bend + 1], bone.share, bone.hip_x, bone.hip_y, bone.hip_z, bone.spacing, x, y, z
    )  # fmt: skip
    gap: float = _at_joint(
        alone, bone.middles[bone.bend], bone.middles[bone.bend + 1], bone.share, bone.blade, bone.face, bone.sheet, far, outside, above,
        x, y, z,
    )  # fmt: skip
    return gap


@_built_in
def overhang_gap(bone: Any, far: float, x: float, y: float, z: float) -> float:
    """Distance of one chart point to what hangs over the sacrum, cut off at ``far``."""
    gap, side = far, abs(x)
    ni, nj, nk = bone.vertebra_least.shape[:3]
    u, v, w = (side - bone.hip_x) / bone.spacing, (y - bone.hip_y) / bone.spacing, (z - bone.hip_z) / bone.spacing
    if 0.0 <= u <= ni and 0.0 <= v <= nj and 0.0 <= w <= nk:
        i, j, k, share = min(int(u), ni - 1), min(int(v), nj - 1), min(int(w), nk - 1), bone.share
        one, other = bone.hip_least[i, j, k, bone.bend, 0], bone.hip_least[i, j, k, bone.bend + 1, 0]
        outside, above = place_by_face(bone.face, bone.border, side, y, z)
        if least_built_up(BOUND_MM * (one + share * (other - one)), outside, above, 0.0, 0.0) < far:
            gap = _hip_gap(bone, far, outside, above, side, y, z)
    u, v, w = (side - bone.low_x) / bone.spacing, (y - bone.low_y) / bone.spacing, (z - bone.low_z) / bone.spacing
    if 0.0 <= u <= ni and 0.0 <= v <= nj and 0.0 <= w <= nk:
        i, j, k = min(int(u), ni - 1), min(int(v), nj - 1), min(int(w), nk - 1)
        if BOUND_MM * bone.vertebra_least[i, j, k, 0] < far:
            vertebra = _hung(
                bone.vertebra, bone.vertebra, 0.0, bone.low_x, bone.low_y, bone.low_z, bone.spacing, side, y, z
            )
            gap = min(gap, vertebra)
    return gap


@_built_in
def overhang_room(bone: Any, far: float, x: float, y: float, z: float) -> tuple[float, float]:
    """:func:`overhang_gap` up to a ``far`` of no more than :data:`NEAR_MM`, and a way within which nothing comes nearer than that."""
    gap, side = far, abs(x)
    ni, nj, nk = bone.vertebra_least.shape[:3]
    u, v, w = (side - bone.hip_x) / bone.spacing, (y - bone.hip_y) / bone.spacing, (z - bone.hip_z) / bone.spacing
    clear = bone.spacing * max(-u, u - ni, -v, v - nj, -w, w - nk)
    if clear <= 0.0:
        clear = 0.0
        i, j, k, share = min(int(u), ni - 1), min(int(v), nj - 1), min(int(w), nk - 1), bone.share
        outside, above = place_by_face(bone.face, bone.border, side, y, z)
        one, other = bone.hip_least[i, j, k, bone.bend, 0], bone.hip_least[i, j, k, bone.bend + 1, 0]
        if least_built_up(BOUND_MM * (one + share * (other - one)), outside, above, 0.0, 0.0) < far:
            gap = _hip_gap(bone, far, outside, above, side, y, z)
        else:
            for n in range(1, len(AROUND_CELLS)):
                way = bone.spacing * AROUND_CELLS[n]
                one, other = bone.hip_least[i, j, k, bone.bend, n], bone.hip_least[i, j, k, bone.bend + 1, n]
                least = BOUND_MM * (one + share * (other - one))
                if least_built_up(least, outside, above, way + _UNEVEN_MM, way / _EVEN) < NEAR_MM:
                    break
                clear = way
    u, v, w = (side - bone.low_x) / bone.spacing, (y - bone.low_y) / bone.spacing, (z - bone.low_z) / bone.spacing
    beside = bone.spacing * max(-u, u - ni, -v, v - nj, -w, w - nk)
    if beside <= 0.0:
        beside = 0.0
        i, j, k = min(int(u), ni - 1), min(int(v), nj - 1), min(int(w), nk - 1)
        if BOUND_MM * bone.vertebra_least[i, j, k, 0] < far:
            vertebra = _hung(
                bone.vertebra, bone.vertebra, 0.0, bone.low_x, bone.low_y, bone.low_z, bone.spacing, side, y, z
            )
            gap = min(gap, vertebra)
        else:
            for n in range(1, len(AROUND_CELLS)):
                if BOUND_MM * bone.vertebra_least[i, j, k, n] < NEAR_MM:
                    break
                beside = bone.spacing * AROUND_CELLS[n]
    return gap, min(clear, beside)
