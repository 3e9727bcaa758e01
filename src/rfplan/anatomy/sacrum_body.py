"""The outer shape of the sacrum without its holes: bodies, alae and laminae as heights over the curved axis."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sacrum_processes import crest_lateral
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import smooth_intersection, smooth_union


def body_field(layout: SacrumLayout, axis_mm: FloatArray) -> FloatArray:
    """(n,) field of the arch of bodies, alae and laminae at (n, 3) axis coordinates, x taken as its size."""
    x, s, t = np.abs(axis_mm[:, 0]), axis_mm[:, 1], axis_mm[:, 2]
    inside_s = np.clip(s, layout.stations_mm[0] - 8.0, layout.apex_mm)
    half_width = _half_width(layout, inside_s)
    ventral = _ventral(layout, x, inside_s, half_width)
    dorsal = _dorsal(layout, x, inside_s, half_width)
    lateral = _lateral(layout, inside_s, t, half_width)
    arch = smooth_intersection(t - dorsal, ventral - t, 3.0)
    arch = smooth_intersection(arch, (x - lateral) * 0.95, 5.0)
    arch = smooth_intersection(arch, s - layout.apex_mm, 4.0)
    alae = smooth_intersection(arch, _ala_top(x, t) - s, 7.0)
    return smooth_union(alae, _first_body(layout, x, s, t), 6.0)


def _half_width(layout: SacrumLayout, s: FloatArray) -> FloatArray:
    profile = layout.parameters.profile("half_width")
    scale = 0.5 * layout.parameters["breadth"] / profile.max()
    return np.asarray(PchipInterpolator(layout.stations_mm, profile * scale)(s))


def _lateral(layout: SacrumLayout, s: FloatArray, t: FloatArray, half_width: FloatArray) -> FloatArray:
    """Half width at depth ``t``: the lateral face leans medially towards both edges."""
    depth = t / 25.0
    return half_width * (1.0 - 0.06 * depth**2 * np.where(t > 0, 2.0, 1.0))


def _ventral(layout: SacrumLayout, x: FloatArray, s: FloatArray, half_width: FloatArray) -> FloatArray:
    middle, edge = layout.profile("ventral_mid")(s), layout.profile("ventral_edge")(s)
    share = np.clip((x - 0.28 * half_width) / (0.68 * half_width), 0.0, 1.3)
    height = middle + (edge - middle) * share**1.6
    ridges = np.zeros_like(x)
    for number, line in enumerate(layout.stations_mm[2:6]):
        level = f"S{number + 1}"
        at = line + layout.parameters[f"foramen.{level}.slope"] * middle
        ridges += np.exp(-(((s - at) / 2.2) ** 2))
    return np.asarray(height - 1.1 * ridges * np.exp(-((x / 13.0) ** 4)))


def _dorsal(layout: SacrumLayout, x: FloatArray, s: FloatArray, half_width: FloatArray) -> FloatArray:
    line = np.interp(s, layout.stations_mm[2:6], layout.dorsal_mm[:, 0])
    crest = crest_lateral(layout, s)
    knots = np.stack(
        [np.zeros_like(x), 0.62 * line, line, np.minimum(crest, 0.86 * half_width), half_width], axis=-1
    )
    names = ("lamina", "intermediate", "foramen_line", "lateral_crest", "dorsal_edge")
    values = np.stack([layout.profile(name)(s) for name in names], axis=-1)
    return hermite(knots, values, x)


def hermite(knots: FloatArray, values: FloatArray, x: FloatArray) -> FloatArray:
    """(n,) smooth curves through (n, k) ``values`` at (n, k) rising ``knots``, at (n,) ``x``; even about zero.

    Each point has its own curve; slopes are those of the parabola through three knots, level at the first.
    """
    width = np.diff(knots, axis=1)
    rise = np.diff(values, axis=1) / width
    slope = np.zeros_like(values)
    slope[:, 1:-1] = (rise[:, :-1] * width[:, 1:] + rise[:, 1:] * width[:, :-1]) / (
        width[:, :-1] + width[:, 1:]
    )
    slope[:, -1] = rise[:, -1]
    cell = np.clip(np.sum(x[:, None] >= knots[:, 1:-1], axis=1), 0, knots.shape[1] - 2)
    pick = np.arange(len(x))
    h = width[pick, cell]
    u = np.clip((x - knots[pick, cell]) / h, 0.0, 1.6)
    a, b = values[pick, cell], values[pick, cell + 1]
    da, db = slope[pick, cell] * h, slope[pick, cell + 1] * h
    inner = (
        ((2 * u - 3) * u * u + 1) * a
        + ((u - 2) * u + 1) * u * da
        + (3 - 2 * u) * u * u * b
        + (u - 1) * u * u * db
    )
    return np.asarray(np.where(u > 1.0, b + (u - 1.0) * db, inner))


def _ala_top(x: FloatArray, t: FloatArray) -> FloatArray:
    """Lowest position along the axis that belongs to the ala."""
    return 4.0 + 5.0 * np.exp(-(((x - 28.0) / 7.0) ** 2)) + 0.006 * np.maximum(x - 42.0, 0.0) ** 2 - 0.08 * t


def _first_body(layout: SacrumLayout, x: FloatArray, s: FloatArray, t: FloatArray) -> FloatArray:
    """The S1 body with its endplate, an oval drum cut along the beam."""
    p = layout.parameters
    cosine = 1.0 / np.hypot(1.0, layout.endplate_slope)
    above = (layout.endplate_slope * t - s) * cosine
    along = np.clip(s / layout.stations_mm[2], -0.3, 1.2)
    ventral = np.interp(
        along, [-0.25, 0.9], [-0.5 * p["endplate_ap"] / 1.095, p["profile.ventral_mid.line1"]]
    )
    floor = np.interp(along, [0.2, 0.9], [0.5 * p["endplate_ap"] / 1.095, p["profile.canal_floor.line1"]])
    middle, half_depth = 0.5 * (ventral + floor), 0.5 * (floor - ventral)
    half_width = 0.5 * p["endplate_width"] * (1.0 - 0.18 * np.clip(along, 0, 1))
    reach = (np.abs((t - middle) / half_depth) ** 2.4 + (x / half_width) ** 2.4) ** (1 / 2.4)
    side = (reach - 1.0) * half_depth
    # the rim stands proud of a slightly dished endplate
    dish = 1.2 * np.exp(-((reach / 0.72) ** 4))
    drum = smooth_intersection(side, above + dish, 2.5)
    return smooth_intersection(drum, s - layout.stations_mm[2], 4.0)
