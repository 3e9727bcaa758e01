"""The outer shape of the sacrum without its holes: bodies, alae and laminae as heights over the curved axis."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_auricular import auricular_depth
from rfplan.anatomy.sacrum_dorsum import dorsal_height
from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sacrum_side import side
from rfplan.anatomy.sacrum_texture import roughness
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import smooth_intersection, smooth_step, smooth_union

_RIM_ROUNDED_MM = 1.1  # what the rounding of the rim takes off the S1 endplate


def body_field(layout: SacrumLayout, axis_mm: FloatArray) -> FloatArray:
    """(n,) field of the arch of bodies, alae and laminae at (n, 3) axis coordinates, x taken as its size."""
    x, s, t = np.abs(axis_mm[:, 0]), axis_mm[:, 1], axis_mm[:, 2]
    inside_s = np.clip(s, layout.stations_mm[0] - 8.0, layout.apex_mm)
    half_width = layout.half_width(inside_s)
    ventral = _ventral(layout, x, inside_s, half_width)
    dorsal = dorsal_height(layout, x, inside_s, half_width)
    behind = smooth_step(auricular_depth(layout, s, t), 0.0, 0.9)
    lateral = side(layout, s, inside_s, t, half_width, behind)
    arch = smooth_intersection((t - dorsal) * 0.9, (ventral - t) * 0.9, 3.0)
    arch = smooth_intersection(arch, (x - lateral) * 0.92, 2.0)
    arch = smooth_intersection(arch, s - layout.apex_mm - 0.5 + 0.010 * x * x, 4.0)
    alae = smooth_intersection(arch, (_ala_top(x, t) - s) * 0.9, 5.5)
    bone = smooth_union(alae, _first_body(layout, x, s, t), 4.0)
    return bone + roughness(layout, x, s, t)


def _ventral(layout: SacrumLayout, x: FloatArray, s: FloatArray, half_width: FloatArray) -> FloatArray:
    middle, edge = layout.profile("ventral_mid")(s), layout.profile("ventral_edge")(s)
    share = np.clip((x - 0.25 * half_width) / (0.68 * half_width), 0.0, 1.3)
    height = middle + (edge - middle) * share**1.5
    # the waist of each body between the ridges where it fused with its neighbours
    ridges = np.zeros_like(x)
    for number, at in enumerate(layout.ventral_mm[:, 1]):
        ridges += (1.0 - 0.2 * number) * np.exp(-(((s - at) / 3.0) ** 2))
    rise = layout.parameters["ridge.height"]
    return np.asarray(height + rise * (0.4 - ridges) * np.exp(-((x / 14.0) ** 4)))


def _ala_top(x: FloatArray, t: FloatArray) -> FloatArray:
    """Lowest position along the axis that belongs to the ala; behind the endplate it falls to the base of the processes."""
    wing = np.clip((x - 32.0) / 14.0, 0.0, 1.0)
    wing = wing * wing * (3.0 - 2.0 * wing)
    slope = 4.5 - (4.0 + 0.07 * t) * wing + 0.018 * np.maximum(x - 46.0, 0.0) ** 2
    return np.asarray(slope + 5.5 * smooth_step(t, 11.0, 2.0) * (1.0 - smooth_step(x, 31.5, 1.2)))


def _first_body(layout: SacrumLayout, x: FloatArray, s: FloatArray, t: FloatArray) -> FloatArray:
    """The S1 body with its endplate, an oval drum cut along the beam."""
    p = layout.parameters
    cosine = 1.0 / np.hypot(1.0, layout.endplate_slope)
    above = (layout.endplate_slope * t - s) * cosine
    half_endplate = 0.5 * p["endplate_ap"] * cosine + _RIM_ROUNDED_MM
    along = np.clip((s - layout.endplate_slope * t) / (layout.ventral_mm[0, 1] + 3.0), -0.1, 1.2)
    waist = (1.0 - np.clip(along, 0.0, 1.0)) ** 1.4
    ventral = p["profile.ventral_mid.line1"] + 0.6 - (half_endplate + p["profile.ventral_mid.line1"] + 0.6) * waist
    floor = p["profile.canal_floor.line1"] + (half_endplate - p["profile.canal_floor.line1"]) * (1.0 - along)
    middle, half_depth = 0.5 * (ventral + floor), 0.5 * (floor - ventral)
    half_width = 0.5 * p["endplate_width"] * (1.0 - 0.16 * along)
    # rounder in front than behind
    sharp = np.where(t > middle, 2.4, 2.1)
    u, v = np.abs((t - middle) / half_depth), x / half_width
    reach = (u**sharp + v**sharp + 1e-12) ** (1 / sharp)
    around = (reach - 1.0) * half_depth
    # the rim stands proud of a slightly dished endplate
    dish = p["endplate_dish"] * (np.exp(-((reach / 0.80) ** 6)) - 1.3 * (x / half_width) ** 2)
    drum = smooth_intersection(around, above + dish, 2.0)
    return smooth_intersection(drum, s - layout.ventral_mm[0, 1] - 3.0, 4.0)
