"""The holes of the sacrum: canal, hiatus and foramina, as fields over the curved axis."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sides import LEVELS
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import smooth_intersection, smooth_union


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
    top = layout.stations_mm[2] + 1.0
    notch = smooth_intersection((x - 15.5) * 0.95, (s - top + 0.045 * x * x) * 0.75, 5.0)
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
    ventral = float(layout.profile("ventral_mid")(layout.stations_mm[2 + number])) - 2.0
    floor = float(layout.profile("canal_floor")(layout.stations_mm[2 + number]))
    t = np.linspace(dorsal - 2.0, ventral, 8)
    x = np.interp(t, [ventral, floor - 1.0, dorsal], [centre + 4.0, centre - 1.0, centre])
    return np.column_stack([x, along + layout.parameters[f"foramen.{level}.slope"] * (t - dorsal), t])


def _unevenness(u: FloatArray, v: FloatArray, number: int) -> FloatArray:
    """(n,) factor about one by which an aperture departs from an ellipse: a little oblique and three-cornered."""
    square = u * u + v * v + 0.05
    two = (u * u - v * v) * np.cos(1.1 + 0.7 * number) + 2 * u * v * np.sin(1.1 + 0.7 * number)
    three = u * (u * u - 3 * v * v) * np.cos(0.6 + number) + v * (3 * u * u - v * v) * np.sin(0.6 + number)
    return np.asarray(1.0 + 0.07 * two / square + 0.07 * three / square**1.5)


def _tunnel(
    layout: SacrumLayout, number: int, level: str, x: FloatArray, s: FloatArray, t: FloatArray
) -> FloatArray:
    p = layout.parameters
    centre, along, dorsal = layout.dorsal_mm[number]
    line = layout.stations_mm[2 + number]
    ventral = layout.profile("ventral_mid")(line)
    width, height = p[f"foramen.{level}.width"], p[f"foramen.{level}.height"]
    low_width, low_height = p[f"ventral.{level}.width"], p[f"ventral.{level}.height"]
    floor = layout.profile("canal_floor")(line)
    knots = [ventral - 12.0, ventral - 1.0, floor - 1.0, dorsal - 2.0, dorsal + 6.0]
    middle_x = np.interp(t, knots, [centre + 10.0, centre + 3.5, centre - 1.0, centre, centre + 2.0])
    radius_x = np.interp(
        t, knots, [low_width * 0.95, low_width * 0.5, width * 0.62, width * 0.5, width * 0.5 + 1.0]
    )
    radius_s = np.interp(
        t, knots, [low_height * 0.6, low_height * 0.5, height * 0.55, height * 0.5, height * 0.5 + 1.0]
    )
    middle_s = along + p[f"foramen.{level}.slope"] * (t - dorsal)
    u, v = (x - middle_x) / radius_x, (s - middle_s) / radius_s
    reach = np.hypot(u, v) * _unevenness(u, v, number)
    tunnel = (reach - 1.0) * np.minimum(radius_x, radius_s)
    # the way from the canal: a short flat passage at the level of its floor
    level_t = floor + 3.0
    at = along + p[f"foramen.{level}.slope"] * (level_t - dorsal)
    passage = np.hypot((s - at) / (0.5 * height), (t - level_t) / 3.0)
    passage = (passage - 1.0) * 3.0
    passage = smooth_intersection(passage, x - centre, 1.0)
    passage = smooth_intersection(passage, 4.0 - x, 1.0)
    return smooth_union(tunnel, passage, 2.0)
