"""The distance field against closed forms."""

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from rfplan.geometry.distance import DistanceField
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh

RADIUS_MM = 12.0


@pytest.fixture(scope="module")
def ball() -> DistanceField:
    solid = trimesh.creation.icosphere(5, radius=RADIUS_MM)
    return DistanceField.of([Mesh(solid.vertices, solid.faces)], [[-22, -22, -22], [22, 22, 22]])


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return np.random.default_rng(3).uniform(-21, 21, (4000, 3))


def test_distance_to_a_ball(ball, points):
    exact = np.clip(np.linalg.norm(points, axis=1) - RADIUS_MM, -ball.band_mm, ball.band_mm)
    error = np.abs(ball(points) - exact)
    # within a cell of the bone only interpolation between nodes 1 mm apart is left; farther out the nearest face is nearly right
    assert np.max(error[np.abs(exact) < 1.5]) < 0.08
    assert np.max(error[np.abs(exact) < ball.band_mm - 2]) < 0.2
    assert np.mean(error) < 0.05


def test_beyond_the_grid_it_is_the_band(ball):
    assert ball(np.array([500.0, 0, 0])) == ball.band_mm


def test_the_union_of_two_balls_is_the_nearer_one(points):
    balls = [trimesh.creation.icosphere(4, radius=5) for _ in range(2)]
    balls[0].apply_translation((-8, 0, 0))
    balls[1].apply_translation((8, 0, 0))
    field = DistanceField.of([Mesh(b.vertices, b.faces) for b in balls], [[-20, -12, -12], [20, 12, 12]], 0.8, 5.0)
    inside = points[np.all(np.abs(points) < (20, 12, 12), axis=1)]
    exact = np.minimum(np.linalg.norm(inside + (8, 0, 0), axis=1), np.linalg.norm(inside - (8, 0, 0), axis=1)) - 5
    near = np.abs(exact) < 3
    assert np.max(np.abs(field(inside) - exact)[near]) < 0.12


@given(st.floats(-180, 180), st.booleans())
def test_it_moves_with_the_bone(ball, angle_deg, mirrored):
    motion = Isometry.rotation((1, 2, 3), angle_deg, (5, 0, 0))
    if mirrored:
        motion = motion.after(Isometry.mirror_left_right())
    where = np.array([[3.0, 10.0, 4.0], [0.0, -14.0, 1.0]])
    assert np.allclose(ball.moved(motion)(motion.points(where)), ball(where), atol=1e-9)
