"""Compiled misplacement of needles in a virtual patient, as :func:`rfplan.planning.operator_error.displaced` does it."""

from __future__ import annotations

from math import radians, sqrt, tan
from typing import Any

import numpy as np

from rfplan.anatomy.bone_gap_kernels import bone_gap
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel
from rfplan.planning.virtual_seat_kernels import FAR_MM, chart_normal

_ROUNDS = 6


@kernel
def displace(
    ground: Any, sign: float, along_bone: float, depth: float, axis_deg: float, noise: FloatArray, tips: FloatArray, axes: FloatArray
) -> None:  # fmt: skip
    """Move needles (n, 3) in the chart of the treated side by standard normal ``noise`` (n, 5).

    ``sign`` +1 where that side is the left: it turns what the noise means along the lateral axis, which is the patient's.
    """
    normal, across = np.empty(3), np.empty(3)
    for n in range(tips.shape[0]):
        tip, axis = tips[n], axes[n]
        if not chart_normal(ground, tip[0], tip[1], normal):
            normal[0], normal[1], normal[2] = 0.0, 0.0, 1.0
        first = -normal[0] * normal
        first[0] += 1.0
        first *= sign / sqrt(np.sum(first * first))
        second = sign * np.cross(normal, first)
        for x in range(3):
            tip[x] += along_bone * (noise[n, 0] * first[x] + noise[n, 1] * second[x]) + depth * noise[n, 2] * axis[x]
        for _ in range(_ROUNDS):
            gap = bone_gap(ground.bone, FAR_MM, tip[0], tip[1], tip[2])
            if gap >= -1e-3:
                break
            for x in range(3):
                tip[x] -= gap * normal[x]
        guide = np.zeros(3)
        if abs(axis[0]) < 0.9:
            guide[0] = sign
        else:
            guide[1] = 1.0
        across = sign * np.cross(axis, guide)
        across /= sqrt(np.sum(across * across))
        other = sign * np.cross(axis, across)
        size = tan(radians(axis_deg))
        for x in range(3):
            axis[x] += size * (noise[n, 3] * across[x] + noise[n, 4] * other[x])
        axis /= sqrt(np.sum(axis * axis))
