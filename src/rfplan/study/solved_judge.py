"""Many plans on many virtual patients, judged with solved lesions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.lesion_shelf import lesion_shelf
from rfplan.planning.many_solved_kernels import judge_many_solved
from rfplan.planning.placed_rows import PlacedMany, PlacedRows
from rfplan.study.treated import TreatedSides

ACCURACY = "fast"
"""Of the solver, as :func:`rfplan.planning.placed_problem.usual_accuracy` has it beside a plane."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What one strategy did: ``seen`` (b,) and ``cut`` (b,) per branch, ``risk`` (p, 4) in the order of ``study.columns.RISKS``, mm, and
    ``unsolved`` (p,) applications that made no lesion."""

    seen: BoolArray
    cut: BoolArray
    risk: FloatArray
    unsolved: IntArray


def judged_with_solved(sides: TreatedSides, treatments: Sequence[PlacedMany | Sequence[PlacedRows]]) -> list[Judged]:
    """Every strategy of ``treatments``, placed at once or patient by patient, on the patients of ``sides``.

    Lesions that nobody has solved yet are solved first.
    """
    table, lethal = figures("safety"), lethal_isotherm()
    strategies = [own if isinstance(own, PlacedMany) else PlacedMany.of(own) for own in treatments]
    known, maps = lesion_shelf(lethal).held([problem for placed in strategies for problem in placed.problems])
    found, at = [], 0
    for placed in strategies:
        # behind the last the number of what makes no lesion
        numbers = np.append(known[at : at + len(placed.problems)], -1)
        at += len(placed.problems)
        own, patients = numbers[placed.which], len(placed.first) - 1
        owner = np.repeat(np.arange(patients), np.diff(placed.first))
        solved = own >= 0
        lesions = np.concatenate([[0], np.cumsum(np.bincount(owner[solved], minlength=patients))]).astype(np.int64)
        matrices = np.ascontiguousarray(placed.matrices[solved])
        offsets = np.ascontiguousarray(placed.offsets[solved])
        judged = Judged(
            np.zeros(len(sides.level), dtype=np.bool_),
            np.zeros(len(sides.level), dtype=np.bool_),
            np.zeros((patients, 4)),
            np.bincount(owner[~solved], minlength=patients).astype(np.int64),
        )
        judge_many_solved(
            sides.points, sides.first, sides.branches, sides.tube_points, sides.tube_first, sides.tube_radii, sides.tubes_each,
            sides.joints, sides.skins, sides.skin_rows, sides.skin_axes, sides.corners, sides.skin_spacing, maps, own[solved],
            matrices, offsets, lesions, lethal, table["transection.length"].value, judged.seen, judged.cut, judged.risk,
        )  # fmt: skip
        found.append(judged)
    return found


def lesions_waited_s() -> float:
    """How long this process has waited for lesions to be solved, in all."""
    return lesion_shelf(lethal_isotherm()).waited_s


def lethal_isotherm() -> int:
    """Number of the isotherm within which tissue dies."""
    return ISOTHERMS_C.index(figures("safety")["lethal.isotherm"].value)
