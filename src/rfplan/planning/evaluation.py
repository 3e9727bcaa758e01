"""What a plan achieves on a patient and what it risks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import numpy as np

import rfplan
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.errors import InputError, did_you_mean
from rfplan.figures import figures
from rfplan.lesion import shapes, solved
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.march import Progress
from rfplan.planning.application_lesions import application_name
from rfplan.planning.coverage import (
    REPORTED_LEVELS,
    Criterion,
    CriterionCoverage,
    NerveResult,
    coverage_of,
    nerve_results,
)
from rfplan.planning.operator_error import OperatorError, displaced
from rfplan.planning.packed_lesions import LesionNote, PackedLesions, shape_lesions
from rfplan.planning.packed_patient import PackedPatient, packed, packed_branches
from rfplan.planning.packed_plan import PackedPlan, packed_plan
from rfplan.planning.placed_problem import bone_named, usual_accuracy
from rfplan.planning.plan import Plan
from rfplan.planning.safety import SafetyRow, Status, worst
from rfplan.planning.safety_checks import safety_table

SCHEMA: Final = "rfplan/evaluation/1"
LESION_MODELS: Final = (solved.LABEL, shapes.LABEL)
_FAR_MM: Final = 1e20
_ENTRY_OFF_MM: Final = 1.0
_MOST_COURSES: Final = 20_000
"""The chance of a capture is then known within 0.7 per cent; ten times as many need gigabytes."""


class Operability(Protocol):
    """What the operator sees of the needles, as :class:`rfplan.fluoroscopy.operability.Operability` tells it."""

    def to_json(self) -> dict[str, Any]:
        """The key ``operability`` of ``evaluation.json``."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Coverage of the branches by both criteria, per branch and in all, and the safety table.

    ``lesion_model`` names how lesions were found out, ``lesion_bone`` the bone that they were solved beside (None: shapes) and
    ``assumption`` says what that leaves out; ``lesions`` how every solved one came out. ``lethal_c`` is the isotherm inside which a
    branch counts as destroyed. ``warnings`` are sentences for the user. ``operability`` is what the operator sees of the needles,
    None where it was not asked for.
    """

    side: str
    technique: str
    courses: int
    lesion_model: str
    lesion_bone: str | None
    assumption: str
    lesions: tuple[LesionNote, ...]
    lethal_c: float
    transection_length_mm: float
    coverage: Mapping[Criterion, CriterionCoverage]
    nerves: tuple[NerveResult, ...]
    safety: tuple[SafetyRow, ...]
    applications: int
    needles: int
    energy_time_s: float
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]
    operability: Operability | None = None

    @property
    def status(self) -> Status:
        """The gravest status in the safety table."""
        return worst(self.safety)

    def to_json(self) -> dict[str, Any]:
        """The document ``evaluation.json``."""
        return {
            "schema": SCHEMA,
            "side": self.side,
            "technique": self.technique,
            "courses": self.courses,
            "lesion_model": self.lesion_model,
            "lesion_bone": self.lesion_bone,
            "assumption": self.assumption,
            "lesions": [note.to_json() for note in self.lesions],
            "lethal_c": self.lethal_c,
            "transection_length_mm": self.transection_length_mm,
            "coverage": {criterion: entry.to_json() for criterion, entry in self.coverage.items()},
            "nerves": [_finite(entry.to_json()) for entry in self.nerves],
            "safety": [entry.to_json() for entry in self.safety],
            "status": self.status,
            "applications": self.applications,
            "needles": self.needles,
            "energy_time_s": self.energy_time_s,
            "operability": None if self.operability is None else self.operability.to_json(),
            "warnings": list(self.warnings),
            "provenance": dict(self.provenance),
        }


def evaluate(
    plan: Plan,
    patient: Patient,
    courses: int = 1,
    seed: int = 0,
    lesion_model: str = solved.LABEL,
    transection_length_mm: float | None = None,
    bone: str = "plane",
    accuracy: str | None = None,
    progress: Progress | None = None,
    operator_error: OperatorError | None = None,
    operability: Callable[[Plan, Patient], Operability] | None = None,
) -> Evaluation:
    """Judge ``plan`` on ``patient``: on its own branches, or on ``courses`` drawn courses of them.

    Parameters
    ----------
    courses, seed : number of possible nerve courses and the seed that draws them; 1 takes the patient's own nerves
    lesion_model : ``solved``: temperatures from the solver; ``shapes``: spheroids and strips of catalogue size
    transection_length_mm : contiguous length that cuts a branch; default is the figure of ``anatomy/safety.toml`` (4 mm)
    bone, accuracy : of solved lesions, as :func:`rfplan.planning.application_lesions.lesions_of` takes them
    progress : called with the solved part of the lesions, 0 to 1
    operator_error : judge the plan as a hand with this error carries it out, drawn with ``seed``
    operability : ``rfplan.operability`` judges as well what the operator sees of the needles, which takes a hundred times as long as
        the rest; without it the evaluation leaves that out

    Raises
    ------
    InputError : unknown lesion model or bone, courses or length out of range, no branches on the plan's side, or an application that
        cannot be solved
    RfplanError : a lesion did not converge
    """
    check_judging(lesion_model, courses, transection_length_mm, seed=seed, bone=bone)
    if operability is not None and not callable(operability):
        raise InputError(
            f"operability is {operability!r}; give the function that judges it, rfplan.operability, or None"
        )
    accuracy = accuracy or usual_accuracy(bone)
    if operator_error is not None:
        plan = displaced(plan, patient, operator_error, seed)
    table = figures("safety")
    length_mm = table["transection.length"].value if transection_length_mm is None else float(transection_length_mm)
    lethal_c = table["lethal.isotherm"].value
    lethal = ISOTHERMS_C.index(lethal_c)
    home = packed(patient)
    branches = packed_branches(patient, plan.side, courses, seed)
    work = packed_plan(plan)
    lesions = packed_lesions(plan, patient, lesion_model, bone, accuracy, progress)
    judged = lesions.judged(branches.points, branches.first, home.view, lethal)
    # without any lethal surface the gap to it is endless
    judged[judged < -_FAR_MM] = -math.inf
    captured = {
        "ap_projection": (judged[:, 3] > 0.0).tolist(),
        "transection": (judged[:, 1] >= length_mm).tolist(),
    }
    coverage: dict[Criterion, CriterionCoverage] = {
        "ap_projection": coverage_of(captured["ap_projection"], branches.levels, branches.course, courses),
        "transection": coverage_of(captured["transection"], branches.levels, branches.course, courses),
    }
    return Evaluation(
        side=plan.side,
        technique=plan.technique,
        courses=courses,
        lesion_model=lesions.label,
        lesion_bone=lesions.bone,
        assumption=lesions.assumption,
        lesions=lesions.notes,
        lethal_c=lethal_c,
        transection_length_mm=length_mm,
        coverage=coverage,
        nerves=nerve_results(branches.names, branches.levels, branches.lengths_mm, judged, captured, courses),
        safety=safety_table(patient, home, work, lesions, plan.side, lethal),
        applications=len(plan.applications),
        needles=len(work.tips),
        energy_time_s=plan.energy_time_s,
        warnings=(
            *_warnings(plan, patient, home, work, lesions, lethal),
            *_not_judged(patient, plan.side, branches.levels),
        ),
        provenance={
            "rfplan": rfplan.__version__,
            "seed": None if courses == 1 and operator_error is None else seed,
            "operator_error": None if operator_error is None else asdict(operator_error),
            "patient": {"name": patient.name, "source": patient.source, "hash": home.fingerprint},
            "lesion_accuracy": None if lesions.bone is None else accuracy,
            "lethal_isotherm": {"value": lethal_c, "unit": "degC", "mark": table["lethal.isotherm"].mark},
        },
        operability=None if operability is None else operability(plan, patient),
    )


def packed_lesions(
    plan: Plan,
    patient: Patient,
    lesion_model: str = solved.LABEL,
    bone: str = "plane",
    accuracy: str | None = None,
    progress: Progress | None = None,
) -> PackedLesions:
    """The lesions of ``plan`` for judging, as :func:`evaluate` takes its arguments."""
    if lesion_model == shapes.LABEL:
        return shape_lesions(plan)
    from rfplan.planning.solved_lesions import packed_solved

    return packed_solved(plan, patient, bone, accuracy, progress)


def check_judging(
    lesion_model: str,
    courses: int = 1,
    transection_length_mm: float | None = None,
    *,
    seed: int = 0,
    bone: str = "plane",
) -> None:
    """Refuse what :func:`evaluate` cannot do, before any work; :class:`InputError` says what is accepted."""
    if lesion_model not in LESION_MODELS:
        meant = did_you_mean(lesion_model, LESION_MODELS)
        raise InputError(f"lesion model {lesion_model!r} is not known;{meant} accepted: {', '.join(LESION_MODELS)}")
    bone_named(bone)
    if isinstance(courses, bool) or not isinstance(courses, int) or courses < 1:
        raise InputError(f"courses is {courses}; it must be a whole number of at least 1")
    if courses > _MOST_COURSES:
        raise InputError(
            f"courses is {courses}; it must be at most {_MOST_COURSES}, as more need gigabytes of memory and tell little"
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed is {seed}; it must be a whole number of at least 0")
    if transection_length_mm is not None and not 0.0 < transection_length_mm < math.inf:
        raise InputError(f"transection_length_mm is {transection_length_mm}; it must be above 0 mm")


def _warnings(
    plan: Plan, patient: Patient, home: PackedPatient, work: PackedPlan, lesions: PackedLesions, lethal: int
) -> tuple[str, ...]:
    found = [*_caveats(plan, lesions), *lesions.warnings]
    made_for = plan.patient.get("hash")
    if made_for is not None and made_for != home.fingerprint:
        found.append(
            f"the plan was made for another patient ({plan.patient.get('name', 'unnamed')}, hash {made_for}) than the one "
            f"it is judged on ({patient.name}, hash {home.fingerprint})"
        )
    lateral = (work.tips @ home.lateral - home.midline_mm) * lateral_sign(plan.side)
    if len(lateral) and lateral.max() < 0.0:
        found.append(f"the plan says {plan.side}, but every needle is on the other side of the patient")
    for number in np.flatnonzero(work.entry_off_mm > _ENTRY_OFF_MM).tolist():
        found.append(
            f"{work.labels[number]}: its entry_mm lies {work.entry_off_mm[number]:.1f} mm off the line from its tip along its axis"
        )
    for number, application in enumerate(plan.applications):
        if len(application.needles) == 2 and not lesions.joins(number, lethal):
            found.append(
                f"application {number + 1}: the lesions of its two needles do not join at {ISOTHERMS_C[lethal]:g} degC"
            )
    if plan.side not in home.joint:
        found.append(f"the patient has no posterior joint line on the {plan.side}; lesions were not checked against it")
    return tuple(found)


def _caveats(plan: Plan, lesions: PackedLesions) -> list[str]:
    """One sentence per application whose lesion is not to be believed; one for all that boil, as that is often a whole row."""
    named = [
        (application_name(plan.applications[note.application - 1], note.application), note) for note in lesions.notes
    ]
    boiling = [(name, note) for name, note in named if note.status == "boiling"]
    said = [
        f"{name}: {note.caveat}"
        for name, note in named
        if note.caveat is not None and (note.status != "boiling" or len(boiling) == 1)
    ]
    if len(boiling) > 1:
        hottest = max(note.peak_tissue_c for _, note in boiling)
        said.append(
            f"tissue passed 100 degC in {len(boiling)} of {len(named)} applications (up to {hottest:.0f} degC): boiling and charring, "
            f"which the model does not describe, in {', '.join(name for name, _ in boiling)}"
        )
    return said


def _not_judged(patient: Patient, side: Side, levels: Sequence[str]) -> list[str]:
    """Sentences on levels that have no branch to judge: nothing missed there is not the same as all captured."""
    said = []
    for level in REPORTED_LEVELS:
        if level in levels:
            continue
        seen = any(f.level == level and f.side == side and f.status != "absent" for f in patient.foramina)
        known = seen or (level == "L5" and f"s1_sap_base_{side}" in patient.landmarks)
        why = "" if known else ", as what it leaves from is not in these bones"
        said.append(f"no branch of {level} was judged on the {side}: the patient has none{why}; coverage leaves it out")
    return said


def _finite(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in entry.items()
    }
