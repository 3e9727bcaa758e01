"""The optimiser: the placements that take the most branches over all the courses that they may follow, with a certificate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from rfplan.anatomy.sides import Side, side_named
from rfplan.anatomy.treatable import Treatable
from rfplan.devices.electrode import Electrode
from rfplan.figures import figures
from rfplan.planning.operator_error import OperatorError
from rfplan.planning.optimiser.chains import chains_of
from rfplan.planning.optimiser.hand import Hand
from rfplan.planning.optimiser.objective import Objective
from rfplan.planning.optimiser.order import in_order
from rfplan.planning.optimiser.outcome import Certificate, Optimised
from rfplan.planning.optimiser.positions import site_of
from rfplan.planning.optimiser.prepared import UNSEEN_SEED, Prepared, prepare
from rfplan.planning.optimiser.refine import effect_of, refined
from rfplan.planning.optimiser.request import Request, device_of
from rfplan.planning.optimiser.search import Choice
from rfplan.planning.optimiser.trial import Trial
from rfplan.planning.optimiser.union_bound import union_bound
from rfplan.planning.optimiser.watch import Progress, Watch
from rfplan.planning.packed_patient import packed_branches, patient_record
from rfplan.planning.plan import Application, Plan

NAME = "optimised"
"""What plans of the optimiser are called."""

_SEARCH_SHARE, _REFINE_SHARE = 0.8, 0.97


def optimise(
    patient: Treatable,
    side: str = "right",
    applications: int = 6,
    courses: int = 500,
    seed: int = 0,
    *,
    electrode: str | Electrode | None = None,
    mode: str | None = None,
    needles: int | None = None,
    objective: Objective | str = "mean",
    unseen: int = 2000,
    spacing_mm: float = 4.0,
    operator_error: OperatorError | None = None,
    time_limit_s: float = 120.0,
    gap: float = 0.001,
    refine: bool = True,
    threads: int = 2,
    published: bool = True,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Optimised:
    """The best plan for ``side`` of ``patient``: at most ``applications`` and ``needles``, found on ``courses`` drawn with ``seed``.

    Parameters
    ----------
    electrode, mode : the device and how it is used (``monopolar``, ``bipolar``, ``cooled``); each the usual one where not named
    needles : most distinct needle placements; None for any number
    objective : an :class:`Objective` or the name of its aim
    unseen : courses, none of them among the others, on which the plan is judged
    spacing_mm : of the lattice of tips
    operator_error : plan for a hand with this error
    time_limit_s : wall time after which the best plan so far is handed back
    gap : relative gap at which the search may stop
    refine : move the chosen needles off the lattice
    threads : for lesions and effects; the plan is the same with any number
    published : what the published techniques do with the device is among the candidates
    progress : called with the finished part, 0 to 1
    cancelled : asked often; the best plan so far is handed back once it says True

    Raises
    ------
    InputError : arguments out of range, an electrode that the mode cannot use, or safety limits that leave no candidate
    """
    device, use = device_of(electrode, mode)
    wanted = Objective(objective) if isinstance(objective, str) else objective  # type: ignore[arg-type]
    request = Request(
        device,
        use,
        applications,
        needles,
        wanted,
        courses,
        unseen,
        seed,
        spacing_mm,
        operator_error,
        time_limit_s,
        gap,
        refine,
        threads,
        published=published,
    )
    return _outcome(patient, side_named(side), request, Watch(time_limit_s, progress, cancelled))


def _outcome(patient: Treatable, side: Side, request: Request, watch: Watch) -> Optimised:
    ready = prepare(patient, side, request, watch)
    choice, candidates = ready.choice(request.applications, request.needles, watch)
    chosen = [candidates.applications[n] for n in choice.chosen]
    watch.stage(_SEARCH_SHARE)
    certificate = _certificate(ready, choice, chosen, watch)
    watch.stage(_REFINE_SHARE)
    final = improved(ready, chosen, watch)
    plan = plan_of(patient, side, final, notes := _notes(choice, request))
    # plans are compared with the lesions of their evaluation, but for all draws of a hand these are too many
    with nullcontext() if request.operator_error is not None else ready.library.evaluating():
        before, after = _worth(ready, chosen), _worth(ready, final)
    with ready.library.evaluating():
        train = ready.train.coverage(ready.library, plan.applications)
        unseen = unseen_trial(patient, side, request).coverage(ready.library, plan.applications)
    result = Optimised(
        plan=plan,
        certificate=certificate,
        train=train,
        unseen=unseen,
        train_courses=request.courses,
        unseen_courses=request.unseen,
        removed=candidates.removed,
        minutes=minutes_of(plan.applications),
        notes=notes,
        before_refinement=before,
        after_refinement=after,
    )
    watch.stage(1.0)
    watch.proceed(1.0)
    return result


def improved(ready: Prepared, chosen: Sequence[Application], watch: Watch) -> Sequence[Application]:
    """The chosen applications with their needles moved off the lattice, where the request wants it.

    While needles move, lesions are those of a study; a move stays only where it is no worse, and breaks no hard limit, with those of
    an evaluation too.
    """
    if not ready.request.refine or not chosen or watch.over:
        return chosen
    site = site_of(ready.patient, ready.candidates.side, ready.request.electrode)
    moved = refined(chosen, site, ready.train, ready.library, ready.judge, watch, ready.request.threads)
    chains = chains_of(chosen)
    if not chains or all(one is other for one, other in zip(chosen, moved, strict=True)):
        return moved
    # all moves of chains, else those of each chain that holds by itself
    settled = [application if len(application.needles) == 1 else chosen[n] for n, application in enumerate(moved)]
    if not ready.worth_keeping(settled, chosen):
        # a needle may have moved to where a chain stood
        settled = list(chosen)
    if ready.worth_keeping(moved, settled):
        return moved
    for chain in chains:
        trying = [moved[n] if n in chain.members else application for n, application in enumerate(settled)]
        if ready.worth_keeping(trying, settled):
            settled = trying
    return settled


def unseen_trial(patient: Treatable, side: Side, request: Request) -> Trial:
    """Other courses than those of the search, with other draws of the hand."""
    seed = request.seed + UNSEEN_SEED
    return Trial(
        patient,
        packed_branches(patient, side, request.unseen, seed, request.innervation),
        Hand(patient, side, request.operator_error, seed),
    )


def plan_of(patient: Treatable, side: Side, applications: Sequence[Application], notes: Sequence[str] = ()) -> Plan:
    """The plan of applications in the order in which they are made."""
    return Plan(
        side=side,
        technique=NAME,
        applications=tuple(in_order(patient, applications)),
        patient=patient_record(patient),
        notes=tuple(notes),
    )


def _certificate(ready: Prepared, choice: Choice, chosen: Sequence[Application], watch: Watch) -> Certificate:
    objective, request = ready.judge.objective, ready.request
    union, bound = math.nan, math.nan
    if not objective.smallest:
        union = _worth(ready, chosen)
        if objective.criterion == "ap_projection":
            bound = choice.bound
        elif ready.whole and not watch.over:
            budget = ready.budget(request.applications, request.needles)
            bound = max(union, union_bound(ready.judge, ready.table, budget, watch))
    return Certificate(
        objective.aim,
        objective.criterion,
        choice.objective,
        choice.bound,
        choice.status,
        watch.elapsed_s,
        len(ready.candidates.applications),
        request.courses,
        union,
        bound,
        choice.greedy,
        choice.reached,
    )


def _worth(ready: Prepared, applications: Sequence[Application]) -> float:
    """What the objective measures, lesions taken together; NaN where one is not known."""
    effect = effect_of(ready.train, ready.library, ready.judge, applications)
    return math.nan if effect is None else ready.judge.value(effect.captured)


def _notes(choice: Choice, request: Request) -> tuple[str, ...]:
    objective = request.objective
    said = []
    if not choice.reached:
        said.append(
            f"No choice of at most {request.applications} applications captures every branch in {objective.target:.0%} of the "
            f"courses; this one does in {choice.objective:.1%}, and none does in more than {choice.bound:.1%}."
        )
    elif len(choice.chosen) < request.applications and not objective.smallest and choice.status != "time_limit":
        said.append(
            f"{len(choice.chosen)} applications reach what {request.applications} would on these courses; the rest would add "
            "nothing and are left out."
        )
    if choice.status == "time_limit" and not math.isfinite(choice.bound):
        said.append(
            "Time was up before every candidate was looked at: this is the greedy choice among those that were, without a bound."
        )
    return tuple(said)


def minutes_of(applications: Sequence[Application]) -> float:
    """Length of a procedure: energy on, and the assumed minutes for placing every needle."""
    needles = {needle.pose_key for application in applications for needle in application.needles}
    energy_s = sum(application.protocol.time_s for application in applications)
    return energy_s / 60.0 + float(figures("optimiser")["needle.minutes"].value) * len(needles)
