"""The octree itself: leaves, their faces, finding a leaf, and values between the centres."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan import InputError
from rfplan.lesion.octree import faces_of, octree
from rfplan.lesion.octree_field import OctreeField, corners_of
from rfplan.lesion.octree_field_kernels import leaf_at

HALF_MM = 8.0
inside = st.floats(-7.5, 7.5, allow_nan=False)
places = st.tuples(inside, inside, inside)


@st.composite
def trees(draw):
    """Fine at a few points, coarser away from them, in any number of roots."""
    fine = np.array(draw(st.lists(places, min_size=1, max_size=3)))
    slope = draw(st.floats(0.5, 2.0))
    smallest = draw(st.sampled_from([0.3, 0.5, 0.7]))

    def wanted(points, size):
        return smallest + slope * np.linalg.norm(points[:, None] - fine, axis=-1).min(axis=1)

    return octree(np.array([0.1, -0.2, 0.3]), HALF_MM, smallest, draw(st.sampled_from([2.0, 4.0, 8.0])), wanted)


def uniform(points, size):
    return np.full(len(points), 0.5)


def graded(points, size):
    return 0.25 + 0.25 * np.linalg.norm(points - [1.0, 2.0, 0.5], axis=1)


def found(tree, point):
    return leaf_at(tree.child, tree.roots, tree.origin_mm, tree.root_mm, *np.asarray(point, dtype=float))


@settings(max_examples=25, deadline=None)
@given(trees())
def test_leaves_tile_the_cube(tree):
    assert (tree.sizes_mm**3).sum() == pytest.approx((tree.roots * tree.root_mm) ** 3, rel=1e-12)
    # as every centre is found in its own leaf, none lies in another
    assert [found(tree, centre)[0] for centre in tree.centres_mm] == list(range(tree.leaves))
    end = tree.origin_mm + tree.roots * tree.root_mm
    half = 0.5 * tree.sizes_mm[:, None]
    assert (tree.centres_mm - half >= tree.origin_mm - 1e-9).all()
    assert (tree.centres_mm + half <= end + 1e-9).all()


@settings(max_examples=15, deadline=None)
@given(trees())
def test_leaves_that_touch_differ_by_one_level_at_most(tree):
    # brute force over all pairs, also those that share an edge or a corner only
    centres, half = tree.centres_mm, 0.5 * tree.sizes_mm
    for n in range(tree.leaves):
        touch = (np.abs(centres - centres[n]) <= (half + half[n])[:, None] + 1e-9).all(axis=1)
        assert np.abs(tree.level[touch] - tree.level[n]).max() <= 1


@settings(max_examples=25, deadline=None)
@given(trees())
def test_every_face_is_found_once(tree):
    faces, size = faces_of(tree), tree.sizes_mm
    area = np.zeros(tree.leaves)
    for side in (faces.low, faces.high):
        np.add.at(area, side, size[side] ** 2)
    np.add.at(area, faces.coarse, size[faces.coarse] ** 2)
    np.add.at(area, faces.fine, size[faces.fine] ** 2)
    np.add.at(area, faces.outer, size[faces.outer] ** 2)
    assert area == pytest.approx(6.0 * size**2, rel=1e-12)
    # and they are where they are said to be
    step = tree.centres_mm[faces.high] - tree.centres_mm[faces.low]
    assert step == pytest.approx(np.eye(3)[faces.axis] * size[faces.low][:, None], abs=1e-9)
    way = (faces.group_way[:, None] * np.eye(3)[faces.group_axis])[:, None] * 0.75 * size[faces.coarse][:, None, None]
    group = tree.centres_mm[faces.coarse][:, None] - tree.centres_mm[faces.fine]
    assert group.mean(axis=1) == pytest.approx(way[:, 0], abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(trees(), st.lists(places, min_size=1, max_size=20))
def test_the_leaf_that_holds_a_point(tree, points):
    for point in points:
        leaf, edge, *part = found(tree, point)
        assert edge == pytest.approx(tree.sizes_mm[leaf])
        assert np.abs(np.array(point) - tree.centres_mm[leaf]).max() <= 0.5 * edge + 1e-9
        corner = tree.centres_mm[leaf] - 0.5 * edge
        assert corner + edge * np.array(part) == pytest.approx(np.array(point), abs=1e-9)


def test_outside_it_is_the_nearest_leaf():
    tree = octree(np.zeros(3), 4.0, 0.5, 2.0, graded)
    leaf = found(tree, [100.0, 0.1, 0.1])[0]
    assert leaf == found(tree, [3.999, 0.1, 0.1])[0]


def test_leaves_are_no_larger_than_wanted():
    tree = octree(np.zeros(3), HALF_MM, 0.25, 4.0, graded)
    assert (tree.sizes_mm <= graded(tree.centres_mm, 0.0) * (1.0 + 1e-9)).all()


def test_too_many_leaves_are_refused(monkeypatch):
    monkeypatch.setattr("rfplan.lesion.octree.MOST_CELLS", 30_000)
    with pytest.raises(InputError, match="cells; use a coarser --accuracy"):
        octree(np.zeros(3), 100.0, 0.1, 12.8, lambda points, size: np.full(len(points), 0.1))


@settings(max_examples=20, deadline=None)
@given(trees(), st.integers(0, 1000))
def test_what_runs_straight_is_found_exactly(tree, seed):
    rng = np.random.default_rng(seed)
    slope = rng.normal(size=3)
    field = OctreeField(tree, {"end_c": 3.0 + tree.centres_mm @ slope}, np.zeros(tree.leaves, dtype=np.int64))
    at_edge = np.abs(corners_of(tree).places_mm - tree.origin_mm - 0.5 * tree.roots * tree.root_mm).max(axis=1)
    largest = tree.sizes_mm.max()
    reach = at_edge.max() - 1.01 * largest
    if reach <= 0.0:
        return
    points = tree.origin_mm + 0.5 * tree.roots * tree.root_mm + rng.uniform(-reach, reach, (50, 3))
    assert field.at("end_c", points) == pytest.approx(3.0 + points @ slope, abs=1e-6)


def parabola(points):
    return 2.0 + points @ [0.3, -0.2, 0.5] + points[..., 0] ** 2 - 0.7 * points[..., 1] * points[..., 2]


def test_a_parabola_is_found_exactly_where_leaves_are_alike():
    tree = octree(np.zeros(3), HALF_MM, 0.5, 2.0, uniform)
    field = OctreeField(tree, {"end_c": parabola(tree.centres_mm)}, np.zeros(tree.leaves, dtype=np.int64))
    points = np.random.default_rng(1).uniform(-6.0, 6.0, (500, 3))
    assert field.at("end_c", points) == pytest.approx(parabola(points), abs=1e-6)


def test_values_between_leaves_of_many_sizes_converge_in_second_order():
    off = []
    for part in (1.0, 0.5):
        tree = octree(np.zeros(3), HALF_MM, 0.25 * part, 2.0, lambda p, s, part=part: part * graded(p, s))
        field = OctreeField(tree, {"end_c": parabola(tree.centres_mm)}, np.zeros(tree.leaves, dtype=np.int64))
        points = np.random.default_rng(1).uniform(-5.0, 5.0, (2000, 3))
        off.append(np.sqrt(np.mean((field.at("end_c", points) - parabola(points)) ** 2)))
    assert off[1] < off[0] / 3.0
    assert off[0] < 0.3


def test_values_do_not_jump_between_leaves():
    tree = octree(np.zeros(3), HALF_MM, 0.25, 2.0, graded)
    field = OctreeField(tree, {"end_c": parabola(tree.centres_mm)}, np.zeros(tree.leaves, dtype=np.int64))
    faces = faces_of(tree)
    on_face = 0.5 * (tree.centres_mm[faces.low] + tree.centres_mm[faces.high])
    step = 1e-7 * np.eye(3)[faces.axis]
    assert field.at("end_c", on_face + step) == pytest.approx(field.at("end_c", on_face - step), abs=1e-4)
