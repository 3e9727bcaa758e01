"""Everything before the search: candidates that are safe and whose lesions are known, and the table of what each takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rfplan.anatomy.sides import Side
from rfplan.anatomy.treatable import Treatable
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.lesion.problem import LesionProblem
from rfplan.planning.optimiser.candidates import Candidates, candidates_for
from rfplan.planning.optimiser.effect_table import EffectTable
from rfplan.planning.optimiser.hand import Hand
from rfplan.planning.optimiser.hard_limits import broken_limits, counted
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.objective import Judge
from rfplan.planning.optimiser.order import in_the_way
from rfplan.planning.optimiser.programme import Budget
from rfplan.planning.optimiser.refine import effect_of
from rfplan.planning.optimiser.request import Request
from rfplan.planning.optimiser.search import Choice, best_choice
from rfplan.planning.optimiser.trial import Asked, Trial
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.packed_patient import packed_branches
from rfplan.planning.placed_problem import PlacedProblem
from rfplan.planning.plan import Application


class NoPlacementError(InputError):
    """No candidate keeps every hard limit; the message says which limit took out how many."""


UNSEEN_SEED = 1_000_003
"""Added to the seed for the courses that a plan is judged on: none of those that it was found on."""

_EFFECT_SHARE, _LESION_SHARE, _START_SHARE = 0.75, 0.55, 0.05


@dataclass(frozen=True, eq=False)
class Prepared:
    """``candidates`` with their ``table`` on the courses of ``train``; ``whole`` is False where time ended before all were looked at."""

    patient: Treatable
    request: Request
    library: LesionLibrary
    train: Trial
    candidates: Candidates
    table: EffectTable
    judge: Judge
    whole: bool

    def budget(self, applications: int, needles: int | None) -> Budget:
        """What a plan of at most so many applications and needles may use, in minutes."""
        return Budget(
            applications,
            needles,
            np.array(self.candidates.energy_s) / 60.0,
            float(figures("optimiser")["needle.minutes"].value),
            self.candidates.needles,
        )

    def choice(self, applications: int, needles: int | None, watch: Watch) -> tuple[Choice, Candidates]:
        """The best choice of at most so many applications and needles, and the candidates with the counts of what was taken out.

        What is in the table breaks no hard limit as a study measures it. Pairs are solved as for an evaluation once chosen; where one
        then breaks a limit its candidate goes, and the search begins again.
        """
        removed = dict(self.candidates.removed)
        while True:
            found = self._searched(self.budget(applications, needles), watch)
            if self.request.mode != "bipolar" or not found.chosen:
                break
            chosen = [self.candidates.applications[n] for n in found.chosen]
            reasons = self._limits_in_evaluation(chosen)
            blocked = in_the_way(self.patient, self.candidates.side, chosen)
            if blocked is not None and not any(reasons):
                reasons[blocked] = "needle_to_needle"
            bad = [n for n, reason in zip(found.chosen, reasons, strict=True) if reason is not None]
            if not bad:
                break
            for reason, count in counted(reasons).items():
                removed[reason] = removed.get(reason, 0) + count
            self.table.without(bad)
        return found, replace(self.candidates, removed=removed)

    def worth_keeping(self, trying: Sequence[Application], before: Sequence[Application]) -> bool:
        """True where ``trying`` breaks no hard limit and is worth no less than ``before``, as an evaluation measures it."""
        if (
            any(self._limits_in_evaluation(list(trying)))
            or in_the_way(self.patient, self.candidates.side, trying) is not None
        ):
            return False
        with self.library.evaluating():
            new, old = (effect_of(self.train, self.library, self.judge, plan) for plan in (trying, before))
        if new is None or old is None:
            return False
        return new.score(self.judge, self.train.length_mm, trying) >= old.score(
            self.judge, self.train.length_mm, before
        )

    def _searched(self, budget: Budget, watch: Watch) -> Choice:
        table = self.table
        takes = table.captured(self.request.objective.criterion)
        deeper = np.minimum(table.longest_mm, 2.0 * table.length_mm).sum(axis=1)
        left_s = watch.left_s if self.whole else 0.0
        return best_choice(
            self.judge, takes, budget, deeper, left_s, self.request.gap, watch.cancelled, self.whole, self.request.nodes
        )

    def _limits_in_evaluation(self, applications: list[Application]) -> list[str | None]:
        library = self.library
        with library.evaluating():
            asked = [library.problem(application) for application in applications]
        library.solve([entry.problem for entry in asked if entry is not None], self.request.threads, lambda _: True)
        held = {n: entry for n, entry in enumerate(asked) if entry is not None and library.holds(entry.problem)}
        lesions = library.placed(list(held.values()))
        found = broken_limits(
            self.patient, self.candidates.side, [applications[n] for n in held], lesions, self.train.lethal
        )
        reasons: list[str | None] = ["no_lesion"] * len(applications)
        for n, reason in zip(held, found, strict=True):
            reasons[n] = reason
        return reasons


def prepare(patient: Treatable, side: Side, request: Request, watch: Watch) -> Prepared:
    """Find the candidates, solve their lesions, take out what is not safe, and fill the table.

    Raises
    ------
    NoPlacementError : nothing is left; the message says which limit took out how many
    """
    library = LesionLibrary(patient)
    branches = packed_branches(patient, side, request.courses, request.seed, request.innervation)
    train = Trial(patient, branches, Hand(patient, side, request.operator_error, request.seed))
    watch.stage(_START_SHARE)
    found = candidates_for(patient, side, request.electrode, request.mode, request.spacing_mm, request.published)
    nominal: Asked = [library.problem(application) for application in found.applications]
    # safety is about the places that are aimed at, the table about those that the hand reaches
    missed = [] if request.operator_error is None else train.asked(library, found.applications)
    draws = [nominal, *missed]
    fit = [n for n in range(len(nominal)) if all(draw[n] is not None for draw in draws)]
    wanted = _most_wanted_first([[_known(draw[n]) for n in fit] for draw in draws])
    watch.stage(_LESION_SHARE)
    whole = library.solve(wanted, request.threads, watch.proceed)
    if len(library) == 0:
        library.solve(wanted[:1], 1, lambda _: True)
    ready = [n for n in fit if all(library.holds(_known(draw[n]).problem) for draw in draws)]
    lesions = library.placed([_known(nominal[n]) for n in ready])
    reasons = broken_limits(patient, side, [found.applications[n] for n in ready], lesions, train.lethal)
    keep = [n for n, reason in zip(ready, reasons, strict=True) if reason is None]
    removed = dict(counted(reasons))
    if len(fit) < len(nominal):
        removed["no_lesion"] = len(nominal) - len(fit)
    left = found.taken(keep, removed)
    if not keep:
        _refuse(request, side, left)
    watch.stage(_EFFECT_SHARE)
    asked = [[_known(draw[n]) for n in keep] for draw in (missed or [nominal])]
    table = train.table(library, asked, request.threads, watch.proceed)
    judge = Judge.of(request.objective, table.courses, table.levels)
    return Prepared(patient, request, library, train, left, table, judge, whole and table.rows == len(keep))


def _known(entry: PlacedProblem | None) -> PlacedProblem:
    assert entry is not None
    return entry


def _most_wanted_first(draws: list[list[PlacedProblem]]) -> list[LesionProblem]:
    """Distinct problems, those of most candidates first: where time runs out most candidates are then known."""
    counts: dict[LesionProblem, int] = {}
    for draw in draws:
        for entry in draw:
            counts[entry.problem] = counts.get(entry.problem, 0) + 1
    return sorted(counts, key=lambda problem: -counts[problem])


def _refuse(request: Request, side: Side, left: Candidates) -> None:
    gone = ", ".join(f"{reason} {count}" for reason, count in sorted(left.removed.items(), key=lambda entry: -entry[1]))
    raise NoPlacementError(
        f"no placement of {request.electrode.name!r} in mode {request.mode!r} on the {side} keeps every hard limit; "
        f"removed by limit: {gone or 'there was none to begin with'}"
    )
