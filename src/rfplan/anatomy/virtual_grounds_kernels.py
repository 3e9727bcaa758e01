"""Compiled grounds of many virtual patients: each laid by itself, one behind the other in the same arrays; chart coordinates, mm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM, SheetBone
from rfplan.anatomy.sheet_gap_kernels import fill_sheet
from rfplan.anatomy.side_courses_kernels import courses_on_side
from rfplan.anatomy.virtual_ground_kernels import CANAL_POINTS, JOINT_POINTS, RIM_POINTS, lay_ground
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel

_NODES = 8000
"""More than a usual sheet has; where they are larger the arrays are made longer."""
_BORDER_NODES = 800
"""The same of the border of a joint surface."""


class LaidGrounds(NamedTuple):
    """What :func:`rfplan.anatomy.virtual_ground_kernels.lay_ground` gives of p patients.

    Nodes of patient k are ``first[k]:first[k + 1]`` of ``held`` (n,) and ``smooth`` (n,), in rows of ``shapes[k]``
    (ni, nj), and ``first_of_border[k]:first_of_border[k + 1]`` of ``borders`` (m, 2), in rows of ``border_shapes[k]`` (nu, nv), those of
    the border of its joint surface; of the others there is one entry for each patient.
    """

    first: IntArray
    shapes: IntArray
    held: FloatArray
    smooth: FloatArray
    rims: FloatArray
    diameters: FloatArray
    canals: FloatArray
    joints: FloatArray
    bases: FloatArray
    faces: FloatArray
    first_of_border: IntArray
    border_shapes: IntArray
    borders: FloatArray


class SheetBones(NamedTuple):
    """Bones of p patients: nodes ``first[k]:first[k + 1]`` of ``sheets`` (n, 4) in rows of ``shapes[k]`` are the sheet of patient k,
    whose top is ``tops[k]``; ``bends`` (p,), ``shares`` (p,) and ``hips_mm`` (p, 3) place its hip, and ``faces`` (p, 6, 3) with the
    ``borders``, given as in :class:`LaidGrounds`, what that builds up at the joint. All else is alike in all and named as in
    :class:`rfplan.anatomy.sheet_distance_kernels.SheetBone`, with the vertebra from ``low`` (3,)."""

    first: IntArray
    shapes: IntArray
    sheets: FloatArray
    tops: FloatArray
    bends: IntArray
    shares: FloatArray
    hips_mm: FloatArray
    faces: FloatArray
    first_of_border: IntArray
    border_shapes: IntArray
    borders: FloatArray
    hips: np.ndarray
    hip_least: np.ndarray
    middles: np.ndarray
    blade: FloatArray
    vertebra: np.ndarray
    vertebra_least: np.ndarray
    low: FloatArray
    spacing: float


def one_bone(bones: SheetBones, k: int) -> SheetBone:
    """The bone of patient ``k``."""
    sheet = bones.sheets[bones.first[k] : bones.first[k + 1]].reshape(bones.shapes[k, 0], bones.shapes[k, 1], 4)
    border = bones.borders[bones.first_of_border[k] : bones.first_of_border[k + 1]]
    border = border.reshape(bones.border_shapes[k, 0], bones.border_shapes[k, 1], 2)
    return SheetBone(
        sheet, bones.tops[k], bones.hips, bones.hip_least, bones.middles, bones.blade, bones.faces[k], border,
        bones.bends[k], bones.shares[k], bones.hips_mm[k, 0], bones.hips_mm[k, 1], bones.hips_mm[k, 2],
        bones.vertebra, bones.vertebra_least, bones.low[0], bones.low[1], bones.low[2], bones.spacing,
    )  # fmt: skip


bone_of = kernel(one_bone)
"""The same for kernels."""


@kernel
def _longer(values: FloatArray, least: int) -> FloatArray:
    longer = np.empty(max(least, 2 * values.shape[0]))
    longer[: values.shape[0]] = values
    return longer


@kernel
def lay_grounds(values: FloatArray, gaps: FloatArray) -> LaidGrounds:
    """Grounds of the sacra with the dimensions ``values`` (p, k) and joints of the widths ``gaps`` (p,)."""
    count = values.shape[0]
    first, shapes = np.zeros(count + 1, dtype=np.int64), np.empty((count, 2), dtype=np.int64)
    helds, smooths = np.empty(_NODES * count), np.empty(_NODES * count)
    diameters = np.empty((count, 4))
    rims, canals = np.empty((count, 4, RIM_POINTS, 3)), np.empty((count, 4, CANAL_POINTS, 3))
    joints, bases, faces = np.empty((count, JOINT_POINTS, 3)), np.empty((count, 3)), np.empty((count, 6, 3))
    first_of_border, border_shapes = np.zeros(count + 1, dtype=np.int64), np.empty((count, 2), dtype=np.int64)
    borders = np.empty(2 * _BORDER_NODES * count)
    for k in range(count):
        held, smooth, rims[k], diameters[k], canals[k], joints[k], bases[k], faces[k], border = lay_ground(
            values[k], gaps[k]
        )  # fmt: skip
        low, high = first[k], first[k] + held.size
        first[k + 1], shapes[k, 0], shapes[k, 1] = high, held.shape[0], held.shape[1]
        if high > helds.shape[0]:
            helds, smooths = _longer(helds, high), _longer(smooths, high)
        helds[low:high], smooths[low:high] = held.ravel(), smooth.ravel()
        low, high = first_of_border[k], first_of_border[k] + border.shape[0] * border.shape[1]
        first_of_border[k + 1], border_shapes[k, 0], border_shapes[k, 1] = high, border.shape[0], border.shape[1]
        if 2 * high > borders.shape[0]:
            borders = _longer(borders, 2 * high)
        borders[2 * low : 2 * high] = border.ravel()
    total, edge = first[count], first_of_border[count]
    return LaidGrounds(
        first, shapes, helds[:total], smooths[:total], rims, diameters, canals, joints,
        bases, faces, first_of_border, border_shapes, borders[: 2 * edge].reshape(edge, 2),
    )  # fmt: skip


@kernel
def fill_sheets(laid: LaidGrounds, far: float, sheets: FloatArray, tops: FloatArray) -> None:
    """Fill (n, 4) sheets and the top (p,) of each, as ``sheet_gap_kernels.fill_sheet`` does."""
    for k in range(laid.shapes.shape[0]):
        low, high, ni, nj = laid.first[k], laid.first[k + 1], laid.shapes[k, 0], laid.shapes[k, 1]
        tops[k] = fill_sheet(
            laid.held[low:high].reshape(ni, nj), FINE_MM, far, sheets[low:high].reshape(ni, nj, 4)
        )  # fmt: skip


@kernel
def courses_on_sides(
    laid: LaidGrounds, centres: FloatArray, traits: FloatArray, owned: IntArray, relaxation: float, steer_beyond: float, reach: float,
    above: float, below: float, half: float, highest: float, shortest: float, most: int,
) -> tuple[FloatArray, IntArray, IntArray, IntArray]:  # fmt: skip
    """Branches of one side of p patients, of whom patient k has the ``traits`` (b, 5) ``owned[k]:owned[k + 1]``.

    ``centres`` (p, 4, 2) of the foramina; the other arguments as those of ``side_courses_kernels.courses_on_side``, no branch having more
    than ``most`` points.

    Returns
    -------
    points (n, 3), of which ``first[b]:first[b + 1]`` are branch b; first (m + 1,); kept (m,), the traits of each branch; branches (p + 1,):
    those of patient k are ``branches[k]:branches[k + 1]``
    """
    count, drawn = laid.shapes.shape[0], traits.shape[0]
    points, first = np.empty((most * max(drawn, 1), 3)), np.zeros(drawn + 1, dtype=np.int64)
    kept, branches = np.empty(drawn, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    for k in range(count):
        at, own = branches[k], owned[k + 1] - owned[k]
        start = first[at]
        smooth = laid.smooth[laid.first[k] : laid.first[k + 1]].reshape(laid.shapes[k, 0], laid.shapes[k, 1])
        ends, which = np.empty(own + 1, dtype=np.int64), np.empty(own, dtype=np.int64)
        found = courses_on_side(
            smooth, LATERAL_0_MM, CAUDAL_0_MM, FINE_MM, np.ascontiguousarray(laid.rims[k, :, :, :2]), centres[k],
            np.ascontiguousarray(laid.joints[k, :, :2]), laid.bases[k, :2], traits[owned[k] : owned[k + 1]], relaxation, steer_beyond,
            reach, above, below, half, highest, shortest, points[start:], ends, which,
        )  # fmt: skip
        for b in range(found):
            kept[at + b], first[at + b + 1] = owned[k] + which[b], start + ends[b + 1]
        branches[k + 1] = at + found
    total = branches[count]
    return points[: first[total]].copy(), first[: total + 1].copy(), kept[:total].copy(), branches
