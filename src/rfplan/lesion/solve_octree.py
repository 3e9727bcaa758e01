"""Solving on an octree: any arrangement of metal in any surroundings."""

from __future__ import annotations

from rfplan.errors import InputError
from rfplan.lesion.march import Progress
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solved import SolvedLesion


def solve_octree(problem: LesionProblem, progress: Progress | None = None) -> SolvedLesion:
    """Solve ``problem`` in three dimensions without any symmetry."""
    raise InputError("this arrangement of needles and surroundings is not solved in this version")
