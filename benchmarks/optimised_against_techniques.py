"""Every catalogue technique against the best plan with the same device and at most as many applications, on courses that neither knows.

    python benchmarks/optimised_against_techniques.py ANATOMY [--without] [TECHNIQUE ...]

ANATOMY is "reference", a folder or a file; with --without, what the techniques do is kept out of the candidates. Takes minutes per
technique the first time, as lesions are solved.
"""

from __future__ import annotations

import sys

import rfplan
from rfplan.anatomy.source import patient_from
from rfplan.planning.evaluation import Evaluation
from rfplan.planning.optimiser.prepared import UNSEEN_SEED
from rfplan.planning.techniques import techniques

COURSES, UNSEEN, SEED = 500, 2000, 1


def main() -> None:
    """Print a row per technique and per optimised plan."""
    anatomy, *rest = sys.argv[1:]
    without = "--without" in rest
    names = [name for name in rest if not name.startswith("--")] or [technique.name for technique in techniques()]
    patient = patient_from(anatomy)
    for name in names:
        technique = rfplan.technique(name)
        plan = technique.plan(patient, "right")
        told(name, rfplan.evaluate(plan, patient, courses=UNSEEN, seed=SEED + UNSEEN_SEED))
        found = rfplan.optimise(
            patient,
            "right",
            len(plan.applications),
            COURSES,
            SEED,
            electrode=technique.default_electrode,
            mode="monopolar" if name == "strip-probe" else technique.modes[0],
            unseen=UNSEEN,
            time_limit_s=1e6,
            published=not without,
        )
        judged = rfplan.evaluate(found.plan, patient, courses=UNSEEN, seed=SEED + UNSEEN_SEED)
        proof = found.certificate
        told(
            f"  optimised{' without' if without else ''}",
            judged,
            f"objective {proof.objective:.5f}, bound {proof.bound:.5f}, {proof.status}; refined {found.before_refinement:.5f} to "
            f"{found.after_refinement:.5f}; trained {found.train['transection'].captured_fraction:.5f}",
        )


def told(name: str, judged: Evaluation, more: str = "") -> None:
    """Print what a plan takes by either criterion, what it needs, and the checks at stop."""
    cut, seen = judged.coverage["transection"], judged.coverage["ap_projection"]
    stops = sorted({row.check for row in judged.safety if row.status == "stop"})
    print(
        f"{name}: {judged.applications} applications, {judged.needles} needles; "
        f"cut {cut.captured_fraction:.4f} {cut.complete_fraction:.4f}; "
        f"AP {seen.captured_fraction:.4f} {seen.complete_fraction:.4f}; {', '.join(stops) or judged.status}; {more}",
        flush=True,
    )


if __name__ == "__main__":
    main()
