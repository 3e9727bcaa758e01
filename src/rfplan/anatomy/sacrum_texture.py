"""Unevenness of the bone's surface: fixed, the same on both sides, and too shallow to open or close a hole."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import smooth_step

# directions in (x, s, t) with the wave lengths in mm and the phases of plane waves; chosen once so that none repeats another
_WAVES = (
    (0.80, 0.55, 0.23, 19.0, 0.4),
    (-0.48, 0.82, 0.31, 16.0, 2.1),
    (0.35, -0.30, 0.89, 14.0, 4.4),
    (0.62, 0.30, -0.72, 12.0, 1.2),
    (0.15, 0.97, 0.19, 13.1, 5.3),
    (0.93, -0.36, 0.08, 10.4, 3.3),
)


def roughness(layout: SacrumLayout, x: FloatArray, s: FloatArray, t: FloatArray) -> FloatArray:
    """(n,) change of the field, mm: more on the back, less on the pelvic face, none in the median plane."""
    height = layout.parameters["roughness"]
    waves = np.zeros_like(x)
    for along_x, along_s, along_t, length, phase in _WAVES:
        waves += np.sin((along_x * x + along_s * s + along_t * t) * (2 * np.pi / length) + phase)
    back = 0.35 + 0.65 * smooth_step(t, 4.0, 3.0)
    return np.asarray(height * waves / np.sqrt(len(_WAVES)) * back * (1.0 - np.exp(-((x / 7.0) ** 2))))
