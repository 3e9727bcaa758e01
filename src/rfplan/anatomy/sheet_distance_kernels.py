"""Compiled distances to the bone of a virtual patient: its dorsal sheet and what hangs over it. Points and directions in the chart's
frame; the two sides are alike, so that the lateral coordinate counts by its size."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rfplan.anatomy.hip_joint_kernels import (
    BLEND_MM,
    BULGE_MM,
    CLEAR_MM,
    RIM_MM,
    SPACE_BLEND_MM,
    built_up,
    ended,
    least_from_pad,
    space_kept,
    spaced,
)
from rfplan.anatomy.joint_face_kernels import CENTRE, SPACE, place_by_face
from rfplan.anatomy.sheet_gap_kernels import gap_by_foot, gap_to_sheet, way_to_sheet
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel, kernel_with

LATERAL_0_MM, CAUDAL_0_MM, FINE_MM = 6.0, -12.0, 1.0
NEAR_MM = 2.0
_SPARE_MM = 0.05
_EVEN = 0.6
"""How fast at least the distance from a joint surface, of which its height is taken off, grows with the way."""


class SheetBone(NamedTuple):
    """Bone of one virtual patient: the ``sheet`` (ni, nj, 4) of its back, as ``sheet_gap_kernels.sheet_of`` gives it, and its ``top``.

    The hip is between the distances ``hips[bend]`` and ``hips[bend + 1]``, ``share`` of the way, on a grid of ``spacing`` from
    (``hip_x``, ``hip_y``, ``hip_z``), with what is built up between the blade, whose ``middles`` lie as ``blade`` says, and the joint
    surface ``face`` with its ``border`` (``overhang.Overhang`` and ``joint_face_kernels.joint_face`` say how); the vertebra on one from
    (``low_x``, ``low_y``, ``low_z``). ``hip_least`` and ``vertebra_least`` hold for every cell of these grids the whole millimetres that
    no distance in it falls below, whatever the bend; ``hip_cells`` and ``vertebra_cells`` how many cells it is away from one in which
    bone comes nearer than :data:`NEAR_MM`, ``hip_cells_blended`` from one in which it may, where it is blended with that at the joint.
    """

    sheet: FloatArray
    top: float
    hips: np.ndarray
    hip_least: np.ndarray
    hip_cells: np.ndarray
    hip_cells_blended: np.ndarray
    middles: np.ndarray
    blade: FloatArray
    face: FloatArray
    border: FloatArray
    bend: int
    share: float
    hip_x: float
    hip_y: float
    hip_z: float
    vertebra: np.ndarray
    vertebra_least: np.ndarray
    vertebra_cells: np.ndarray
    low_x: float
    low_y: float
    low_z: float
    spacing: float


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
def _cells(cells: np.ndarray, ox: float, oy: float, oz: float, spacing: float, x: float, y: float, z: float) -> int:
    nx, ny, nz = cells.shape
    u, v, w = (x - ox) / spacing, (y - oy) / spacing, (z - oz) / spacing
    if not (0.0 <= u <= nx and 0.0 <= v <= ny and 0.0 <= w <= nz):
        return 1
    return int(cells[min(int(u), nx - 1), min(int(v), ny - 1), min(int(w), nz - 1)])


@kernel
def _least(least: np.ndarray, ox: float, oy: float, oz: float, spacing: float, x: float, y: float, z: float) -> int:
    """What no distance in the cell of a point falls below; negative beside the grid."""
    nx, ny, nz = least.shape
    u, v, w = (x - ox) / spacing, (y - oy) / spacing, (z - oz) / spacing
    if not (0.0 <= u <= nx and 0.0 <= v <= ny and 0.0 <= w <= nz):
        return -1
    return int(least[min(int(u), nx - 1), min(int(v), ny - 1), min(int(w), nz - 1)])


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
def overhang_clear(bone: Any, x: float, y: float, z: float) -> float:
    """How far from a chart point nothing that hangs over the sacrum is nearer than :data:`NEAR_MM`; negative where something may be."""
    cells = _cells(bone.hip_cells, bone.hip_x, bone.hip_y, bone.hip_z, bone.spacing, abs(x), y, z)
    hip = bone.spacing * (cells - 1)
    if hip >= 0.0:
        outside, above = place_by_face(bone.face, bone.border, abs(x), y, z)
        pad = max(outside - RIM_MM, -_EVEN * above) - NEAR_MM
        hip = min(hip, pad - BLEND_MM)
        if hip < 0.0 <= pad - BULGE_MM:
            cells = _cells(bone.hip_cells_blended, bone.hip_x, bone.hip_y, bone.hip_z, bone.spacing, abs(x), y, z)
            hip = min(bone.spacing * (cells - 1), pad - BULGE_MM)
    vertebra = _cells(bone.vertebra_cells, bone.low_x, bone.low_y, bone.low_z, bone.spacing, abs(x), y, z)
    clear: float = min(hip, bone.spacing * (vertebra - 1))
    return clear


@_built_in
def sheet_gap(bone: Any, far: float, x: float, y: float, z: float) -> float:
    """Signed distance of one chart point to the sheet alone, cut off at ``far``."""
    return min(gap_to_sheet(bone.sheet, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, far, -1.0, abs(x), y, z)[0], far)


@_built_in
def sheet_gap_from(bone: Any, far: float, enough: float, x: float, y: float, z: float) -> float:
    """:func:`sheet_gap`; where it is below ``enough``, it is only known to be so."""
    return min(gap_to_sheet(bone.sheet, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, far, enough, abs(x), y, z)[0], far)


@_built_in
def sheet_way(bone: Any, far: float, x: float, y: float, z: float, way: FloatArray) -> float:
    """:func:`sheet_gap`, and in ``way`` (3,) the direction in which it grows; nothing where it is cut off."""
    gap: float = way_to_sheet(bone.sheet, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, far, abs(x), y, z, way)
    if x < 0.0:
        way[0] = -way[0]
    return gap


@_built_in
def overhang_gap(bone: Any, far: float, x: float, y: float, z: float) -> float:
    """Distance of one chart point to what hangs over the sacrum, cut off at ``far``."""
    hip = far
    least = _least(bone.hip_least, bone.hip_x, bone.hip_y, bone.hip_z, bone.spacing, abs(x), y, z)
    if least >= 0:
        outside, above = place_by_face(bone.face, bone.border, abs(x), y, z)
        # where the two are blended, bone comes nearer than either of them
        pad = max(outside - RIM_MM, -above)
        if least < far or (pad < far + BLEND_MM and min(least, pad) < far + BULGE_MM):
            hip = _hung(
                bone.hips[bone.bend], bone.hips[bone.bend + 1], bone.share, bone.hip_x, bone.hip_y, bone.hip_z, bone.spacing,
                abs(x), y, z,
            )  # fmt: skip
            hip = _at_joint(
                hip, bone.middles[bone.bend], bone.middles[bone.bend + 1], bone.share, bone.blade, bone.face, bone.sheet, far, outside,
                above, abs(x), y, z,
            )  # fmt: skip
    vertebra = far
    least = _least(bone.vertebra_least, bone.low_x, bone.low_y, bone.low_z, bone.spacing, abs(x), y, z)
    if 0 <= least < far:
        vertebra = _hung(
            bone.vertebra, bone.vertebra, 0.0, bone.low_x, bone.low_y, bone.low_z, bone.spacing, abs(x), y, z
        )
    return min(hip, vertebra, far)


@_built_in
def bone_gap(bone: Any, far: float, x: float, y: float, z: float) -> float:
    """Signed distance of one chart point to ``bone`` (:class:`SheetBone`), cut off at ``far``."""
    gap = sheet_gap(bone, far, x, y, z)
    if far > NEAR_MM or overhang_clear(bone, x, y, z) < 0.0:
        gap = min(gap, overhang_gap(bone, far, x, y, z))
    return gap


@kernel
def bone_gaps(bone: Any, far: float, points: FloatArray) -> FloatArray:
    """(n,) the same at chart points (n, 3)."""
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        result[n] = bone_gap(bone, far, points[n, 0], points[n, 1], points[n, 2])
    return result


@kernel
def roof_of(bone: Any, far: float) -> float:
    """Height above which there is no bone within ``far``."""
    over: float = max(bone.hip_z, bone.low_z) + bone.spacing * (bone.vertebra.shape[2] - 1)
    return max(float(bone.top) + far, over)


@kernel
def bone_rooms(
    bone: Any, far: float, tip: FloatArray, directions: FloatArray, along: FloatArray, wanted: FloatArray, bound: float, first: bool
) -> FloatArray:  # fmt: skip
    """(n,) smallest distance to bone less what is ``wanted`` (m,) at ``along`` (m,) from ``tip`` (3,), for each direction (n, 3).

    A direction whose room falls below ``bound`` is not followed further. With ``first``, neither is one that has less room than another
    before it, and none after the first that is clear; those not looked at have endlessly little.
    Where either hint is given, room to spare is told up to a twentieth of a millimetre only.
    """
    result = np.full(directions.shape[0], -np.inf)
    roof = roof_of(bone, far)
    hinted = first or bound > -np.inf
    for n in range(directions.shape[0]):
        room = 1e9
        for k in range(along.shape[0]):
            a = along[k]
            if directions[n, 2] > 0.0 and tip[2] + a * directions[n, 2] > roof:
                # nothing hangs higher
                room = min(room, far - wanted[wanted.shape[0] - 1])
                break
            reach = min(far, max(wanted[k], 0.0) + _SPARE_MM) if hinted else far
            gap = bone_gap(
                bone, reach, tip[0] + a * directions[n, 0], tip[1] + a * directions[n, 1], tip[2] + a * directions[n, 2]
            )
            room = min(room, gap - wanted[k])
            if room < bound:
                break
        result[n] = room
        if first:
            if room >= 0.0:
                break
            bound = max(bound, room)
    return result
