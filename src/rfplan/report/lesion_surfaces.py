"""Surfaces of the lesions of a plan, for pictures, from the model that judged it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfplan.anatomy.patient import Patient
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.kept_geometry import kept_surface
from rfplan.lesion.lesion import Lesion
from rfplan.lesion.shapes import LABEL as SHAPES
from rfplan.lesion.shapes import shape_lesion
from rfplan.lesion.solved import SolvedLesion
from rfplan.planning.application_lesions import lesions_of
from rfplan.planning.plan import Plan
from rfplan.report.branch_state import BranchState, branch_states

BONE_WORDS: Final = {"plane": "beside a plane of bone", "patient": "in the patient's own bone"}
"""How the surroundings of solved lesions are told."""


def model_in_words(model: str, bone: str | None) -> str:
    """The lesion model with the bone it was solved beside, such as ``solved beside a plane of bone``."""
    return model if bone is None else f"{model} {BONE_WORDS.get(bone, bone)}"


def plan_lesions(
    plan: Plan, patient: Patient, model: str, bone: str | None, accuracy: str | None = None
) -> Sequence[Lesion]:
    """One lesion per application, from the model that an evaluation names."""
    if model == SHAPES:
        return catalogue_lesions(plan)
    return lesions_of(plan, patient, bone or "plane", accuracy)


def catalogue_lesions(plan: Plan) -> list[Lesion]:
    """One lesion per application as the shapes of the catalogue."""
    return [
        shape_lesion(
            application.mode,
            application.protocol,
            [needle.electrode for needle in application.needles],
            [needle.tip_mm for needle in application.needles],
            [needle.axis for needle in application.needles],
        )
        for application in plan.applications
    ]


def lesion_surfaces(lesions: Sequence[Lesion], isotherm_c: float) -> list[Mesh]:
    """Closed surfaces of ``isotherm_c``, of those lesions that reach it."""
    surfaces = [
        kept_surface(lesion, isotherm_c) if isinstance(lesion, SolvedLesion) else lesion.surface(isotherm_c)
        for lesion in lesions
    ]
    return [surface for surface in surfaces if surface is not None]


def judged_surfaces(
    plan: Plan | None, patient: Patient, model: str = "solved", bone: str = "plane"
) -> tuple[dict[str, BranchState], Sequence[Lesion], float]:
    """What becomes of the branches of ``patient``, the lesions of ``plan``, and the lethal isotherm in degC; empty without a plan."""
    if plan is None:
        return {}, [], 50.0
    from rfplan.planning.evaluation import evaluate

    judged = evaluate(plan, patient, lesion_model=model, bone=bone)
    lesions = plan_lesions(plan, patient, judged.lesion_model, judged.lesion_bone)
    return branch_states(judged.to_json()), lesions, judged.lethal_c
