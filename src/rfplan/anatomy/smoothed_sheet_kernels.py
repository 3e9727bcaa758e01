"""Compiled smoothing of a dorsal sheet, as the chart of a mesh is smoothed."""

from __future__ import annotations

from math import exp

import numpy as np

from rfplan.anatomy.bell_kernels import plain
from rfplan.geometry.arrays import BoolArray, FloatArray

_SIGMA_MM = 1.2
_REACH = 4
"""Nodes to each side that smoothing looks at: 3.2 sigma, at a millimetre from node to node."""
_TRUE_WITHIN_MM = 0.4


@plain
def smoothed(held: FloatArray, opened: BoolArray, spacing: float) -> FloatArray:
    """The sheet ``held`` (ni, nj) averaged with its neighbours, no farther off itself than 0.4 mm but where ``opened``."""
    ni, nj = held.shape
    # what is missing counts as nothing, and there is a margin, so that the sums run without questions
    wide = nj + 2 * _REACH
    there, known = np.zeros((ni + 2 * _REACH, wide)), np.zeros((ni + 2 * _REACH, wide))
    for i in range(ni):
        for j in range(nj):
            missing = held[i, j] != held[i, j]
            there[i + _REACH, j + _REACH] = 0.0 if missing else held[i, j]
            known[i + _REACH, j + _REACH] = 0.0 if missing else 1.0
    smooth, total, share = np.empty((ni, nj)), np.empty(wide), np.empty(wide)
    # the weights one by one: so each row is gone through once, many of its nodes at a time
    a, b, c, d = (
        exp(-0.5 * (spacing / _SIGMA_MM) ** 2), exp(-0.5 * (2.0 * spacing / _SIGMA_MM) ** 2),
        exp(-0.5 * (3.0 * spacing / _SIGMA_MM) ** 2), exp(-0.5 * (4.0 * spacing / _SIGMA_MM) ** 2),
    )  # fmt: skip
    for i in range(ni):
        for j in range(wide):
            total[j] = (
                there[i + 4, j] + a * (there[i + 3, j] + there[i + 5, j]) + b * (there[i + 2, j] + there[i + 6, j])
                + c * (there[i + 1, j] + there[i + 7, j]) + d * (there[i, j] + there[i + 8, j])
            )  # fmt: skip
        for j in range(wide):
            share[j] = (
                known[i + 4, j] + a * (known[i + 3, j] + known[i + 5, j]) + b * (known[i + 2, j] + known[i + 6, j])
                + c * (known[i + 1, j] + known[i + 7, j]) + d * (known[i, j] + known[i + 8, j])
            )  # fmt: skip
        for j in range(nj):
            above = (
                total[j + 4] + a * (total[j + 3] + total[j + 5]) + b * (total[j + 2] + total[j + 6])
                + c * (total[j + 1] + total[j + 7]) + d * (total[j] + total[j + 8])
            )  # fmt: skip
            below = (
                share[j + 4] + a * (share[j + 3] + share[j + 5]) + b * (share[j + 2] + share[j + 6])
                + c * (share[j + 1] + share[j + 7]) + d * (share[j] + share[j + 8])
            )  # fmt: skip
            height, value = held[i, j], above / below
            true = min(max(value, height - _TRUE_WITHIN_MM), height + _TRUE_WITHIN_MM)
            value = value if opened[i, j] else true
            smooth[i, j] = height if height != height else value
    return smooth
