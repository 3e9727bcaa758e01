"""Meshes and their topology, on solids whose answers are known."""

import numpy as np
import pytest
import trimesh

from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh, topology


def mesh_of(solid: trimesh.Trimesh) -> Mesh:
    return Mesh(solid.vertices, solid.faces)


@pytest.mark.parametrize(
    ("solid", "genus", "components"),
    [
        (trimesh.creation.icosphere(3), 0, 1),
        (trimesh.creation.torus(5, 1), 1, 1),
        (trimesh.util.concatenate([trimesh.creation.box(), trimesh.creation.torus(5, 1)]), 1, 2),
    ],
)
def test_topology_of_known_solids(solid, genus, components):
    found = topology(mesh_of(solid))
    assert found.closed
    assert found.consistent_winding
    assert (found.genus, found.components, found.boundary_edges) == (genus, components, 0)


def test_a_missing_face_is_a_hole_of_three_edges():
    ball = trimesh.creation.icosphere(2)
    found = topology(Mesh(ball.vertices, ball.faces[1:]))
    assert not found.closed
    assert found.boundary_edges == 3


def test_a_flipped_face_breaks_the_winding():
    ball = trimesh.creation.icosphere(2)
    faces = ball.faces.copy()
    faces[0] = faces[0, ::-1]
    found = topology(Mesh(ball.vertices, faces))
    assert found.closed
    assert not found.consistent_winding


def test_volume_is_that_of_the_solid_and_survives_a_mirror():
    box = mesh_of(trimesh.creation.box((2, 3, 4)))
    assert box.volume_mm3 == pytest.approx(24)
    assert box.moved(Isometry.mirror_left_right()).volume_mm3 == pytest.approx(24)


def test_normals_of_a_ball_point_outward():
    ball = mesh_of(trimesh.creation.icosphere(3))
    assert np.all(np.einsum("ij,ij->i", ball.vertex_normals, ball.vertices_mm) > 0.99)


def test_a_mesh_cannot_be_changed():
    ball = mesh_of(trimesh.creation.icosphere(1))
    with pytest.raises(ValueError, match="read-only"):
        ball.vertices_mm[0] = 0
