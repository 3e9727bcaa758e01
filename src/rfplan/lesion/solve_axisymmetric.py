"""Solving on (r, z): one needle or probe along the axis; planes across it, a ball of fluid on it."""

from __future__ import annotations

import time

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.axisymmetric import AxisymmetricSystem, axisymmetric_grid
from rfplan.lesion.axisymmetric_field import AxisymmetricField
from rfplan.lesion.axisymmetric_size import SoftSection, region_size, soft_section
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.march import Progress
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.radii import radii_along
from rfplan.lesion.scene import scene_of
from rfplan.lesion.solve import fields_of, march_problem, solved_from
from rfplan.lesion.solved import DOSE_LEVELS, DoseName, PairTemperatures, SolvedLesion
from rfplan.lesion.tissue import cortical_thickness_mm


def solve_axisymmetric(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """One needle, free or perpendicular to bone and layers, its contacts at one potential or with current between them."""
    began = time.perf_counter()
    body, scene = problem.body, scene_of(problem)
    planes = list(scene.floors_mm[1:])
    floor_mm = -np.inf
    if problem.gap_mm is not None:
        floor_mm = -problem.gap_mm
        planes += [floor_mm, floor_mm - cortical_thickness_mm()]
    grid = axisymmetric_grid(body, problem.accuracy, planes, scene.balls)
    system = AxisymmetricSystem(grid, body, scene, problem.sink_w_mm3k)
    course = march_problem(system, problem, progress)
    warm = soft_section(system, course.end_c)
    isotherms = {isotherm: region_size(warm, isotherm, body.radius_mm) for isotherm in ISOTHERMS_C}
    killed: dict[DoseName, FloatArray] = {"nerve": course.nerve_dose, "tissue": course.tissue_dose}
    doses = {
        name: region_size(
            soft_section(system, _log(killed[name]), is_temperature=False), float(np.log(level)), body.radius_mm
        )
        for name, level in DOSE_LEVELS.items()
    }
    field = AxisymmetricField(grid.r_mid, grid.z_mid, fields_of(course), floor_mm)
    between = between_contacts(warm, problem) if problem.bipolar else None
    radii = _radii(field, problem) if problem.gap_mm is not None else None
    return solved_from(problem, course, field, isotherms, doses, system.soft, grid.shape, began, radii, between)


def _radii(field: AxisymmetricField, problem: LesionProblem) -> dict[float, dict[str, float]]:
    """Over bone that lies straight ahead, the same all round; by the names that bone beside a needle has."""
    middle = np.array([0.0, 0.0, 0.5 * (problem.active_mm[0][0] + problem.active_mm[-1][1])])

    def radius(isotherm_c: float) -> float:
        out = {"out": np.array([1.0, 0.0, 0.0])}
        return radii_along(lambda points: field.at("end_c", points) - isotherm_c, middle, out)["out"]

    return {isotherm: dict.fromkeys(("away", "toward", "lateral"), radius(isotherm)) for isotherm in ISOTHERMS_C}


def between_contacts(warm: SoftSection, problem: LesionProblem) -> PairTemperatures:
    """Temperatures between contacts of one probe.

    The midpoint is on the probe's surface half-way between the two groups of contacts, the midline the plane across the probe there.
    Contacts join up to the temperature of the coolest cross-section between any two of them, that of a cross-section being its
    hottest point, which is on the probe or near it.
    """
    hottest = np.where(warm.soft, warm.values, -np.inf).max(axis=1)
    beside = warm.values[np.arange(len(warm.z_mm)), np.argmax(warm.soft, axis=1)]
    gaps = [(low[1], high[0]) for low, high in zip(problem.active_mm, problem.active_mm[1:], strict=False)]
    changes = [n for n in range(len(gaps)) if problem.part_volts[n] != problem.part_volts[n + 1]]
    middle = 0.5 * sum(gaps[changes[0]])
    joined = [hottest[(warm.z_mm >= low) & (warm.z_mm <= high)].min(initial=np.inf) for low, high in gaps]
    return PairTemperatures(
        float(np.interp(middle, warm.z_mm, beside)), float(np.interp(middle, warm.z_mm, hottest)), float(min(joined))
    )


def _log(dose: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(dose, 1e-12)))
