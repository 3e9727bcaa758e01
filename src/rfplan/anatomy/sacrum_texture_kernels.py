"""Compiled roughness of the parametric sacrum's surface: that of ``sacrum_texture``."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from rfplan.anatomy.bell_kernels import gauss, logistic, plain, sine
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray

_WAVES = np.array(
    [
        [0.80, 0.55, 0.23, 19.0, 0.4],
        [-0.48, 0.82, 0.31, 16.0, 2.1],
        [0.35, -0.30, 0.89, 14.0, 4.4],
        [0.62, 0.30, -0.72, 12.0, 1.2],
        [0.15, 0.97, 0.19, 13.1, 5.3],
        [0.93, -0.36, 0.08, 10.4, 3.3],
    ]
)
_ROUGH = column("roughness")
_TURNS = _WAVES[:, :3] / _WAVES[:, 3:4]
_PHASES = _WAVES[:, 4] / (2.0 * pi)


@plain
def roughness(f: FloatArray, x: float, s: float, t: float) -> float:
    """What is added to the field of the bone at a point of the axis' coordinates; more at the back than in front."""
    waves = 0.0
    for k in range(6):
        waves += sine(_TURNS[k, 0] * x + _TURNS[k, 1] * s + _TURNS[k, 2] * t + _PHASES[k])
    back = 0.35 + 0.65 * logistic(t, 4.0, 3.0)
    change: float = f[_ROUGH] * waves / sqrt(6.0) * back * (1.0 - gauss(x * x / (7.0 * 7.0)))
    return change
