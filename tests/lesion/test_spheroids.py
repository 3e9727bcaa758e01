"""Distances, crossings and shadows of spheroids against closed forms and brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, example, given

from rfplan.lesion.shape_kernels import silhouettes
from rfplan.lesion.spheroid_kernels import segment_crossing, segment_distance
from rfplan.lesion.union_kernels import inside_lengths, polyline_distance, union_distance, union_volume
from strategies import numbers, points, polylines, spheroids, unit_vectors

FAR = 1e30
BALL = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 5.0, 5.0])
OVAL = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 7.0])


def group(*rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every row a group of its own, in its ball."""
    block = np.array(rows)
    balls = np.concatenate([block[:, :3], block[:, 6:].max(axis=1, keepdims=True)], axis=1)
    return block, np.arange(len(rows) + 1), balls


def inside(at: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Gauge of the spheroid: below 1 inside."""
    offset = at - row[:3]
    height = offset @ row[3:6]
    across = np.linalg.norm(offset - height[..., None] * row[3:6], axis=-1)
    return np.sqrt((across / row[6]) ** 2 + (height / row[7]) ** 2)


@given(points())
def test_distance_from_a_ball_is_that_from_its_centre_less_the_radius(place: np.ndarray) -> None:
    assert union_distance(place[None], BALL[None])[0] == pytest.approx(np.linalg.norm(place) - 5.0, abs=1e-12)


@pytest.mark.parametrize(
    ("place", "distance"),
    [
        ((0.0, 0.0, 0.0), -3.0),  # centre: the smaller semi-axis
        ((0.0, 0.0, 9.0), 2.0),  # past the pole
        ((5.0, 0.0, 0.0), 2.0),  # beside the equator
        ((0.0, 0.0, 6.9), -0.1),  # on the axis beyond the centre of curvature of the pole
        ((1.0, 0.0, 0.0), -2.0),
    ],
)
def test_distance_on_the_axes_of_a_spheroid(place: tuple[float, float, float], distance: float) -> None:
    assert union_distance(np.array([place]), OVAL[None])[0] == pytest.approx(distance, abs=1e-12)


@given(spheroids(), points())
@example(np.array([0.0, 0.0, 1.0, np.sin(0.505), 0.0, np.cos(0.505), 3.0, 1.0]), np.zeros(3))
def test_distance_leads_to_the_surface_and_no_surface_is_nearer(row: np.ndarray, place: np.ndarray) -> None:
    distance = union_distance(place[None], row[None])[0]
    assert (distance < 0) == (inside(place, row) < 1)
    # even in angle: steps even in z would leave the poles of a flat spheroid bare
    z = np.cos(np.linspace(0.0, np.pi, 60))
    turn = np.linspace(0.0, 2.0 * np.pi, 60)
    sphere = np.stack(
        [
            np.outer(np.sqrt(1 - z**2), np.cos(turn)),
            np.outer(np.sqrt(1 - z**2), np.sin(turn)),
            np.outer(z, np.ones(60)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    side = np.cross(row[3:6], np.eye(3)[np.argmin(np.abs(row[3:6]))])
    side /= np.linalg.norm(side)
    basis = np.stack([side, np.cross(row[3:6], side), row[3:6]])
    surface = row[:3] + (sphere * [row[6], row[6], row[7]]) @ basis
    nearest = np.linalg.norm(surface - place, axis=1).min()
    assert abs(distance) <= nearest + 1e-9
    assert abs(distance) >= nearest - 0.06 * row[6:].max() - 1e-9


@given(spheroids(), points(), points())
def test_signed_distance_changes_no_faster_than_the_place(row: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    one, other = union_distance(np.array([a, b]), row[None])
    assert abs(one - other) <= np.linalg.norm(a - b) + 1e-9


@given(spheroids(), points(), points())
def test_nearest_approach_of_a_segment_is_that_of_its_points(row: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    t = np.linspace(0.0, 1.0, 2001)[:, None]
    sampled = union_distance((1 - t) * a + t * b, row[None]).min()
    found = segment_distance(np.array([a, b]), 0, row[None], 0, FAR, 1e-10)
    assert found <= sampled + 1e-9
    assert found >= sampled - np.linalg.norm(b - a) / 2000 - 1e-9


@given(spheroids(), points(), points())
def test_crossing_ends_on_the_surface_and_splits_the_segment(row: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    t0, t1 = segment_crossing(np.array([a, b]), 0, row[None], 0)
    t = np.linspace(0.0, 1.0, 400)
    gauge = inside((1 - t[:, None]) * a + t[:, None] * b, row)
    within = (t > t0 + 1e-6) & (t < t1 - 1e-6)
    without = (t < t0 - 1e-6) | (t > t1 + 1e-6) | (t0 > t1)
    assert np.all(gauge[within] < 1.0 + 1e-9)
    assert np.all(gauge[without] > 1.0 - 1e-9)


@given(polylines(), spheroids(4.0), spheroids(4.0), spheroids(4.0))
def test_lengths_of_a_polyline_inside_a_union(line: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    rows = (a, b, c)
    total, longest = inside_lengths(line, *group(*rows))
    sampled_total = sampled_longest = running = 0.0
    for start, end in itertools.pairwise(line):
        length, count = np.linalg.norm(end - start), 600
        t = (np.arange(count) + 0.5) / count
        place = (1 - t[:, None]) * start + t[:, None] * end
        hit = np.any([inside(place, row) < 1.0 for row in rows], axis=0)
        sampled_total += hit.sum() * length / count
        for one in hit:
            running = running + length / count if one else 0.0
            sampled_longest = max(sampled_longest, running)
    slack = 0.15 * len(line)
    assert total == pytest.approx(sampled_total, abs=slack)
    assert longest <= total + 1e-9
    # a gap narrower than the samples may join two stretches there, never the other way round
    assert longest <= sampled_longest + slack


@given(polylines(), spheroids(4.0), spheroids(4.0), spheroids(4.0))
def test_a_polyline_has_length_inside_what_it_is_less_than_nothing_from(
    line: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> None:
    groups = group(a, b, c)
    distance = polyline_distance(line, *groups, 1e30, 1e-9)
    # what has no length has none inside
    assume(abs(distance) > 1e-6 and np.ptp(line, axis=0).max() > 1e-6)
    assert (inside_lengths(line, *groups)[0] > 0.0) == (distance < 0.0)


def test_a_gap_breaks_the_stretch_but_not_the_total() -> None:
    line = np.stack([np.linspace(-20.0, 20.0, 81), np.zeros(81), np.zeros(81)], axis=1)
    one, other = BALL.copy(), BALL.copy()
    one[0], other[0] = -6.0, 7.0
    total, longest = inside_lengths(line, *group(one, other))
    assert (total, longest) == (pytest.approx(20.0), pytest.approx(10.0))
    other[0] = 3.0
    total, longest = inside_lengths(line, *group(one, other))
    assert (total, longest) == (pytest.approx(19.0), pytest.approx(19.0))


@given(polylines(), spheroids(), spheroids(), spheroids())
def test_distance_of_a_polyline_is_the_smallest_of_its_segments(
    line: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> None:
    rows = (a, b, c)
    found = polyline_distance(line, *group(*rows), FAR, 1e-10)
    pieces = itertools.pairwise(line)
    each = [
        segment_distance(np.array([start, end]), 0, row[None], 0, FAR, 1e-10) for start, end in pieces for row in rows
    ]
    assert found == pytest.approx(min(each), abs=1e-8)


@given(spheroids(), unit_vectors(), points())
def test_shadow_is_where_a_beam_meets_the_spheroid(row: np.ndarray, beam: np.ndarray, place: np.ndarray) -> None:
    flat, balls = np.empty((1, 8)), np.empty((1, 4))
    silhouettes(row[None], beam, flat, np.append(row[:3], row[6:].max())[None], balls)
    foot = place - (place @ beam) * beam
    t0, t1 = segment_crossing(np.array([foot - 60.0 * beam, foot + 60.0 * beam]), 0, row[None], 0)
    in_shadow = union_distance(foot[None], flat)[0]
    assert flat[0, :3] @ beam == pytest.approx(0.0, abs=1e-12)
    if abs(in_shadow) > 1e-6:
        assert (in_shadow < 0) == (t0 < t1)


@given(numbers(1.0, 8.0), numbers(1.0, 8.0), unit_vectors())
def test_volume_of_one_spheroid(across: float, along: float, axis: np.ndarray) -> None:
    row = np.concatenate([[1.0, 2.0, 3.0], axis, [across, along]])
    assert union_volume(row[None], 0.02 * across) == pytest.approx(4 / 3 * np.pi * across**2 * along, rel=2e-3)


def test_volume_of_two_overlapping_balls() -> None:
    other = BALL.copy()
    other[0] = 6.0
    lens = np.pi * (4 * 5 + 6) * (2 * 5 - 6) ** 2 / 12
    assert union_volume(np.array([BALL, other]), 0.1) == pytest.approx(2 * 4 / 3 * np.pi * 125 - lens, rel=2e-3)
