"""Solving in three dimensions: one needle beside a plane of bone, and a bipolar pair."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from rfplan.lesion.lesion import ISOTHERMS_C, LesionSize
from rfplan.lesion.march import Progress
from rfplan.lesion.placed_body import PlacedBody, bone_beside
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solid import SolidSystem, trilinear
from rfplan.lesion.solid_field import SolidField
from rfplan.lesion.solid_grid import bipolar_grid, polar_grid
from rfplan.lesion.solid_size import region_size
from rfplan.lesion.solve import fields_of, march_problem, solved_from
from rfplan.lesion.solved import DOSE_LEVELS, DoseName, PairTemperatures, SolvedLesion
from rfplan.lesion.tissue import tissue
from rfplan.lesion.wrapped_field import SHOWN, resampled
from rfplan.lesion.wrapped_solid import wrapped_solid_grid
from rfplan.lesion.wrapped_solid_size import WrappedSurface, radii_mm, wrapped_surface
from rfplan.lesion.wrapped_solid_size import region_size as region_size_wrapped


def solve_beside_bone(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """One needle with a plane of bone at any angle to it; in the needle's frame the bone is towards -x."""
    around, body = problem.surroundings, problem.body
    assert problem.gap_mm is not None
    began = time.perf_counter()
    bone = bone_beside(body, problem.gap_mm, around.bone_angle_deg)
    grid = wrapped_solid_grid(body, problem.accuracy, bone)
    needle = PlacedBody(body, np.zeros(3), np.array([0.0, 0.0, 1.0]))
    system = SolidSystem(grid, [needle], tissue("muscle"), bone, problem.sink_w_mm3k, around.perfusion)
    course = march_problem(system, problem, progress)
    fields = fields_of(course)

    def edge(name: str, level: float) -> WrappedSurface | None:
        excess = fields[name] - level if name == "end_c" else np.log(np.maximum(fields[name], 1e-12) / level)
        return wrapped_surface(grid, body.radius_mm, excess, bone)

    edges = {isotherm: edge("end_c", isotherm) for isotherm in ISOTHERMS_C}
    isotherms = {isotherm: region_size_wrapped(surface) for isotherm, surface in edges.items()}
    doses: dict[DoseName, LesionSize] = {
        name: region_size_wrapped(edge(name, level)) for name, level in DOSE_LEVELS.items()
    }
    low, high = problem.active_mm[0]
    radii = {isotherm: radii_mm(surface, 0.5 * (low + high)) for isotherm, surface in edges.items()}
    # lookups, surfaces and files know cells in rows across and along the needle
    shown = polar_grid(body, replace(SHOWN, far_mm=problem.accuracy.far_mm), bone)
    shown = replace(shown, v_edges=grid.turn_edges)
    u, _, z = shown.mids
    values = resampled(grid.section, body.radius_mm, {n: f.swapaxes(1, 2) for n, f in fields.items()}, np.exp(u), z)
    field = SolidField(shown, {name: value.swapaxes(1, 2) for name, value in values.items()}, bone)
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
        return region_size(field.grid, field.excess(name, level), system.soft)

    isotherms = {isotherm: size("end_c", isotherm) for isotherm in ISOTHERMS_C}
    return isotherms, {name: size(name, level) for name, level in DOSE_LEVELS.items()}
