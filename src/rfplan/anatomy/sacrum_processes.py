"""What stands out of the sacrum: superior articular processes, the median crest and the cornua."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import capsule, ellipsoid, smooth_difference, smooth_intersection, smooth_union

_SAP_UP = np.array([0.0, -0.62, 0.785])


def add_processes(layout: SacrumLayout, axis_mm: FloatArray, solid: FloatArray) -> FloatArray:
    """``solid`` with its processes; (n, 3) axis coordinates with x as its size."""
    points = np.column_stack([np.abs(axis_mm[:, 0]), axis_mm[:, 1:]])
    solid = smooth_union(solid, _median_crest(layout, points), 5.0)
    solid = smooth_union(solid, _articular(layout, points), 4.0)
    return smooth_union(solid, _cornua(layout, points), 3.0)


def articular_tip(layout: SacrumLayout) -> FloatArray:
    """(3,) tip of the left superior articular process, axis coordinates."""
    return np.array([layout.parameters[f"articular.{way}"] for way in ("lateral", "along", "dorsal")])


def _articular(layout: SacrumLayout, points: FloatArray) -> FloatArray:
    """An ear with a dished facet that faces back and to the midline, on a buttress from the lamina."""
    facing = np.array([-0.72, 0.545, 0.43])
    facing /= np.linalg.norm(facing)
    axes = np.stack([np.cross(_SAP_UP, facing), _SAP_UP, facing])
    p = layout.parameters
    radii = (0.5 * p["articular.width"], 0.5 * p["articular.height"], 0.5 * p["articular.thickness"])
    centre = articular_tip(layout) - radii[1] * _SAP_UP
    ear = ellipsoid(points, centre, axes, radii)
    cup = np.linalg.norm(points - (centre + 17.5 * facing + 3.0 * _SAP_UP), axis=1) - 15.0
    ear = smooth_difference(ear, cup, 1.5)
    first = layout.dorsal_mm[0]
    buttress = capsule(
        points, centre - 4.0 * _SAP_UP, np.array([0.68 * first[0], first[1] - 3.0, first[2] + 1.0]), 4.8, 3.2
    )
    return smooth_union(ear, buttress, 5.0)


def _median_crest(layout: SacrumLayout, points: FloatArray) -> FloatArray:
    """A blade over the laminae with the spinous tubercles S1 to S3 as its peaks."""
    p = layout.parameters
    x, s, t = points.T
    one, two, three, four = layout.dorsal_mm[:, 1] + [-9.0, -5.5, -2.0, 0.5]
    heights = [p[f"median_crest.S{k}"] for k in (1, 2, 3)]
    at = [
        one - 8.0,
        one - 1.0,
        one + 2.0,
        one + 9.0,
        one + 15.0,
        two - 1.0,
        two + 4.0,
        two + 11.0,
        three - 3.0,
        three + 3.0,
        three + 9.0,
        four,
    ]
    up = [
        -9.0,
        -2.0,
        0.85 * heights[0],
        heights[0],
        0.75 * heights[0],
        0.8 * heights[1],
        heights[1],
        0.6 * heights[1],
        0.7 * heights[2],
        heights[2],
        0.2 * heights[2],
        -4.0,
    ]
    rise = PchipInterpolator(at, up)
    inside = np.clip(s, at[0], at[-1])
    top = layout.profile("lamina")(inside) + rise(inside)
    steep = np.hypot(1.0, rise(inside, 1))
    # bulbous at the edge, thin in the waist, broad at the foot
    below = np.clip(top - t, 0.0, 30.0)
    half = 1.9 + 0.9 * np.exp(-(((below - 2.0) / 2.0) ** 2)) + 0.012 * np.maximum(below - 5.0, 0.0) ** 2
    for tip, thick in ((at[3], 1.0), (at[6], 0.8), (at[9], 0.6)):
        half = half + thick * np.exp(-(((s - tip) / 4.0) ** 2))
    blade = smooth_intersection((x - half) * 0.9, (t - top) / steep, 2.6)
    ends = np.maximum(at[0] - s, s - at[-1])
    return np.asarray(np.maximum(blade, np.maximum(ends, layout.profile("lamina")(inside) - 3.5 - t)))


def _cornua(layout: SacrumLayout, points: FloatArray) -> FloatArray:
    """The free lower ends of the S5 articular processes beside the hiatus."""
    apex = layout.apex_mm
    lamina = layout.profile("lamina")
    wide = 0.5 * layout.parameters["hiatus.width"]
    start = np.array([wide + 2.5, apex - 20.0, float(lamina(apex - 20.0)) - 2.6])
    end = np.array([wide + 0.8, apex - 9.5, float(lamina(apex - 9.5)) + 0.6])
    return capsule(points, start, end, 3.2, 2.7)
