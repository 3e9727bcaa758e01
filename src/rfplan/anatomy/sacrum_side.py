"""The side of the sacrum, on which the joint surface lies."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import smooth_step


def side(
    layout: SacrumLayout,
    s: FloatArray,
    inside_s: FloatArray,
    t: FloatArray,
    half_width: FloatArray,
    behind: FloatArray | float,
) -> FloatArray:
    """(n,) half width at depths ``t``: the lateral face leans medially towards both edges, and stands back dorsal to the joint.

    ``inside_s`` are the positions ``s`` within the bone, ``half_width`` its half width there; ``behind`` is 0 on the joint surface and 1
    dorsal to it.
    """
    p = layout.parameters
    depth = np.clip((t + 4.0) / 25.0, -1.3, 1.3)
    # the wing of S1 stands upright, the segments below lean
    dorsal_lean = p["side.lean"] - p["side.upright"] * (1.0 - smooth_step(s, 22.0, 5.0))
    lean = np.where(depth > 0, dorsal_lean, p["side.ventral_lean"]) * depth**2
    recess = p["auricular.recess"] * behind
    recess *= smooth_step(s, 8.0, 2.0) * (1.0 - smooth_step(inside_s, layout.stations_mm[4] - 4.0, 3.0))
    recess *= smooth_step(t, -10.0, 1.5)
    corner = np.zeros_like(t)
    for level, share in ((1, 0.45), (2, 1.0), (3, 0.55)):
        # the lower end of the joint and the transverse processes of S3 and S4 stand out of the side
        at = layout.dorsal_mm[level, 1] - 8.0
        corner += share * p["side.corner"] * np.exp(-(((s - at) / 4.0) ** 2) - ((t - 2.0) / 6.0) ** 2)
    return np.asarray(half_width * (1.0 - lean) + corner - recess)
