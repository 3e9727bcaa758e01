"""A plan computed for one patient of many, the same wherever and whenever it is computed: no clock has a say."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rfplan.anatomy.sides import Side
from rfplan.anatomy.treatable import Treatable
from rfplan.planning.optimiser.optimise import improved, plan_of
from rfplan.planning.optimiser.prepared import NoPlacementError, Prepared, prepare
from rfplan.planning.optimiser.request import Request
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.plan import Plan


@dataclass(frozen=True, eq=False)
class Ready:
    """Candidates and table of one ``side`` of a ``patient``, from which plans of several sizes can be taken; without ``prepared`` no
    placement keeps every hard limit, as the ``note`` says.
    """

    patient: Treatable
    side: Side
    prepared: Prepared | None
    note: str = ""

    def plan(self, request: Request) -> Plan:
        """The best plan of at most so many applications and needles as ``request`` allows; the time limit is not looked at.

        ``request`` differs from that of the table at most in the numbers of applications and needles, ``gap``, ``nodes`` and
        ``refine``.
        """
        if self.prepared is None:
            return plan_of(self.patient, self.side, (), (self.note,))
        watch = Watch(math.inf)
        # a choice may take candidates out, and lesions are solved on the way: every plan begins with the same of both
        known = self.prepared
        ready = replace(known, request=request, table=known.table.copy(), library=known.library.copy())
        choice, candidates = ready.choice(request.applications, request.needles, watch)
        chosen = [candidates.applications[n] for n in choice.chosen]
        return plan_of(self.patient, self.side, improved(ready, chosen, watch))


def ready_for(patient: Treatable, side: Side, request: Request) -> Ready:
    """Candidates and table on courses that the branches of ``patient`` may follow; its own branches are not looked at."""
    try:
        return Ready(patient, side, prepare(patient, side, request, Watch(math.inf)))
    except NoPlacementError as error:
        return Ready(patient, side, None, f"{error}.")
