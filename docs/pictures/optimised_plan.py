"""Draw docs/pictures/optimised_plan.png: nine cooled lesions of a published technique beside the plan computed for the same patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import rfplan
from rfplan.planning.plan import Plan
from rfplan.report.lesion_surfaces import judged_surfaces, lesion_surfaces
from rfplan.report.stills import still

SIZE_PX = (760, 680)


def main() -> None:
    """Find the plan and draw both."""
    patient = rfplan.reference_patient()
    found = rfplan.optimise(patient, "right", applications=9, courses=500, seed=1, electrode="cooled-17g-4mm")
    plans = [rfplan.technique("cooled-classic").plan(patient, side="right"), found.plan]
    both = np.concatenate([_seen(patient, plan) for plan in plans], axis=1)
    Image.fromarray(both).save(Path(__file__).with_name("optimised_plan.png"), optimize=True)


def _seen(patient: rfplan.Patient, plan: Plan) -> np.ndarray:
    states, lesions, _ = judged_surfaces(plan, patient)
    return np.asarray(
        Image.fromarray(still(patient, "true_ap", plan, states, lesion_surfaces(lesions, 50.0), SIZE_PX))
    )[..., :3]


if __name__ == "__main__":
    main()
