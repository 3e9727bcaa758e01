"""Continuous refinement: chosen needles are moved off the lattice where that serves the true objective, lesions taken together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.geometry.arrays import unit
from rfplan.planning.optimiser.hard_limits import broken_limits
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.objective import Judge
from rfplan.planning.optimiser.positions import position_at
from rfplan.planning.optimiser.reach import reaching_needles
from rfplan.planning.optimiser.trial import Trial
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.plan import Application
from rfplan.planning.techniques.site import Site

_STEPS_MM = (2.0, 1.0, 0.5)
_TURNS_DEG = (8.0, 4.0, 2.0)
_ROUNDS = 3
_AROUND = 8
_DEEP = 2.0

Score = tuple[float, float, float]


def score_of(trial: Trial, library: LesionLibrary, judge: Judge, applications: Sequence[Application]) -> Score | None:
    """How good a plan is, first things first: the objective, the mean captured part, and the mean length inside up to twice what cuts.

    The last tells apart plans that take the same on the courses in hand: what lies deeper is safer on others. None where a lesion
    is not in the library.
    """
    length = trial.contiguous_mm(library, applications)
    if length is None:
        return None
    captured = length >= trial.length_mm
    if judge.objective.criterion == "ap_projection":
        overlap = trial.overlapped(library, applications)
        if overlap is None:
            return None
        captured = overlap
    depth = float(np.minimum(length[judge.kept], _DEEP * trial.length_mm).mean())
    return round(judge.value(captured), 9), round(judge.mean(captured), 9), round(depth, 6)


def refined(
    applications: Sequence[Application], site: Site, trial: Trial, library: LesionLibrary, judge: Judge, watch: Watch
) -> tuple[Application, ...]:
    """The applications after a pattern search over place and direction of their needles, one by one; never worse than before.

    Needles of pairs stay where they are. Moves that break a hard limit, leave no way to the skin, or need a lesion that is not
    solved yet are not made.
    """
    best = list(applications)
    score = score_of(trial, library, judge, best)
    if score is None:
        return tuple(best)
    movable = [n for n, application in enumerate(best) if len(application.needles) == 1]
    steps = list(zip(_STEPS_MM, _TURNS_DEG, strict=True))
    for level, (step_mm, turn_deg) in enumerate(steps):
        for turn in range(_ROUNDS):
            better = False
            for place, n in enumerate(movable):
                share = (level + (turn + place / len(movable)) / _ROUNDS) / len(steps)
                for moved in _moves(best[n], site, step_mm, turn_deg):
                    if not watch.proceed(share):
                        return tuple(best)
                    trying = [*best[:n], moved, *best[n + 1 :]]
                    found = score_of(trial, library, judge, trying)
                    if found is not None and found > score and _safe(site, library, moved, trial.lethal):
                        best, score, better = trying, found, True
            if not better:
                break
    return tuple(best)


def _moves(application: Application, site: Site, step_mm: float, turn_deg: float) -> list[Application]:
    """The application with its needle shifted over the bone in eight directions, or tilted in eight."""
    needle = application.needles[0]
    frame, apertures = site.patient.frame, site.apertures()
    lateral, caudal, _ = frame.to_chart(needle.tip_mm)
    made = []
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


def _safe(site: Site, library: LesionLibrary, application: Application, lethal: int) -> bool:
    asked = library.problem(application)
    if asked is None or not library.holds(asked.problem):
        return False
    lesions = library.placed([asked])
    from rfplan.anatomy.patient import Patient

    assert isinstance(site.patient, Patient)
    return broken_limits(site.patient, site.side, [application], lesions, lethal)[0] is None
