"""The axisymmetric solver against closed forms: potential, steady heat with and without perfusion, heat in time."""

import dataclasses

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.special import erfc

from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.axisymmetric import AxisymmetricSystem, axisymmetric_grid
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.scene import Scene, uniform_scene
from rfplan.lesion.tissue import tissue

MUSCLE = tissue("muscle")
# the check values of the closed forms hold for this conductivity, S/m
CONSTANT = dataclasses.replace(MUSCLE.bloodless(), conductivity_s_m=0.446, conductivity_slope_k=0.0)


def system(body, material, far_mm=3000.0, sink=0.0, **changes):
    accuracy = dataclasses.replace(ACCURACIES["standard"], far_mm=far_mm, largest_mm=1e9, **changes)
    return AxisymmetricSystem(axisymmetric_grid(body, accuracy), body, uniform_scene(material), sink)


def half_spaces(below, above, at_mm):
    return Scene((), (below, above), (True, True), (-np.inf, at_mm), np.array([0.0, 0.0, 1.0]))


def sphere(radius_mm=1.0, conducts_heat=False):
    return MetalBody(radius_mm, ((0.0, 2.0 * radius_mm),), end_mm=radius_mm, conducts_heat=conducts_heat)


def around_sphere(made, field, radii_mm):
    """Mean over the equator's plane of a field at distances from the centre of a sphere of 1 mm."""
    row = np.array([np.interp(1.0, made.grid.z_mid, field[:, i]) for i in range(made.grid.shape[1])])
    outside = made.grid.r_mid > 1.0
    # the surface itself is half a cell before the first centre
    return CubicSpline(made.grid.r_mid[outside], row[outside])(radii_mm)


@pytest.mark.parametrize(("slope", "volts"), [(0.0, 9.769), (0.015, 8.582)])
def test_kohlrausch_on_the_needle(slope, volts):
    # an adiabatic needle: its surface temperature hangs on the voltage alone, whatever its shape
    material = dataclasses.replace(CONSTANT, conductivity_slope_k=slope)
    made = system(MetalBody(0.635, ((0.0, 10.0),), conducts_heat=False), material)
    warm = np.full(made.grid.shape, 37.0)
    for _ in range(40):
        heat, _ = made.joule(warm)
        (unit,) = made.heat(np.inf, [heat])
        j, i = int(np.argmin(np.abs(made.grid.z_mid - 5.0))), int(np.argmax(made.tissue[-1]))
        # the surface is not a cell: its temperature follows from the straight line of temperature against potential
        # heat function, theta = f(V phi - phi2 / 2), through the two cells nearest to it
        phi = made.potential[j, i : i + 2]
        function = phi - 0.5 * phi**2
        rise = unit[j, i : i + 2]
        surface = rise[0] + (rise[0] - rise[1]) / (function[0] - function[1]) * (0.5 - function[0])
        squared = 43.0 / surface
        warm = 37.0 + squared * unit
    assert np.sqrt(squared) == pytest.approx(volts, rel=0.005)


def test_resistance_of_a_sphere():
    _, conductance = system(sphere(), CONSTANT).joule(np.full(system(sphere(), CONSTANT).grid.shape, 37.0))
    assert 1.0 / conductance == pytest.approx(178.425, rel=0.005)


def test_resistance_converges():
    exact = 4.0 * np.pi * 0.446e-3
    off = []
    for across, growth in ((4, 1.16), (16, 1.16**0.25)):
        made = system(sphere(), CONSTANT, across_radius=across, growth=growth)
        off.append(abs(made.joule(np.full(made.grid.shape, 37.0))[1] / exact - 1.0))
    assert off[1] < off[0] / 8.0


def test_the_generator_pays_for_all_the_heat():
    made = system(sphere(), CONSTANT)
    heat, conductance = made.joule(np.full(made.grid.shape, 37.0))
    assert heat.sum() == pytest.approx(conductance, rel=1e-12)
    assert heat[~made.tissue].sum() == 0.0


RADII = np.array([1.0, 2.0, 3.0, 5.0, 10.0])


@pytest.mark.parametrize(
    ("perfused", "exact"),
    [(False, [45.053, 33.790, 25.030, 16.219, 8.560]), (True, [39.528, 28.326, 19.681, 11.143, 4.161])],
)
def test_joule_heated_sphere(perfused, exact):
    material = dataclasses.replace(CONSTANT, perfusion_w_m3k=MUSCLE.perfusion_w_m3k if perfused else 0.0)
    made = system(sphere(), material, across_radius=12, far_mm=20000.0)
    heat, _ = made.joule(np.full(made.grid.shape, 37.0))
    (theta,) = made.heat(np.inf, [100.0 * heat])
    got = around_sphere(made, theta, RADII)
    assert got == pytest.approx(exact, rel=0.01)


def test_cooled_sphere():
    # heat enters a sphere held at 23 K: the hottest tissue is off the electrode
    made = system(sphere(conducts_heat=True), CONSTANT, across_radius=12, far_mm=20000.0)
    heat, _ = made.joule(np.full(made.grid.shape, 37.0))
    inside = ~made.tissue
    made.sink_w_k = np.where(inside, 1e3, 0.0)
    volts = 16.44
    (theta,) = made.heat(np.inf, [volts**2 * heat + made.sink_w_k * 23.0])
    got = around_sphere(made, theta, np.array([1.68, 2.0, 3.0, 5.0]))
    level = 0.446 * volts**2 / (2.0 * 0.495)
    r = np.array([1.68, 2.0, 3.0, 5.0])
    assert got == pytest.approx((level + 23.0) / r - level / r**2, rel=0.01)
    assert theta[made.tissue].max() == pytest.approx(43.0, rel=0.01)


def test_coaxial_cylinders():
    # the whole bar is active and the outer wall is grounded: ln(b / a) / (2 pi sigma L) in the middle
    body = MetalBody(0.5, ((0.0, 400.0),))
    made = system(body, CONSTANT, far_mm=20.0)
    heat, _ = made.joule(np.full(made.grid.shape, 37.0))
    z = made.grid.z_edges
    j = int(np.searchsorted(z, 200.0))
    per_length = heat[j].sum() / (z[j + 1] - z[j])
    assert per_length == pytest.approx(2.0 * np.pi * 0.446e-3 / np.log(20.5 / 0.5), rel=0.002)


@pytest.mark.parametrize(
    ("time_s", "exact"),
    [(120.0, [57.00, 18.59, 7.374, 1.159]), (60.0, [48.89, 12.44, 3.461, 0.190])],
)
def test_point_source_in_time(time_s, exact):
    # a sphere so small that it is a point, 1 W switched on at t = 0 in perfused muscle
    body = sphere(0.05, conducts_heat=True)
    accuracy = dataclasses.replace(ACCURACIES["standard"], far_mm=100.0, largest_mm=2.0, growth=1.08)
    made = AxisymmetricSystem(axisymmetric_grid(body, accuracy), body, uniform_scene(MUSCLE))
    source = np.where(made.tissue, 0.0, made.grid.volumes_mm3)
    source /= source.sum()
    theta, steps = np.zeros(made.grid.shape), 240
    for _ in range(steps):
        (theta,) = made.heat(time_s / steps, [made.capacity_j_k * (steps / time_s) * theta + source])
    r = np.array([2.0, 4.0, 6.0, 10.0])
    row = np.array([np.interp(0.05, made.grid.z_mid, theta[:, i]) for i in range(made.grid.shape[1])])
    got = np.exp(np.interp(r, made.grid.r_mid, np.log(row)))
    assert got[:3] == pytest.approx(exact[:3], rel=0.01)
    assert got[3] == pytest.approx(exact[3], abs=0.02)
    length, alpha = 1e3 * np.sqrt(0.495 / 2535.0), 0.495 / MUSCLE.heat_capacity_j_m3k * 1e6
    beta = 2535.0 / MUSCLE.heat_capacity_j_m3k
    a, b = r / np.sqrt(4.0 * alpha * time_s), np.sqrt(beta * time_s)
    formula = 1e3 / (8.0 * np.pi * 0.495 * r) * (np.exp(-r / length) * erfc(a - b) + np.exp(r / length) * erfc(a + b))
    assert formula == pytest.approx(exact, rel=2e-3)


def test_bone_in_front_is_an_image_of_the_current():
    # a small sphere over a half space of poor conductor: R = (1 / 4 pi sigma) (1 / a + kappa / 2 h) to first order
    bone = dataclasses.replace(CONSTANT, conductivity_s_m=0.0221)
    body = sphere(0.5)
    accuracy = dataclasses.replace(ACCURACIES["standard"], far_mm=3000.0, largest_mm=1e9)
    gap = 4.5
    made = AxisymmetricSystem(axisymmetric_grid(body, accuracy, [-gap]), body, half_spaces(bone, CONSTANT, -gap))
    _, conductance = made.joule(np.full(made.grid.shape, 37.0))
    kappa = (0.446 - 0.0221) / (0.446 + 0.0221)
    assert 1.0 / conductance == pytest.approx((1.0 / 0.5 + kappa / 10.0) / (4.0 * np.pi * 0.446e-3), rel=0.005)


def test_heat_solve_with_dead_vessels_is_the_bloodless_one():
    alive, dead = system(sphere(), MUSCLE, far_mm=60.0), system(sphere(), MUSCLE.bloodless(), far_mm=60.0)
    source = alive.capacity_j_k * 3.0
    (a,) = alive.heat(2.0, [source], np.zeros(alive.grid.shape))
    (b,) = dead.heat(2.0, [source])
    assert np.allclose(a, b, rtol=1e-7, atol=1e-9)
