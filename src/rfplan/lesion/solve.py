"""Solving a lesion: from what is asked to what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.accuracy import Accuracy, accuracy_named
from rfplan.lesion.axisymmetric import AxisymmetricSystem, Layer, axisymmetric_grid
from rfplan.lesion.axisymmetric_field import AxisymmetricField
from rfplan.lesion.axisymmetric_size import region_size, soft_section
from rfplan.lesion.generator import GeneratorLimits
from rfplan.lesion.history import history_of
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.march import Course, Progress, march
from rfplan.lesion.problem import LesionProblem, Surroundings, problem_of
from rfplan.lesion.solved import DOSE_LEVELS, LesionStatus, SolvedLesion
from rfplan.lesion.tissue import cortical_thickness_mm, tissue

_BOILING_C = 100.0
_SHORT_OF_C = 0.5


def solve_lesion(
    electrode: Electrode,
    protocol: Protocol | None = None,
    surroundings: Surroundings | None = None,
    accuracy: str | Accuracy = "standard",
    limits: GeneratorLimits | None = None,
    contact: int = 0,
    progress: Progress | None = None,
) -> SolvedLesion:
    """Solve the lesion of one straight electrode, in the needle's own frame; ``at`` of the result places it.

    Parameters
    ----------
    electrode : from the catalogue (:func:`rfplan.electrode`)
    protocol : default is the electrode's usual one
    surroundings : default is perfused muscle at 37 degC without bone
    accuracy : ``fast``, ``standard`` or ``fine``, or grid and steps of one's own
    limits : of the generator; default is none
    contact : of a probe with several, which one is on, counted from the tip end
    progress : called with the finished part, 0 to 1

    Raises
    ------
    InputError : something is out of range, or of a kind that this version does not solve (tines, two needles, slanted bone)
    RfplanError : the solver did not converge
    """
    chosen = accuracy_named(accuracy) if isinstance(accuracy, str) else accuracy
    problem = problem_of(electrode, protocol or electrode.protocol, chosen, surroundings, limits, contact)
    return solve_problem(problem, progress)


def solve_problem(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """Solve what is asked; as :func:`solve_lesion`."""
    around = problem.surroundings
    if around.bone_gap_mm is not None and around.bone_angle_deg != 90.0:
        raise InputError(
            f"--bone-angle-deg is {around.bone_angle_deg:g}; this version solves bone at 90 degrees only (needle perpendicular to it)"
        )
    began = time.perf_counter()
    layers, planes = _layers(around)
    body = problem.body
    grid = axisymmetric_grid(body, problem.accuracy, planes)
    system = AxisymmetricSystem(grid, body, layers, problem.sink_w_mm3k)
    course = march(
        system,
        problem.protocol,
        around.start_c,
        problem.accuracy,
        problem.limits,
        problem.coolant_c,
        around.perfusion_stops,
        progress,
    )
    warm = soft_section(system, course.end_c)
    isotherms = {isotherm: region_size(warm, isotherm, body.radius_mm) for isotherm in ISOTHERMS_C}
    killed = {"nerve": course.nerve_dose, "tissue": course.tissue_dose}
    doses = {
        name: region_size(
            soft_section(system, _log(killed[name]), is_temperature=False), float(np.log(level)), body.radius_mm
        )
        for name, level in DOSE_LEVELS.items()
    }
    peak_c = float(course.peak_c[system.soft].max())
    status, limited_by = _status(course, problem, peak_c)
    fields = {
        "end_c": course.end_c,
        "peak_c": course.peak_c,
        "nerve": course.nerve_dose,
        "tissue": course.tissue_dose,
        "cem43_min": course.cem43_min,
    }
    return SolvedLesion(
        problem=problem,
        status=status,
        isotherms=isotherms,
        doses=doses,
        max_tissue_c=float(course.end_c[system.soft].max()),
        peak_tissue_c=peak_c,
        thermocouple_c=course.thermocouple_c[-1],
        limited_by=limited_by,
        history=history_of(course),
        energy_balance_error=course.energy.error,
        shape=grid.shape,
        steps=course.steps,
        seconds=time.perf_counter() - began,
        field=AxisymmetricField(grid.r_mid, grid.z_mid, fields, planes[0] if planes else -np.inf),
    )


def _layers(around: Surroundings) -> tuple[list[Layer], list[float]]:
    """Tissues from below, and the planes between them, the surface of the bone first."""
    muscle = tissue("muscle")
    if around.bone_gap_mm is None:
        stack, planes = [Layer(-np.inf, muscle)], []
    else:
        surface = -around.bone_gap_mm
        deep = surface - cortical_thickness_mm()
        stack = [
            Layer(-np.inf, tissue("cancellous_bone"), soft=False),
            Layer(deep, tissue("cortical_bone"), soft=False),
            Layer(surface, muscle),
        ]
        planes = [surface, deep]
    if not around.perfusion:
        stack = [Layer(layer.from_z_mm, layer.tissue.bloodless(), layer.soft) for layer in stack]
    return stack, planes


def _status(course: Course, problem: LesionProblem, peak_c: float) -> tuple[LesionStatus, str | None]:
    limits: Sequence[str | None] = course.limited
    limited_by = next((limit for limit in reversed(limits) if limit is not None), None)
    if limited_by is not None and course.thermocouple_c[-1] < problem.protocol.set_c - _SHORT_OF_C:
        return "limited", limited_by
    return ("boiling" if peak_c > _BOILING_C else "converged"), limited_by


def _log(dose: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.maximum(dose, 1e-12)))
