"""The bone of a virtual patient as compiled distances take it, and those to its dorsal sheet. Points and directions in the chart's frame;
the two sides are alike, so that the lateral coordinate counts by its size."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rfplan.anatomy.sheet_gap_kernels import gap_to_sheet, way_to_sheet
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel_with

LATERAL_0_MM, CAUDAL_0_MM, FINE_MM = 6.0, -12.0, 1.0


class SheetBone(NamedTuple):
    """Bone of one virtual patient: the ``sheet`` (ni, nj, 4) of its back, as ``sheet_gap_kernels.sheet_of`` gives it, and its ``top``.

    The hip is between the distances ``hips[bend]`` and ``hips[bend + 1]``, ``share`` of the way, on a grid of ``spacing`` from
    (``hip_x``, ``hip_y``, ``hip_z``), with what is built up between the blade, whose ``middles`` lie as ``blade`` says, and the joint
    surface ``face`` with its ``border`` (``overhang.Overhang`` and ``joint_face_kernels.joint_face`` say how); the vertebra on one from
    (``low_x``, ``low_y``, ``low_z``). ``hip_least``, for every bend, and ``vertebra_least`` hold for the cells of these grids what no
    distance falls below in it and in ever more cells about it (``overhang_kernels.AROUND_CELLS``), in tenths of a millimetre.
    """

    sheet: FloatArray
    top: float
    hips: np.ndarray
    hip_least: np.ndarray
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
    low_x: float
    low_y: float
    low_z: float
    spacing: float


# Built into their callers: handing the many arrays of a bone from function to function takes longer than these.
_built_in = kernel_with(inline="always")


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
