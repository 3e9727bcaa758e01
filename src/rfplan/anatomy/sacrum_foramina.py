"""The posterior foramina of the parametric sacrum, read off its field so that the rim lies on the bone."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sides import LEVELS, Side
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.geometry.frames import Isometry
from rfplan.geometry.implicit import Field, gradient

_RIM_POINTS = 36
_EDGE_DEPTH_MM = 1.0
_REACH_MM = 14.0


def foramina_of(layout: SacrumLayout, distance_mm: Field) -> tuple[Foramen, ...]:
    """The eight posterior foramina, left then right of each level; ``distance_mm`` is the field of the finished bone.

    The edge is where the wall of the tunnel is met a millimetre below the plane of the aperture, within the rounding of the rim.
    """
    mirror = Isometry.mirror_left_right()
    result: list[Foramen] = []
    for number, level in enumerate(LEVELS):
        left = _foramen(layout, distance_mm, number, level, "left")
        result += [left, left.moved(mirror)]
    return tuple(result)


def _foramen(layout: SacrumLayout, distance_mm: Field, number: int, level: str, side: Side) -> Foramen:
    slope = layout.parameters[f"foramen.{level}.slope"]
    centre_axis = layout.dorsal_mm[number]
    tunnel = unit(layout.axis.directions(centre_axis[1], np.array([0.35, slope, 1.0])))
    outward = _plane_normal(layout, distance_mm, number, tunnel)
    cranial = -layout.frame.caudal
    lateral = unit(np.cross(-cranial, outward))
    up = np.cross(outward, lateral)
    up = up if up @ cranial > 0 else -up
    base = layout.axis.to_patient(centre_axis) - _EDGE_DEPTH_MM * outward
    # from cranial by way of medial: counter-clockwise as seen from behind on the left side
    angles = 2 * np.pi * np.arange(_RIM_POINTS) / _RIM_POINTS
    medial = lateral if lateral[0] < 0 else -lateral
    lateral = -medial
    turn = 1.0 if np.cross(up, medial) @ outward > 0 else -1.0
    rays = np.cos(angles)[:, None] * up + turn * np.sin(angles)[:, None] * medial
    rim = base + rays * _first_bone(distance_mm, base, rays)[:, None]
    rim = rim + _EDGE_DEPTH_MM * outward
    rim = _onto_surface(distance_mm, rim)
    centre = rim.mean(axis=0)
    spokes = rim - centre
    area = 0.5 * float(np.linalg.norm(np.cross(spokes, np.roll(spokes, -1, axis=0)).sum(axis=0)))
    return Foramen(
        level,
        side,
        centre,
        outward,
        rim,
        _canal(layout, number, level, centre),
        2.0 * np.sqrt(area / np.pi),
        "given",
        1.0,
    )


def _plane_normal(layout: SacrumLayout, distance_mm: Field, number: int, tunnel: FloatArray) -> FloatArray:
    """Outward normal of the dorsal surface around an aperture: of the best plane through a ring of points on it."""
    centre = layout.dorsal_mm[number]
    angles = 2 * np.pi * np.arange(24) / 24
    ring = centre + 8.0 * np.column_stack([np.cos(angles), np.sin(angles), np.full(24, 1.0)])
    ring[:, 2] = centre[2] + 10.0
    start = layout.axis.to_patient(ring)
    down = -unit(layout.axis.directions(ring[:, 1], np.tile([0.0, 0.0, 1.0], (24, 1))))
    points = start + down * _first_bone(distance_mm, start, down, 25.0)[:, None]
    points = points - points.mean(axis=0)
    normal: FloatArray = np.linalg.svd(points)[2][2]
    return normal if normal @ tunnel > 0 else -normal


def _first_bone(
    distance_mm: Field, start_mm: FloatArray, rays: FloatArray, reach_mm: float = _REACH_MM
) -> FloatArray:
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


def _onto_surface(distance_mm: Field, points_mm: FloatArray) -> FloatArray:
    """The points moved along the gradient to the zero level."""
    points = points_mm.copy()
    for _ in range(6):
        slope = gradient(distance_mm, points)
        square = np.maximum(np.einsum("ij,ij->i", slope, slope), 0.05)
        points -= np.clip(distance_mm(points) / square, -1.0, 1.0)[:, None] * slope
    return points


def _canal(layout: SacrumLayout, number: int, level: str, centre: FloatArray) -> FloatArray:
    """From the aperture along the middle of the tunnel to the ventral opening, patient mm."""
    from rfplan.anatomy.sacrum_canals import tunnel_course

    return np.concatenate([centre[None], layout.axis.to_patient(tunnel_course(layout, number, level))])
