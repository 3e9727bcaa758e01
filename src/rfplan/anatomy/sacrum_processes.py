"""What stands out of the sacrum: superior articular processes, spinous tubercles and cornua."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sides import LEVELS
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import capsule, ellipsoid, smooth_difference, smooth_union


def add_processes(layout: SacrumLayout, axis_mm: FloatArray, solid: FloatArray) -> FloatArray:
    """``solid`` with its processes; (n, 3) axis coordinates with x as its size."""
    points = np.column_stack([np.abs(axis_mm[:, 0]), axis_mm[:, 1:]])
    solid = smooth_union(solid, _median_crest(layout, points), 4.0)
    solid = smooth_union(solid, _articular(points), 4.0)
    return smooth_union(solid, _cornua(layout, points), 3.0)


_SAP_UP = np.array([0.0, -0.62, 0.785])
_SAP_CENTRE = np.array([25.0, 14.0, 25.0])


def articular_tip(layout: SacrumLayout) -> FloatArray:
    """(3,) tip of the left superior articular process, axis coordinates."""
    return _SAP_CENTRE + 12.0 * _SAP_UP


def crest_course(layout: SacrumLayout) -> FloatArray:
    """(n, 3) course of the left lateral crest from the S1 to below the S4 foramen, axis coordinates, on no surface yet."""
    along = np.arange(layout.dorsal_mm[0, 1] - 14.0, layout.dorsal_mm[3, 1] + 8.0, 1.0)
    return np.column_stack([crest_lateral(layout, along), along, layout.profile("lateral_crest")(along)])


def crest_lateral(layout: SacrumLayout, along_mm: FloatArray) -> FloatArray:
    """(n,) distance of the lateral crest from the midline at ``along_mm``."""
    p = layout.parameters
    reach = [
        p[f"foramen.{level}.lateral"]
        + 0.5 * p[f"foramen.{level}.width"]
        + p[f"tubercle.{level}.from_foramen"]
        for level in LEVELS
    ]
    return np.asarray(np.interp(along_mm, layout.dorsal_mm[:, 1], reach))


def tubercle_centres(layout: SacrumLayout) -> dict[str, FloatArray]:
    """Left transverse tubercles by level, axis coordinates."""
    along = layout.dorsal_mm[:, 1]
    height = layout.profile("lateral_crest")(along)
    return {
        level: np.array([float(crest_lateral(layout, along[k : k + 1])[0]), along[k], height[k]])
        for k, level in enumerate(LEVELS[:3])
    }


def _articular(points: FloatArray) -> FloatArray:
    up = _SAP_UP
    facing = np.array([-0.72, 0.545, 0.43])
    facing /= np.linalg.norm(facing)
    across = np.cross(up, facing)
    axes = np.stack([across, up, facing])
    centre = _SAP_CENTRE
    ear = ellipsoid(points, centre, axes, (8.0, 12.0, 5.0))
    cup = np.linalg.norm(points - (centre + 16.0 * facing + 3.0 * up), axis=1) - 14.5
    return smooth_difference(ear, cup, 2.0)


def _median_crest(layout: SacrumLayout, points: FloatArray) -> FloatArray:
    lamina = layout.profile("lamina")
    result = np.full(len(points), 1e3)
    lines = layout.stations_mm[2:6]
    tops = [lines[0] + 8.0, lines[1] + 4.0, lines[2] + 2.0]
    for at, height, length in zip(tops, (10.0, 7.0, 3.0), (11.0, 10.0, 8.0), strict=True):
        base = float(lamina(at))
        start = np.array([0.0, at - 0.5 * length, base + height - 3.0])
        end = np.array([0.0, at + 0.5 * length, base + height - 6.0])
        ridge = capsule(points, start, end, 2.6, 2.8)
        low = capsule(
            points, np.array([0.0, at - length, base]), np.array([0.0, at + length, base]), 3.5, 3.0
        )
        web = capsule(points, np.array([0.0, at, base]), 0.5 * (start + end), 4.0, 2.5)
        result = np.minimum(result, smooth_union(smooth_union(ridge, low, 5.0), web, 4.0))
    return result


def _cornua(layout: SacrumLayout, points: FloatArray) -> FloatArray:
    apex = layout.apex_mm
    lamina = layout.profile("lamina")
    start = np.array([8.5, apex - 18.0, float(lamina(apex - 18.0)) - 3.0])
    end = np.array([7.0, apex - 4.0, float(lamina(apex - 4.0)) - 1.0])
    return capsule(points, start, end, 3.0, 2.5)
