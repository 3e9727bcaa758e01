"""Which candidates break a hard safety limit, before any search: the same checks and figures as in the safety table of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.planning.optimiser.lesion_library import PlacedMaps
from rfplan.planning.packed_patient import packed
from rfplan.planning.packed_plan import packed_plan
from rfplan.planning.plan import Application, Plan
from rfplan.planning.safety import TITLES
from rfplan.planning.safety_checks import safety_table
from rfplan.planning.solved_lesions import MapLesions


def broken_limits(
    patient: Patient, side: Side, applications: Sequence[Application], lesions: PlacedMaps, lethal: int
) -> list[str | None]:
    """Per application the first check at ``stop`` in the order of the safety table; None where none is.

    No limit concerns two lesions together, so that a plan of applications that pass breaks none either, but for needles that stand at
    the same time in different applications.
    """
    home = packed(patient)
    found: list[str | None] = []
    for number, application in enumerate(applications):
        plan = Plan(side=side, technique="candidate", applications=(application,))
        one = slice(number, number + 1)
        lesion = MapLesions(
            lesions.table,
            lesions.which[one],
            lesions.matrices[one],
            lesions.offsets[one],
            np.array([np.inf]),
            "plane",
            "",
        )
        table = safety_table(patient, home, packed_plan(plan), lesion, side, lethal)
        stopped = {row.check for row in table if row.status == "stop"}
        found.append(next((check for check in TITLES if check in stopped), None))
    return found


def counted(reasons: Sequence[str | None]) -> Mapping[str, int]:
    """How often each reason stands among ``reasons``."""
    counts: dict[str, int] = {}
    for reason in reasons:
        if reason is not None:
            counts[reason] = counts.get(reason, 0) + 1
    return counts
