"""Surfaces of the lesions of a plan, for pictures, and what their model assumes."""

from __future__ import annotations

from collections.abc import Sequence

from rfplan.anatomy.patient import Patient
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.lesion import Lesion
from rfplan.lesion.shapes import shape_lesion
from rfplan.planning.plan import Plan
from rfplan.report.branch_state import BranchState, branch_states


def lesions_of(plan: Plan) -> list[Lesion]:
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
    surfaces = [lesion.surface(isotherm_c) for lesion in lesions]
    return [surface for surface in surfaces if surface is not None]


def judged_surfaces(plan: Plan | None, patient: Patient) -> tuple[dict[str, BranchState], list[Lesion], float]:
    """What becomes of the branches of ``patient``, the lesions of ``plan``, and the lethal isotherm in degC; empty without a plan."""
    if plan is None:
        return {}, [], 50.0
    from rfplan.planning.evaluation import evaluate

    judged = evaluate(plan, patient)
    return branch_states(judged.to_json()), lesions_of(plan), judged.lethal_c


def lesion_statements(lesions: Sequence[Lesion]) -> list[str]:
    """What the models of the lesions assume, each sentence once."""
    return list(dict.fromkeys(lesion.assumption for lesion in lesions))
