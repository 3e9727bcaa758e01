from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.errors import RfplanError
from rfplan.geometry.implicit import (
    capsule,
    ellipsoid,
    gradient,
    mesh_of,
    relaxed,
    smooth_difference,
    smooth_intersection,
    smooth_union,
)
from rfplan.geometry.mesh import topology

distances = st.floats(-50.0, 50.0)
blends = st.floats(0.1, 10.0)


@given(distances, distances, blends)
def test_union_is_the_smaller_field_away_from_the_blend_and_never_above_it(a, b, blend):
    union = smooth_union(a, b, blend)
    assert union <= min(a, b) + 1e-12
    assert union >= min(a, b) - blend / 4 - 1e-12
    if abs(a - b) >= blend:
        assert union == min(a, b)
    assert union == smooth_union(b, a, blend)


@given(distances, distances, blends)
def test_intersection_and_difference_follow_from_union(a, b, blend):
    assert smooth_intersection(a, b, blend) == -smooth_union(-a, -b, blend)
    assert smooth_difference(a, b, blend) == smooth_intersection(a, -b, blend)


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(-30, 30))
def test_ellipsoid_with_equal_radii_is_a_sphere(x, y, z):
    point = np.array([[x, y, z]])
    radius = np.linalg.norm(point)
    if radius < 1e-3:
        return
    found = ellipsoid(point, [0, 0, 0], np.eye(3), (5.0, 5.0, 5.0))
    assert found[0] == pytest.approx(radius - 5.0, abs=1e-9)


def test_ellipsoid_is_zero_on_its_surface_and_steep_as_a_distance():
    rng = np.random.default_rng(3)
    directions = rng.normal(size=(100, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    turned = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    radii = (3.0, 7.0, 5.0)
    surface = [1.0, 2.0, 3.0] + (directions * radii) @ turned

    def field(points):
        return ellipsoid(points, [1.0, 2.0, 3.0], turned, radii)

    assert np.abs(field(surface)).max() < 1e-9
    assert np.linalg.norm(gradient(field, surface, 1e-4), axis=1) == pytest.approx(np.ones(100), abs=1e-3)


def test_capsule_is_the_distance_to_its_line_less_its_radius():
    points = np.array([[0.0, 3.0, 0.0], [5.0, 3.0, 0.0], [14.0, 0.0, 0.0], [-2.0, 0.0, 0.0]])
    assert capsule(points, [0, 0, 0], [10, 0, 0], 1.0, 1.0) == pytest.approx([2.0, 2.0, 3.0, 1.0])
    assert capsule(points, [0, 0, 0], [10, 0, 0], 1.0, 2.0) == pytest.approx([2.0, 1.5, 2.0, 1.0])


def sphere(radius):
    return lambda points: np.linalg.norm(points, axis=1) - radius


@pytest.mark.parametrize("symmetric", [True, False])
def test_mesh_of_a_sphere(symmetric):
    mesh = mesh_of(sphere(12.0), [[-16] * 3, [16] * 3], 0.7, symmetric_x=symmetric)
    found = topology(mesh)
    assert (found.closed, found.consistent_winding, found.components, found.genus) == (True, True, 1, 0)
    assert np.linalg.norm(mesh.vertices_mm, axis=1) == pytest.approx(12.0, abs=0.02)
    assert mesh.volume_mm3 == pytest.approx(4 / 3 * np.pi * 12**3, rel=5e-3)


def test_mesh_of_a_ring_has_one_handle_and_mirror_images_of_its_vertices():
    def ring(points):
        return np.hypot(np.hypot(points[:, 0], points[:, 1]) - 10.0, points[:, 2]) - 3.0

    mesh = mesh_of(ring, [[-16] * 3, [16] * 3], 0.6, symmetric_x=True)
    assert topology(mesh).genus == 1
    assert {tuple(v) for v in mesh.vertices_mm * [-1, 1, 1] + 0.0} == {tuple(v) for v in mesh.vertices_mm + 0.0}


def test_fine_and_coarse_meshes_converge():
    def error(spacing):
        mesh = mesh_of(sphere(9.0), [[-14] * 3, [14] * 3], spacing)
        return abs(mesh.volume_mm3 / (4 / 3 * np.pi * 9**3) - 1.0)

    assert error(0.5) < 0.35 * error(1.0)


def test_relaxing_evens_the_triangles_and_keeps_the_surface():
    rough = mesh_of(sphere(12.0), [[-16] * 3, [16] * 3], 0.7)
    even = relaxed(rough, sphere(12.0))

    def smallest_share(mesh):
        a, b, c = np.moveaxis(mesh.triangles_mm, 1, 0)
        areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
        return np.quantile(areas, 0.02) / np.median(areas)

    assert smallest_share(even) > 2 * smallest_share(rough)
    assert topology(even) == topology(rough)
    assert np.linalg.norm(even.vertices_mm, axis=1) == pytest.approx(12.0, abs=2e-3)


@pytest.mark.parametrize("radius", [-1.0, 30.0])
def test_an_empty_or_cut_shape_is_refused(radius):
    with pytest.raises(RfplanError, match="empty or reaches the edge"):
        mesh_of(sphere(radius), [[-16] * 3, [16] * 3], 1.0)
