"""How far shadows reach behind the posterior joint line: against dense sampling, and never jumping."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.silhouette_kernels import binned
from rfplan.planning.joint_area_kernels import deepest_outline, deepest_spheroid, depth_behind
from strategies import numbers, spheroids, unit_vectors

_FAR_MM = 1e4
SIDES = st.sampled_from([-1.0, 1.0])


@st.composite
def joints(draw: st.DrawFn) -> FloatArray:
    """Lines that mostly run downwards: nearly level and doubled stretches and spikes among them."""
    steps = draw(
        st.lists(st.tuples(numbers(-9.0, 9.0), st.sampled_from([0.0, 0.01, 2.0, 5.0])), min_size=1, max_size=8)
    )
    line = np.cumsum(np.array([[0.0, 0.0], *steps]), axis=0)
    return line - 0.5 * (line[0] + line[-1])


def area_edge(line: FloatArray, outward: float) -> FloatArray:
    """Corners of the area behind the joint, cut off far away."""
    (top, _), (low, _) = line[0], line[-1]
    far = outward * _FAR_MM
    return np.concatenate([[[top, -_FAR_MM]], line, [[low, _FAR_MM], [far, _FAR_MM], [far, -_FAR_MM]]])


def reference_depths(line: FloatArray, outward: float, points: FloatArray) -> FloatArray:
    corners = area_edge(line, outward)
    ends = np.concatenate([corners, corners[:1]])
    start, step = ends[:-1], np.diff(ends, axis=0)
    share = ((points[:, None] - start) * step).sum(axis=-1) / np.maximum((step**2).sum(axis=-1), 1e-30)
    nearest = start + np.clip(share, 0.0, 1.0)[..., None] * step
    away = np.linalg.norm(points[:, None] - nearest, axis=-1).min(axis=1)
    return np.where(Path(ends).contains_points(points), away, -away)


@given(joints(), SIDES, st.lists(st.tuples(numbers(-25.0, 25.0), numbers(-25.0, 25.0)), min_size=20, max_size=20))
def test_depth_is_the_distance_from_the_edge_of_the_area(line: FloatArray, outward: float, places: list) -> None:
    points = np.array(places)
    ours = np.array([depth_behind(line, outward, x, y) for x, y in points])
    assert ours == pytest.approx(reference_depths(line, outward, points), abs=1e-6)


def outline(row: FloatArray, count: int) -> FloatArray:
    """(count, 2) outline of a spheroid's shadow along the third axis."""
    axis, across, along = row[3:5], row[6], row[7]
    turn = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    normal = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    lean = normal @ axis
    reach = np.sqrt(along**2 * lean**2 + across**2 * (1.0 - lean**2))
    return row[:2] + (across**2 * normal + (along**2 - across**2) * lean[:, None] * axis) / reach[:, None]


@given(joints(), SIDES, st.lists(spheroids(20.0), min_size=1, max_size=3))
def test_deepest_point_of_spheroids(line: FloatArray, outward: float, rows: list) -> None:
    found = deepest_spheroid(line, outward, np.eye(3)[0], np.eye(3)[1], np.array(rows))
    sampled = max(depth_behind(line, outward, x, y) for row in rows for x, y in outline(row, 2000))
    arc = max(max(row[6:]) ** 2 / min(row[6:]) for row in rows) * 2.0 * np.pi / 2000
    assert sampled - 1e-9 <= found <= sampled + arc


@given(joints(), SIDES, st.lists(spheroids(20.0), min_size=1, max_size=3), st.integers(5, 40))
def test_deepest_point_of_outlines_is_that_of_their_pieces(
    line: FloatArray, outward: float, rows: list, count: int
) -> None:
    corners = [outline(row, count) for row in rows]
    pieces = [np.concatenate([around, np.roll(around, -1, axis=0)], axis=1) for around in corners]
    sorted_pieces, bins = zip(*[binned(piece) for piece in pieces], strict=True)
    starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    found = deepest_outline(line, outward, np.concatenate(sorted_pieces), starts, np.stack(bins))
    share = np.linspace(0.0, 1.0, 101)[:, None]
    samples = np.concatenate([piece[:2] + share * (piece[2:] - piece[:2]) for own in pieces for piece in own])
    sampled = max(depth_behind(line, outward, x, y) for x, y in samples)
    longest = max(np.linalg.norm(piece[2:] - piece[:2]) for own in pieces for piece in own)
    assert sampled - 0.002 - 1e-9 <= found <= sampled + longest / 200 + 1e-9


@given(joints(), SIDES, spheroids(20.0), unit_vectors(), numbers(0.0, 2.0))
def test_the_measure_changes_by_no_more_than_the_lesion_is_moved(
    line: FloatArray, outward: float, row: FloatArray, way: FloatArray, moved_mm: float
) -> None:
    there = row.copy()
    there[:3] += moved_mm * way
    one, other = (
        deepest_spheroid(line, outward, np.eye(3)[0], np.eye(3)[1], np.array([entry])) for entry in (row, there)
    )
    assert abs(one - other) <= moved_mm * np.hypot(way[0], way[1]) + 1e-6
