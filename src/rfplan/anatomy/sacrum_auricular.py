"""The auricular surface: the ear-shaped face of the joint on the side of the sacrum."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from scipy.interpolate import PchipInterpolator

from rfplan.anatomy.sacrum_border_kernels import (
    ACROSS,
    EDGE_MM,
    LOWER_PART,
    LOWER_STEEP,
    UPPER_PART,
    UPPER_STEEP,
)
from rfplan.anatomy.sacrum_dorsum import dorsal_height
from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sacrum_rows_kernels import LOWERED_PLACES
from rfplan.anatomy.sacrum_side import side
from rfplan.anatomy.sacrum_texture import roughness
from rfplan.geometry.arrays import FloatArray, frozen

PLACES: Final = ("upper_end", "upper_limb", "upper_corner", "notch", "lower_corner", "lower_limb", "lower_end")
"""Where the dorsal border is stated: the end of the upper limb, its middle and lower corner, the notch between the limbs, the upper
corner, the middle and the end of the lower limb."""
SHARES: Final = (0.0, 0.14, 0.27, 0.40, 0.58, 0.80, 1.0)
"""How far down the surface each of :data:`PLACES` is, of its whole height."""
_ROWS = 48
_INSIDE_EDGE_MM = 1.0
_TIP_MM = 7.0
_BLUNT = 0.12
_PLACES: Final = np.linspace(0.0, 1.0, LOWERED_PLACES)


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


def dorsal_border(layout: SacrumLayout, share: FloatArray) -> FloatArray:
    """(n,) heights t of the dorsal border of the surface at shares of its span.

    The stated heights are those of one bone. Where another is thinner than that, over the fossa behind the ala or beside S2 and S3, the
    border is lowered to where the side turns over to the back: the surface is part of the side.
    """
    return np.asarray(_stated_border(layout)(share) - np.interp(share, _PLACES, _lowered(layout)))


def _stated_border(layout: SacrumLayout) -> PchipInterpolator:
    """t of the dorsal border by the share of the span."""
    return PchipInterpolator(SHARES, [layout.parameters[f"auricular.dorsal.{place}"] for place in PLACES])


@lru_cache(maxsize=4)
def _lowered(layout: SacrumLayout) -> FloatArray:
    """(k,) how much lower than stated the border is at the shares :data:`_PLACES`."""
    first, last = auricular_span_mm(layout)
    stated = _stated_border(layout)(_PLACES)
    below = np.clip((_PLACES - SHARES[3]) / (SHARES[4] - SHARES[3]), 0.0, 1.0)
    part, steep = UPPER_PART + below * (LOWER_PART - UPPER_PART), UPPER_STEEP + below * (LOWER_STEEP - UPPER_STEEP)
    return frozen(np.maximum(stated - _side_height(layout, first + _PLACES * (last - first), stated, part, steep), 0.0))


def _side_height(layout: SacrumLayout, s: FloatArray, t: FloatArray, part: FloatArray, steep: FloatArray) -> FloatArray:
    """(n,) how high the side of the bone reaches at positions ``s``, near heights ``t``: where it becomes less ``steep`` across, or as far
    in as ``part`` of the half width."""
    half_width = layout.half_width(s)
    behind = side(layout, s, s, t, half_width, 0.5)
    begin, end = np.minimum(behind, half_width), np.minimum(behind - EDGE_MM, part * half_width)
    step = (begin - end) / ACROSS
    x = (begin[:, None] - step[:, None] * np.arange(ACROSS + 1)).ravel()
    along, depth, wide, edge = (np.repeat(values, ACROSS + 1) for values in (s, t, half_width, behind))
    rough = roughness(layout, x, along, depth)
    # the back, rounded off towards the side as the body is
    beside = np.clip(0.92 * (x - edge) + rough, -EDGE_MM, 0.0)
    rounded = beside - EDGE_MM + np.sqrt(-4.0 * EDGE_MM * beside)
    top = (dorsal_height(layout, x, along, wide) + (rounded - rough) / 0.9).reshape(len(s), ACROSS + 1)
    slope = np.diff(top, axis=1) / step[:, None]
    stops = np.concatenate([slope < steep[:, None], np.ones((len(s), 1), dtype=bool)], axis=1)
    stop = stops.argmax(axis=1)
    rows = np.arange(len(s))
    now, before = slope[rows, np.minimum(stop, ACROSS - 1)], slope[rows, np.maximum(stop - 1, 0)]
    # where between the middles of this step and of the last the slope was that
    bent = before > now
    reached = np.where(bent, (before - steep) / np.where(bent, before - now, 1.0), 0.5)
    return np.where(stop == ACROSS, top[:, -1], top[rows, stop] + (reached - 0.5) * steep * step)


def auricular_depth(layout: SacrumLayout, s: FloatArray, t: FloatArray) -> FloatArray:
    """(n,) how far dorsal to the dorsal border of the surface points (s, t) of the lateral face are, mm."""
    first, last = auricular_span_mm(layout)
    return np.asarray(t - dorsal_border(layout, np.clip((s - first) / (last - first), 0.0, 1.0)))


def auricular_outline(layout: SacrumLayout) -> FloatArray:
    """(k, 2) closed outline (s, t), not repeating its first point: dorsal border downwards, ventral border back up."""
    first, last = auricular_span_mm(layout)
    share = np.linspace(0.0, 1.0, _ROWS)
    along = first + share * (last - first)
    dorsal = dorsal_border(layout, share)
    ventral = layout.profile("ventral_edge")(along) + _INSIDE_EDGE_MM
    ventral = np.minimum(ventral, dorsal - 2.0)
    # both borders meet in a round tip
    beyond = np.clip((along - (last - _TIP_MM)) / _TIP_MM, 0.0, 1.0)
    taper = np.maximum(np.sqrt(1.0 - beyond * beyond), _BLUNT)
    middle = 0.5 * (dorsal + ventral)
    dorsal, ventral = middle + taper * (dorsal - middle), middle + taper * (ventral - middle)
    down = np.column_stack([along, dorsal])
    return np.concatenate([down, np.column_stack([along, ventral])[::-1]])
