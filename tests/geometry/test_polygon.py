"""Triangles of plane polygons."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rfplan.geometry.polygon import triangulated


def star(radii, centre=(0.0, 0.0)):
    angle = np.linspace(0.0, 2 * np.pi, len(radii), endpoint=False)
    return np.asarray(centre) + np.stack([radii * np.cos(angle), radii * np.sin(angle)], axis=1)


def signed_area(ring):
    x, y = ring.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def triangle_areas(points, triangles):
    a, b, c = points[triangles].transpose(1, 0, 2)
    u, v = b - a, c - a
    return 0.5 * (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


@given(st.lists(st.floats(5.0, 10.0), min_size=3, max_size=40))
def test_a_star_is_covered_once(radii):
    ring = star(np.array(radii))
    triangles = triangulated([ring])
    areas = triangle_areas(ring, triangles)
    assert len(triangles) == len(ring) - 2
    assert np.all(areas > -1e-9)
    assert np.isclose(areas.sum(), signed_area(ring))


@given(
    st.lists(st.floats(8.0, 12.0), min_size=6, max_size=30),
    st.lists(st.floats(0.5, 2.0), min_size=3, max_size=12),
    st.lists(st.floats(0.5, 2.0), min_size=3, max_size=12),
)
def test_islands_are_left_out(outer, first, second):
    rings = [
        star(np.array(outer)),
        star(np.array(first), (-2.2, 0.0))[::-1],
        star(np.array(second), (2.2, 0.0))[::-1],
    ]
    points = np.concatenate(rings)
    triangles = triangulated(rings)
    areas = triangle_areas(points, triangles)
    assert np.isclose(areas.sum(), sum(signed_area(ring) for ring in rings))
    assert np.all(areas > -1e-9)
    # every edge of every ring bounds exactly one triangle, every other edge two
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    counts = np.unique(edges, axis=0, return_counts=True)[1]
    assert np.sum(counts == 1) == len(points)
    assert np.all(counts <= 2)
