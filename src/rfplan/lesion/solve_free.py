"""Solving one needle in uniform tissue, on a grid that wraps it."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.axisymmetric import AxisymmetricSystem, axisymmetric_grid
from rfplan.lesion.axisymmetric_field import AxisymmetricField
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.march import Progress
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.scene import scene_of
from rfplan.lesion.solve import fields_of, march_problem, solved_from
from rfplan.lesion.solved import DOSE_LEVELS, DoseName, SolvedLesion
from rfplan.lesion.wrapped_field import SHOWN, resampled
from rfplan.lesion.wrapped_grid import wrapped_grid
from rfplan.lesion.wrapped_size import region_size, wrapped_section


def solve_free(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """One needle whose tip is the end of its active part (:func:`rfplan.lesion.wrapped_grid.wraps`), in one tissue."""
    began = time.perf_counter()
    body = problem.body
    grid = wrapped_grid(body, problem.accuracy)
    system = AxisymmetricSystem(grid, body, scene_of(problem), problem.sink_w_mm3k)
    course = march_problem(system, problem, progress)
    warm = wrapped_section(system, course.end_c)
    isotherms = {isotherm: region_size(warm, isotherm) for isotherm in ISOTHERMS_C}
    killed: dict[DoseName, FloatArray] = {"nerve": course.nerve_dose, "tissue": course.tissue_dose}
    doses = {
        name: region_size(
            wrapped_section(system, np.log(np.maximum(killed[name], 1e-12)), is_temperature=False), float(np.log(level))
        )
        for name, level in DOSE_LEVELS.items()
    }
    # lookups, surfaces and files know cells in rows across and along the needle
    shown = axisymmetric_grid(body, replace(SHOWN, far_mm=problem.accuracy.far_mm))
    values = resampled(grid, body.radius_mm, fields_of(course), shown.r_mid, shown.z_mid)
    field = AxisymmetricField(shown.r_mid, shown.z_mid, values)
    return solved_from(problem, course, field, isotherms, doses, system.soft, grid.shape, began)
