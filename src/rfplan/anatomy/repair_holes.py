"""Openings in the surface of a bone: where they are, whether they are a flat cut, and a lid for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rfplan.anatomy.repair_topology import half_edges
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.polygon import triangulated

_FLAT_MM = 0.5
_THINNEST_RING_MM = 4.0
_LONGEST_EXACT_RING = 150
_SLIVER_MM2 = 1e-6


def largest_hole_mm() -> float:
    """Widest hole that is filled as damage; a flat one at an end of the bone is a cut and may be of any size."""
    return figures("import_limits")["hole.largest"].value


@dataclass(frozen=True, eq=False)
class Hole:
    """An opening of a mesh.

    ``ring`` (n,) vertices of its edge in the order in which a lid runs; ``inner`` rings of islands inside a cut (the sacral
    canal); ``diameter_mm`` the longest distance across; ``is_cut`` for a flat opening with all of the bone on one side.
    """

    ring: IntArray
    inner: tuple[IntArray, ...]
    centre_mm: FloatArray
    diameter_mm: float
    is_cut: bool
    normal: FloatArray

    @property
    def open_edges(self) -> int:
        """Number of edges that have one face only."""
        return len(self.ring) + sum(len(ring) for ring in self.inner)


def holes_of(vertices: FloatArray, faces: IntArray) -> list[Hole]:
    """Every opening of a consistently wound mesh whose edges have one or two faces."""
    edges = half_edges(faces)
    key = np.sort(edges, axis=1)
    _, inverse, count = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    border = edges[count[inverse.reshape(-1)] == 1]
    # a lid runs against the faces that it meets
    following = dict(zip(border[:, 1].tolist(), border[:, 0].tolist(), strict=True))
    rings: list[IntArray] = []
    while following:
        start, at = following.popitem()
        ring = [start]
        while at != start and at in following:
            ring.append(at)
            at = following.pop(at)
        rings.append(np.array(ring, dtype=np.int64))
    found = [_measured(vertices, faces, ring) for ring in rings]
    return [*_nested([hole for hole in found if hole.is_cut]), *(hole for hole in found if not hole.is_cut)]


def _measured(vertices: FloatArray, faces: IntArray, ring: IntArray) -> Hole:
    points = vertices[ring]
    centre = points.mean(axis=0)
    spread = points - centre
    # the area vector of the ring points out of the bone, as its lid will
    normal = np.cross(spread, np.roll(spread, -1, axis=0)).sum(axis=0)
    length = float(np.linalg.norm(normal))
    normal = normal / length if length > 0 else np.array([0.0, 0.0, 1.0])
    diameter = (
        float(np.sqrt(np.max(np.sum((points[:, None] - points[None]) ** 2, axis=-1))))
        if len(ring) < 2000
        else float(np.linalg.norm(np.ptp(points, axis=0)))
    )
    flat = bool(np.abs(spread @ normal).max() < _FLAT_MM)
    is_cut = flat and diameter > _THINNEST_RING_MM and _one_sided(vertices, faces, centre, normal)
    return Hole(ring, (), centre, diameter, is_cut, normal)


def _one_sided(vertices: FloatArray, faces: IntArray, centre: FloatArray, normal: FloatArray) -> bool:
    """True if all of the bone lies on one side of a plane: on the other than its outer ring faces, or the canal's."""
    height = (vertices[np.unique(faces)] - centre) @ normal
    return bool(height.max() < _FLAT_MM or height.min() > -_FLAT_MM)


def _nested(cuts: list[Hole]) -> list[Hole]:
    """Inner rings given to the cut that surrounds them."""
    outer = sorted(cuts, key=lambda hole: -hole.diameter_mm)
    taken: dict[int, list[IntArray]] = {}
    alone: list[Hole] = []
    for k, hole in enumerate(outer):
        for j in range(k):
            host = outer[j]
            same_plane = (
                hole.normal @ host.normal < -0.98
                and abs((hole.centre_mm - host.centre_mm) @ host.normal) < 2 * _FLAT_MM
                and np.linalg.norm(hole.centre_mm - host.centre_mm) < host.diameter_mm
            )
            if same_plane:
                taken.setdefault(j, []).append(hole.ring)
                break
        else:
            alone.append(hole)
    number = {id(hole): k for k, hole in enumerate(outer)}
    # a small flat opening is damage to a flat place rather than a cut
    return [
        replace(hole, inner=tuple(taken.get(number[id(hole)], [])), is_cut=hole.diameter_mm > largest_hole_mm())
        for hole in alone
    ]


def filled(vertices: FloatArray, faces: IntArray, holes: Sequence[Hole]) -> tuple[FloatArray, IntArray]:
    """The mesh with a lid on each of its ``holes``."""
    on_edge = np.zeros(len(vertices), dtype=bool)
    for hole in holes:
        on_edge[np.concatenate([hole.ring, *hole.inner])] = True
    edges = half_edges(faces)
    edges = edges[on_edge[edges].all(axis=1)]
    lids = [faces]
    middles: list[FloatArray] = []
    for hole in holes:
        lid = _flat_lid(vertices, hole) if hole.is_cut or hole.inner else _least_lid(vertices, edges, hole.ring)
        if lid is None:
            # a fan round a new vertex in the middle always fits
            middle = np.full(len(hole.ring), len(vertices) + len(middles))
            middles.append(hole.centre_mm)
            lid = np.stack([hole.ring, np.roll(hole.ring, -1), middle], axis=1)
        lids.append(lid)
    return np.concatenate([vertices, np.array(middles).reshape(-1, 3)]), np.concatenate(lids)


def _flat_lid(vertices: FloatArray, hole: Hole) -> IntArray:
    across = np.eye(3)[np.argmin(np.abs(hole.normal))]
    u = np.cross(across, hole.normal)
    u /= np.linalg.norm(u)
    plane = np.stack([u, np.cross(hole.normal, u)], axis=1)
    rings = [hole.ring, *hole.inner]
    lid = triangulated([(vertices[ring] - hole.centre_mm) @ plane for ring in rings])
    return np.asarray(np.concatenate(rings)[lid])


def _least_lid(vertices: FloatArray, edges: IntArray, ring: IntArray) -> IntArray | None:
    if len(ring) > _LONGEST_EXACT_RING:
        return None
    lid = _smallest_lid(vertices[ring], _chords(edges, ring, len(vertices)))
    return None if lid is None else np.asarray(ring[lid])


def _chords(edges: IntArray, ring: IntArray, vertices: int) -> BoolArray:
    """(n, n) True where two vertices of the ring are already joined by an edge; a lid must not use it again."""
    place = np.full(vertices, -1)
    place[ring] = np.arange(len(ring))
    edges = place[edges]
    edges = edges[(edges >= 0).all(axis=1)]
    joined = np.zeros((len(ring), len(ring)), dtype=bool)
    joined[edges[:, 0], edges[:, 1]] = True
    joined |= joined.T
    step = np.arange(len(ring))
    joined[step, (step + 1) % len(ring)] = joined[(step + 1) % len(ring), step] = False
    return joined


def _smallest_lid(points: FloatArray, forbidden: BoolArray) -> IntArray | None:
    """(n - 2, 3) triangulation of the ring (n, 3) of least area (Barequet and Sharir 1995); None if there is none."""
    n = len(points)
    if n < 3:
        return None
    cost = np.full((n, n), np.inf)
    choice = np.zeros((n, n), dtype=np.int64)
    cost[np.arange(n - 1), np.arange(1, n)] = 0.0
    for span in range(2, n):
        for i in range(n - span):
            k = i + span
            if span < n - 1 and forbidden[i, k]:
                continue
            m = np.arange(i + 1, k)
            area = 0.5 * np.linalg.norm(np.cross(points[m] - points[i], points[k] - points[i]), axis=1)
            # a ring that passes one place twice must not be closed with a sliver there
            total = np.where(area > _SLIVER_MM2, cost[i, m] + cost[m, k] + area, np.inf)
            best = int(np.argmin(total))
            cost[i, k], choice[i, k] = total[best], m[best]
    if not np.isfinite(cost[0, n - 1]):
        return None
    lid: list[tuple[int, int, int]] = []
    waiting: list[tuple[int, int]] = [(0, n - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        middle = int(choice[first, last])
        lid.append((first, middle, last))
        waiting += [(first, middle), (middle, last)]
    return np.array(lid, dtype=np.int64)
