"""Implicit shapes: fields that are negative inside, how they blend, and the closed mesh of their zero level."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from rfplan.errors import RfplanError
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

Field = Callable[[FloatArray], FloatArray]
"""(n, 3) points, mm -> (n,) approximate signed distance, mm, negative inside."""

_COARSE = 4


def smooth_union(a: ArrayLike, b: ArrayLike, blend_mm: float) -> FloatArray:
    """Union of two fields with a fillet: never above the smaller of the two, equal to it further than ``blend_mm``.

    Source
    ------
    The quadratic blend in common use for implicit modelling; written here from its definition.
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    overlap = np.maximum(blend_mm - np.abs(first - second), 0.0)
    return np.asarray(np.minimum(first, second) - overlap * overlap / (4.0 * blend_mm))


def smooth_intersection(a: ArrayLike, b: ArrayLike, blend_mm: float) -> FloatArray:
    """Intersection of two fields with its edge rounded over ``blend_mm``."""
    return -smooth_union(-np.asarray(a, dtype=float), -np.asarray(b, dtype=float), blend_mm)


def smooth_difference(a: ArrayLike, b: ArrayLike, blend_mm: float) -> FloatArray:
    """``a`` without ``b``, the edge rounded over ``blend_mm``."""
    return smooth_intersection(a, -np.asarray(b, dtype=float), blend_mm)


def smooth_step(values: ArrayLike, at: float, width: float) -> FloatArray:
    """From 0 well below ``at`` to 1 well above it; most of the rise within ``width`` to either side."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip((np.asarray(values, dtype=float) - at) / width, -30.0, 30.0))))


def ellipsoid(points: ArrayLike, centre: ArrayLike, axes: ArrayLike, radii: tuple[float, float, float]) -> FloatArray:
    """(n,) approximate distance of (n, 3) ``points`` to an ellipsoid; ``axes`` (3, 3) has its unit axes as rows."""
    local = (np.asarray(points, dtype=float) - np.asarray(centre, dtype=float)) @ np.asarray(axes, float).T
    scaled = local / np.asarray(radii)
    reach = np.linalg.norm(scaled, axis=-1)
    slope = np.linalg.norm(scaled / np.asarray(radii), axis=-1)
    # the first-order estimate is exact on the surface; the floor keeps the centre finite
    return np.asarray(reach * (reach - 1.0) / np.maximum(slope, 1e-6))


def capsule(points: ArrayLike, start: ArrayLike, end: ArrayLike, radius_start: float, radius_end: float) -> FloatArray:
    """(n,) distance of (n, 3) ``points`` to a rounded rod whose radius changes evenly from start to end."""
    p, a, b = (np.asarray(v, dtype=float) for v in (points, start, end))
    along = b - a
    share = np.clip((p - a) @ along / (along @ along), 0.0, 1.0)
    return np.asarray(
        np.linalg.norm(p - a - share[:, None] * along, axis=-1) - radius_start - share * (radius_end - radius_start)
    )


def gradient(field: Field, points_mm: FloatArray, step_mm: float = 0.1) -> FloatArray:
    """(n, 3) central differences of ``field`` at (n, 3) points."""
    result = np.empty_like(points_mm)
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = step_mm
        result[:, axis] = (field(points_mm + step) - field(points_mm - step)) / (2 * step_mm)
    return result


def mesh_of(field: Field, bounds_mm: ArrayLike, spacing_mm: float, symmetric_x: bool = False) -> Mesh:
    """Closed mesh of the zero level of ``field``.

    The field is asked on a coarse grid everywhere and on the fine one only near the surface.

    Parameters
    ----------
    field : negative inside; may not change by more than about twice the distance moved
    bounds_mm : (2, 3) box that holds the whole shape with a margin
    spacing_mm : step of the fine grid
    symmetric_x : the field is the same at -x; half of the mesh is then made and mirrored, vertex for vertex

    Raises
    ------
    RfplanError : the shape reaches the edge of the box, or there is none in it
    """
    from skimage.measure import marching_cubes

    bounds = np.asarray(bounds_mm, dtype=float)
    if symmetric_x:
        half = max(abs(bounds[0, 0]), abs(bounds[1, 0]))
        bounds = np.array([[0.0, *bounds[0, 1:]], [half, *bounds[1, 1:]]])
    counts = np.ceil((bounds[1] - bounds[0]) / (_COARSE * spacing_mm)).astype(int) + 1
    values = _sample_near_surface(field, bounds[0], spacing_mm, counts)
    faces_of_box = [values[-1], values[:, [0, -1]], values[:, :, [0, -1]]] + ([] if symmetric_x else [values[0]])
    if values.min() >= 0.0 or min(face.min() for face in faces_of_box) <= 0.0:
        raise RfplanError("the implicit shape is empty or reaches the edge of its box")
    # a node exactly on the surface would make triangles without area
    values[np.abs(values) < 1e-4 * spacing_mm] = 1e-4 * spacing_mm
    vertices, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call]
        values, 0.0, spacing=(spacing_mm,) * 3, gradient_direction="ascent", allow_degenerate=False
    )
    mesh = Mesh(vertices.astype(float) + bounds[0], faces)
    mesh = _with_mirror_image(mesh) if symmetric_x else mesh
    return mesh if mesh.volume_mm3 > 0 else Mesh(mesh.vertices_mm, mesh.faces[:, ::-1])


def _with_mirror_image(half: Mesh) -> Mesh:
    """``half``, which is open at x = 0, joined there with its mirror image."""
    count = len(half.vertices_mm)
    off_plane = half.vertices_mm[:, 0] != 0.0
    image = np.arange(count)
    image[off_plane] = count + np.arange(np.count_nonzero(off_plane))
    vertices = np.concatenate([half.vertices_mm, half.vertices_mm[off_plane] * [-1.0, 1.0, 1.0]])
    return Mesh(vertices, np.concatenate([half.faces, image[half.faces[:, ::-1]]]))


def relaxed(mesh: Mesh, field: Field, rounds: int = 3) -> Mesh:
    """``mesh`` with its vertices evened out over the surface and put back on the zero level of ``field``.

    Marching cubes leaves slivers whose normals show as terraces; the triangles and their neighbours stay as they are.
    """
    from scipy.sparse import coo_array

    count = len(mesh.vertices_mm)
    one, two = mesh.faces.ravel(), np.roll(mesh.faces, -1, axis=1).ravel()
    links = coo_array((np.ones(len(one)), (one, two)), shape=(count, count)).tocsr()
    neighbours = links.sum(axis=1)[:, None]
    vertices = mesh.vertices_mm
    for _ in range(rounds):
        vertices = 0.5 * vertices + 0.5 * (links @ vertices) / neighbours
    for _ in range(2):
        normals = Mesh(vertices, mesh.faces).vertex_normals
        vertices = vertices - np.clip(field(vertices), -0.3, 0.3)[:, None] * normals
    return Mesh(vertices, mesh.faces)


def _sample_near_surface(field: Field, origin: FloatArray, spacing_mm: float, counts: FloatArray) -> FloatArray:
    """Field on the fine grid; far from the surface only its sign is right."""
    coarse_mm = _COARSE * spacing_mm
    axes = [origin[axis] + coarse_mm * np.arange(counts[axis]) for axis in range(3)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    coarse = field(nodes.reshape(-1, 3)).reshape(nodes.shape[:3])
    reach = 2.0 * np.sqrt(3.0) * coarse_mm
    corners = [
        coarse[i : i + counts[0] - 1, j : j + counts[1] - 1, k : k + counts[2] - 1]
        for i in (0, 1)
        for j in (0, 1)
        for k in (0, 1)
    ]
    smallest = np.min(np.abs(corners), axis=0)
    crossed = (np.min(corners, axis=0) < 0) & (np.max(corners, axis=0) > 0)
    near = crossed | (smallest < 0.5 * reach)
    fine_counts = (np.asarray(counts) - 1) * _COARSE + 1
    values = np.empty(tuple(fine_counts))
    wanted = np.zeros(tuple(fine_counts), dtype=bool)
    for i in range(_COARSE + 1):
        for j in range(_COARSE + 1):
            for k in range(_COARSE + 1):
                view = (
                    slice(i, i + _COARSE * near.shape[0], _COARSE),
                    slice(j, j + _COARSE * near.shape[1], _COARSE),
                    slice(k, k + _COARSE * near.shape[2], _COARSE),
                )
                values[view] = coarse[:-1, :-1, :-1]
                wanted[view] |= near
    index = np.argwhere(wanted)
    values[wanted] = field(origin + spacing_mm * index)
    return values
