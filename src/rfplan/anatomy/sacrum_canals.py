"""The holes of the sacrum: canal, hiatus and foramina, as fields over the curved axis."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sides import LEVELS
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import smooth_intersection, smooth_union

_ROUNDED_MM = 0.4


def canal_field(layout: SacrumLayout, axis_mm: FloatArray) -> FloatArray:
    """(n,) field of the triangular canal with its opening behind the endplate and the hiatus."""
    p = layout.parameters
    x, s, t = np.abs(axis_mm[:, 0]), axis_mm[:, 1], axis_mm[:, 2]
    inside = np.clip(s, 0.0, layout.apex_mm)
    floor, roof = layout.profile("canal_floor")(inside), layout.profile("canal_roof")(inside)
    half = layout.profile("canal_half_width")(inside)
    rise = (roof + 2.0 - floor) / half
    slant = (t - floor - rise * (half - x)) / np.hypot(1.0, rise)
    canal = smooth_intersection(smooth_intersection(floor - t, t - roof, 2.5), slant, 3.0)
    top = layout.dorsal_mm[0, 1] - 8.0
    notch = smooth_intersection((x - p["canal_notch_width"] / 2) * 0.95, (s - top + 0.045 * x * x) * 0.75, 5.0)
    half_hiatus = 0.5 * p["hiatus.width"]
    start = layout.apex_mm - p["hiatus.length"]
    taper = half_hiatus * (0.62 + 0.38 * np.clip((s - start) / p["hiatus.length"], 0.0, 1.2))
    hiatus = smooth_intersection(x - taper, (start - s + 0.06 * x * x) * 0.9, 4.0)
    openings = smooth_intersection(np.minimum(notch, hiatus), floor - t, 2.0)
    return smooth_union(canal, openings, 2.0)


def foramina_field(layout: SacrumLayout, axis_mm: FloatArray) -> FloatArray:
    """(n,) field of the four tunnels of each side with their ways into the canal."""
    x, s, t = np.abs(axis_mm[:, 0]), axis_mm[:, 1], axis_mm[:, 2]
    result = np.full(len(x), 1e3)
    for number, level in enumerate(LEVELS):
        result = smooth_union(result, _tunnel(layout, number, level, x, s, t), 1.5)
    return result


def tunnel_course(layout: SacrumLayout, number: int, level: str) -> FloatArray:
    """(m, 3) middle of the left tunnel of ``level`` below its aperture, down to the ventral surface, axis coordinates."""
    centre, along, dorsal = layout.dorsal_mm[number]
    slope = layout.parameters[f"foramen.{level}.slope"]
    lateral, rise, ventral = layout.ventral_mm[number]
    floor = float(layout.profile("canal_floor")(layout.stations_mm[2 + number])) - 1.0
    bend = np.array([centre - 1.0, along + slope * (floor - dorsal), floor])
    upper = np.linspace(np.array([centre, along - 2.0 * slope, dorsal - 2.0]), bend, 4)
    lower = np.linspace(bend, np.array([lateral, rise, ventral]), 5)[1:]
    return np.concatenate([upper, lower])


def _unevenness(u: FloatArray, v: FloatArray, number: int) -> FloatArray:
    """(n,) factor about one by which an aperture departs from an ellipse: a little oblique and three-cornered."""
    square = u * u + v * v + 0.05
    two = (u * u - v * v) * np.cos(1.1 + 0.7 * number) + 2 * u * v * np.sin(1.1 + 0.7 * number)
    three = u * (u * u - 3 * v * v) * np.cos(0.6 + number) + v * (3 * u * u - v * v) * np.sin(0.6 + number)
    return np.asarray(1.0 + 0.07 * two / square + 0.07 * three / square**1.5)


def _tunnel(layout: SacrumLayout, number: int, level: str, x: FloatArray, s: FloatArray, t: FloatArray) -> FloatArray:
    p = layout.parameters
    centre, along, dorsal = layout.dorsal_mm[number]
    line = layout.stations_mm[2 + number]
    lateral, rise, ventral = layout.ventral_mm[number]
    width, height = p[f"foramen.{level}.width"], p[f"foramen.{level}.height"]
    low_width, low_height = p[f"ventral.{level}.width"], p[f"ventral.{level}.height"]
    floor = layout.profile("canal_floor")(line)
    knots = [ventral - 12.0, ventral - 1.0, floor - 1.0, dorsal - 2.0, dorsal + 6.0]
    middle_x = np.interp(t, knots, [lateral + 6.5, lateral, centre - 1.0, centre, centre + 2.0])
    # the edge is rounded, so that the tunnel itself is a little narrower than the aperture
    upper_x, upper_s = 0.5 * width - _ROUNDED_MM, 0.5 * height - 1.7 * _ROUNDED_MM
    lower_x, lower_s = 0.5 * low_width - _ROUNDED_MM, 0.5 * low_height - _ROUNDED_MM
    radius_x = np.interp(t, knots, [1.9 * lower_x, lower_x, 1.25 * upper_x, upper_x, upper_x + 0.6])
    radius_s = np.interp(t, knots, [1.2 * lower_s, lower_s, 1.1 * upper_s, upper_s, upper_s + 0.6])
    slope = p[f"foramen.{level}.slope"]
    turn = along + slope * (floor - 1.0 - dorsal)
    middle_s = np.interp(t, knots, [rise - 2.0, rise, turn, along - 2.0 * slope, along + 6.0 * slope])
    u, v = (x - middle_x) / radius_x, (s - middle_s) / radius_s
    reach = np.hypot(u, v) * _unevenness(u, v, number)
    tunnel = (reach - 1.0) * np.minimum(radius_x, radius_s)
    # the way from the canal: a short flat passage on its floor
    flat = min(3.0, 0.36 * float(layout.profile("canal_roof")(line) - floor))
    level_t = floor + flat
    at = along + p[f"foramen.{level}.slope"] * (level_t - dorsal)
    passage = np.hypot((s - at) / (0.5 * height), (t - level_t) / flat)
    passage = (passage - 1.0) * flat
    passage = smooth_intersection(passage, x - centre, 1.0)
    passage = smooth_intersection(passage, 4.0 - x, 1.0)
    return smooth_union(tunnel, passage, 2.0)
