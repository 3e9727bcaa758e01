"""Potential and heat on an octree against closed forms; the same scene turned; energy; one worker or two."""

import dataclasses
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erfc

from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.octree import octree
from rfplan.lesion.octree_field import OctreeField
from rfplan.lesion.octree_system import OctreeSystem
from rfplan.lesion.placed_body import BonePlane, PlacedBody
from rfplan.lesion.scene import Ball
from rfplan.lesion.tissue import metal

sys.path.insert(0, str(Path(__file__).parent))
from octree_scenes import CONSTANT, MUSCLE, ball, directions, half_edge_mm, scene, tree_for

SIGMA = 0.446e-3
# potential that the walls of a grounded cube of edge 1 take from a unit charge at its centre: the Madelung sum of rock salt
_CUBE = 1.747565


def solved(world, *args):
    tree = tree_for(world, *args)
    system = OctreeSystem(tree, world)
    heat, conductance = system.joule(np.full(tree.leaves, 37.0))
    return system, heat, 1.0 / conductance


def around(system, theta, radii_mm):
    """Mean over many directions from the origin of a field at distances from it."""
    field = OctreeField(system.tree, {"end_c": theta}, system.kind)
    return np.array([field.at("end_c", r * directions()).mean() for r in radii_mm])


def sphere_in_cube_ohm(radius_mm, half_mm):
    return (1.0 / radius_mm - _CUBE / (2.0 * half_mm)) / (4.0 * np.pi * SIGMA)


def test_resistance_of_a_sphere_converges_in_second_order():
    off = []
    for across, slope in ((3.0, 0.3), (6.0, 0.15)):
        system, _, ohm = solved(scene([ball((0, 0, 0))]), 400.0, across, slope)
        off.append(ohm / sphere_in_cube_ohm(1.0, half_edge_mm(system.tree)) - 1.0)
    assert abs(off[1]) < 0.01
    assert abs(off[1]) < abs(off[0]) / 2.8
    # what both say of the limit
    assert (4.0 * off[1] - off[0]) / 3.0 == pytest.approx(0.0, abs=0.003)


def test_flux_between_leaves_of_two_sizes():
    # of a potential that falls off as 1 / r: two centres alone say too little, and always err the same way
    world = scene([ball((0, 0, 0))])
    tree = tree_for(world, 40.0, 4.0, 0.25)
    system = OctreeSystem(tree, world)
    graph, r = system._graph, np.linalg.norm(tree.centres_mm, axis=1)
    found = graph.conductances(np.ones(tree.leaves), system._everyone, system._bare, system._nothing)
    more, lack = system._correct(found, system._aslant_heat, 1.0 / r, np.zeros(tree.leaves))
    assert len(more) == 0
    mean = (1.0 / r)[graph.fine].mean(axis=1)
    plain = found.g_group * (mean - 1.0 / r[graph.coarse])
    # what goes through the face: its area times the mean over it of x / r^3, by many points
    size = tree.sizes_mm[graph.coarse]
    line = (np.arange(16) + 0.5) / 16 - 0.5
    exact = np.empty(len(size))
    for n in range(len(size)):
        axis = graph.group_axis[n]
        points = np.tile(tree.centres_mm[graph.coarse[n]], (16, 16, 1))
        rest = [x for x in range(3) if x != axis]
        points[..., rest[0]] += size[n] * line[:, None]
        points[..., rest[1]] += size[n] * line
        points[..., axis] -= 0.5 * size[n] * graph.way[n]
        exact[n] = size[n] ** 2 * graph.way[n] * np.mean(points[..., axis] / np.linalg.norm(points, axis=-1) ** 3)
    away = np.linalg.norm(tree.centres_mm[graph.coarse], axis=1) > 3.0
    assert plain[away].sum() / exact[away].sum() < 0.975
    assert (plain + lack)[away].sum() == pytest.approx(exact[away].sum(), rel=0.005)


@pytest.mark.parametrize(
    "axis", [(0.0, 0.0, 1.0), (0.6, 0.48, 0.64), (0.1, 0.0, 1.0)], ids=["level", "askew", "leaning"]
)
def test_a_rod_carries_heat_along_itself_however_it_lies(axis):
    # a temperature that runs straight along the rod: what all faces between its leaves, and at them, carry
    rod = PlacedBody(MetalBody(1.0, ((0.0, 2.0),), end_mm=15.0), np.zeros(3), np.array(axis))
    world = scene([rod])

    def wanted(points, size):
        return np.maximum(0.29, 0.3 * (rod.distance_mm(points) - size))

    system = OctreeSystem(octree(8.0 * rod.axis, 14.0, 0.29, 4.0, wanted), world)
    graph, g, centres = system._graph, system._conduction.g, system.tree.centres_mm
    across, along = rod.own(0.5 * (centres[graph.low] + centres[graph.high]))
    mine = (along > 4.0) & (along < 12.0) & (across < 1.6)
    carried = (g * (rod.axis[graph.axis] * graph.gap_mm) ** 2)[mine].sum() / 8.0
    tissue = 0.495e-3 * np.pi * (1.6**2 - 1.0)
    assert carried == pytest.approx(metal().heat_conductivity_w_mk * 1e-3 * np.pi + tissue, rel=0.03)


@pytest.mark.parametrize("half_mm", [6.0, 12.0])
def test_resistance_of_a_sphere_in_a_small_cube(half_mm):
    system, _, ohm = solved(scene([ball((0, 0, 0))]), half_mm, 8.0, 0.15)
    assert ohm == pytest.approx(sphere_in_cube_ohm(1.0, half_edge_mm(system.tree)), rel=0.005)


@pytest.mark.slow
def test_resistance_of_a_sphere():
    _, _, ohm = solved(scene([ball((0, 0, 0))]), 4000.0, 8.0, 0.125)
    assert ohm == pytest.approx(178.425, rel=0.005)


@pytest.mark.slow
@pytest.mark.parametrize(("spacing_mm", "exact"), [(4.0, 266.095), (6.0, 297.089), (10.0, 321.129)])
@pytest.mark.parametrize("way", [(1.0, 0.0, 0.0), (0.6, 0.48, 0.64)], ids=["along x", "askew"])
def test_two_spheres(spacing_mm, exact, way):
    half = 0.5 * spacing_mm * np.array(way)
    _, _, ohm = solved(scene([ball(-half, volts=-0.5), ball(half, volts=0.5)]), 300.0, 8.0, 0.125)
    assert ohm == pytest.approx(exact, rel=0.005)


@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), (0.6, 0.48, 0.64)], ids=["level", "slanted"])
def test_bone_is_an_image_of_the_current(normal):
    # a small sphere over a half space of poor conductor: R = (1 / 4 pi sigma) (1 / a + kappa / 2 h) to first order
    poor = dataclasses.replace(CONSTANT, conductivity_s_m=0.0221)
    height = 5.0
    plane = BonePlane(np.array(normal), -height)
    system, _, ohm = solved(scene([ball((0, 0, 0), 0.5)], (CONSTANT, poor, poor), plane), 2000.0, 6.0, 0.15)
    kappa = (0.446 - 0.0221) / (0.446 + 0.0221)
    assert ohm == pytest.approx((1.0 / 0.5 + kappa / (2.0 * height)) / (4.0 * np.pi * SIGMA), rel=0.01)
    # the potential itself, on both sides of the plane, for the current that flows
    normal = np.array(normal)
    field = OctreeField(system.tree, {"end_c": system.potential}, system.kind, plane)
    points = 5.0 * directions(200) + [0.0, 0.0, 0.5]
    source, image = np.linalg.norm(points, axis=1), np.linalg.norm(points + 2.0 * height * normal, axis=1)
    above = (1.0 / source + kappa / image) / (4.0 * np.pi * SIGMA * ohm)
    below = (1.0 + kappa) / source / (4.0 * np.pi * SIGMA * ohm)
    exact = np.where(plane.height_mm(points) >= 0.0, above, below)
    assert field.at("end_c", points) == pytest.approx(exact, rel=0.05)
    assert np.mean(field.at("end_c", points) / exact) == pytest.approx(1.0, abs=0.025)


@pytest.mark.parametrize("sigma", [0.01, 1.85, 4.5])
def test_a_sphere_in_a_ball_of_fluid(sigma):
    fluid = dataclasses.replace(CONSTANT, conductivity_s_m=sigma)
    world = scene([ball((0, 0, 0))], (CONSTANT, fluid), fluid=(Ball(np.zeros(3), 3.2),))
    _, _, ohm = solved(world, 2000.0, 6.0, 0.15)
    exact = (1.0 - 1.0 / 3.2) / (4e-3 * np.pi * sigma) + 1.0 / (3.2 * 4.0 * np.pi * SIGMA)
    assert ohm == pytest.approx(exact, rel=0.015)


def test_the_generator_pays_for_all_the_heat():
    system, heat, ohm = solved(scene([ball((0, 0, 0))]), 60.0, 3.0, 0.3)
    assert heat.sum() == pytest.approx(1.0 / ohm, rel=1e-9)
    assert heat[~system.tissue].sum() == 0.0
    # and the current into the tissue leaves through the boundary: what the walls take is what the ball gives
    assert (system.potential[system.tissue] > 0.0).all()
    assert system.potential.max() == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("perfused", "exact"),
    [(False, [45.053, 33.790, 25.030, 16.219, 8.560]), (True, [39.528, 28.326, 19.681, 11.143, 4.161])],
)
def test_joule_heated_sphere(perfused, exact):
    # in the end no heat flows into the metal, although it conducts heat: it is as warm as its surface
    material = dataclasses.replace(CONSTANT, perfusion_w_m3k=MUSCLE.perfusion_w_m3k if perfused else 0.0)
    system, heat, _ = solved(scene([ball((0, 0, 0))], (material,)), 8000.0, 8.0, 0.15)
    (theta,) = system.heat(np.inf, [100.0 * heat])
    got = [system.thermocouples(theta)[0], *around(system, theta, [2.0, 3.0, 5.0, 10.0])]
    assert got == pytest.approx(exact, rel=0.01)


def test_cooled_sphere():
    # heat enters a sphere held at 23 K: the hottest tissue is off the electrode
    system, heat, _ = solved(scene([ball((0, 0, 0))]), 3000.0, 8.0, 0.2)
    metal = ~system.tissue
    system.sink_w_k = np.where(metal, 3.0 / metal.sum(), 0.0)
    volts = 16.44
    (theta,) = system.heat(np.inf, [volts**2 * heat + 23.0 * system.sink_w_k])
    held = system.thermocouples(theta)[0]
    level = 0.446 * volts**2 / (2.0 * 0.495)
    r = np.array([1.68, 2.0, 3.0, 5.0])
    assert held == pytest.approx(23.0, abs=0.3)
    assert around(system, theta, r) == pytest.approx((level + held) / r - level / r**2, rel=0.01)
    assert theta[system.tissue].max() == pytest.approx(43.0, rel=0.01)


def test_point_source_in_the_end():
    # a sphere so small that it is a point, 1 W in perfused muscle
    system, source = _point(0.15)
    (theta,) = system.heat(np.inf, [source])
    assert around(system, theta, [2.0, 4.0, 6.0, 10.0]) == pytest.approx([69.67, 30.19, 17.44, 7.86], rel=0.01)


@pytest.mark.slow
def test_point_source_in_time():
    system, source = _point(0.15)
    r = np.array([2.0, 4.0, 6.0, 10.0])
    theta = np.zeros(system.tree.leaves)
    for step, time_s, exact in (
        (0.25, 60.0, [48.89, 12.44, 3.461, 0.190]),
        (0.5, 120.0, [57.00, 18.59, 7.374, 1.159]),
    ):
        for _ in range(round(60.0 / step)):
            (theta,) = system.heat(step, [system.capacity_j_k / step * theta + source], None, [theta])
        got = around(system, theta, r)
        assert got[:3] == pytest.approx(exact[:3], rel=0.01)
        assert got[3] == pytest.approx(exact[3], abs=0.02)
        assert _switched_on(r, time_s) == pytest.approx(exact, rel=2e-3)


def _point(slope):
    world = scene([ball((0, 0, 0), 0.05)], (MUSCLE,))
    tree = tree_for(world, 80.0, 2.0, slope, 8.0)
    system = OctreeSystem(tree, world)
    source = np.where(system.tissue, 0.0, tree.sizes_mm**3)
    return system, source / source.sum()


def _switched_on(r_mm, time_s):
    length, alpha = 1e3 * np.sqrt(0.495 / 2535.0), 0.495 / MUSCLE.heat_capacity_j_m3k * 1e6
    a, b = r_mm / np.sqrt(4.0 * alpha * time_s), np.sqrt(2535.0 / MUSCLE.heat_capacity_j_m3k * time_s)
    return 1e3 / (8.0 * np.pi * 0.495 * r_mm) * (
        np.exp(-r_mm / length) * erfc(a - b) + np.exp(r_mm / length) * erfc(a + b)
    )  # fmt: skip


def test_a_sphere_held_warm():
    world = scene([ball((0, 0, 0))], (MUSCLE,))
    tree = tree_for(world, 50.0, 6.0, 0.2, 8.0)
    system = OctreeSystem(tree, world)
    metal = ~system.tissue
    # not so strong that the solver no longer sees the tissue
    system.sink_w_k = np.where(metal, 2.0 / metal.sum(), 0.0)
    r = np.array([1.5, 2.0, 3.0, 5.0])
    theta = np.where(metal, 1.0, 0.0)
    for step in [0.1] * 10 + [0.25] * 8 + [0.5] * 10 + [1.0] * 32 + [2.0] * 40:
        (theta,) = system.heat(step, [system.capacity_j_k / step * theta + system.sink_w_k], None, [theta])
    held = system.thermocouples(theta)[0]
    assert held == pytest.approx(1.0, abs=0.002)
    assert around(system, theta, r) / held == pytest.approx([0.6162, 0.4252, 0.2363, 0.0925], rel=0.0125)
    (theta,) = system.heat(np.inf, [system.sink_w_k])
    length = 1e3 * np.sqrt(0.495 / 2535.0)
    exact = np.exp(-(r - 1.0) / length) / r
    assert exact == pytest.approx([0.6432, 0.4655, 0.2889, 0.1502], abs=2e-4)
    assert around(system, theta, r) / system.thermocouples(theta)[0] == pytest.approx(exact, rel=0.0125)


def test_heat_in_is_heat_stored_lost_and_taken_by_the_blood():
    world = scene([ball((0, 0, 0))], (MUSCLE,))
    system = OctreeSystem(tree_for(world, 20.0, 3.0, 0.3), world)
    heat, _ = system.joule(np.full(system.tree.leaves, 37.0))
    theta, stored, lost, blood = np.zeros(system.tree.leaves), 0.0, 0.0, 0.0
    for _ in range(40):
        before = theta
        (theta,) = system.heat(30.0, [system.capacity_j_k / 30.0 * theta + 100.0 * heat], None, [theta])
        stored += (system.capacity_j_k * (theta - before)).sum()
        lost += 30.0 * system.losses_w(theta)
        blood += 30.0 * (system.perfusion_w_k * theta).sum()
    # of each there is enough to be seen
    assert min(stored, lost, blood) > 0.01 * (stored + lost + blood)
    assert stored + lost + blood == pytest.approx(40 * 30.0 * 100.0 * heat.sum(), rel=1e-4)


def test_one_worker_gives_the_same_bits_as_two():
    world = scene([ball((0, 0, 0))], (MUSCLE,))
    tree = tree_for(world, 30.0, 3.0, 0.3)
    answers = []
    for workers in (1, 2):
        system = OctreeSystem(tree, world)
        system._pool = ThreadPoolExecutor(workers)
        heat, _ = system.joule(np.full(tree.leaves, 37.0))
        answers.append(system.heat(1.0, [heat, 2.0 * system.capacity_j_k]))
    assert all(np.array_equal(a, b) for a, b in zip(*answers, strict=True))
