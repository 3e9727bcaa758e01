"""What more applications, needles and minutes buy, per mode, with the published techniques beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.errors import InputError
from rfplan.planning.coverage import Criterion, CriterionCoverage
from rfplan.planning.evaluation import evaluate
from rfplan.planning.optimiser.optimise import minutes_of, plan_of, unseen_trial
from rfplan.planning.optimiser.prepared import UNSEEN_SEED, prepare
from rfplan.planning.optimiser.request import Request, device_of
from rfplan.planning.optimiser.search import Choice
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.plan import Application
from rfplan.planning.techniques import techniques


@dataclass(frozen=True)
class FrontPoint:
    """One plan: what it takes on courses that it was not found on (``captured`` mean part, ``complete`` part of courses), by criterion, and
    what it costs. ``name`` is the mode of an optimised plan or the name of a technique.
    """

    name: str
    optimised: bool
    electrode: str
    applications: int
    needles: int
    minutes: float
    captured: Mapping[Criterion, float]
    complete: Mapping[Criterion, float]
    bound: float | None
    status: str

    def to_json(self) -> dict[str, Any]:
        """One entry of ``front.json``."""
        return asdict(self)


def optimised_points(patient: Patient, side: Side, request: Request, watch: Watch) -> list[FrontPoint]:
    """The best choices of 1, 2, ... applications in one mode from one table of effects, until more would add nothing; for each number of
    applications also the best with fewer and fewer needles, as far as pairs can share them.

    They stay on the lattice: nothing is refined.
    """
    ready = prepare(patient, side, request, watch)
    unseen = unseen_trial(patient, side, request)
    found: list[FrontPoint] = []
    for most in range(1, request.applications + 1):
        needles, more = request.needles, False
        while needles is None or needles > 0:
            choice, candidates = ready.choice(most, needles, watch)
            applications = [candidates.applications[n] for n in choice.chosen]
            if len(applications) == most:
                # with fewer it is a plan that was found before
                with ready.library.evaluating():
                    coverage = unseen.coverage(ready.library, applications)
                found.append(_point(patient, side, request, applications, coverage, choice))
                more = True
            used = len(plan_of(patient, side, applications).needles)
            if used <= len(applications):
                break
            needles = used - 1
        if not more:
            break
    return found


def _point(
    patient: Patient,
    side: Side,
    request: Request,
    applications: Sequence[Application],
    coverage: Mapping[Criterion, CriterionCoverage],
    choice: Choice,
) -> FrontPoint:
    return FrontPoint(
        request.mode,
        True,
        request.electrode.name,
        len(applications),
        len(plan_of(patient, side, applications).needles),
        minutes_of(applications),
        {name: entry.captured_fraction for name, entry in coverage.items()},
        {name: entry.complete_fraction for name, entry in coverage.items()},
        choice.bound,
        choice.status,
    )


def technique_points(patient: Patient, side: Side, courses: int, seed: int) -> list[FrontPoint]:
    """Every published technique with its own device, judged on the same courses as the optimised plans; those that can be judged."""
    found = []
    for technique in techniques():
        plan = technique.plan(patient, side)
        if not plan.applications:
            continue
        try:
            judged = evaluate(plan, patient, courses=courses, seed=seed + UNSEEN_SEED)
        except InputError:
            # its needles stand so in this patient that no lesion can be solved
            continue
        applications: Sequence[Application] = plan.applications
        found.append(
            FrontPoint(
                technique.name,
                False,
                technique.default_electrode,
                len(applications),
                len(plan.needles),
                minutes_of(applications),
                {name: entry.captured_fraction for name, entry in judged.coverage.items()},
                {name: entry.complete_fraction for name, entry in judged.coverage.items()},
                None,
                judged.status,
            )
        )
    return found


def front(patient: Patient, side: Side, request: Request, modes: Sequence[str], watch: Watch) -> list[FrontPoint]:
    """Points of all ``modes``, each with its usual device, or with that of the request where it can be used so, then the techniques."""
    points: list[FrontPoint] = []
    for mode in modes:
        try:
            device, use = device_of(request.electrode, mode)
        except InputError:
            device, use = device_of(None, mode)
        points += optimised_points(patient, side, replace(request, electrode=device, mode=use), watch)
    return points + technique_points(patient, side, request.unseen, request.seed)
