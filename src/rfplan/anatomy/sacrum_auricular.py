"""The auricular surface: the ear-shaped face of the joint on the side of the sacrum."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.interpolate import PchipInterpolator

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.geometry.arrays import FloatArray

PLACES: Final = ("upper_end", "upper_limb", "upper_corner", "notch", "lower_corner", "lower_limb", "lower_end")
"""Where the dorsal border is stated: the end of the upper limb, its middle and lower corner, the notch between the limbs, the upper
corner, the middle and the end of the lower limb."""
SHARES: Final = (0.0, 0.14, 0.27, 0.40, 0.58, 0.80, 1.0)
"""How far down the surface each of :data:`PLACES` is, of its whole height."""
_ROWS = 48
_INSIDE_EDGE_MM = 1.0
_TIP_MM = 7.0
_BLUNT = 0.12


def auricular_span_mm(layout: SacrumLayout) -> tuple[float, float]:
    """First and last position of the surface along the axis.

    It ends a stated distance above the S3 foramen as the true AP view shows it; its height is that of the literature.
    """
    p = layout.parameters
    foramen = layout.frame.to_chart(layout.axis.to_patient(layout.dorsal_mm[2]))
    lowest = foramen[1] - 0.5 * p["foramen.S3.height"] - p["auricular.above_s3"]
    along = np.arange(-20.0, layout.apex_mm, 0.5)
    tip = np.column_stack([np.zeros((len(along), 1)), along, np.full(len(along), p["auricular.dorsal.lower_end"])])
    caudal = layout.frame.to_chart(layout.axis.to_patient(tip))[:, 1]
    last = float(np.interp(lowest, caudal, along))
    return last - p["auricular_height"], last


def _dorsal_border(layout: SacrumLayout) -> PchipInterpolator:
    """t of the dorsal border by the share of the span."""
    return PchipInterpolator(SHARES, [layout.parameters[f"auricular.dorsal.{place}"] for place in PLACES])


def auricular_depth(layout: SacrumLayout, s: FloatArray, t: FloatArray) -> FloatArray:
    """(n,) how far dorsal to the dorsal border of the surface points (s, t) of the lateral face are, mm."""
    first, last = auricular_span_mm(layout)
    return np.asarray(t - _dorsal_border(layout)(np.clip((s - first) / (last - first), 0.0, 1.0)))


def auricular_outline(layout: SacrumLayout) -> FloatArray:
    """(k, 2) closed outline (s, t), not repeating its first point: dorsal border downwards, ventral border back up."""
    first, last = auricular_span_mm(layout)
    share = np.linspace(0.0, 1.0, _ROWS)
    along = first + share * (last - first)
    dorsal = _dorsal_border(layout)(share)
    ventral = layout.profile("ventral_edge")(along) + _INSIDE_EDGE_MM
    ventral = np.minimum(ventral, dorsal - 2.0)
    # both borders meet in a round tip
    beyond = np.clip((along - (last - _TIP_MM)) / _TIP_MM, 0.0, 1.0)
    taper = np.maximum(np.sqrt(1.0 - beyond * beyond), _BLUNT)
    middle = 0.5 * (dorsal + ventral)
    dorsal, ventral = middle + taper * (dorsal - middle), middle + taper * (ventral - middle)
    down = np.column_stack([along, dorsal])
    return np.concatenate([down, np.column_stack([along, ventral])[::-1]])
