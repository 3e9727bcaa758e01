"""The auricular surface: the ear-shaped face of the joint on the side of the sacrum."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.geometry.arrays import FloatArray

_DORSAL_SHARE = (0.0, 0.12, 0.27, 0.42, 0.60, 0.80, 1.0)
_DORSAL_MM = (15.0, 14.0, 8.0, 0.0, -4.5, -3.5, -7.0)


def auricular_span_mm(layout: SacrumLayout) -> tuple[float, float]:
    """First and last position of the surface along the axis."""
    # the longest chord of the outline is oblique, from the cranial dorsal corner to the caudal end
    first = 3.0
    return first, first + 0.9 * layout.parameters["auricular_height"]


def auricular_depth(layout: SacrumLayout, s: FloatArray, t: FloatArray) -> FloatArray:
    """(n,) how far dorsal to the dorsal border of the surface points (s, t) of the lateral face are, mm."""
    first, last = auricular_span_mm(layout)
    border = PchipInterpolator(_DORSAL_SHARE, _DORSAL_MM)
    return np.asarray(t - border(np.clip((s - first) / (last - first), 0.0, 1.0)))


def auricular_outline(layout: SacrumLayout) -> FloatArray:
    """(k, 2) closed outline (s, t), not repeating its first point: dorsal border downwards, ventral border back up."""
    first, last = auricular_span_mm(layout)
    share = np.linspace(0.0, 1.0, 40)
    along = first + share * (last - first)
    dorsal = PchipInterpolator(_DORSAL_SHARE, _DORSAL_MM)(share)
    ventral = layout.profile("ventral_edge")(along) + 2.0
    ventral = np.minimum(ventral, dorsal - 2.0)
    down = np.column_stack([along, dorsal])
    return np.concatenate([down, np.column_stack([along, ventral])[::-1]])
