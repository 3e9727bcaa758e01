"""Bones made ready for pictures: no finer than a picture shows, with smooth normals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh
from rfplan.report import palette
from rfplan.report import raster_kernels as kernels
from rfplan.report.scene import Surface

_COLOURS: Mapping[str, str] = {"sacrum": palette.BONE, "vertebrae_L5": palette.VERTEBRA}
_SMOOTHING = 3
_CELL_MM = 1.7
_SACRUM_CELL_MM = 1.15
_HIP_FADE = 0.24


def bone_surfaces(patient: Patient) -> dict[str, Surface]:
    """Every bone by name as a solid surface. Made once, it serves all pictures of the patient."""
    return {name: _surface(name, mesh) for name, mesh in patient.bones.items()}


def coarser(mesh: Mesh, normals: FloatArray, cell_mm: float) -> tuple[Mesh, FloatArray]:
    """``mesh`` with vertices that share a cell of ``cell_mm`` and look the same way merged into their mean, and its normals.

    Both sides of a thin wall look different ways and stay apart. Without cracks: every vertex goes to exactly one place.
    """
    low = mesh.bounds_mm[0]
    cells = np.floor((mesh.vertices_mm - low) / cell_mm).astype(np.int64)
    dominant = np.argmax(np.abs(normals), axis=1)
    way = 2 * dominant + (normals[np.arange(len(normals)), dominant] > 0)
    counts = cells.max(axis=0) + 1
    keys = ((cells[:, 0] * counts[1] + cells[:, 1]) * counts[2] + cells[:, 2]) * 6 + way
    merged = np.unique(keys, return_inverse=True)[1]
    size = np.bincount(merged)

    def mean(values: FloatArray) -> FloatArray:
        return np.stack([np.bincount(merged, values[:, axis]) / size for axis in range(3)], axis=1)

    faces = merged[mesh.faces]
    kept = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    faces = faces[kept]
    directions = mean(normals)
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    vertices = mean(mesh.vertices_mm)
    # merging folds a few triangles over; turned round they look the way of their neighbours again
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    folded = np.einsum("ij,ij->i", np.cross(b - a, c - a), directions[faces].sum(axis=1)) < 0.0
    faces[folded] = faces[folded][:, ::-1]
    return Mesh(vertices, faces), directions / np.where(lengths > 0, lengths, 1.0)


def _surface(name: str, mesh: Mesh) -> Surface:
    normals = kernels.smooth_normals(mesh.vertices_mm, mesh.faces, _SMOOTHING)
    cell_mm = _SACRUM_CELL_MM if name == "sacrum" else _CELL_MM
    edges = mesh.vertices_mm[mesh.faces[::50, 0]] - mesh.vertices_mm[mesh.faces[::50, 1]]
    if float(np.median(np.linalg.norm(edges, axis=1))) < 0.75 * cell_mm:
        mesh, normals = coarser(mesh, normals, cell_mm)
    colour = _COLOURS.get(name, palette.HIP)
    return Surface(mesh, colour, fade=_HIP_FADE if name.startswith("hip_") else 0.0, normals=normals)
