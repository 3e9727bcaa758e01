"""Which octree suits a scene: small leaves at the metal, larger ones farther out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.octree import Octree, octree
from rfplan.lesion.placed_body import PlacedBody
from rfplan.lesion.scene import Scene

_LARGEST_MM = 14.0
_HALF_DIAGONAL = 0.5
_SHAFT_MM: Final = 12.0


@dataclass(frozen=True)
class OctreeResolution:
    """``across_radius`` leaves from an axis to the metal's surface; a leaf at distance d of active metal is at most ``slope`` d larger.

    ``at_surfaces_mm`` is the edge of leaves at a surface between tissues where it is near.
    """

    across_radius: float
    slope: float
    at_surfaces_mm: float


RESOLUTIONS: Final[Mapping[str, OctreeResolution]] = {
    "fast": OctreeResolution(2.5, 0.33, 1.5),
    "standard": OctreeResolution(3.5, 0.25, 0.5),
    "fine": OctreeResolution(5.0, 0.12, 0.3),
}


def resolution_of(accuracy: Accuracy) -> OctreeResolution:
    """The resolution that goes with the cells of ``accuracy``, also with a refined one."""
    usual = RESOLUTIONS["standard"]
    part = accuracy.across_radius / 8.0
    found = RESOLUTIONS.get(accuracy.name)
    return found or OctreeResolution(usual.across_radius * part, usual.slope / part, usual.at_surfaces_mm / part)


def scene_octree(scene: Scene, accuracy: Accuracy) -> Octree:
    """Leaves for ``scene``; the cube reaches ``accuracy.far_mm`` from all active metal."""
    fineness = resolution_of(accuracy)
    active = [_active_part(body) for body in scene.bodies]
    ends = np.concatenate([np.stack(part[:2]) for part in active])
    centre = 0.5 * (ends.min(axis=0) + ends.max(axis=0))
    half = accuracy.far_mm + float(np.abs(ends - centre).max())
    parts = [(*part, part[2] / fineness.across_radius) for part in active]
    smallest = min(part[3] for part in parts)
    for body, (_, high, radius, cell) in zip(scene.bodies, tuple(parts), strict=True):
        if np.isinf(body.body.end_mm):
            # heat runs up the shaft for some millimetres: it must be seen as metal there
            parts.append((high, high + _SHAFT_MM * body.axis, radius, cell))

    def wanted(points: FloatArray, size: float) -> FloatArray:
        # a leaf of the size asked for everywhere in it, not only at its centre
        result = np.full(len(points), np.inf)
        nearest = np.full(len(points), np.inf)
        for number, (low, high, radius, cell) in enumerate(parts):
            away = np.maximum(_segment_distance(points, low, high) - radius - _HALF_DIAGONAL * size, 0.0)
            if number < len(active):
                nearest = np.minimum(nearest, away)
            result = np.minimum(result, cell + fineness.slope * away)
        for surface in scene.place(points)[1]:
            beside = np.maximum(np.abs(surface) - _HALF_DIAGONAL * size, 0.0)
            edge = np.maximum(fineness.at_surfaces_mm, 0.5 * fineness.slope * nearest)
            result = np.minimum(result, edge + fineness.slope * beside)
        return np.asarray(np.maximum(result, smallest))

    return octree(centre, half, smallest, _LARGEST_MM, wanted)


def _active_part(body: PlacedBody) -> tuple[FloatArray, FloatArray, float]:
    """(3,) both ends of the line through the active parts, and the radius."""
    radius = body.body.radius_mm
    low, high = body.body.active_mm[0][0], body.body.active_mm[-1][1]
    first = np.asarray(body.tip_mm + max(low, radius) * body.axis)
    return first, np.asarray(body.tip_mm + max(high, radius) * body.axis), radius


def _segment_distance(points: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    way = high - low
    t = np.clip((points - low) @ way / max(float(way @ way), 1e-12), 0.0, 1.0)
    return np.asarray(np.linalg.norm(points - low - t[:, None] * way, axis=1))
