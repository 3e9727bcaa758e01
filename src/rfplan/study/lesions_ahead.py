"""Lesions of a study that nobody has solved on this machine, solved before its patients are judged: counted, and with the time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice
from typing import Any, Final

from rfplan.lesion.problem import LesionProblem
from rfplan.planning.lesion_shelf import make_ready, never_solved
from rfplan.study.advance import Advance
from rfplan.study.chunk import chunk_problems
from rfplan.study.design import design_from
from rfplan.study.solved_judge import lethal_isotherm

_MOST_CHUNKS: Final = 100
"""Chunks whose patients are asked beforehand: what only later ones need is solved when their turn comes."""
_USUAL_S: Final = (0.3, 3.0)
"""Time that a lesion of one needle takes of a core, and one of a pair: for the first estimate, until one was solved."""


def solve_ahead(
    executor: Executor,
    slots: int,
    document: dict[str, Any],
    chunks: Sequence[int],
    progress: Callable[[Advance], None],
) -> None:
    """Solve what ``chunks`` of the study with the design ``document`` need and nobody on this machine has solved.

    Where the first chunks, one for each of the ``slots``, lack nothing, the others are not asked. ``executor`` runs processes of this
    machine.
    """
    wanted: dict[LesionProblem, None] = {}
    for few in (chunks[:slots], chunks[slots:_MOST_CHUNKS]):
        for lacking in [executor.submit(_missing_job, document, number) for number in few]:
            wanted |= dict.fromkeys(lacking.result())
        if not wanted:
            return
    # pairs first, as they take long: so no core waits for the last of them
    order = sorted(wanted, key=_kind, reverse=True)
    pace = _Pace([sum(_kind(problem) == kind for problem in order) for kind in (0, 1)], slots)
    waiting, running = iter(order), dict[Future[float], int]()
    progress(pace.advance())
    try:
        while True:
            for problem in islice(waiting, 2 * slots - len(running)):
                running[executor.submit(_solve_job, problem)] = _kind(problem)
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                pace.took(running.pop(future), future.result())
                progress(pace.advance())
    except BaseException:
        for future in running:
            future.cancel()
        raise


class _Pace:
    """How many lesions of either kind there are ``to_do``, and how long they take ``slots`` cores."""

    def __init__(self, to_do: Sequence[int], slots: int) -> None:
        self._to_do, self._slots = to_do, slots
        self._done, self._spent_s = [0, 0], [0.0, 0.0]

    def took(self, kind: int, seconds: float) -> None:
        """One more is done."""
        self._done[kind] += 1
        self._spent_s[kind] += seconds

    def advance(self) -> Advance:
        """How far that is."""
        left_s = 0.0
        for to_do, done, spent_s, usual_s in zip(self._to_do, self._done, self._spent_s, _USUAL_S, strict=True):
            left_s += (to_do - done) * (spent_s / done if done else usual_s) / self._slots
        return Advance(sum(self._done), sum(self._to_do), 0.0, left_s, "lesions")


def _kind(problem: LesionProblem) -> int:
    return 0 if problem.pair is None else 1


def _missing_job(document: dict[str, Any], number: int) -> list[LesionProblem]:
    return never_solved(chunk_problems(design_from(document), number), lethal_isotherm())


def _solve_job(problem: LesionProblem) -> float:
    began = time.monotonic()
    make_ready(problem, lethal_isotherm())
    return time.monotonic() - began
