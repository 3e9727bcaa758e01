"""The order in which applications are made, and needles that would then stand in each other's way."""

from __future__ import annotations

from collections.abc import Sequence

from rfplan.anatomy.sides import Side
from rfplan.anatomy.treatable import Treatable
from rfplan.planning.evaluation_kernels import shaft_gaps
from rfplan.planning.packed_plan import packed_plan
from rfplan.planning.plan import Application, Plan
from rfplan.planning.safety import limits


def in_order(patient: Treatable, applications: Sequence[Application]) -> list[Application]:
    """L5 first, then cranial to caudal: neighbours in a row follow each other, so that shared needles stand no longer than they must."""

    def place(application: Application) -> tuple[bool, float, str]:
        caudal = [float(patient.frame.to_chart(needle.tip_mm)[1]) for needle in application.needles]
        return application.target != "L5", round(sum(caudal) / len(caudal), 3), application.target

    return sorted(applications, key=place)


def in_the_way(patient: Treatable, side: Side, applications: Sequence[Application]) -> int | None:
    """Which of the applications has a needle that would pass through another that stands at the same time; None where none has."""
    ordered = in_order(patient, applications)
    plan = packed_plan(Plan(side=side, technique="candidate", applications=tuple(ordered)))
    gap, _, other = shaft_gaps(plan.tips, plan.hubs, plan.radii, plan.probe, plan.since, plan.until)
    if other < 0 or limits()["needle_to_needle"].status(gap) != "stop":
        return None
    late = ordered[int(plan.since[other])]
    return next(n for n, application in enumerate(applications) if application is late)
