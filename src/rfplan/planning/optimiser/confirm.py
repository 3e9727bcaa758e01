"""The final plan once more, with every lesion solved in the patient's own bone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rfplan.anatomy.patient import Patient
from rfplan.lesion.march import Progress
from rfplan.planning.evaluation import Evaluation, evaluate
from rfplan.planning.optimiser.outcome import Optimised
from rfplan.planning.optimiser.prepared import UNSEEN_SEED

_COURSES = 500


@dataclass(frozen=True)
class Confirmation:
    """The plan judged beside planes of bone and in the patient's ``bone``, on the same courses."""

    plane: Evaluation
    bone: Evaluation

    @property
    def differences(self) -> dict[str, dict[str, float]]:
        """What the patient's bone changes, by criterion: captured and complete fractions in bone less those beside a plane."""
        found: dict[str, dict[str, float]] = {}
        for criterion, there in self.bone.coverage.items():
            here = self.plane.coverage[criterion]
            found[criterion] = {
                "captured_fraction": there.captured_fraction - here.captured_fraction,
                "complete_fraction": there.complete_fraction - here.complete_fraction,
            }
        return found

    @property
    def stops(self) -> tuple[str, ...]:
        """Safety checks at stop in the patient's bone."""
        return tuple(f"{row.check} ({row.concerns})" for row in self.bone.safety if row.status == "stop")

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user."""
        if not self.stops:
            return ()
        return (f"in the patient's own bone the plan breaks a hard limit: {', '.join(self.stops)}",)

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        cut, change = self.bone.coverage["transection"], self.differences["transection"]
        safe = "no hard limit is broken" if not self.stops else f"hard limits broken: {', '.join(self.stops)}"
        return (
            f"In the patient's own bone ({self.bone.courses} courses): cut through {cut.captured_fraction:.2%} "
            f"({change['captured_fraction']:+.2%} against planes of bone), all of them in {cut.complete_fraction:.2%} "
            f"({change['complete_fraction']:+.2%}); {safe}."
        )

    def to_json(self) -> dict[str, Any]:
        """The entry ``confirmed``."""
        return {
            "courses": self.bone.courses,
            "status": self.bone.status,
            "stops": list(self.stops),
            "coverage": {name: entry.to_json() for name, entry in self.bone.coverage.items()},
            "difference": self.differences,
            "sentence": self.sentence,
        }


def confirmed(found: Optimised, patient: Patient, seed: int = 0, progress: Progress | None = None) -> Confirmation:
    """Judge the plan on 500 courses that it was not found on, with its lesions beside planes of bone, and in the patient's bone."""
    unseen = seed + UNSEEN_SEED
    plane = evaluate(found.plan, patient, courses=_COURSES, seed=unseen, bone="plane")
    bone = evaluate(found.plan, patient, courses=_COURSES, seed=unseen, bone="patient", progress=progress)
    return Confirmation(plane, bone)
