"""The lesions of all candidates: few distinct solves, each made ready for judging once, at many poses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from rfplan.anatomy.treatable import Treatable
from rfplan.errors import ConvergenceError, InputError
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.frames import Isometry
from rfplan.lesion.accuracy import accuracy_named
from rfplan.lesion.kept_geometry import kept_map
from rfplan.lesion.lesion_map import LesionMap
from rfplan.lesion.map_table import MapTable, map_table
from rfplan.lesion.pair_pose import PairPose
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.store import kept_lesion
from rfplan.planning.placed_problem import PlacedProblem, placed_problem, usual_accuracy
from rfplan.planning.plan import Application

_KEPT = 128
"""Maps that stay ready in this process, some 2 MB each: patients and sides share them."""

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
        self.coarse = True
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

        While the library is ``coarse``, that of a pair is rounded more than for a judgement: pairs take seconds each to solve.
        """
        try:
            placed = placed_problem(application, self.patient, "plane", self._accuracy)
        except InputError:
            return None
        return coarser(placed) if self.coarse and placed.problem.pair is not None else placed

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


def coarser(placed: PlacedProblem) -> PlacedProblem:
    """A pair with spacing and offset rounded to 1 mm, splay and twist to 10 degrees, the bone's gap to 1 mm and its angle to 30 degrees."""
    problem = placed.problem
    pair, around = problem.pair, problem.surroundings
    assert pair is not None
    rounded = PairPose(
        max(1.0, float(round(pair.spacing_mm))),
        float(round(pair.offset_mm)),
        10.0 * round(pair.splay_deg / 10.0),
        10.0 * round(pair.twist_deg / 10.0),
    )
    if around.bone_gap_mm is not None:
        angle = 90.0 if around.bone_angle_deg is None else around.bone_angle_deg
        gap = float(round(around.bone_gap_mm))
        around = replace(around, bone_gap_mm=gap, bone_angle_deg=min(90.0, 30.0 * round(angle / 30.0)))
    return PlacedProblem(replace(problem, pair=rounded, surroundings=around), placed.pose)


def _pose(pose: Isometry) -> tuple[FloatArray, FloatArray]:
    return pose.matrix, pose.offset_mm


@lru_cache(maxsize=_KEPT)
def _map_of(problem: LesionProblem) -> LesionMap | None:
    try:
        return kept_map(kept_lesion(problem).field)
    except ConvergenceError:
        return None
