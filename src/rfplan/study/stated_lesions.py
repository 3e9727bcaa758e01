"""What a study says of the lesions that it judged with."""

from __future__ import annotations

from typing import Any

from rfplan.lesion import shapes, solved
from rfplan.planning.placed_rows import ASSUMPTION
from rfplan.study.design import StudyDesign
from rfplan.study.solved_judge import ACCURACY

_COOLED = " Coolant and its exchange with the metal are assumed."


def stated_lesions(design: StudyDesign) -> dict[str, Any]:
    """Model, bone that lesions were solved beside and accuracy of the solver (None for shapes), and what that assumes."""
    if design.lesion_model == shapes.LABEL:
        return {"model": shapes.LABEL, "bone": None, "accuracy": None, "assumption": shapes.ASSUMPTION}
    cooled = any("cooled" in strategy.technique or "cooled" in strategy.device for strategy in design.strategies)
    return {
        "model": solved.LABEL,
        "bone": "plane",
        "accuracy": ACCURACY,
        "assumption": ASSUMPTION + (_COOLED if cooled else ""),
    }
