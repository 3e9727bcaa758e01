"""The optimiser: the placements that take the most branches over all the courses that they may follow, with a certificate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side, side_named
from rfplan.devices.electrode import Electrode
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.planning.operator_error import OperatorError
from rfplan.planning.optimiser.candidates import Candidates, candidates_for
from rfplan.planning.optimiser.effect_table import EffectTable
from rfplan.planning.optimiser.hand import Hand
from rfplan.planning.optimiser.hard_limits import broken_limits, counted
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.objective import Judge, Objective
from rfplan.planning.optimiser.outcome import Certificate, Optimised
from rfplan.planning.optimiser.positions import site_of
from rfplan.planning.optimiser.programme import Budget
from rfplan.planning.optimiser.refine import refined, score_of
from rfplan.planning.optimiser.request import Request, device_of
from rfplan.planning.optimiser.search import Choice, best_choice
from rfplan.planning.optimiser.trial import Asked, Trial
from rfplan.planning.optimiser.union_bound import union_bound
from rfplan.planning.optimiser.watch import Progress, Watch
from rfplan.planning.packed_patient import packed_branches, patient_record
from rfplan.planning.placed_problem import PlacedProblem
from rfplan.planning.plan import Application, Plan

NAME = "optimised"
"""What plans of the optimiser are called."""

_UNSEEN_SEED = 1_000_003
"""Added to the seed for the courses that a plan is judged on: none of those that it was found on."""


def optimise(
    patient: Patient,
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
    )
    return _Run(patient, side_named(side), request, Watch(time_limit_s, progress, cancelled)).outcome()


class _Run:
    """One run, stage by stage."""

    def __init__(self, patient: Patient, side: Side, request: Request, watch: Watch) -> None:
        self.patient, self.side, self.request, self.watch = patient, side, request, watch
        self.library = LesionLibrary(patient)
        self.notes: list[str] = []
        error = request.operator_error
        branches = packed_branches(patient, side, request.courses, request.seed)
        self.train = Trial(patient, branches, Hand(patient, side, error, request.seed))

    def outcome(self) -> Optimised:
        request, watch = self.request, self.watch
        watch.stage(0.05)
        candidates = candidates_for(self.patient, self.side, request.electrode, request.mode, request.spacing_mm)
        candidates, asked, whole = self._solved(candidates)
        watch.stage(0.55)
        table = self.train.table(self.library, asked, request.threads, watch.proceed)
        if table.rows < len(candidates.applications):
            whole = False
        judge = Judge.of(request.objective, table.courses, table.levels)
        budget = self._budget(candidates)
        watch.stage(0.75)
        choice = self._choice(judge, table, budget, whole)
        choice, candidates = self._checked(choice, judge, table, budget, candidates, whole)
        chosen = [candidates.applications[n] for n in choice.chosen]
        certificate = self._certificate(choice, judge, table, budget, candidates, chosen, whole)
        watch.stage(0.97)
        before = score_of(self.train, self.library, judge, chosen)
        final = chosen
        if request.refine and not watch.over and chosen:
            site = site_of(self.patient, self.side, request.electrode)
            final = list(refined(chosen, site, self.train, self.library, judge, watch))
        after = score_of(self.train, self.library, judge, final)
        self._remark(candidates, choice, judge)
        self.library.coarse = False
        plan = Plan(
            side=self.side,
            technique=NAME,
            applications=tuple(in_order(final)),
            patient=patient_record(self.patient),
            notes=tuple(self.notes),
        )
        other = packed_branches(self.patient, self.side, request.unseen, request.seed + _UNSEEN_SEED)
        hand = Hand(self.patient, self.side, request.operator_error, request.seed + _UNSEEN_SEED)
        unseen = Trial(self.patient, other, hand)
        result = Optimised(
            plan=plan,
            certificate=certificate,
            train=self.train.coverage(self.library, plan.applications),
            unseen=unseen.coverage(self.library, plan.applications),
            train_courses=request.courses,
            unseen_courses=request.unseen,
            removed=candidates.removed,
            minutes=minutes_of(plan.applications),
            notes=tuple(self.notes),
            before_refinement=math.nan if before is None else before[0],
            after_refinement=math.nan if after is None else after[0],
        )
        watch.stage(1.0)
        watch.proceed(1.0)
        return result

    def _solved(self, candidates: Candidates) -> tuple[Candidates, list[list[PlacedProblem]], bool]:
        """The candidates whose lesions are known and that break no hard limit, with what was solved for them; False where time was up."""
        everything = self.train.asked(self.library, candidates.applications)
        # nominal poses are what safety is about
        nominal: Asked = (
            everything[0]
            if self.request.operator_error is None
            else [self.library.problem(application) for application in candidates.applications]
        )
        draws: list[Asked] = [nominal, *([] if self.request.operator_error is None else everything)]
        fit = [n for n in range(len(nominal)) if all(draw[n] is not None for draw in draws)]
        counts: dict[object, int] = {}
        for draw in draws:
            for n in fit:
                problem = draw[n].problem  # type: ignore[union-attr]
                counts[problem] = counts.get(problem, 0) + 1
        # the most wanted first: where time runs out most candidates are then known
        order = sorted(counts, key=lambda problem: -counts[problem])
        self.watch.stage(0.4)
        whole = self.library.solve(order, self.request.threads, self.watch.proceed)  # type: ignore[arg-type]
        if not len(self.library):
            self.library.solve(order[:1], 1, lambda _: True)  # type: ignore[arg-type]
        known = [n for n in fit if all(self.library.holds(draw[n].problem) for draw in draws)]  # type: ignore[union-attr]
        lesions = self.library.placed([nominal[n] for n in known])  # type: ignore[misc]
        applications = [candidates.applications[n] for n in known]
        reasons = broken_limits(self.patient, self.side, applications, lesions, self.train.lethal)
        keep = [n for n, reason in zip(known, reasons, strict=True) if reason is None]
        removed = dict(counted(reasons))
        if len(fit) < len(nominal):
            removed["no_lesion"] = len(nominal) - len(fit)
        left = candidates.taken(keep, removed)
        if not keep:
            said = ", ".join(f"{reason} {count}" for reason, count in sorted(left.removed.items(), key=lambda e: -e[1]))
            raise InputError(
                f"no placement of {self.request.electrode.name!r} in mode {self.request.mode!r} on the {self.side} keeps every hard "
                f"limit; removed by limit: {said or 'there was none to begin with'}"
            )
        return left, [[draw[n] for n in keep] for draw in everything], whole  # type: ignore[misc]

    def _checked(
        self,
        choice: Choice,
        judge: Judge,
        table: EffectTable,
        budget: Budget,
        candidates: Candidates,
        whole: bool,
    ) -> tuple[Choice, Candidates]:
        """The choice with the lesions of its pairs solved as for a judgement; those that then break a hard limit are taken out."""
        if self.request.mode != "bipolar":
            return choice, candidates
        removed = dict(candidates.removed)
        while choice.chosen:
            self.library.coarse = False
            applications = [candidates.applications[n] for n in choice.chosen]
            asked = [self.library.problem(application) for application in applications]
            problems = [entry.problem for entry in asked if entry is not None]
            self.library.solve(problems, self.request.threads, lambda _: True)
            held = [n for n, entry in enumerate(asked) if entry is not None and self.library.holds(entry.problem)]
            lesions = self.library.placed([asked[n] for n in held])  # type: ignore[misc]
            found = broken_limits(self.patient, self.side, [applications[n] for n in held], lesions, self.train.lethal)
            reasons: list[str | None] = ["no_lesion"] * len(applications)
            for n, reason in zip(held, found, strict=True):
                reasons[n] = reason
            self.library.coarse = True
            bad = [n for n, reason in zip(choice.chosen, reasons, strict=True) if reason is not None]
            if not bad:
                break
            for reason, count in counted(reasons).items():
                removed[reason] = removed.get(reason, 0) + count
            table.without(bad)
            choice = self._choice(judge, table, budget, whole)
        return choice, replace(candidates, removed=removed)

    def _budget(self, candidates: Candidates) -> Budget:
        return Budget(
            self.request.applications,
            self.request.needles,
            np.array(candidates.energy_s) / 60.0,
            figures("optimiser")["needle.minutes"].value,
            candidates.needles,
        )

    def _choice(self, judge: Judge, table: EffectTable, budget: Budget, whole: bool) -> Choice:
        takes = table.captured(self.request.objective.criterion)
        deeper = np.minimum(table.longest_mm, 2.0 * table.length_mm).sum(axis=1)
        left_s = self.watch.left_s if whole else 0.0
        return best_choice(judge, takes, budget, deeper, left_s, self.request.gap, self.watch.cancelled, certify=whole)

    def _certificate(
        self,
        choice: Choice,
        judge: Judge,
        table: EffectTable,
        budget: Budget,
        candidates: Candidates,
        chosen: Sequence[Application],
        whole: bool,
    ) -> Certificate:
        union, bound = math.nan, math.nan
        score = score_of(self.train, self.library, judge, chosen)
        if score is not None and not judge.objective.smallest:
            union = score[0]
            if self.request.objective.criterion == "ap_projection":
                bound = choice.bound
            elif whole and not self.watch.over:
                bound = max(union, union_bound(judge, table, budget, self.watch))
        return Certificate(
            judge.objective.aim,
            judge.objective.criterion,
            choice.objective,
            choice.bound,
            choice.status,
            self.watch.elapsed_s,
            len(candidates.applications),
            self.request.courses,
            union,
            bound,
            choice.greedy,
            choice.reached,
        )

    def _remark(self, candidates: Candidates, choice: Choice, judge: Judge) -> None:
        objective = judge.objective
        if not choice.reached:
            self.notes.append(
                f"No choice of at most {self.request.applications} applications captures every branch in {objective.target:.0%} of the "
                f"courses; this one does in {choice.objective:.1%}, and none does in more than {choice.bound:.1%}."
            )
        elif len(choice.chosen) < self.request.applications and not objective.smallest:
            self.notes.append(
                f"{len(choice.chosen)} applications reach what {self.request.applications} would on these courses; the rest would add "
                "nothing and are left out."
            )
        if choice.status == "time_limit" and not math.isfinite(choice.bound):
            self.notes.append(
                "Time was up before every candidate was looked at: this is the greedy choice among those that were, without a bound."
            )


def in_order(applications: Sequence[Application]) -> list[Application]:
    """L5 first, then from cranial to caudal as they are named; pairs that share a needle stay together."""
    return sorted(applications, key=lambda application: (application.target != "L5", application.target))


def minutes_of(applications: Sequence[Application]) -> float:
    """Length of a procedure: energy on, and the assumed minutes for placing every needle."""
    needles = {needle.pose_key for application in applications for needle in application.needles}
    energy_s = sum(application.protocol.time_s for application in applications)
    return energy_s / 60.0 + float(figures("optimiser")["needle.minutes"].value) * len(needles)
