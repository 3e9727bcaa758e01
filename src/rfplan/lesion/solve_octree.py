"""Solving on an octree: any arrangement of metal in any surroundings."""

from __future__ import annotations

import time

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.block import Block
from rfplan.lesion.free_memory import give_back
from rfplan.lesion.lesion import ISOTHERMS_C, LesionSize
from rfplan.lesion.march import Progress
from rfplan.lesion.octree_field import OctreeField
from rfplan.lesion.octree_grid import scene_octree
from rfplan.lesion.octree_system import OctreeSystem
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.radii import radii_along
from rfplan.lesion.scene import Scene, scene_of
from rfplan.lesion.solve import fields_of, march_problem, solved_from
from rfplan.lesion.solved import DOSE_LEVELS, PairTemperatures, SolvedLesion


def solve_octree(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """Solve ``problem`` in three dimensions without any symmetry."""
    began = time.perf_counter()
    scene = scene_of(problem)
    tree = scene_octree(scene, problem.accuracy)
    system = OctreeSystem(tree, scene)
    give_back()
    course = march_problem(system, problem, progress)
    kind, soft = system.kind, system.soft
    # its matrices take more room than all that follows
    del system
    give_back()
    # single precision holds a few millionths of a degree, in half the room
    kept = {name: values.astype(np.float32) for name, values in fields_of(course).items()}
    field = OctreeField(tree, kept, kind, scene.bone)
    lowest_tip = min(float(body.tip_mm[2]) for body in scene.bodies if body.sensed)
    metal = _metal_part(scene, field.block("end_c"))

    def size(name: str, level: float) -> LesionSize:
        return field.block(name).size(level, lowest_tip, metal)

    return solved_from(
        problem,
        course,
        field,
        {isotherm: size("end_c", isotherm) for isotherm in ISOTHERMS_C},
        {name: size(name, float(np.log(level))) for name, level in DOSE_LEVELS.items()},
        soft,
        (tree.leaves,),
        began,
        _radii(problem, scene, field),
        _between(problem, scene, field),
    )


def _metal_part(scene: Scene, block: Block) -> FloatArray:
    nodes = block.nodes_mm
    nearest = np.min([body.distance_mm(nodes) for body in scene.bodies], axis=0)
    return np.asarray(np.clip(0.5 - nearest / block.spacing_mm, 0.0, 1.0))


def _radii(problem: LesionProblem, scene: Scene, field: OctreeField) -> dict[float, dict[str, float]] | None:
    """Beside bone: from the axis of one needle at the middle of its active part to the surfaces, or to the bone where that is nearer."""
    if scene.bone is None or problem.pair is not None:
        return None
    middle = np.array([0.0, 0.0, 0.5 * (problem.active_mm[0][0] + problem.active_mm[-1][1])])
    step = 0.5
    # the way straight away from the bone, across the needle
    away = np.zeros(3)
    for x in range(2):
        shift = step * np.eye(3)[x]
        away[x] = float(scene.bone.height_mm(middle + shift)) - float(scene.bone.height_mm(middle - shift))
    if np.linalg.norm(away) < 0.05:
        return None
    away /= np.linalg.norm(away)
    ways = {"away": away, "toward": -away, "lateral": np.array([-away[1], away[0], 0.0])}
    bone = scene.bone

    def inside(isotherm_c: float) -> dict[str, float]:
        return radii_along(
            lambda points: np.minimum(field.excess("end_c", isotherm_c, points), bone.height_mm(points)), middle, ways
        )

    return {isotherm: inside(isotherm) for isotherm in ISOTHERMS_C}


def _between(problem: LesionProblem, scene: Scene, field: OctreeField) -> PairTemperatures | None:
    """Between the two needles of a pair, or between the first two contacts of opposite sign of a probe."""
    if not problem.bipolar:
        return None
    if problem.pair is not None:
        low, high = problem.active_mm[0][0], problem.active_mm[-1][1]
        first, second = (
            tip + 0.5 * (low + high) * axis for tip, axis in zip(problem.pair.tips_mm, problem.pair.axes, strict=True)
        )
        way, hot = np.array([0.0, 0.0, 1.0]), [first, second]
    else:
        change = next(n for n, volts in enumerate(problem.part_volts) if volts != problem.part_volts[0])
        hot = [np.array([0.0, 0.0, 0.5 * sum(part)]) for part in problem.active_mm]
        first, second = hot[change - 1], hot[change]
        way = np.array([1.0, 0.0, 0.0])
    midpoint = 0.5 * (first + second)
    line = midpoint + np.linspace(-15.0, 15.0, 601)[:, None] * way
    metal = np.min([body.distance_mm(line) for body in scene.bodies], axis=0) < 0.0
    along = np.where(metal, -np.inf, field.at("end_c", line))
    joined = field.block("end_c").joined_at(hot, problem.surroundings.start_c, 200.0)
    return PairTemperatures(float(field.at("end_c", midpoint)), float(along.max()), joined)
