"""The posterior foramina of the parametric sacrum, read off its field so that the rim lies on the bone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.sacrum_canals import tunnel_course
from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sides import LEVELS, Side
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.geometry.frames import Isometry
from rfplan.geometry.implicit import Field, gradient, smooth_intersection

_RIM_POINTS = 36
_STEP_MM = 0.3
EDGE_MM = 1.4
"""The edge between the back of the bone and the wall of a tunnel is rounded where the two are nearer to each other than this."""

Faces = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""The two fields (n,) that meet in the edges of the foramina, at (n, 3) points: of the bone without tunnels, and of the tunnels as holes
(negative outside them)."""


def foramina_of(layout: SacrumLayout, distance_mm: Field, faces_mm: Faces) -> tuple[Foramen, ...]:
    """The eight posterior foramina, left then right of each level; ``distance_mm`` is the field of the finished bone.

    In each half-plane through the middle of the tunnel the edge is the corner of the bone: of what is rounded off between the back of
    the bone and the wall of the tunnel (``faces_mm``) the point furthest out along the tunnel and closest to the middle, the second
    counted twice. What lies deeper is wall, however gently it slopes. The edge rises no higher over the middle than half the aperture's
    larger diameter: beside S4 the bone may rise without a corner to the crest, which is no edge of the foramen.
    """
    mirror = Isometry.mirror_left_right()
    result: list[Foramen] = []
    for number, level in enumerate(LEVELS):
        left = _foramen(layout, distance_mm, faces_mm, number, level, "left")
        result += [left, left.moved(mirror)]
    return tuple(result)


def _foramen(layout: SacrumLayout, distance_mm: Field, faces_mm: Faces, number: int, level: str, side: Side) -> Foramen:
    centre_axis = layout.dorsal_mm[number]
    slope = layout.parameters[f"foramen.{level}.slope"]
    middle = layout.axis.to_patient(centre_axis)
    outward = unit(layout.axis.directions(centre_axis[1], np.array([0.0, slope, 1.0])))
    cranial = unit(np.cross(outward, np.array([1.0, 0.0, 0.0])))
    cranial = cranial if cranial @ layout.frame.caudal < 0 else -cranial
    # from cranial by way of lateral: counter-clockwise as seen from behind on the left side
    lateral = np.array([1.0, 0.0, 0.0])
    angles = 2 * np.pi * np.arange(_RIM_POINTS) / _RIM_POINTS
    rays = np.cos(angles)[:, None] * cranial + np.sin(angles)[:, None] * lateral
    size = 0.5 * max(layout.parameters[f"foramen.{level}.{way}"] for way in ("width", "height"))
    rim = onto_surface(distance_mm, _corners(faces_mm, middle, outward, rays, size + 4.0, size))
    centre = rim.mean(axis=0)
    normal = np.linalg.svd(rim - centre)[2][2]
    normal = normal if normal @ outward > 0 else -normal
    spokes = rim - centre
    area = 0.5 * float(np.linalg.norm(np.cross(spokes, np.roll(spokes, -1, axis=0)).sum(axis=0)))
    course = np.concatenate([centre[None], layout.axis.to_patient(tunnel_course(layout, number, level))])
    return Foramen(level, side, centre, normal, rim, course, 2.0 * float(np.sqrt(area / np.pi)), "given", 1.0)


def _corners(
    faces_mm: Faces, middle: FloatArray, outward: FloatArray, rays: FloatArray, reach_mm: float, highest_mm: float
) -> FloatArray:
    """(k, 3) corner of the bone in the half-plane of each of the (k, 3) ``rays`` and ``outward``."""
    away = np.arange(0.0, reach_mm, _STEP_MM)
    height = np.arange(-5.0, min(7.0, highest_mm), _STEP_MM)
    points = middle + away[None, None, :, None] * rays[:, None, None] + height[None, :, None, None] * outward
    back, wall = (part.reshape(points.shape[:3]) for part in faces_mm(points.reshape(-1, 3)))
    bone = smooth_intersection(back, wall, EDGE_MM)
    first = np.maximum(np.argmax(bone < 0.0, axis=2), 1)[..., None]
    before, after = (np.take_along_axis(bone, at, axis=2)[..., 0] for at in (first - 1, first))
    share = np.clip(before / np.where(before == after, 1.0, before - after), 0.0, 1.0)
    reached = _STEP_MM * (first[..., 0] - 1 + share)
    score = np.where(np.any(bone < 0.0, axis=2), height - 2.0 * reached, -np.inf)
    on_edge = np.take_along_axis(np.abs(back - wall), first, axis=2)[..., 0] < EDGE_MM
    # where nothing is rounded below the highest place allowed, the edge is there
    score = np.where(on_edge | ~np.any(on_edge & np.isfinite(score), axis=1)[:, None], score, -np.inf)
    pick, best = np.arange(len(rays)), score.argmax(axis=1)
    # the top of the parabola through the best height and its neighbours
    low, mid, high = (score[pick, np.clip(best + k, 0, len(height) - 1)] for k in (-1, 0, 1))
    smooth = np.isfinite(low) & np.isfinite(high) & (low + high < 2.0 * mid)
    low, high = np.where(smooth, low, mid), np.where(smooth, high, mid)
    shift = 0.5 * (low - high) / np.where(smooth, low - 2.0 * mid + high, 1.0)
    top = mid - 0.25 * (low - high) * shift
    found = height[best] + _STEP_MM * shift
    return np.asarray(middle + 0.5 * (found - top)[:, None] * rays + found[:, None] * outward)


def first_bone(distance_mm: Field, start_mm: FloatArray, rays: FloatArray, reach_mm: float) -> FloatArray:
    """(k,) distance along ``rays`` (k, 3) at which bone begins; ``reach_mm`` where it does not."""
    starts = np.broadcast_to(start_mm, rays.shape)
    steps = np.arange(0.0, reach_mm, 0.25)
    samples = starts[:, None] + steps[None, :, None] * rays[:, None]
    values = distance_mm(samples.reshape(-1, 3)).reshape(len(rays), -1)
    inside = values < 0
    first = np.where(inside.any(axis=1), inside.argmax(axis=1), len(steps) - 1)
    before = np.maximum(first - 1, 0)
    pick = np.arange(len(rays))
    a, b = values[pick, before], values[pick, first]
    share = np.clip(a / np.where(a == b, 1.0, a - b), 0.0, 1.0)
    return np.asarray(steps[before] + share * (steps[first] - steps[before]))


def onto_surface(distance_mm: Field, points_mm: FloatArray) -> FloatArray:
    """The points moved along the gradient to the zero level."""
    points = points_mm.copy()
    for _ in range(6):
        slope = gradient(distance_mm, points)
        square = np.maximum(np.einsum("ij,ij->i", slope, slope), 0.05)
        points -= np.clip(distance_mm(points) / square, -1.0, 1.0)[:, None] * slope
    return points
