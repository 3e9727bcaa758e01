"""Lesions on an octree: against the other grids, turned in space, mirrored, finer, saved and loaded."""

import dataclasses

import numpy as np
import pytest

import rfplan
from rfplan import Protocol, Surroundings, load_lesion, save_lesion, solve_lesion
from rfplan.geometry.frames import Isometry
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.block import block_of
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.octree_field import OctreeField
from rfplan.lesion.octree_grid import scene_octree
from rfplan.lesion.octree_system import OctreeSystem
from rfplan.lesion.pair_pose import PairPose
from rfplan.lesion.placed_body import BonePlane
from rfplan.lesion.problem import problem_of
from rfplan.lesion.scene import scene_of
from rfplan.lesion.solve import fields_of, grid_of, march_problem, solve_problem
from rfplan.lesion.solve_octree import solve_octree

NEEDLE = rfplan.electrode("conventional-18g-10mm")
THIN = rfplan.electrode("conventional-20g-10mm")
SHORT = Protocol(85.0, 40.0)
BOX = np.array([-14.0, -10.0, -10.0]), np.array([14.0, 10.0, 20.0])


def turned(scene, motion):
    """The scene moved as a whole; it must have no layers and no fluid."""
    bodies = tuple(
        dataclasses.replace(body, tip_mm=motion.points(body.tip_mm), axis=motion.vectors(body.axis))
        for body in scene.bodies
    )
    bone = scene.bone
    if bone is not None:
        normal = motion.vectors(bone.normal)
        foot = motion.points(bone.normal * bone.offset_mm)
        bone = BonePlane(normal, float(foot @ normal))
    return dataclasses.replace(scene, bodies=bodies, bone=bone)


def sizes_of(problem, motion):
    """Widths and lengths of the scene of a problem that is solved as it lies after ``motion``."""
    plain = scene_of(problem)
    scene = turned(plain, motion)
    system = OctreeSystem(scene_octree(scene, problem.accuracy), scene)
    field = OctreeField(system.tree, fields_of(march_problem(system, problem, None)), system.kind, scene.bone)
    block = block_of(lambda points: field.at("end_c", motion.points(points)), *BOX, plain.bone)
    none = np.zeros(block.values.shape)
    sizes = [block.size(isotherm, 0.0, none) for isotherm in ISOTHERMS_C]
    return np.array([(size.width_mm, size.length_mm, size.beyond_tip_mm) for size in sizes])


@pytest.mark.slow
@pytest.mark.parametrize("accuracy", ["fast", "standard"])
@pytest.mark.parametrize(
    "options",
    [
        {"pair": PairPose(8.0, 3.0, 15.0)},
        {"pair": PairPose(9.0), "surroundings": Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0)},
    ],
    ids=["splayed", "along bone"],
)
def test_however_it_lies_it_is_the_same(options, accuracy):
    problem = problem_of(THIN, SHORT, ACCURACIES[accuracy], **options)
    as_it_is = sizes_of(problem, Isometry.translation([0.0, 0.0, 0.0]))
    askew = Isometry.translation([3.0, -20.0, 50.0]).after(Isometry.rotation([0.36, 0.48, 0.8], 57.0))
    assert np.abs(sizes_of(problem, askew) - as_it_is).max() <= {"fast": 0.3, "standard": 0.15}[accuracy]


def test_a_symmetric_pair_heats_both_sides_alike():
    problem = problem_of(THIN, SHORT, ACCURACIES["fast"], pair=PairPose(8.0, 0.0, 20.0))
    lesion = solve_octree(problem)
    points = np.random.default_rng(2).uniform(*BOX, (400, 3))
    here = lesion.temperature_c(points)
    assert here.max() > 60.0
    for mirror in ([-1.0, 1.0, 1.0], [1.0, -1.0, 1.0]):
        assert lesion.temperature_c(points * mirror) == pytest.approx(here, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"electrode": NEEDLE},
        {"electrode": NEEDLE, "surroundings": Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0)},
        {"electrode": NEEDLE, "surroundings": Surroundings(bone_gap_mm=1.0)},
        {"electrode": THIN, "pair": PairPose(10.0)},
    ],
    ids=["free", "along bone", "upright on bone", "pair"],
)
def test_the_other_grids_say_the_same(options):
    problem = problem_of(protocol=SHORT, accuracy=ACCURACIES["standard"], **options)
    one, other = solve_octree(problem), solve_problem(problem)
    assert grid_of(problem) != "octree"
    # both have errors of their own beside bone, and they are not the same
    within_mm = 0.22 if "surroundings" in options else 0.15
    for isotherm in ISOTHERMS_C:
        a, b = one.size(isotherm), other.size(isotherm)
        assert (a.width_mm, a.length_mm, a.beyond_tip_mm) == pytest.approx(
            (b.width_mm, b.length_mm, b.beyond_tip_mm), abs=within_mm
        )
        assert a.volume_mm3 == pytest.approx(b.volume_mm3, rel=0.04)
    assert one.history.impedance_ohm[-1] == pytest.approx(other.history.impedance_ohm[-1], rel=0.02)
    assert one.energy_balance_error < 0.005


@pytest.mark.slow
def test_width_converges_in_space():
    base = dataclasses.replace(ACCURACIES["fast"], name="coarse", across_radius=4.0)
    widths = []
    for finer in (1.0, 1.5, 2.25):
        problem = problem_of(THIN, SHORT, base.refined(space=finer), pair=PairPose(8.0, 3.0, 15.0))
        widths.append(solve_octree(problem).size(50.0).width_mm)
    coarse, middle, fine = widths
    assert abs(middle - fine) < abs(coarse - middle)
    assert abs(middle - fine) < 0.05


def test_saved_and_loaded_it_is_the_same(tmp_path):
    made = solve_lesion(THIN, Protocol(85.0, 20.0), accuracy="fast", pair=PairPose(8.0, 3.0, 15.0, 5.0))
    back = load_lesion(save_lesion(made, tmp_path / "a.npz")[0])
    assert back.to_json() == made.to_json()
    assert back.problem == made.problem
    points = np.random.default_rng(2).uniform(*BOX, (200, 3))
    assert np.array_equal(back.temperature_c(points), made.temperature_c(points))
    assert np.array_equal(back.dose("nerve", points), made.dose("nerve", points))
    assert np.array_equal(back.margin_mm(points, 45.0), made.margin_mm(points, 45.0))


def test_solved_again_it_is_the_same_to_the_last_bit():
    problem = problem_of(THIN, Protocol(85.0, 20.0), ACCURACIES["fast"], pair=PairPose(6.0, 2.0, 10.0))
    one, two = solve_octree(problem), solve_octree(problem)
    assert np.array_equal(one.field.values["end_c"], two.field.values["end_c"])
    assert one.energy_balance_error < 0.005
