"""An evaluation together with what the operator sees of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rfplan.anatomy.patient import Patient
from rfplan.fluoroscopy.operability import operability
from rfplan.planning.evaluation import Evaluation
from rfplan.planning.plan import Plan


@dataclass(frozen=True)
class OperableEvaluation:
    """The evaluation of a plan, its document with the key ``operability`` added."""

    evaluation: Evaluation
    operability: dict[str, Any]

    @classmethod
    def of(cls, evaluation: Evaluation, plan: Plan, patient: Patient) -> OperableEvaluation:
        """The evaluation with the operability of its plan."""
        return cls(evaluation, operability(plan, patient).to_json())

    def to_json(self) -> dict[str, Any]:
        """The document ``evaluation.json``."""
        return self.evaluation.to_json() | {"operability": self.operability}
