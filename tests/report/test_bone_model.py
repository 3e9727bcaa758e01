"""Bones made coarser for pictures keep their form."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from rfplan.geometry.mesh import Mesh
from rfplan.report.bone_model import bone_surfaces, coarser
from rfplan.report.raster_kernels import smooth_normals
from strategies import slab_patient, straight_nerve


@pytest.fixture(scope="module")
def dense_ball() -> tuple[Mesh, np.ndarray]:
    sphere = trimesh.creation.icosphere(subdivisions=6, radius=20.0)
    mesh = Mesh(sphere.vertices, sphere.faces)
    return mesh, smooth_normals(mesh.vertices_mm, mesh.faces, 0)


def test_a_dense_ball_loses_triangles_and_stays_a_ball(dense_ball) -> None:
    mesh, normals = dense_ball
    small, directions = coarser(mesh, normals, 2.0)
    assert len(small.faces) < 0.25 * len(mesh.faces)
    np.testing.assert_allclose(np.linalg.norm(small.vertices_mm, axis=1), 20.0, atol=0.15)
    assert np.min(np.einsum("ij,ij->i", directions, small.vertices_mm / 20.0)) > 0.99
    assert small.volume_mm3 == pytest.approx(mesh.volume_mm3, rel=0.01)


def test_every_triangle_looks_outward(dense_ball) -> None:
    small, _ = coarser(*dense_ball, 2.0)
    a, b, c = np.moveaxis(small.triangles_mm, 1, 0)
    outward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a + b + c)
    assert outward.min() >= 0.0


def test_both_sides_of_a_thin_wall_stay_apart() -> None:
    plate = trimesh.creation.box((30.0, 30.0, 0.6)).subdivide_to_size(0.5)
    mesh = Mesh(plate.vertices, plate.faces)
    small, _ = coarser(mesh, smooth_normals(mesh.vertices_mm, mesh.faces, 0), 2.0)
    inner = small.vertices_mm[np.all(np.abs(small.vertices_mm[:, :2]) < 12.0, axis=1)]
    np.testing.assert_allclose(np.abs(inner[:, 2]), 0.3, atol=1e-9)


def test_a_coarse_bone_is_left_as_it_is() -> None:
    patient = slab_patient((straight_nerve([22.0, 2.0, 0.0], [44.0, 2.0, 0.0]),))
    assert bone_surfaces(patient)["sacrum"].mesh is patient.bones["sacrum"]
