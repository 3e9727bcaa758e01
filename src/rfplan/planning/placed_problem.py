"""What an application asks of the lesion solver, and where the answer stands in the patient."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.errors import InputError, did_you_mean
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.geometry.frames import Isometry
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.pair_pose import PairPose, pair_of
from rfplan.lesion.problem import LesionProblem, problem_of
from rfplan.lesion.sampled_bone import SampledBone
from rfplan.lesion.surroundings import Surroundings
from rfplan.planning.bone_near import BoneNear, bone_near
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application

BoneModel = Literal["plane", "patient"]
BONE_MODELS: Final[tuple[BoneModel, ...]] = get_args(BoneModel)

ASSUMPTIONS: Final[dict[BoneModel, str]] = {
    "plane": "Lesions are solved in plane-bone surroundings: perfused muscle beside a plane at the distances that the bone has from "
    "the active tips. The gap is rounded to 0.25 mm (0.5 mm from 2 mm, 1 mm from 4 mm, no bone from 8 mm), its angle to 10 degrees; of "
    "a pair, spacing and offset to 0.25 mm, splay and twist to 5 degrees. Neighbouring lesions do not warm each other, and the "
    "generator's control is ideal.",
    "patient": "Lesions are solved in the patient's own bone, in perfused muscle. Neighbouring lesions do not warm each other, and the "
    "generator's control is ideal.",
}
"""What has to be said wherever a result of solved lesions is shown."""

_ANGLE_DEG = 10.0
_GAP_STEPS_MM = ((2.0, 0.25), (4.0, 0.5), (math.inf, 1.0))
_FAR_GAP_MM = 8.0
_PLACE_MM = 0.25
_TURN_DEG = 5.0
_REACH_MM = 16.0
_ONE_LINE = 1e-3


@dataclass(frozen=True, eq=False)
class PlacedProblem:
    """What the solver is asked, and the map from the frame of its answer to the patient's."""

    problem: LesionProblem
    pose: Isometry


def bone_named(bone: str) -> BoneModel:
    """One of :data:`BONE_MODELS`; InputError with a suggestion where there is none of that name."""
    for known in BONE_MODELS:
        if bone == known:
            return known
    meant = did_you_mean(bone, BONE_MODELS)
    raise InputError(f"bone is {bone!r};{meant} accepted: {', '.join(BONE_MODELS)}")


def usual_accuracy(bone: str) -> str:
    """``fast`` beside a plane, which is for exploring and is wrong by more than the solver is; ``standard`` in the patient's bone."""
    return "fast" if bone_named(bone) == "plane" else "standard"


def placed_problem(
    application: Application, patient: Patient, bone: BoneModel, accuracy: Accuracy, needles: Sequence[Needle] = ()
) -> PlacedProblem:
    """What is to be solved for an application, and where the answer stands.

    In plane-bone surroundings whatever is rounded is rounded here, so that the same problem comes up again and again; needles keep
    their exact place and direction, and the bone its exact direction round them. ``needles`` are all of the plan: they tell
    which contact of a probe is on.

    Raises
    ------
    InputError : the needles of a pair differ, or stand so that no solver takes them
    """
    used = application.needles
    first = used[0]
    if any(needle.electrode != first.electrode for needle in used):
        raise InputError("the two needles of a pair are different electrodes, which no lesion is solved for")
    if len(used) == 2 and not _in_line(used[0], used[1]):
        return _pair(application, patient, bone, accuracy)
    return _one_probe(application, patient, bone, accuracy, needles or used)


def _one_probe(
    application: Application, patient: Patient, bone: BoneModel, accuracy: Accuracy, needles: Sequence[Needle]
) -> PlacedProblem:
    """A needle, or one or two contacts of a probe."""
    used = application.needles
    electrode, z = used[0].electrode, used[0].axis
    contacts = [_contact(needle, needles) for needle in used]
    lows = [electrode.contacts_mm[contact] for contact in contacts]
    tip = used[0].tip_mm - lows[0] * z
    middle = float(np.mean(lows)) + 0.5 * electrode.tip_mm
    guide = patient.frame.posterior
    if bone == "patient":
        pose = Isometry(_axes(z, guide, patient), tip)
        around = Surroundings(bone=_bone_round(patient, pose, middle + 0.5 * electrode.tip_mm))
    else:
        above = middle - electrode.radius_mm
        around, normal = _beside(
            _plane(patient, used), z, electrode.radius_mm, lambda angle_deg: above * math.sin(math.radians(angle_deg))
        )
        # without a plane, or straight on to it, the lesion is round: any direction will do that turns with the patient
        if normal is not None and around.bone_angle_deg < 90.0:
            guide = normal
        pose = Isometry(_axes(z, guide, patient), tip)
    problem = problem_of(
        electrode, application.protocol, accuracy, around, contacts=contacts, between_contacts=len(used) == 2
    )
    return PlacedProblem(problem, pose)


def _pair(application: Application, patient: Patient, bone: BoneModel, accuracy: Accuracy) -> PlacedProblem:
    first, second = application.needles
    electrode = first.electrode
    pair, pose = _paired(first, second)
    if bone == "patient":
        reach = float(np.abs(pair.tips_mm + electrode.tip_mm * pair.axes).max())
        around = Surroundings(bone=_bone_round(patient, pose, reach))
        return PlacedProblem(problem_of(electrode, application.protocol, accuracy, around, pair=pair), pose)
    plane = _plane(patient, application.needles)
    if plane is not None and plane.normal @ pose.matrix[:, 1] < 0.0:
        # the solver has the bone towards -y: count the needles the other way round
        pair, pose = _paired(second, first)
    rounded = PairPose(
        _to(_PLACE_MM, pair.spacing_mm),
        _to(_PLACE_MM, pair.offset_mm),
        _to(_TURN_DEG, pair.splay_deg),
        _to(_TURN_DEG, pair.twist_deg),
    )
    middles = rounded.tips_mm + 0.5 * electrode.tip_mm * rounded.axes
    ends = np.concatenate([rounded.tips_mm + t * rounded.axes for t in (electrode.radius_mm, electrode.tip_mm)])

    def lift(angle_deg: float) -> float:
        normal = np.array([0.0, math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))])
        return float((middles @ normal).mean() - (ends @ normal).min())

    around, _ = _beside(plane, pose.matrix[:, 2], electrode.radius_mm, lift)
    return PlacedProblem(problem_of(electrode, application.protocol, accuracy, around, pair=rounded), pose)


def _paired(first: Needle, second: Needle) -> tuple[PairPose, Isometry]:
    return pair_of(np.stack([first.tip_mm, second.tip_mm]), np.stack([first.axis, second.axis]))


def _beside(
    plane: BoneNear | None, axis: FloatArray, radius_mm: float, lift_mm: Callable[[float], float]
) -> tuple[Surroundings, FloatArray | None]:
    """The rounded plane, and its true normal.

    ``lift_mm`` tells how much higher the middle of the active metal lies than the lowest point of its axis at an angle in degrees: the
    middle keeps its height over the bone, however the angle is rounded.
    """
    if plane is None:
        return Surroundings(), None
    lean = math.degrees(math.asin(min(1.0, max(-1.0, float(plane.normal @ axis)))))
    # what leans into the bone backwards is solved as what lies along it
    angle = min(90.0, max(0.0, _to(_ANGLE_DEG, lean)))

    def gap_at(angle_deg: float) -> float:
        return plane.middle_mm - radius_mm - lift_mm(angle_deg)

    while angle > 0.0 and gap_at(angle) < -_PLACE_MM:
        # rather lying flatter than with its end in the bone
        angle -= _ANGLE_DEG
    gap = max(0.0, gap_at(angle))
    if gap >= _FAR_GAP_MM:
        return Surroundings(), None
    step = next(step for below, step in _GAP_STEPS_MM if gap < below)
    return Surroundings(bone_gap_mm=_to(step, gap), bone_angle_deg=angle), plane.normal


def _plane(patient: Patient, needles: Sequence[Needle]) -> BoneNear | None:
    """The plane beside needles: the mean of those beside each that has one."""
    found = [plane for plane in (bone_near(patient, needle) for needle in needles) if plane is not None]
    if not found:
        return None
    normal = np.sum([plane.normal for plane in found], axis=0)
    if np.linalg.norm(normal) < 0.1:
        # bone on both sides: the nearer one
        return min(found, key=lambda plane: plane.middle_mm)
    middle = float(np.mean([plane.middle_mm for plane in found]))
    return BoneNear(unit(normal), middle, max(plane.depth_mm for plane in found))


def _bone_round(patient: Patient, pose: Isometry, metal_mm: float) -> SampledBone:
    """The patient's bone in the frame of a lesion, as far as the lesion feels it."""
    return SampledBone.of(lambda points: patient.bone_distance(pose.points(points)), metal_mm + _REACH_MM)


def _axes(z: FloatArray, guide: FloatArray, patient: Patient) -> FloatArray:
    """(3, 3) columns x, y, z of a right-handed frame with ``guide`` on the side of +x.

    Lesions beside a plane are the same on both sides of the plane of x and z, so that mirrored plans have mirrored lesions.
    """
    across = guide - (guide @ z) * z
    if np.linalg.norm(across) < 1e-6:
        across = patient.frame.caudal - (patient.frame.caudal @ z) * z
    x = unit(across)
    return np.stack([x, np.cross(z, x), z], axis=1)


def _in_line(first: Needle, second: Needle) -> bool:
    """True for contacts of one probe."""
    between = second.tip_mm - first.tip_mm
    across = between - (between @ first.axis) * first.axis
    return bool(
        len(first.electrode.contacts_mm) > 1
        and np.linalg.norm(across) < _ONE_LINE * (1.0 + np.linalg.norm(between))
        and first.axis @ second.axis > 1.0 - _ONE_LINE**2
    )


def _contact(needle: Needle, needles: Sequence[Needle]) -> int:
    """Which contact of its probe a needle is: those in one line with it tell where the probe's end is."""
    contacts = needle.electrode.contacts_mm
    if len(contacts) == 1:
        return 0
    probe = [other for other in needles if other.electrode == needle.electrode and _in_line(needle, other)]
    ahead = max([float((needle.tip_mm - other.tip_mm) @ needle.axis) for other in probe], default=0.0)
    return int(np.argmin(np.abs(np.array(contacts) - contacts[0] - max(0.0, ahead))))


def _to(step: float, value: float) -> float:
    return step * round(value / step)
