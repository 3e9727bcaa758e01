"""Solving in three dimensions: one needle beside a plane of bone, and a bipolar pair."""

from __future__ import annotations

import time

import numpy as np

from rfplan.lesion.lesion import ISOTHERMS_C, LesionSize
from rfplan.lesion.march import Progress
from rfplan.lesion.placed_body import PlacedBody, bone_beside
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solid import SolidSystem, trilinear
from rfplan.lesion.solid_field import SolidField
from rfplan.lesion.solid_grid import bipolar_grid, polar_grid
from rfplan.lesion.solid_size import radii_mm, region_size
from rfplan.lesion.solve import fields_of, march_problem, solved_from
from rfplan.lesion.solved import DOSE_LEVELS, DoseName, PairTemperatures, SolvedLesion
from rfplan.lesion.tissue import tissue


def solve_beside_bone(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """One needle with a plane of bone at any angle to it; in the needle's frame the bone is towards -x."""
    around, body = problem.surroundings, problem.body
    assert problem.gap_mm is not None
    began = time.perf_counter()
    bone = bone_beside(body, problem.gap_mm, around.bone_angle_deg)
    grid = polar_grid(body, problem.accuracy, bone)
    needle = PlacedBody(body, np.zeros(3), np.array([0.0, 0.0, 1.0]))
    system = SolidSystem(grid, [needle], tissue("muscle"), bone, problem.sink_w_mm3k, around.perfusion)
    course = march_problem(system, problem, progress)
    field = SolidField(grid, fields_of(course), bone)
    isotherms, doses = _sizes(field, system)
    low, high = problem.active_mm[0]
    radii = {
        isotherm: radii_mm(grid, field.excess("end_c", isotherm), 0.5 * (low + high), bone) for isotherm in ISOTHERMS_C
    }
    return solved_from(problem, course, field, isotherms, doses, system.soft, grid.shape, began, radii)


def solve_pair(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """A parallel bipolar pair with tips at one height, at x = +- half the spacing; the origin is half-way between the tip ends."""
    assert problem.pair is not None
    spacing_mm = problem.pair.spacing_mm
    began = time.perf_counter()
    body = problem.body
    grid = bipolar_grid(body, spacing_mm, problem.accuracy)
    needle = PlacedBody(body, np.array([0.5 * spacing_mm, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), 0.5)
    system = SolidSystem(grid, [needle], tissue("muscle"), None, problem.sink_w_mm3k, problem.surroundings.perfusion)
    course = march_problem(system, problem, progress)
    field = SolidField(grid, fields_of(course))
    isotherms, doses = _sizes(field, system)
    return solved_from(
        problem, course, field, isotherms, doses, system.soft, grid.shape, began, pair=_between(field, problem)
    )


def _between(field: SolidField, problem: LesionProblem) -> PairTemperatures:
    low, high = problem.active_mm[0]
    z = np.linspace(low - 10.0, high + 10.0, 401)
    midline = np.stack([np.zeros_like(z), np.zeros_like(z), z], axis=-1)
    along = field.at("end_c", midline)
    midpoint = float(trilinear(field.grid, field.values["end_c"], np.array([0.0, 0.0, 0.5 * (low + high)])))
    # by symmetry whatever joins the two passes the plane half-way between them, whose hottest point is on the midline
    return PairTemperatures(midpoint, float(along.max()), float(along.max()))


def _sizes(field: SolidField, system: SolidSystem) -> tuple[dict[float, LesionSize], dict[DoseName, LesionSize]]:
    def size(name: str, level: float) -> LesionSize:
        return region_size(field.grid, field.excess(name, level), system.soft, field.bone)

    isotherms = {isotherm: size("end_c", isotherm) for isotherm in ISOTHERMS_C}
    return isotherms, {name: size(name, level) for name, level in DOSE_LEVELS.items()}
