"""Two tissues at a time against closed forms: a ball of fluid around a sphere, planes across a bar, a slab between half spaces."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan.devices.protocol import Protocol
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.axisymmetric import AxisymmetricSystem, axisymmetric_grid
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.scene import Ball, Scene, scene_of
from rfplan.lesion.surroundings import Depot, Surroundings, TissueLayer
from rfplan.lesion.tissue import Tissue, tissue

MUSCLE = dataclasses.replace(tissue("muscle").bloodless(), conductivity_slope_k=0.0)
UP = np.array([0.0, 0.0, 1.0])


def conducting(sigma: float) -> Tissue:
    return dataclasses.replace(MUSCLE, conductivity_s_m=sigma)


def sphere(radius_mm, conducts_heat=False):
    return MetalBody(radius_mm, ((0.0, 2.0 * radius_mm),), end_mm=radius_mm, conducts_heat=conducts_heat)


def layered(tissues, floors):
    return Scene((), tuple(tissues), (True,) * len(tissues), (-np.inf, *floors), UP)


def in_ball(inside, outside, centre_mm, radius_mm):
    ball = Ball(np.array([0.0, 0.0, centre_mm]), radius_mm)
    return Scene((), (outside, inside), (True, True), (-np.inf,), UP, (ball,))


def system(body, scene, far_mm=3000.0, planes=None, **changes):
    accuracy = dataclasses.replace(ACCURACIES["standard"], far_mm=far_mm, largest_mm=1e9, **changes)
    planes = scene.floors_mm[1:] if planes is None else planes
    return AxisymmetricSystem(axisymmetric_grid(body, accuracy, planes, scene.balls), body, scene)


def resistance(made):
    return 1.0 / made.joule(np.full(made.grid.shape, 37.0))[1]


@pytest.mark.parametrize("sigma", [0.01, 0.2, 1.85, 4.5])
@pytest.mark.parametrize("radius_mm", [2.5, 4.92, 8.9])
def test_sphere_in_a_ball_of_fluid(sigma, radius_mm):
    a = 0.635
    made = system(sphere(a), in_ball(conducting(sigma), MUSCLE, a, radius_mm))
    exact = (1.0 / a - 1.0 / radius_mm) / (4e-3 * np.pi * sigma) + 1.0 / (4e-3 * np.pi * 0.4425 * radius_mm)
    assert resistance(made) == pytest.approx(exact, rel=0.005)


def test_the_surface_of_the_fluid_converges():
    # of a ball that lies between edges of cells; walls so far away that they take nothing: at 3 m they lower the resistance by 0.075 %,
    # which is the resistance of the room beyond them, more than the error of the finer grid
    a, radius, sigma = 0.635, 5.0, 4.5
    off = []
    for name in ("fast", "fine"):
        entry = dataclasses.replace(ACCURACIES[name], far_mm=3e5, largest_mm=1e9)
        scene = in_ball(conducting(sigma), MUSCLE, a, radius)
        body = sphere(a)
        made = AxisymmetricSystem(axisymmetric_grid(body, entry, (), scene.balls), body, scene)
        exact = (1.0 / a - 1.0 / radius) / (4e-3 * np.pi * sigma) + 1.0 / (4e-3 * np.pi * 0.4425 * radius)
        off.append(abs(resistance(made) / exact - 1.0))
    assert off[1] < off[0] / 8.0


@pytest.mark.parametrize("k", [0.1, 1.5])
def test_heat_of_a_sphere_through_a_ball(k):
    # 1 W into a small sphere of metal in the middle of a ball that conducts heat otherwise than what is around
    a, radius = 0.5, 5.0
    inside = dataclasses.replace(MUSCLE, heat_conductivity_w_mk=k)
    made = system(sphere(a, conducts_heat=True), in_ball(inside, MUSCLE, a, radius), far_mm=20000.0)
    source = np.where(made.tissue, 0.0, made.grid.volumes_mm3)
    (theta,) = made.heat(np.inf, [source / source.sum()])
    r = np.array([1.0, 2.0, 3.0, 7.0, 12.0])
    row = np.array([np.interp(a, made.grid.z_mid, theta[:, i]) for i in range(made.grid.shape[1])])
    got = np.exp(np.interp(np.log(r), np.log(made.grid.r_mid), np.log(row)))
    outer = 1e3 / (4.0 * np.pi * 0.495)
    exact = np.where(r > radius, outer / r, outer / radius + 1e3 / (4.0 * np.pi * k) * (1.0 / r - 1.0 / radius))
    assert got == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("height_mm", [199.0, 200.3])
def test_current_of_a_bar_across_two_layers(height_mm):
    # radial current between coaxial cylinders: every layer carries its own, up to the plane between them
    body = MetalBody(0.5, ((0.0, 400.0),))
    scene = layered([conducting(0.4), conducting(0.1)], [height_mm])
    # the plane is not told to the grid, so that it lies somewhere in a cell
    made = system(body, scene, far_mm=20.0, planes=())
    heat, _ = made.joule(np.full(made.grid.shape, 37.0))
    z = made.grid.z_edges
    per_length = heat.sum(axis=1) / np.diff(z)
    for at, sigma in ((height_mm - 60.0, 0.4), (height_mm + 60.0, 0.1)):
        j = int(np.searchsorted(z, at)) - 1
        assert per_length[j] == pytest.approx(2e-3 * np.pi * sigma / np.log(20.5 / 0.5), rel=0.002)


@pytest.mark.parametrize("sigma", [0.0437, 1.85])
def test_sphere_in_a_slab(sigma):
    # images at every multiple of the slab's thickness D: R = (1 / a - 2 ln(1 - kappa) / D) / (4 pi sigma), kappa towards both sides
    a, thick = 0.25, 10.0
    scene = layered([conducting(sigma), MUSCLE, conducting(sigma)], [a - 0.5 * thick, a + 0.5 * thick])
    made = system(sphere(a), scene, growth=1.08)
    kappa = (0.4425 - sigma) / (0.4425 + sigma)
    exact = (1.0 / a - 2.0 * np.log(1.0 - kappa) / thick) / (4e-3 * np.pi * 0.4425)
    assert resistance(made) == pytest.approx(exact, rel=0.005)


def test_layers_of_one_tissue_are_no_layers():
    body = MetalBody(0.635, ((0.0, 10.0),))
    once = resistance(system(body, layered([MUSCLE], []), far_mm=60.0, planes=[-3.0, 4.1]))
    thrice = resistance(system(body, layered([MUSCLE] * 3, [-3.0, 4.1]), far_mm=60.0))
    assert thrice == pytest.approx(once, rel=1e-12)


def problem(**around):
    return LesionProblem(1.27, ((0.0, 10.0),), Protocol(80.0, 90.0), ACCURACIES["standard"], Surroundings(**around))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-99.0, 99.0), min_size=1, max_size=4, unique=True),
    st.floats(0.0, 49.0) | st.none(),
    st.floats(-5.0, 20.0),
    st.floats(0.05, 10.0),
)
def test_any_planes_and_any_ball_make_a_usable_grid(heights, gap_mm, at_mm, volume_ml):
    layers = tuple(TissueLayer("fat" if n % 2 else "muscle", z) for n, z in enumerate(sorted(heights)))
    at_mm = at_mm if gap_mm is None else max(at_mm, -gap_mm)
    asked = problem(layers=layers, bone_gap_mm=gap_mm, depot=Depot("saline", volume_ml, at_mm))
    scene = scene_of(asked)
    planes = [*scene.floors_mm[1:], *([] if gap_mm is None else [-asked.gap_mm, -asked.gap_mm - 1.5])]
    grid = axisymmetric_grid(asked.body, asked.accuracy, planes, scene.balls)
    for edges in (grid.r_edges, grid.z_edges):
        sizes = np.diff(edges)
        assert sizes.min() > 1e-4
        assert edges[0] >= -60.0
        assert edges[-1] <= 71.0
    assert np.prod(grid.shape) < 40_000
    made = AxisymmetricSystem(grid, asked.body, scene)
    assert all(np.isfinite(part).all() and (part >= 0.0).all() for part in made._half)
    assert np.isfinite(resistance(made))


@pytest.mark.parametrize(("gap_mm", "at_mm"), [(1.0, 2.0), (0.5, 0.0), (3.0, -2.5)])
def test_a_depot_keeps_its_volume_in_front_of_bone(gap_mm, at_mm):
    (ball,) = scene_of(problem(bone_gap_mm=gap_mm, depot=Depot("saline", 0.5, at_mm))).balls
    r = ball.radius_mm
    cap = max(0.0, r - (at_mm + gap_mm))
    whole = 4.0 / 3.0 * np.pi * r**3 - np.pi * cap**2 * (r - cap / 3.0)
    assert whole == pytest.approx(500.0, rel=0.02)
