"""Faces between leaves beside which a surface between two tissues runs: what they conduct, by the way the surface lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion.leaf_graph import LeafGraph
from rfplan.lesion.scene import Scene

_NEAR = 0.9
_STEP = 0.05
_BESIDE = 0.3
_LEAST_SLOPE = 1e-3


@dataclass(frozen=True, eq=False)
class CutFaces:
    """Faces ``face`` (c,) of a :class:`LeafGraph` with two tissues, ``one`` and ``two`` (c,), in the cube between the two centres.

    ``part`` (c,) of that cube is tissue two, ``square`` (c,) of the surface's normal along the way between the centres; ``edge_mm``
    (c,) of the cube. ``aslant`` (c, n) finds from leaf values the slope along the surface that drives a flux across the face.
    """

    face: IntArray
    one: IntArray
    two: IntArray
    part: FloatArray
    square: FloatArray
    edge_mm: FloatArray
    aslant: csr_array

    def put(self, g: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
        """Put conductances into ``g`` (f,) for conductivities ``first`` and ``second`` (c,) of the two tissues; what is returned (c,)
        times ``aslant`` times leaf values is what the flux from the lower leaf to the higher has less.

        Tissues conduct one after the other across their surface and beside each other along it. Where the surface lies aslant to the
        face that makes a tensor, whose row across the face has entries for the slopes along it.
        """
        beside = (1.0 - self.part) * first + self.part * second
        behind = 1.0 / ((1.0 - self.part) / first + self.part / second)
        g[self.face] = (beside + self.square * (behind - beside)) * self.edge_mm
        return np.asarray((behind - beside) * self.edge_mm**2)


def cut_faces(
    scene: Scene, graph: LeafGraph, centres_mm: FloatArray, surfaces: Sequence[FloatArray], tissue: BoolArray
) -> CutFaces:
    """The cut faces between leaves of one size that are ``tissue`` (n,) and nothing else.

    ``surfaces`` are signed distances (n,) of the centres (n, 3), as of :meth:`Scene.place`.
    """
    reach = _NEAR * graph.gap_mm
    beside = np.zeros(len(reach), dtype=bool)
    for surface in surfaces:
        beside |= 0.5 * np.abs(surface[graph.low] + surface[graph.high]) < reach
    plain = np.flatnonzero(beside & graph.alike & tissue[graph.low] & tissue[graph.high])
    best, chosen = np.full(len(plain), np.inf), np.full(len(plain), -1)
    normals, parts, pairs = np.zeros((len(plain), 3)), np.zeros(len(plain)), np.zeros((len(plain), 2), dtype=np.int64)
    low, high, edge = graph.low[plain], graph.high[plain], graph.gaps_mm(plain)
    for number, surface in enumerate(surfaces):
        about = 0.5 * np.abs(surface[low] + surface[high])
        near = np.flatnonzero(about < np.minimum(_NEAR * edge, best))
        middles = 0.5 * (centres_mm[low[near]] + centres_mm[high[near]])
        normal, part, tissues = _surface_in(scene, number, middles, edge[near])
        good = (tissues[:, 0] != tissues[:, 1]) & (part > 0.0) & (part < 1.0)
        mine = near[good]
        best[mine], chosen[mine] = about[mine], number
        normals[mine], parts[mine], pairs[mine] = normal[good], part[good], tissues[good]
    cut = np.flatnonzero(chosen >= 0)
    face, normal = plain[cut], normals[cut]
    across = normal[np.arange(len(face)), graph.axis[face]]
    return CutFaces(
        face,
        pairs[cut, 0],
        pairs[cut, 1],
        parts[cut],
        across**2,
        graph.gaps_mm(face),
        _aslant(graph, face, normal, across, tissue),
    )


def _surface_in(
    scene: Scene, number: int, middles_mm: FloatArray, edges_mm: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Of cubes round (m, 3) places the normal (m, 3) of a surface of the scene, the part (m,) of the cube below it, and the tissues
    (m, 2) above and below it.
    """
    away = scene.place(middles_mm)[1][number]
    step = _STEP * edges_mm
    slopes = [scene.place(middles_mm + step[:, None] * way)[1][number] - away for way in np.eye(3)]
    normal = np.stack(slopes, axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-12)[:, None]
    foot = middles_mm - away[:, None] * normal
    beside = (_BESIDE * edges_mm)[:, None] * normal
    tissues = np.stack([scene.place(foot + beside)[0], scene.place(foot - beside)[0]], axis=1)
    return normal, part_below(normal, -away / edges_mm), tissues


def part_below(normal: FloatArray, height: FloatArray) -> FloatArray:
    """(m,) part of a cube of edge 1 that lies below planes at ``height`` (m,) over its middle, along unit vectors ``normal`` (m, 3)."""
    slopes = np.maximum(np.abs(normal), _LEAST_SLOPE)
    level = height + 0.5 * slopes.sum(axis=1)
    total = np.zeros(len(height))
    # the pyramid that the plane cuts off at the lowest corner, less those beyond the other corners
    for corner in range(8):
        mask = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        total += (-1.0) ** mask.sum() * np.maximum(level - slopes @ mask, 0.0) ** 3
    return np.asarray(np.clip(total / (6.0 * slopes.prod(axis=1)), 0.0, 1.0))


def _aslant(graph: LeafGraph, face: IntArray, normal: FloatArray, across: FloatArray, tissue: BoolArray) -> csr_array:
    """(c, n) sum over both ways along the face of: normal across the face times normal along the way times mean slope in both leaves."""
    leaves, ends = graph.leaves, np.concatenate([graph.low[face], graph.high[face]])
    needed = np.zeros(leaves, dtype=bool)
    needed[ends] = True
    plain = graph.alike & tissue[graph.low] & tissue[graph.high] & (needed[graph.low] | needed[graph.high])
    total = csr_array((len(face), leaves))
    for axis in range(3):
        some = np.flatnonzero(plain & (graph.axis == axis))
        both = np.concatenate([graph.low[some], graph.high[some]])
        row = np.tile(np.arange(len(some)), 2)
        value = 1.0 / graph.gaps_mm(some)
        value = np.concatenate([-value, value])
        slopes = csr_array((value, (row, both)), shape=(len(some), leaves))
        # the slope in a leaf is the mean over its faces across the axis
        count = np.maximum(np.bincount(both, minlength=leaves), 1)
        mean = csr_array((1.0 / count[both], (both, row)), shape=(leaves, len(some)))
        weight = np.where(graph.axis[face] == axis, 0.0, 0.5 * across * normal[:, axis])
        pick = csr_array((np.tile(weight, 2), (np.tile(np.arange(len(face)), 2), ends)), shape=(len(face), leaves))
        total = total + pick @ (mean @ slopes)
    return csr_array(total)
