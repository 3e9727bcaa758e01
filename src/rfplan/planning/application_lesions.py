"""The solved lesions of a plan: what each application asks of the solver, and where its answer stands in the patient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal, get_args
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.errors import ConvergenceError, InputError, did_you_mean
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.geometry.frames import Isometry
from rfplan.lesion.accuracy import Accuracy, accuracy_named
from rfplan.lesion.march import Progress
from rfplan.lesion.problem import LesionProblem, Surroundings, problem_of
from rfplan.lesion.solved import SolvedLesion
from rfplan.lesion.store import kept_lesion
from rfplan.planning.bone_near import BoneNear, bone_near
from rfplan.planning.plan import Application, Plan

BoneModel = Literal["plane", "patient"]
BONE_MODELS: Final[tuple[BoneModel, ...]] = get_args(BoneModel)

ASSUMPTIONS: Final[dict[BoneModel, str]] = {
    "plane": "Lesions are solved in plane-bone surroundings: every needle in perfused muscle beside a plane that touches the bone "
    "nearest its active tip, its distance rounded to 0.25 mm (0.5 mm from 2 mm, 1 mm from 4 mm, no bone from 8 mm) and its angle to "
    "10 degrees; pairs without bone, their spacing rounded to 0.25 mm. Neighbouring lesions do not warm each other, and the "
    "generator's control is ideal.",
    "patient": "Lesions are solved in the patient's own bone, in perfused muscle. Neighbouring lesions do not warm each other, and the "
    "generator's control is ideal.",
}
"""What has to be said wherever a result of solved lesions is shown."""

_ANGLE_DEG = 10.0
_GAP_STEPS_MM = ((2.0, 0.25), (4.0, 0.5), (math.inf, 1.0))
_FAR_GAP_MM = 8.0
_SPACING_MM = 0.25
_PARALLEL_DEG = 1.0
_LEVEL_MM = 0.25
_KEPT = 64
_INSTEAD = "--lesion-model shapes judges it by the sizes of the catalogue"


@dataclass(frozen=True, eq=False)
class PlacedProblem:
    """What the solver is asked for one application, and the map from the frame of its answer to the patient's."""

    problem: LesionProblem
    pose: Isometry


def lesions_of(
    plan: Plan,
    patient: Patient,
    bone: str = "plane",
    accuracy: str | Accuracy = "standard",
    progress: Progress | None = None,
) -> tuple[SolvedLesion, ...]:
    """The solved lesion of every application of ``plan``, placed in the frame of ``patient``.

    Equal problems are solved once, and answered from the store of this machine where they were solved before.

    Parameters
    ----------
    bone : ``plane``: beside a plane that touches the bone nearest the active tip; ``patient``: in the patient's own bone
    accuracy : ``fast``, ``standard`` or ``fine``, or grid and steps of one's own
    progress : called with the finished part, 0 to 1

    Raises
    ------
    InputError : unknown bone model, or an application of a kind that cannot be solved
    RfplanError : a lesion did not converge; the message names the application
    """
    chosen = accuracy_named(accuracy) if isinstance(accuracy, str) else accuracy
    held = _PLACED.setdefault(plan, WeakKeyDictionary()).setdefault(patient, {})
    key = (bone_named(bone), chosen)
    if key not in held:
        held[key] = _solved(plan, patient, key[0], chosen, progress)
    return held[key]


_PLACED: WeakKeyDictionary[Plan, WeakKeyDictionary[Patient, dict[Any, tuple[SolvedLesion, ...]]]] = WeakKeyDictionary()
# Plans and patients never change, so what was solved for them is kept as long as both live.


def bone_named(bone: str) -> BoneModel:
    """One of :data:`BONE_MODELS`; InputError with a suggestion where there is none of that name."""
    for known in BONE_MODELS:
        if bone == known:
            return known
    meant = did_you_mean(bone, BONE_MODELS)
    raise InputError(f"bone is {bone!r};{meant} accepted: {', '.join(BONE_MODELS)}")


def placed_problem(
    application: Application, number: int, patient: Patient, bone: BoneModel, accuracy: Accuracy
) -> PlacedProblem:
    """What is to be solved for an application (``number`` counts from 1), and where the answer stands.

    Raises
    ------
    InputError : it is of a kind that cannot be solved; the message names the application
    """
    where = application_name(application, number)
    if bone == "patient":
        raise InputError(
            f"{where}: lesions are not solved in the patient's own bone in this version; use --bone plane, or {_INSTEAD}"
        )
    try:
        if len(application.needles) == 2:
            return _pair(application, where, accuracy)
        return _beside_plane(application, where, patient, accuracy)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(where) else f"{where}: {text}; {_INSTEAD}") from error


def application_name(application: Application, number: int) -> str:
    """What messages call it, such as ``application 3 (S1 4:30)``."""
    return f"application {number}" + (f" ({application.target})" if application.target else "")


def _solved(
    plan: Plan, patient: Patient, bone: BoneModel, accuracy: Accuracy, progress: Progress | None
) -> tuple[SolvedLesion, ...]:
    asked = [
        placed_problem(application, number, patient, bone, accuracy)
        for number, application in enumerate(plan.applications, 1)
    ]
    distinct = list(dict.fromkeys(placed.problem for placed in asked))
    found: dict[LesionProblem, SolvedLesion] = {}
    for done, problem in enumerate(distinct):

        def tell(part: float, done: int = done) -> None:
            if progress is not None:
                progress((done + part) / len(distinct))

        try:
            found[problem] = _kept(problem, _Listener(tell))
        except ConvergenceError as error:
            named = [
                application_name(application, number)
                for number, (application, placed) in enumerate(zip(plan.applications, asked, strict=True), 1)
                if placed.problem == problem
            ]
            raise ConvergenceError(f"{', '.join(named)}: {error}") from error
        tell(1.0)
    return tuple(replace(found[placed.problem], pose=placed.pose) for placed in asked)


class _Listener:
    """Hears of progress; equal to every other, so that an answer is kept whoever listened."""

    def __init__(self, tell: Progress) -> None:
        self.tell = tell

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Listener)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=_KEPT)
def _kept(problem: LesionProblem, listener: _Listener) -> SolvedLesion:
    return kept_lesion(problem, listener.tell)


def _beside_plane(application: Application, where: str, patient: Patient, accuracy: Accuracy) -> PlacedProblem:
    (needle,) = application.needles
    electrode = needle.electrode
    if len(electrode.contacts_mm) > 1:
        raise InputError(f"{where}: probes with several contacts cannot be solved in a plan yet; {_INSTEAD}")
    plane = bone_near(patient, needle)
    around, normal = _surroundings(plane, needle.axis, 0.5 * electrode.diameter_mm, electrode.tip_mm)
    problem = problem_of(electrode, application.protocol, accuracy, around)
    # without a plane, or straight on to it, the lesion is round: any direction will do that turns with the patient
    guide = patient.frame.posterior if normal is None or around.bone_angle_deg == 90.0 else normal
    return PlacedProblem(problem, Isometry(_axes(needle.axis, guide, patient), needle.tip_mm))


def _surroundings(
    plane: BoneNear | None, axis: FloatArray, radius_mm: float, active_mm: float
) -> tuple[Surroundings, FloatArray | None]:
    """Gap and angle rounded, with the middle of the active tip kept at its height, and the normal of the plane."""
    if plane is None:
        return Surroundings(), None
    lean = math.degrees(math.asin(min(1.0, max(-1.0, float(plane.normal @ axis)))))
    # a needle that comes out of the bone backwards is solved as one that lies along it
    angle = min(90.0, max(0.0, _ANGLE_DEG * round(lean / _ANGLE_DEG)))
    gap = plane.middle_mm - radius_mm - (0.5 * active_mm - radius_mm) * math.sin(math.radians(angle))
    if gap >= _FAR_GAP_MM:
        return Surroundings(), None
    step = next(step for below, step in _GAP_STEPS_MM if gap < below)
    return Surroundings(bone_gap_mm=max(0.0, step * round(gap / step)), bone_angle_deg=angle), plane.normal


def _axes(z: FloatArray, guide: FloatArray, patient: Patient) -> FloatArray:
    """(3, 3) columns x, y, z of a right-handed frame with ``guide`` on the side of +x; a mirror image mirrors x alone.

    Lesions are the same on both sides of the plane of x and z, so that mirrored plans have mirrored lesions.
    """
    across = guide - (guide @ z) * z
    if np.linalg.norm(across) < 1e-6:
        across = patient.frame.caudal - (patient.frame.caudal @ z) * z
    x = unit(across)
    return np.stack([x, np.cross(z, x), z], axis=1)


def _pair(application: Application, where: str, accuracy: Accuracy) -> PlacedProblem:
    """Parallel needles with their tips at one height, in muscle."""
    first, second = application.needles
    if first.electrode != second.electrode:
        raise InputError(f"{where}: pairs of different electrodes cannot be solved; {_INSTEAD}")
    if len(first.electrode.contacts_mm) > 1:
        raise InputError(f"{where}: current between contacts of a probe cannot be solved in a plan yet; {_INSTEAD}")
    z = unit(first.axis + second.axis)
    between = second.tip_mm - first.tip_mm
    offset = float(between @ z)
    apart = math.degrees(math.acos(min(1.0, max(-1.0, float(first.axis @ second.axis)))))
    if not (apart <= _PARALLEL_DEG and abs(offset) <= _LEVEL_MM):
        raise InputError(
            f"{where}: pairs are solved that are parallel to {_PARALLEL_DEG:g} degree with tips level to {_LEVEL_MM:g} mm; "
            f"these are {apart:.1f} degrees and {abs(offset):.1f} mm off; {_INSTEAD}"
        )
    across = between - offset * z
    spacing = float(np.linalg.norm(across))
    x = unit(across)
    rounded = _SPACING_MM * round(spacing / _SPACING_MM)
    problem = problem_of(first.electrode, application.protocol, accuracy, spacing_mm=rounded)
    return PlacedProblem(
        problem, Isometry(np.stack([x, np.cross(z, x), z], axis=1), 0.5 * (first.tip_mm + second.tip_mm))
    )


def bone_warnings(plan: Plan, patient: Patient) -> Sequence[str]:
    """Sentences on active tips that stand so deep in bone that a plane beside them says little."""
    said = []
    for number, application in enumerate(plan.applications, 1):
        for needle in application.needles:
            plane = bone_near(patient, needle)
            if plane is not None and plane.depth_mm > needle.electrode.diameter_mm:
                said.append(
                    f"{application_name(application, number)}: an active tip reaches {plane.depth_mm:.1f} mm into bone; "
                    "its lesion is solved as if it lay on it"
                )
    return said
