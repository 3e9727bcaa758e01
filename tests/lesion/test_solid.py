"""The solver in three dimensions: closed forms, the axisymmetric solver, symmetry and monotony."""

import dataclasses

import numpy as np
import pytest

import rfplan
from rfplan import Surroundings, solve_lesion
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.conformal import Bipolar, Polar
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.placed_body import PlacedBody, bone_beside
from rfplan.lesion.problem import problem_of
from rfplan.lesion.solid import SolidSystem
from rfplan.lesion.solid_grid import bipolar_grid, polar_grid
from rfplan.lesion.solve import solve_problem
from rfplan.lesion.solve_solid import solve_beside_bone
from rfplan.lesion.tissue import tissue

CONSTANT = dataclasses.replace(tissue("muscle").bloodless(), conductivity_s_m=0.446, conductivity_slope_k=0.0)
NEEDLE = rfplan.electrode("conventional-18g-10mm")
COOLED = rfplan.electrode("cooled-17g-4mm")


@pytest.mark.parametrize(("spacing", "exact"), [(4.0, 266.095), (6.0, 297.089), (10.0, 321.129)])
def test_two_spheres(spacing, exact):
    accuracy = dataclasses.replace(ACCURACIES["standard"], across_radius=28, growth=1.08, far_mm=400.0, largest_mm=1e9)
    body = MetalBody(1.0, ((0.0, 2.0),), end_mm=1.0, conducts_heat=False)
    grid = bipolar_grid(body, spacing, accuracy)
    ball = PlacedBody(body, np.array([0.5 * spacing, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), 0.5)
    _, conductance = SolidSystem(grid, [ball], CONSTANT).joule(np.full(grid.shape, 37.0))
    assert 1.0 / conductance == pytest.approx(exact, rel=0.005)


@pytest.mark.parametrize("plane", [Polar(), Bipolar.around(0.5, 8.0)[0]])
def test_plane_maps_lead_back_and_keep_areas(plane):
    rng = np.random.default_rng(1)
    u, v = rng.uniform(0.1, 2.0, 200), rng.uniform(0.1, 3.0, 200)
    back = plane.uv(*plane.xy(u, v))
    assert np.allclose(back, [u, v], atol=1e-9)
    # area of a patch against many corners of it
    edges_u, edges_v = np.linspace(0.4, 1.2, 4), np.linspace(0.8, 1.7, 5)
    areas = plane.areas(edges_u, edges_v)[1, 1]
    fine_u, fine_v = np.linspace(edges_u[1], edges_u[2], 60), np.linspace(edges_v[1], edges_v[2], 60)
    x, y = plane.xy(*np.meshgrid(fine_u, fine_v))
    a, b = (
        np.stack([np.diff(x[:-1], axis=1), np.diff(y[:-1], axis=1)]),
        np.stack([np.diff(x[:, :-1], axis=0), np.diff(y[:, :-1], axis=0)]),
    )
    assert areas == pytest.approx(np.abs(a[0] * b[1] - a[1] * b[0]).sum(), rel=0.03)


@pytest.mark.parametrize("gap", [0.0, 2.0])
@pytest.mark.parametrize("electrode", [NEEDLE, COOLED], ids=lambda e: e.name)
def test_perpendicular_bone_is_the_axisymmetric_problem(electrode, gap):
    problem = problem_of(electrode, electrode.protocol, ACCURACIES["standard"], Surroundings(bone_gap_mm=gap))
    flat, solid = solve_problem(problem), solve_beside_bone(problem)
    for isotherm in (45.0, 50.0, 60.0):
        a, b = flat.size(isotherm), solid.size(isotherm)
        assert b.width_mm == pytest.approx(a.width_mm, abs=0.12)
        assert b.length_mm == pytest.approx(a.length_mm, abs=0.12)
        assert b.volume_mm3 == pytest.approx(a.volume_mm3, rel=0.03)
    assert solid.history.impedance_ohm[-1] == pytest.approx(flat.history.impedance_ohm[-1], rel=0.01)
    assert solid.energy_balance_error < 0.005
    # all round the needle is the same
    assert np.ptp(list(solid.radii_mm[50.0].values())) < 1e-3


@pytest.fixture(scope="module")
def lying():
    return solve_lesion(NEEDLE, surroundings=Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0))


@pytest.fixture(scope="module")
def free():
    return solve_lesion(NEEDLE)


def test_bone_shapes_current_to_the_soft_side(lying, free):
    radii = lying.radii_mm[50.0]
    assert radii["toward"] == pytest.approx(NEEDLE.radius_mm + 0.5, abs=1e-6)
    assert radii["away"] > 0.5 * free.size(50.0).width_mm + 0.3
    assert lying.history.impedance_ohm[-1] > 1.2 * free.history.impedance_ohm[-1]


def test_far_bone_changes_nothing(free):
    far = solve_lesion(NEEDLE, surroundings=Surroundings(bone_gap_mm=35.0, bone_angle_deg=20.0), accuracy="standard")
    assert far.size(50.0).width_mm == pytest.approx(free.size(50.0).width_mm, abs=0.1)
    assert far.size(50.0).length_mm == pytest.approx(free.size(50.0).length_mm, abs=0.1)


def test_a_wide_pair_is_two_needles(free):
    pair = solve_lesion(NEEDLE, NEEDLE.protocol, pair=40.0)
    assert pair.size(50.0).width_mm - 40.0 == pytest.approx(free.size(50.0).width_mm, abs=0.4)
    assert pair.pair.confluent_at_c < 45.0
    assert pair.pair.midpoint_c < 38.0


def test_heat_between_the_needles_falls_with_their_distance():
    electrode = rfplan.electrode("conventional-20g-10mm")
    midpoints = [solve_lesion(electrode, pair=s, accuracy="fast").pair.midpoint_c for s in (6.0, 10.0, 14.0, 20.0)]
    assert midpoints == sorted(midpoints, reverse=True)
    assert midpoints[0] > 85.0
    assert midpoints[-1] < 50.0


def test_the_same_question_gets_the_same_answer(lying):
    again = solve_lesion(NEEDLE, surroundings=Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0), stored=False)
    assert np.array_equal(again.field.values["end_c"], lying.field.values["end_c"])


def test_surface_and_margin_agree_with_the_size(lying):
    mesh, size = lying.surface(50.0), lying.size(50.0)
    low, high = mesh.bounds_mm
    assert high[2] - low[2] == pytest.approx(size.length_mm, abs=0.25)
    assert high[0] == pytest.approx(lying.radii_mm[50.0]["away"], abs=0.25)
    assert low[0] > -(NEEDLE.radius_mm + 0.5) - 0.05
    assert mesh.volume_mm3 == pytest.approx(size.volume_mm3 + np.pi * NEEDLE.radius_mm**2 * 14.5, rel=0.05)
    points = np.array([[3.0, 0.0, 5.0], [8.0, 0.0, 5.0], [0.0, 4.0, 5.0], [-2.0, 0.0, 5.0]])
    margin = lying.margin_mm(points, 50.0)
    assert (margin > 0.0).tolist() == [True, False, True, False]
    assert margin[0] == pytest.approx(lying.radii_mm[50.0]["away"] - 3.0, abs=0.3)


def test_the_plane_of_bone_is_where_it_was_asked_for():
    body = MetalBody(0.5, ((0.0, 10.0),))
    upright, flat, slanted = (bone_beside(body, 2.0, angle) for angle in (90.0, 0.0, 40.0))
    assert upright.height_mm(np.array([0.0, 0.0, 0.0])) == pytest.approx(2.0)
    assert flat.height_mm(np.array([-0.5, 0.0, 7.0])) == pytest.approx(2.0)
    # the nearest point of the needle is on its round end
    nearest = np.array([0.0, 0.0, 0.5]) - 0.5 * slanted.normal
    assert slanted.height_mm(nearest) == pytest.approx(2.0)


def test_grids_hold_the_whole_domain():
    body = MetalBody(0.5, ((0.0, 10.0),))
    polar = polar_grid(body, ACCURACIES["fast"])
    whole = np.pi * 60.5**2 * 130.0
    assert polar.copies * polar.volumes_mm3.sum() == pytest.approx(whole, rel=1e-6)
