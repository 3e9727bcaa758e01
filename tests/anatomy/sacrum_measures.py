"""Rulers for sacra: everything here is read off the triangles, nothing off the parameters."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import ndimage

from rfplan.anatomy.chart_kernels import height_map
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Landmark
from rfplan.anatomy.sacrum import ParametricSacrum
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.mesh import Mesh


@cache
def reference_sacrum() -> ParametricSacrum:
    return ParametricSacrum()


@cache
def reference_mesh() -> Mesh:
    return reference_sacrum().mesh()


@cache
def reference_foramina() -> dict[str, Foramen]:
    return {foramen.name: foramen for foramen in reference_sacrum().foramina()}


@cache
def reference_landmarks() -> dict[str, Landmark]:
    return reference_sacrum().landmarks()


def see_through(mesh: Mesh, cranial_deg: float, spacing_mm: float = 0.5, least_mm2: float = 1.5) -> int:
    """Holes through which one sees light, looking along a beam tilted to the head: background that bone encloses."""
    tilt = np.deg2rad(cranial_deg)
    posterior = np.array([0.0, np.cos(tilt), np.sin(tilt)])
    caudal = np.array([0.0, np.sin(tilt), -np.cos(tilt)])
    flat = np.column_stack([mesh.vertices_mm[:, 0], mesh.vertices_mm @ caudal, mesh.vertices_mm @ posterior])
    low = flat[:, :2].min(axis=0) - 2.0
    size = np.ceil((flat[:, :2].max(axis=0) + 2.0 - low) / spacing_mm).astype(int) + 1
    empty = np.isnan(height_map(flat, mesh.faces, low[0], low[1], spacing_mm, size[0], size[1]))
    labels, count = ndimage.label(empty)
    area = ndimage.sum_labels(empty, labels, np.arange(1, count + 1)) * spacing_mm**2
    return int(np.sum(area > least_mm2)) - 1


@cache
def _boxes(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    return mesh.triangles_mm.min(axis=1), mesh.triangles_mm.max(axis=1)


def crossings(mesh: Mesh, start_mm: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Sorted distances along a line at which it passes through the surface."""
    direction = direction / np.linalg.norm(direction)
    # a shift of less than a micrometre keeps the line off vertices and edges
    right = np.cross(direction, [0.31, 0.52, 0.79])
    right /= np.linalg.norm(right)
    up = np.cross(direction, right)
    start = start_mm + 3.1e-7 * right + 4.3e-7 * up
    low, high = _boxes(mesh)
    across = np.abs(direction) < 1e-12
    may = np.all((low[:, across] <= start[across]) & (high[:, across] >= start[across]), axis=1)
    corners = mesh.vertices_mm[mesh.faces[may]] - start
    flat = corners @ np.stack([right, up]).T
    near = np.all(flat.min(axis=1) < 0, axis=1) & np.all(flat.max(axis=1) > 0, axis=1)
    flat, corners = flat[near], corners[near]

    def cross(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]

    a, b, c = np.moveaxis(flat, 1, 0)
    weights = np.stack([cross(b, c), cross(c, a), cross(a, b)], axis=1)
    hit = np.all(weights > 0, axis=1) | np.all(weights < 0, axis=1)
    weights = weights[hit] / weights[hit].sum(axis=1, keepdims=True)
    return np.sort(np.einsum("ij,ij->i", weights, corners[hit] @ direction))


def median_ventral(mesh: Mesh, frame: ApFrame) -> np.ndarray:
    """(n, 3) the pelvic surface on the midline from promontory to apex, as a ray from the front meets it."""
    # the front of the bone is seen best at right angles to the chord from promontory to apex
    middle = mesh.vertices_mm[np.abs(mesh.vertices_mm[:, 0]) < 0.5]
    chart = frame.to_chart(middle)
    promontory = middle[np.argmin(chart[:, 2])]
    apex = middle[np.argmax(np.linalg.norm(middle - promontory, axis=1))]
    chord = (apex - promontory) / np.linalg.norm(apex - promontory)
    ventral = np.cross(chord, [1.0, 0.0, 0.0])
    ventral = ventral if ventral[1] < 0 else -ventral
    line = []
    for share in np.linspace(0.0, 1.0, 120):
        start = promontory + share * (apex - promontory)
        start = start * [0.0, 1.0, 1.0] + 40.0 * ventral
        hits = crossings(mesh, start, -ventral)
        if len(hits):
            line.append(start - hits[0] * ventral)
    return np.array(line)


def axis_profile(sacrum: ParametricSacrum, mesh: Mesh, along: float, x: float = 0.0) -> np.ndarray:
    """Depths t at which the line across the axis at ``along`` and ``x`` passes through the surface."""
    axis = sacrum.layout.axis
    start = axis.to_patient(np.array([x, along, -60.0]))
    return crossings(mesh, start, axis.directions(along, np.array([0.0, 0.0, 1.0]))) - 60.0


def extents_in_plane(points: np.ndarray, normal: np.ndarray) -> tuple[float, float]:
    """Width (left to right) and height of a ring in its own plane."""
    lateral = np.array([1.0, 0.0, 0.0]) - normal[0] * normal
    lateral /= np.linalg.norm(lateral)
    return float(np.ptp(points @ lateral)), float(np.ptp(points @ np.cross(normal, lateral)))
