"""What an application asks of the lesion solver, and where the answer stands in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np

from rfplan.anatomy.treatable import Treatable
from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError, did_you_mean
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.geometry.frames import Isometry
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.pair_pose import PairPose, pair_of
from rfplan.lesion.problem import LesionProblem, problem_of
from rfplan.lesion.sampled_bone import SampledBone
from rfplan.lesion.surroundings import Surroundings
from rfplan.planning.beside_kernels import KEY, NO_BONE, both_planes, one_beside, pair_beside
from rfplan.planning.bone_near import BoneNear, bone_near
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application
from rfplan.planning.rounding import PLANS, Rounding

BoneModel = Literal["plane", "patient"]
BONE_MODELS: Final[tuple[BoneModel, ...]] = get_args(BoneModel)

ASSUMPTIONS: Final[dict[BoneModel, str]] = {
    "plane": "Lesions are solved in plane-bone surroundings: perfused muscle beside a plane at the distances that the bone has from "
    f"the active tips. {PLANS.said} Neighbouring lesions do not warm each other, and the generator's control is ideal.",
    "patient": "Lesions are solved in the patient's own bone, in perfused muscle. Neighbouring lesions do not warm each other, and the "
    "generator's control is ideal.",
}
"""What has to be said wherever a result of solved lesions is shown."""

_REACH_MM = 16.0
_ONE_LINE = 1e-3
_MOST_BEND_DEG = 40.0
"""Between the line through two contacts and their mean axis: by more they are no contacts of one probe."""
_NO_NORMAL = np.zeros(3)


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
    application: Application,
    patient: Treatable,
    bone: BoneModel,
    accuracy: Accuracy,
    needles: Sequence[Needle] = (),
    rounding: Rounding = PLANS,
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
        straight = _straightened(used[0], used[1])
        if straight is None:
            return _pair(application, patient, bone, accuracy, rounding)
        return _one_probe(replace(application, needles=straight), patient, bone, accuracy, straight, rounding)
    return _one_probe(application, patient, bone, accuracy, needles or used, rounding)


def _one_probe(
    application: Application,
    patient: Treatable,
    bone: BoneModel,
    accuracy: Accuracy,
    needles: Sequence[Needle],
    rounding: Rounding,
) -> PlacedProblem:
    """A needle, or one or two contacts of a probe."""
    used = application.needles
    electrode, z = used[0].electrode, used[0].axis
    contacts = [_contact(needle, needles) for needle in used]
    lows = [electrode.contacts_mm[contact] for contact in contacts]
    tip = used[0].tip_mm - lows[0] * z
    middle = float(np.mean(lows)) + 0.5 * electrode.tip_mm
    if bone == "patient":
        pose = Isometry(_axes(z, patient), tip)
        around = Surroundings(bone=_bone_round(patient, pose, middle + 0.5 * electrode.tip_mm))
    else:
        plane = _plane(patient, used)
        key, matrix = np.empty(KEY), np.empty((3, 3))
        one_beside(
            plane is not None,
            _NO_NORMAL if plane is None else plane.normal,
            0.0 if plane is None else plane.middle_mm,
            tip,
            z,
            patient.frame.axes,
            middle - electrode.radius_mm,
            electrode.radius_mm,
            rounding.row,
            key,
            matrix,
        )
        around, pose = surroundings_of(key), Isometry(matrix, tip)
    problem = problem_of(
        electrode, application.protocol, accuracy, around, contacts=contacts, between_contacts=len(used) == 2
    )
    return PlacedProblem(problem, pose)


def _pair(
    application: Application, patient: Treatable, bone: BoneModel, accuracy: Accuracy, rounding: Rounding
) -> PlacedProblem:
    first, second = application.needles
    electrode = first.electrode
    pair, pose = _paired(first, second)
    if bone == "patient":
        reach = float(np.abs(pair.tips_mm + electrode.tip_mm * pair.axes).max())
        around = Surroundings(bone=_bone_round(patient, pose, reach))
        return PlacedProblem(problem_of(electrode, application.protocol, accuracy, around, pair=pair), pose)
    plane = _plane(patient, application.needles)
    key, matrix = np.empty(KEY), np.empty((3, 3))
    tips, axes = _ends(first, second)
    pair_beside(
        plane is not None,
        _NO_NORMAL if plane is None else plane.normal,
        0.0 if plane is None else plane.middle_mm,
        tips,
        axes,
        electrode.tip_mm,
        electrode.radius_mm,
        rounding.row,
        key,
        matrix,
    )
    problem = problem_of_key(key, electrode, application.protocol, accuracy)
    return PlacedProblem(problem, Isometry(matrix, pose.offset_mm))


def problem_of_key(key: FloatArray, electrode: Electrode, protocol: Protocol, accuracy: Accuracy) -> LesionProblem:
    """The problem that the numbers ``key`` (6,) of :mod:`rfplan.planning.beside_kernels` name, of one needle or of a pair.

    Raises
    ------
    InputError : the needles of the pair touch
    """
    spacing, offset, splay, twist = (float(value) for value in key[2:])
    pair = PairPose(spacing, offset, splay, twist) if spacing > 0.0 or offset != 0.0 else None
    return problem_of(electrode, protocol, accuracy, surroundings_of(key), pair=pair)


def surroundings_of(key: FloatArray) -> Surroundings:
    """The plane of bone that the numbers ``key`` (6,) of a problem name."""
    gap, angle = float(key[0]), float(key[1])
    return Surroundings() if gap == NO_BONE else Surroundings(bone_gap_mm=gap, bone_angle_deg=angle)


def _paired(first: Needle, second: Needle) -> tuple[PairPose, Isometry]:
    return pair_of(*_ends(first, second))


def _ends(first: Needle, second: Needle) -> tuple[FloatArray, FloatArray]:
    return np.stack([first.tip_mm, second.tip_mm]), np.stack([first.axis, second.axis])


def _plane(patient: Treatable, needles: Sequence[Needle]) -> BoneNear | None:
    """The plane beside needles: the mean of those beside each that has one."""
    found = [plane for plane in (bone_near(patient, needle) for needle in needles) if plane is not None]
    if len(found) < 2:
        return found[0] if found else None
    normal = np.empty(3)
    _, middle = both_planes(
        np.array([True, True]),
        np.stack([plane.normal for plane in found]),
        np.array([plane.middle_mm for plane in found]),
        normal,
    )
    return BoneNear(normal, middle, max(plane.depth_mm for plane in found))


def _bone_round(patient: Treatable, pose: Isometry, metal_mm: float) -> SampledBone:
    """The patient's bone in the frame of a lesion, as far as the lesion feels it."""
    return SampledBone.of(lambda points: patient.bone_distance(pose.points(points)), metal_mm + _REACH_MM)


def _axes(z: FloatArray, patient: Treatable) -> FloatArray:
    """(3, 3) columns x, y, z of a right-handed frame with the operator's side at +x."""
    across = patient.frame.posterior - (patient.frame.posterior @ z) * z
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


def _straightened(first: Needle, second: Needle) -> tuple[Needle, Needle] | None:
    """Two contacts of one bent probe with the bend between them taken out: on the line through their middles, as far apart as they are
    on the probe. None where they are needles of their own.

    A plan holds the curve of a probe as straight pieces, a needle for each contact. Solved as two shafts they would warm and shield
    tissue where there is one, and touch where the probe is nearly straight.
    """
    electrode = first.electrode
    if len(electrode.contacts_mm) == 1:
        return None
    middles = [needle.tip_mm + 0.5 * electrode.tip_mm * needle.axis for needle in (first, second)]
    between = middles[1] - middles[0]
    far = float(np.linalg.norm(between))
    mean = unit(first.axis + second.axis)
    if abs(float(between @ mean)) < np.cos(np.deg2rad(_MOST_BEND_DEG)) * far or first.axis @ second.axis <= 0.0:
        return None
    axis = between / far * np.sign(between @ mean)
    pitches = np.subtract(electrode.contacts_mm, electrode.contacts_mm[0])[1:]
    pitch = float(pitches[np.argmin(np.abs(pitches - far))])
    centre, half = 0.5 * (middles[0] + middles[1]), 0.5 * (pitch + electrode.tip_mm)
    distal = Needle(electrode, centre - half * axis, axis, first.entry_mm)
    proximal = Needle(electrode, distal.tip_mm + pitch * axis, axis, first.entry_mm)
    return (distal, proximal) if between @ mean > 0.0 else (proximal, distal)


def _contact(needle: Needle, needles: Sequence[Needle]) -> int:
    """Which contact of its probe a needle is: those in one line with it tell where the probe's end is."""
    contacts = needle.electrode.contacts_mm
    if len(contacts) == 1:
        return 0
    probe = [other for other in needles if other.electrode == needle.electrode and _in_line(needle, other)]
    ahead = max([float((needle.tip_mm - other.tip_mm) @ needle.axis) for other in probe], default=0.0)
    return int(np.argmin(np.abs(np.array(contacts) - contacts[0] - max(0.0, ahead))))
