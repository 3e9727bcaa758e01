"""Lesion maps against fields whose isotherms are balls and spheroids, and against solved fields sampled densely."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

import rfplan
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import Isometry
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.lesion_map import SPACING_MM, LesionMap, SurfaceMap, lesion_map
from rfplan.lesion.map_line_kernels import (
    far_approach,
    farthest_vertex,
    grid_distance,
    nearest_approach,
    stretches_inside,
    ways_along,
)
from rfplan.lesion.map_table import chosen_maps, map_table
from rfplan.lesion.silhouette_kernels import binned, contour, outline_approach, silhouette_distance
from rfplan.lesion.spheroid_kernels import distance_and_slope
from rfplan.lesion.surroundings import Surroundings
from strategies import SpheroidField, lines, numbers, points, rigid_motions, unit_vectors

NONE = np.empty((0, 4))


BALL = SpheroidField(5.0, 5.0, (1.0, -2.0, 3.5))
OVAL = SpheroidField(4.5, 8.0, (0.3, 0.1, 5.0))


def surface(field: SpheroidField, isotherm: int = 1) -> SurfaceMap:
    found = lesion_map(field).surfaces[isotherm]
    assert found is not None
    return found


def exact(field: SpheroidField, places: FloatArray, isotherm_c: float = 50.0) -> FloatArray:
    rows = field.row(isotherm_c)[None]
    flat = np.asarray(places, dtype=float).reshape(-1, 3)
    return np.array([distance_and_slope(*p, 0.0, 0.0, 0.0, rows, 0)[0] for p in flat])


@pytest.mark.parametrize("field", [BALL, OVAL])
@pytest.mark.parametrize("isotherm", range(4))
def test_distances_at_the_nodes_are_those_of_a_spheroid(field: SpheroidField, isotherm: int) -> None:
    found = surface(field, isotherm)
    nodes = np.stack(np.meshgrid(*(np.arange(n) for n in found.values_mm.shape), indexing="ij"), axis=-1)
    places = (found.origin_mm + SPACING_MM * nodes).reshape(-1, 3)
    off = np.abs(found.values_mm.ravel() - exact(field, places, ISOTHERMS_C[isotherm]))
    near = np.abs(found.values_mm.ravel()) < 0.7
    assert off[near].max() < 0.04
    assert off.max() < 0.07


@settings(max_examples=200)
@given(points(9.0))
def test_distances_between_nodes_are_right_to_a_few_hundredths(place: FloatArray) -> None:
    found, at = surface(OVAL), place + [0.0, 0.0, 5.0]
    value = grid_distance(found.values_mm, found.origin_mm, *at)
    (true,) = exact(OVAL, at)
    if true < 1.9:
        # on the axis distance has a ridge, which no grid follows
        assert value == pytest.approx(true, abs=0.05 if true > -2.0 else 0.35)
    else:
        assert value <= true + 0.04


def test_triangles_lie_on_the_surface_and_look_out() -> None:
    for field in (BALL, OVAL):
        found = surface(field)
        assert np.abs(exact(field, found.vertices_mm)).max() < 0.01
        a, b, c = np.moveaxis(found.vertices_mm[found.faces].astype(float), 1, 0)
        out = np.cross(b - a, c - a)
        assert (np.einsum("ij,ij->i", out, (a + b + c) / 3.0 - field.centre_mm) > 0.0).all()
        step = np.linalg.norm(found.normals, axis=1)
        assert step == pytest.approx(1.0, abs=1e-3)
        for n, (x, y, z, radius) in enumerate(found.leaves):
            leaf = found.vertices_mm[32 * n : 32 * n + 32]
            assert (np.linalg.norm(leaf - [x, y, z], axis=1) <= radius + 1e-5).all()


def test_a_lesion_too_cold_has_no_surface() -> None:
    class Cold:
        def at(self, name: str, points_mm: FloatArray) -> FloatArray:
            return 37.0 + 10.0 * np.exp(-((np.asarray(points_mm) ** 2).sum(axis=-1)) / 50.0)

    found = lesion_map(Cold())
    assert found.surfaces[0] is not None
    assert found.surfaces[1:] == (None, None, None)
    table = map_table([found, LesionMap((None,) * 4)])
    assert (table.heads[0, 1:] == 0).all()
    assert (table.heads[1] == 0).all()


def test_a_map_is_small() -> None:
    lesion = rfplan.solve_lesion(rfplan.electrode("conventional-20g-10mm"), accuracy="fast")
    made = lesion_map(lesion.field)
    assert made.size_bytes < 3e6


def dense(line: FloatArray, count: int = 400) -> tuple[FloatArray, FloatArray]:
    ways = ways_along(line)
    at = np.linspace(0.0, ways[-1], count)
    return np.stack([np.interp(at, ways, line[:, n]) for n in range(3)], axis=1), at


@given(lines())
def test_lengths_and_nearest_approach_of_lines(line: FloatArray) -> None:
    found, ways = surface(OVAL), ways_along(line)
    places, at = dense(line)
    true = exact(OVAL, places)
    lowest = true.min()
    near = nearest_approach(line, ways, False, found.values_mm, found.origin_mm, NONE, NONE, 2.0, 0.005)
    if lowest < 1.9:
        slack = 0.5 * (at[1] - at[0])
        assert lowest - slack - 0.05 <= near <= lowest + 0.05 + (0.3 if lowest < -2.0 else 0.0)
    lows, highs = np.empty(64), np.empty(64)
    count = stretches_inside(line, ways, found.values_mm, found.origin_mm, lows, highs, 0)
    inside = float((highs[:count] - lows[:count]).sum())
    # what the error of the surface, a few hundredths of a mm, may move where the line crosses it
    least = float((true <= -0.04).mean() * ways[-1])
    most = float((true <= 0.04).mean() * ways[-1])
    assert least - 2.0 * (at[1] - at[0]) - 0.01 <= inside <= most + 2.0 * (at[1] - at[0]) + 0.01


@pytest.mark.parametrize("isotherm", range(4))
def test_a_ball_is_bent_alike_everywhere(isotherm: int) -> None:
    found = surface(BALL, isotherm)
    radius = np.linalg.norm(found.vertices_mm - np.float32(BALL.centre_mm), axis=1).mean()
    assert found.bends == pytest.approx(
        np.full(len(found.bends), 1.0 / radius), rel=0.08
    )  # normals come from a grid of half a mm


@given(lines(40.0))
def test_far_lines(line: FloatArray) -> None:
    found = surface(OVAL)
    places, at = dense(line, 2000)
    lowest = exact(OVAL, places).min()
    if lowest > 2.0:
        far = far_approach(line, found.leaves, found.vertices_mm, found.normals, found.bends, 1e30)
        assert far == pytest.approx(lowest, abs=0.05 + 0.5 * (at[1] - at[0]))
        assert (
            far_approach(line, found.leaves, found.vertices_mm, found.normals, found.bends, 0.5 * lowest)
            == 0.5 * lowest
        )


@given(lines(40.0))
def test_lines_far_from_a_ball(line: FloatArray) -> None:
    found = surface(BALL)
    places, at = dense(line, 2000)
    lowest = exact(BALL, places).min()
    if lowest > 2.0:
        far = far_approach(line, found.leaves, found.vertices_mm, found.normals, found.bends, 1e30)
        # less than a bend of the line may cost between two vertices of the surface
        assert far == pytest.approx(lowest, abs=0.03 + 0.5 * (at[1] - at[0]))


@given(unit_vectors(), points(12.0))
def test_shadows_of_a_spheroid_are_ellipses(beam: FloatArray, place: FloatArray) -> None:
    found = surface(OVAL)
    helper = np.eye(3)[int(np.argmin(np.abs(beam)))]
    x = np.cross(helper, beam)
    x /= np.linalg.norm(x)
    plane = np.stack([x, np.cross(beam, x), beam])
    pieces, bins = binned(contour(found.vertices_mm, found.normals, found.faces, 0, plane, np.zeros(2)))
    row = OVAL.row(50.0)
    at = plane @ place
    centre = plane @ row[:3]
    # the ellipse as the section of a spheroid that lies in the plane
    lean = plane[:2] @ row[3:6]
    size = float(np.linalg.norm(lean))
    along = np.hypot(row[7] * size, row[6] * np.sqrt(max(0.0, 1.0 - size**2)))
    axis = np.append(lean / size, 0.0) if size > 1e-9 else np.array([1.0, 0.0, 0.0])
    flat = np.concatenate([[centre[0], centre[1], 0.0], axis, [row[6], along]])[None]
    (true,) = [distance_and_slope(at[0], at[1], 0.0, 0.0, 0.0, 0.0, flat, 0)[0]]
    assert silhouette_distance(pieces, bins, at[0], at[1]) == pytest.approx(true, abs=0.08)
    if true > 2.0:
        line = np.array([[at[0], at[1], 0.0], [at[0], at[1], 0.0]])
        assert outline_approach(line, pieces, bins, 1e30) == pytest.approx(true, abs=0.08)


@given(unit_vectors())
def test_the_farthest_vertex_is_the_farthest(way: FloatArray) -> None:
    found = surface(OVAL)
    v = farthest_vertex(found.leaves, found.vertices_mm, *way)
    reach = found.vertices_mm.astype(float) @ way
    assert reach[v] == pytest.approx(reach.max(), abs=1e-5)


@pytest.fixture(scope="module")
def solved():
    kinds = [
        Surroundings(),
        Surroundings(bone_gap_mm=0.5, bone_angle_deg=60.0),
        Surroundings(bone_gap_mm=0.0, bone_angle_deg=90.0),
    ]
    device = rfplan.electrode("conventional-20g-10mm")
    return [rfplan.solve_lesion(device, surroundings=around, accuracy="fast") for around in kinds]


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("isotherm", range(4))
def test_the_map_encloses_what_is_hot_enough_in_a_solved_field(solved, kind: int, isotherm: int) -> None:
    field = solved[kind].field
    found = lesion_map(field).surfaces[isotherm]
    assert found is not None
    rng = np.random.default_rng(isotherm)
    high = found.origin_mm + SPACING_MM * (np.array(found.values_mm.shape) - 1)
    places = rng.uniform(found.origin_mm, high, (4000, 3))
    values = np.array([grid_distance(found.values_mm, found.origin_mm, *p) for p in places])
    hot = field.at("end_c", places) >= ISOTHERMS_C[isotherm]
    assert hot[values < -0.06].all()
    assert not hot[values > 0.06].any()
    # the width of the band in which the two differ
    assert (hot != (values < 0.0)).mean() < 0.004


@given(rigid_motions(), numbers(-4.0, 4.0), numbers(-4.0, 4.0))
@settings(max_examples=30)
def test_lengths_in_a_solved_field_at_any_pose(solved, motion: Isometry, x: float, y: float) -> None:
    field = solved[1].field
    found = lesion_map(field).surfaces[1]
    assert found is not None
    own = np.array([[x, y - 15.0, 5.0], [y, x + 15.0, 6.0]])
    line = motion.inverse().points(motion.points(own))
    ways = ways_along(line)
    lows, highs = np.empty(8), np.empty(8)
    count = stretches_inside(line, ways, found.values_mm, found.origin_mm, lows, highs, 0)
    places, at = dense(line, 8001)
    hot = field.at("end_c", places) >= 50.0
    assert count == 1
    assert highs[0] - lows[0] == pytest.approx(hot.sum() * (at[1] - at[0]), abs=0.1)


def test_maps_chosen_from_a_table_make_the_table_of_these() -> None:
    maps = [lesion_map(field) for field in (BALL, OVAL, SpheroidField(3.5, 6.0, (0.0, 1.0, 4.0)))]
    maps.insert(1, LesionMap((None,) * 4))
    chosen, made = chosen_maps(map_table(maps), [3, 1, 0]), map_table([maps[3], maps[1], maps[0]])
    for part, expected in zip(chosen, made, strict=True):
        assert part.dtype == expected.dtype
        np.testing.assert_array_equal(part, expected)
    assert len(chosen_maps(map_table(maps), []).heads) == 0
