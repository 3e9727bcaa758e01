"""Continuous refinement: chosen needles are moved off the lattice where that serves the true objective, lesions taken together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray, unit
from rfplan.planning.optimiser.chains import chain_moves, chains_of, needle_moves
from rfplan.planning.optimiser.handling import handling, turns_freely
from rfplan.planning.optimiser.hard_limits import broken_limits
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.objective import Judge
from rfplan.planning.optimiser.order import in_the_way
from rfplan.planning.optimiser.positions import position_at
from rfplan.planning.optimiser.reach import reaching_needles
from rfplan.planning.optimiser.trial import Trial
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.plan import Application
from rfplan.planning.techniques.site import Site

_STEPS_MM = (2.0, 1.0, 0.5)
_TURNS_DEG = (8.0, 4.0, 2.0)
_ROUNDS = 2
_AROUND = 8
_DEEP = 2.0
_NEAR_MM = 1.0
_MARGIN_MM = 6.0
"""More than the middle of a lesion moves in all shifts and tilts of one round, less the shift."""
_MOST_NEW = 40
"""Lesions of pairs that are solved on the way, at seconds each."""

Score = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Effect:
    """``length_mm`` (branches,) longest stretch inside the union, and ``captured`` (branches,) by the criterion of the objective."""

    length_mm: FloatArray
    captured: BoolArray

    def with_part(self, keep: IntArray, part: Effect) -> Effect:
        """The effect where that on the branches ``keep`` is ``part``."""
        length, captured = self.length_mm.copy(), self.captured.copy()
        length[keep], captured[keep] = part.length_mm, part.captured
        return Effect(length, captured)

    def score(self, judge: Judge, cut_mm: float, applications: Sequence[Application]) -> Score:
        """First things first: the objective, the mean captured part, and how near branches are to being missed.

        The last tells apart plans that take the same on the courses in hand: a branch counts by exp(-d), d millimetres more inside than
        what cuts (up to twice that), so that those count most that a slightly different course would lose. Against it stands what is hard
        about the needles.
        """
        inside = np.minimum(self.length_mm[judge.kept], _DEEP * cut_mm)
        spare = -float(np.exp((cut_mm - inside) / _NEAR_MM).mean()) - handling(applications)
        return round(judge.value(self.captured), 12), round(judge.mean(self.captured), 12), round(spare, 9)


def effect_of(trial: Trial, library: LesionLibrary, judge: Judge, applications: Sequence[Application]) -> Effect | None:
    """What applications do together; None where a lesion is not in the library."""
    length = trial.contiguous_mm(library, applications)
    if length is None:
        return None
    if judge.objective.criterion == "transection":
        return Effect(length, length >= trial.length_mm)
    overlap = trial.overlapped(library, applications)
    return None if overlap is None else Effect(length, overlap)


def refined(
    applications: Sequence[Application],
    site: Site,
    trial: Trial,
    library: LesionLibrary,
    judge: Judge,
    watch: Watch,
    threads: int = 1,
) -> tuple[Application, ...]:
    """The applications after a pattern search over place and direction of their needles; never worse than before.

    Needles that stand alone move one by one. Pairs that share needles move as a chain, which is shifted, turned, advanced or drawn back
    as a whole, then each of its needles for itself. Moves that break a hard limit, leave no way to the skin or bring a needle
    into another's way are not made; of pairs, a few dozen lesions that nobody has solved yet are solved on the way, and moves that
    need more are not made.
    """
    best = list(applications)
    effect = effect_of(trial, library, judge, best)
    if effect is None:
        return tuple(best)
    stock = _Stock(library, trial, threads)
    chains = chains_of(best)
    alone = [n for n, application in enumerate(best) if len(application.needles) == 1]
    rounds = [(step, turn) for step, turn in zip(_STEPS_MM, _TURNS_DEG, strict=True) for _ in range(_ROUNDS)]
    for number, (step_mm, turn_deg) in enumerate(rounds):
        units: list[tuple[tuple[int, ...], Callable[..., Iterable[list[Application]]]]] = []
        for n in alone:
            units.append(((n,), partial(_alone, n=n, site=site, step_mm=step_mm, turn_deg=turn_deg)))
        for chain in chains:
            units.append(
                (chain.members, partial(chain_moves, chain=chain, site=site, step_mm=step_mm, turn_deg=turn_deg))
            )
            for uses in chain.needles:
                members = tuple(sorted({application for application, _ in uses}))
                units.append((members, partial(needle_moves, uses=uses, site=site, step_mm=step_mm)))
        for place, (members, moves) in enumerate(units):
            # only branches near what moves have to be looked at again
            reach = [trial.around(best[n], library, _MARGIN_MM + step_mm) for n in members]
            keep = np.unique(np.concatenate(reach))
            if len(keep) == 0:
                continue
            near = trial.only(keep)
            for trying in moves(best):
                if not watch.proceed((number + place / len(units)) / len(rounds)):
                    return tuple(best)
                part = effect_of(near, library, judge, trying) if stock.ready(trying) else None
                if part is None:
                    continue
                found = effect.with_part(keep, part)
                cut_mm = trial.length_mm
                better = found.score(judge, cut_mm, trying) > effect.score(judge, cut_mm, best)
                if better and _safe(site, library, [trying[n] for n in members], trial.lethal):
                    if chains and in_the_way(site.patient, site.side, trying) is not None:
                        continue
                    best, effect = trying, found
    return tuple(best)


class _Stock:
    """The lesions that moves need: those of the library, and of pairs a few more."""

    def __init__(self, library: LesionLibrary, trial: Trial, threads: int) -> None:
        self._library, self._trial, self._threads = library, trial, threads
        # a hand that misses needs other lesions for each of its ways
        self._left = _MOST_NEW if trial.hand.draws == 1 else 0

    def ready(self, applications: Sequence[Application]) -> bool:
        """True where every lesion of ``applications`` is there, solved now if need be."""
        asked = [entry for part in self._trial.asked(self._library, applications) for entry in part]
        if any(entry is None for entry in asked):
            return False
        missing = {entry.problem for entry in asked if entry is not None and not self._library.holds(entry.problem)}
        if not missing:
            return True
        if len(missing) > self._left or any(problem.pair is None for problem in missing):
            return False
        self._left -= len(missing)
        order = [entry.problem for entry in asked if entry is not None and entry.problem in missing]
        self._library.solve(order, self._threads, lambda _: True)
        return all(self._library.holds(problem) for problem in missing)


def _alone(
    applications: Sequence[Application], n: int, site: Site, step_mm: float, turn_deg: float
) -> Iterable[list[Application]]:
    others = [other.needles[0].axis for k, other in enumerate(applications) if k != n and turns_freely(other)]
    for moved in _moves(applications[n], site, step_mm, turn_deg, others):
        yield [*applications[:n], moved, *applications[n + 1 :]]


def _moves(
    application: Application, site: Site, step_mm: float, turn_deg: float, others: Sequence[FloatArray]
) -> list[Application]:
    """The application with its needle shifted over the bone in eight directions, tilted in eight, or turned to the directions of
    ``others`` (3,) where it may have theirs."""
    needle = application.needles[0]
    frame, apertures = site.patient.frame, site.apertures()
    lateral, caudal, _ = frame.to_chart(needle.tip_mm)
    made = []
    if turns_freely(application):
        made += [(needle.tip_mm, axis, application.target) for axis in others if not np.allclose(axis, needle.axis)]
    angles = 2.0 * np.pi * np.arange(_AROUND) / _AROUND
    across = unit(np.cross(needle.axis, frame.lateral if abs(needle.axis @ frame.lateral) < 0.9 else frame.caudal))
    other = np.cross(needle.axis, across)
    for angle in angles:
        lean = np.tan(np.deg2rad(turn_deg)) * (np.cos(angle) * across + np.sin(angle) * other)
        made.append((needle.tip_mm, unit(needle.axis + lean), application.target))
    if application.target != "L5" and apertures:
        for angle in angles:
            point = np.array([lateral + step_mm * np.cos(angle), caudal + step_mm * np.sin(angle)])
            position = position_at(site, apertures, point)
            if position is not None:
                made.append((position.tip_mm, needle.axis, position.target))
    found = []
    for tip, axis, target in made:
        moved = reaching_needles(site.patient, tip, axis[None], needle.electrode)[0]
        if moved is not None:
            found.append(Application(application.mode, application.protocol, (moved,), target))
    return found


def _safe(site: Site, library: LesionLibrary, moved: Sequence[Application], lethal: int) -> bool:
    asked = [library.problem(application) for application in moved]
    known = [entry for entry in asked if entry is not None and library.holds(entry.problem)]
    if len(known) < len(moved):
        return False
    return not any(broken_limits(site.patient, site.side, moved, library.placed(known), lethal))
