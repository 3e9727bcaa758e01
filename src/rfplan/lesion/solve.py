"""Solving a lesion: from what is asked to what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.lesion.accuracy import Accuracy, accuracy_named
from rfplan.lesion.generator import GeneratorLimits
from rfplan.lesion.history import history_of
from rfplan.lesion.lesion import LesionSize
from rfplan.lesion.march import Course, Progress, System, march
from rfplan.lesion.pair_pose import PairPose
from rfplan.lesion.problem import LesionProblem, Surroundings, problem_of
from rfplan.lesion.solved import DoseName, LesionField, LesionStatus, PairTemperatures, SolvedLesion
from rfplan.lesion.wrapped_grid import wraps

GridKind = Literal["wrapped", "axisymmetric", "polar", "bipolar", "octree"]
_BOILING_C = 100.0
_SHORT_OF_C = 0.5


def solve_lesion(
    electrode: Electrode,
    protocol: Protocol | None = None,
    surroundings: Surroundings | None = None,
    accuracy: str | Accuracy = "standard",
    limits: GeneratorLimits | None = None,
    contacts: Sequence[int] = (0,),
    pair: PairPose | float | None = None,
    between_contacts: bool = False,
    progress: Progress | None = None,
    stored: bool = True,
) -> SolvedLesion:
    """Solve the lesion of an electrode or of a bipolar pair, in its own frame; ``at`` of the result places it.

    Parameters
    ----------
    electrode : from the catalogue (:func:`rfplan.electrode`)
    protocol : default is the electrode's usual one
    surroundings : default is perfused muscle at 37 degC without bone
    accuracy : ``fast``, ``standard`` or ``fine``, or grid and steps of one's own
    limits : of the generator; default is none
    contacts : of a probe with several, which are on, counted from the tip end
    pair : how two such needles stand between which the current flows; a number is the spacing in mm of parallel ones, tips at one height
    between_contacts : the current flows from the first half of ``contacts`` to the other instead of to a pad
    progress : called with the finished part, 0 to 1
    stored : answer from the store where the same was solved before, and keep what is solved now

    Raises
    ------
    InputError : something is out of range or contradicts itself
    RfplanError : the solver did not converge
    """
    chosen = accuracy_named(accuracy) if isinstance(accuracy, str) else accuracy
    if protocol is None:
        protocol = (
            electrode.protocol_for("bipolar")
            if (pair is not None or between_contacts) and "bipolar" in electrode.modes
            else electrode.protocol
        )
    problem = problem_of(electrode, protocol, chosen, surroundings, limits, contacts, pair, between_contacts)
    if not stored:
        return solve_problem(problem, progress)
    from rfplan.lesion.store import kept_lesion

    return kept_lesion(problem, progress)


def solve_problem(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """Solve what is asked, as :func:`solve_lesion`: on (r, z) where the problem is axisymmetric, else in three dimensions."""
    return _SOLVERS[grid_of(problem)](problem, progress)


def grid_of(problem: LesionProblem) -> GridKind:
    """The grid that ``problem`` is solved on: the cheapest that has its symmetries."""
    around = problem.surroundings
    plain = not (around.layers or around.depot or around.bone or problem.tines)
    if problem.pair is not None:
        parallel = problem.pair.parallel and problem.pair.offset_mm == 0.0
        return "bipolar" if parallel and plain and not around.has_bone else "octree"
    if around.bone is not None or problem.tines:
        return "octree"
    upright = around.bone_gap_mm is None or around.bone_angle_deg == 90.0
    if upright:
        free = plain and not around.has_bone and not problem.part_volts and wraps(problem.body)
        return "wrapped" if free else "axisymmetric"
    return "polar" if plain and not problem.part_volts else "octree"


def _solve_pair(problem: LesionProblem, progress: Progress | None) -> SolvedLesion:
    from rfplan.lesion.solve_solid import solve_pair

    return solve_pair(problem, progress)


def _solve_beside_bone(problem: LesionProblem, progress: Progress | None) -> SolvedLesion:
    from rfplan.lesion.solve_solid import solve_beside_bone

    return solve_beside_bone(problem, progress)


def _solve_free(problem: LesionProblem, progress: Progress | None) -> SolvedLesion:
    from rfplan.lesion.solve_free import solve_free

    return solve_free(problem, progress)


def _solve_octree(problem: LesionProblem, progress: Progress | None) -> SolvedLesion:
    from rfplan.lesion.solve_octree import solve_octree

    return solve_octree(problem, progress)


def _solve_axisymmetric(problem: LesionProblem, progress: Progress | None) -> SolvedLesion:
    from rfplan.lesion.solve_axisymmetric import solve_axisymmetric

    return solve_axisymmetric(problem, progress)


def march_problem(system: System, problem: LesionProblem, progress: Progress | None) -> Course:
    """March a discrete problem as it was asked."""
    around = problem.surroundings
    return march(
        system,
        problem.protocol,
        around.start_c,
        problem.accuracy,
        problem.limits,
        problem.coolant_c,
        around.perfusion_stops,
        progress,
    )


def fields_of(course: Course) -> dict[str, FloatArray]:
    """The cell fields that a result keeps, by name."""
    return {
        "end_c": course.end_c,
        "peak_c": course.peak_c,
        "nerve": course.nerve_dose,
        "tissue": course.tissue_dose,
        "cem43_min": course.cem43_min,
    }


def solved_from(
    problem: LesionProblem,
    course: Course,
    field: LesionField,
    isotherms: Mapping[float, LesionSize],
    doses: Mapping[DoseName, LesionSize],
    soft: BoolArray,
    shape: tuple[int, ...],
    began: float,
    radii: Mapping[float, Mapping[str, float]] | None = None,
    pair: PairTemperatures | None = None,
) -> SolvedLesion:
    """The record of a march; ``soft`` are the cells whose temperature counts as that of tissue, ``began`` the clock at the start."""
    peak_c = float(course.peak_c[soft].max())
    status, limited_by = _status(course, problem, peak_c)
    return SolvedLesion(
        problem=problem,
        status=status,
        isotherms=isotherms,
        doses=doses,
        max_tissue_c=float(course.end_c[soft].max()),
        peak_tissue_c=peak_c,
        thermocouple_c=course.thermocouple_c[-1],
        limited_by=limited_by,
        history=history_of(course),
        energy_balance_error=course.energy.error,
        shape=shape,
        steps=course.steps,
        seconds=time.perf_counter() - began,
        field=field,
        radii_mm=radii,
        pair=pair,
    )


def _status(course: Course, problem: LesionProblem, peak_c: float) -> tuple[LesionStatus, str | None]:
    limits: Sequence[str | None] = course.limited
    limited_by = next((limit for limit in reversed(limits) if limit is not None), None)
    if limited_by is not None and course.thermocouple_c[-1] < problem.protocol.set_c - _SHORT_OF_C:
        return "limited", limited_by
    return ("boiling" if peak_c > _BOILING_C else "converged"), limited_by


_SOLVERS: Mapping[GridKind, Callable[[LesionProblem, Progress | None], SolvedLesion]] = {
    "wrapped": _solve_free,
    "axisymmetric": _solve_axisymmetric,
    "polar": _solve_beside_bone,
    "bipolar": _solve_pair,
    "octree": _solve_octree,
}
