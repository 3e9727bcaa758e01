"""The lesions of all candidates: few distinct solves, each made ready for judging once, at many poses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from rfplan.anatomy.treatable import Treatable
from rfplan.errors import ConvergenceError, InputError
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.frames import Isometry
from rfplan.lesion.accuracy import accuracy_named
from rfplan.lesion.kept_geometry import kept_map
from rfplan.lesion.lesion_map import LesionMap
from rfplan.lesion.map_table import MapTable, map_table
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.store import kept_lesion
from rfplan.planning.placed_problem import PlacedProblem, placed_problem, usual_accuracy
from rfplan.planning.plan import Application
from rfplan.planning.rounding import PLANS, of_many

_KEPT = 128
"""Maps that stay ready in this process, some 2 MB each: patients and sides share them."""

Measure = Literal["study", "evaluation"]
"""Whose lesions: those that a study of many patients judges with, or those that one plan is evaluated with. Of single needles they are
the same; pairs take seconds each to solve, and a study rounds them more (:mod:`rfplan.planning.rounding`)."""

Proceed = Callable[[float], bool]
"""Hears the finished share, 0 to 1, and says whether to go on."""


@dataclass(frozen=True, eq=False)
class PlacedMaps:
    """Lesion g is the map ``which[g]`` of ``table``, taken to the patient's frame by ``matrices`` (g, 3, 3) and ``offsets`` (g, 3)."""

    table: MapTable
    which: IntArray
    matrices: FloatArray
    offsets: FloatArray

    def taken(self, keep: Sequence[int] | IntArray) -> PlacedMaps:
        """Only the lesions ``keep``."""
        at = np.asarray(keep, dtype=np.int64)
        return PlacedMaps(self.table, self.which[at], self.matrices[at], self.offsets[at])


class LesionLibrary:
    """Solved lesions beside a plane of bone, by problem; one per electrode and run. Not to be shared between threads."""

    def __init__(self, patient: Treatable) -> None:
        self.patient = patient
        self.measure: Measure = "study"
        self._accuracy = accuracy_named(usual_accuracy("plane"))
        self._number: dict[LesionProblem, int] = {}
        self._maps: list[LesionMap] = []
        self._table: MapTable | None = None

    def copy(self) -> LesionLibrary:
        """A library with the same lesions: what is solved for one does not count as known to the other."""
        made = LesionLibrary(self.patient)
        made._number, made._maps, made._table = dict(self._number), list(self._maps), self._table
        return made

    def __len__(self) -> int:
        return len(self._maps)

    def problem(self, application: Application) -> PlacedProblem | None:
        """What is to be solved for an application; None where no solver takes its needles.

        Rounded as the library's ``measure`` has it.
        """
        rounding = PLANS if self.measure == "evaluation" else of_many(application)
        try:
            return placed_problem(application, self.patient, "plane", self._accuracy, rounding=rounding)
        except InputError:
            return None

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Lesions are those of an evaluation as long as this lasts."""
        before, self.measure = self.measure, "evaluation"
        try:
            yield
        finally:
            self.measure = before

    def holds(self, problem: LesionProblem) -> bool:
        """True where the lesion of ``problem`` is ready."""
        return problem in self._number

    def solve(self, problems: Sequence[LesionProblem], threads: int, proceed: Proceed) -> bool:
        """Make the lesions of ``problems`` ready, in that order; False where ``proceed`` stopped it.

        A problem that does not converge is left out: its candidates cannot be judged.
        """
        wanted = [problem for problem in dict.fromkeys(problems) if problem not in self._number]
        size = max(1, threads)
        with ThreadPoolExecutor(size) as pool:
            for start in range(0, len(wanted), size):
                if not proceed(start / len(wanted)):
                    return False
                batch = wanted[start : start + size]
                for problem, made in zip(batch, pool.map(_map_of, batch), strict=True):
                    if made is not None:
                        self._number[problem] = len(self._maps)
                        self._maps.append(made)
                        self._table = None
        return True

    def placed(self, asked: Sequence[PlacedProblem]) -> PlacedMaps:
        """The lesions of placed problems that are held, packed for the kernels."""
        if self._table is None:
            self._table = map_table(self._maps)
        count = len(asked)
        return PlacedMaps(
            self._table,
            np.array([self._number[entry.problem] for entry in asked], dtype=np.int64),
            np.array([_pose(entry.pose)[0] for entry in asked]).reshape(count, 3, 3),
            np.array([_pose(entry.pose)[1] for entry in asked]).reshape(count, 3),
        )


def _pose(pose: Isometry) -> tuple[FloatArray, FloatArray]:
    return pose.matrix, pose.offset_mm


@lru_cache(maxsize=_KEPT)
def _map_of(problem: LesionProblem) -> LesionMap | None:
    try:
        return kept_map(kept_lesion(problem).field)
    except ConvergenceError:
        return None
