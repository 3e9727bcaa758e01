"""Compiled judgement of one strategy on many virtual patients, with lesions as shapes."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.shape_kernels import silhouettes
from rfplan.lesion.union_kernels import inside_lengths, polyline_distance
from rfplan.planning.evaluation_kernels import skin_clearances
from rfplan.planning.joint_area_kernels import deepest_spheroid

_FAR = 1e30
_TOLERANCE_MM = 1e-8


@kernel
def judge_many_shapes(
    points: FloatArray, first: IntArray, branches: IntArray, tube_points: FloatArray, tube_first: IntArray, tube_radii: FloatArray,
    tubes_each: int, joints: FloatArray, skins: FloatArray, skin_rows: IntArray, skin_axes: FloatArray, corners: FloatArray,
    skin_spacing: float, rows: FloatArray, starts: IntArray, balls: FloatArray, lesions: IntArray, lethal: int, least_length: float,
    seen: BoolArray, cut: BoolArray, risk: FloatArray,
) -> None:  # fmt: skip
    """Fill ``seen`` (b,) and ``cut`` (b,) of each branch and ``risk`` (p, 4) of each patient, as ``many_solved_kernels.judge_many_solved``.

    The patients are as :class:`rfplan.study.treated.TreatedSides` has them; applications ``lesions[p]:lesions[p + 1]`` of ``starts`` and
    ``balls``, as ``lesion.shapes.assembled`` returns them with ``rows``, are those of patient p.
    """
    lateral, caudal, beam = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
    origin, half = np.zeros(3), tubes_each // 2
    for p in range(risk.shape[0]):
        begin, end = lesions[p], lesions[p + 1]
        risk[p, 0] = risk[p, 1] = risk[p, 2] = _FAR
        risk[p, 3] = -_FAR
        if begin == end:
            continue
        top, bottom = starts[begin], starts[end]
        own, own_starts, own_balls = rows[lethal, top:bottom], starts[begin : end + 1] - top, balls[lethal, begin:end]
        low, high = branches[p], branches[p + 1]
        if low < high:
            flat, flat_balls = np.empty_like(own), np.empty_like(own_balls)
            silhouettes(own, beam, flat, own_balls, flat_balls)
            for b in range(low, high):
                branch = points[first[b] : first[b + 1]]
                shadow = branch.copy()
                shadow[:, 2] = 0.0
                seen[b] = inside_lengths(shadow, flat, own_starts, flat_balls)[0] > 0.0
                # what stays out of the shadow stays out of the lesion
                length = inside_lengths(branch, own, own_starts, own_balls)[1] if seen[b] else 0.0
                cut[b] = length >= least_length
        for t in range(tubes_each):
            n = p * tubes_each + t
            tube = tube_points[tube_first[n] : tube_first[n + 1]]
            which = 0 if t < half else 1
            # a tube is of interest only where it is nearer than those before it
            known = risk[p, which] + tube_radii[n]
            gap = polyline_distance(tube, own, own_starts, own_balls, known, _TOLERANCE_MM)
            if gap < known:
                risk[p, which] = gap - tube_radii[n]
        coolest = rows[0, top:bottom].reshape(1, bottom - top, 8)
        skin = skins[p, : skin_rows[p]]
        risk[p, 2] = skin_clearances(skin, origin, skin_axes, corners[p], skin_spacing, coolest)[0]
        risk[p, 3] = deepest_spheroid(joints[p], 1.0, lateral, caudal, own)
