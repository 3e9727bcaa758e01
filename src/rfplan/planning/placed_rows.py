"""What the applications of a plan for a virtual patient ask of the lesion solver, as arrays; many plans are put together from these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.problem import LesionProblem
from rfplan.planning.beside_kernels import KEY, problems_beside
from rfplan.planning.many_needles import NeedleRows
from rfplan.planning.placed_problem import placed_problem, problem_of_key
from rfplan.planning.plan import Plan
from rfplan.planning.rounding import PAIRS, SINGLES, Rounding, of_many

ASSUMPTION: Final = (
    "Lesions are solved in plane-bone surroundings: perfused muscle beside a plane at the distances that the bone has from the active "
    f"tips. Single needles: {SINGLES.said} Pairs: {PAIRS.said} Two needles that touch make no lesion. Neighbouring lesions do not warm "
    "each other, and the generator's control is ideal."
)
"""What has to be said wherever a study with solved lesions is shown."""


@dataclass(frozen=True, eq=False)
class PlacedRows:
    """Where the lesions of a plan stand, in the chart of the treated side, whose lateral axis points away from the midline.

    ``problems`` (a,), None where an application makes no lesion; ``matrices`` (a, 3, 3) and ``offsets`` (a, 3) take the frame of the
    lesion to the chart.
    """

    problems: tuple[LesionProblem | None, ...]
    matrices: FloatArray
    offsets: FloatArray


@dataclass(frozen=True, eq=False)
class PlacedMany:
    """The same of plans for many patients, those of each behind the other: patient p has the applications ``first[p]:first[p + 1]``.

    ``which`` (a,) tells which of ``problems`` each asks, -1 where it makes no lesion.
    """

    problems: tuple[LesionProblem, ...]
    which: IntArray
    first: IntArray
    matrices: FloatArray
    offsets: FloatArray

    @classmethod
    def of(cls, plans: Sequence[PlacedRows]) -> PlacedMany:
        """Those of plans that were placed one by one."""
        problems, which = numbered([problem for rows in plans for problem in rows.problems])
        return cls(
            problems,
            which,
            _starts([len(rows.problems) for rows in plans]),
            np.concatenate([np.zeros((0, 3, 3)), *(rows.matrices for rows in plans)]),
            np.concatenate([np.zeros((0, 3)), *(rows.offsets for rows in plans)]),
        )


def placed_rows(rows: NeedleRows, ground: VirtualGround, accuracy: Accuracy) -> PlacedRows:
    """The lesions of needles in the chart of the treated side of ``ground``, each beside the plane of bone at its needles."""
    found = placed_many([rows], [ground], accuracy)
    problems = tuple([found.problems[n] if n >= 0 else None for n in found.which.tolist()])
    return PlacedRows(problems, found.matrices, found.offsets)


def placed_many(made: Sequence[NeedleRows], grounds: Sequence[VirtualGround], accuracy: Accuracy) -> PlacedMany:
    """The same of needles of one electrode on each of ``grounds``."""
    first = _starts([len(rows.pairs) for rows in made])
    count = int(first[-1])
    matrices, offsets = np.zeros((count, 3, 3)), np.zeros((count, 3))
    # the numbers of a problem, and that of its protocol
    asked, good = np.zeros((count, KEY + 1)), np.zeros(count, dtype=np.bool_)
    keys = np.zeros((count, KEY))
    for rows, ground, low, high in zip(made, grounds, first[:-1].tolist(), first[1:].tolist(), strict=True):
        field, device = ground.bone_around, rows.electrode
        problems_beside(
            field.bone, field.band_mm, rows.tips, rows.axes, device.tip_mm, device.radius_mm, rows.pairs, SINGLES.row, PAIRS.row,
            keys[low:high], matrices[low:high], offsets[low:high], good[low:high],
        )  # fmt: skip
    if not good.any():
        return PlacedMany((), np.full(count, -1, dtype=np.int64), first, matrices, offsets)
    protocols = {id(protocol): protocol for rows in made for protocol in rows.protocols}
    place = {key: n for n, key in enumerate(protocols)}
    asked[:, :KEY] = keys
    asked[:, KEY] = [place[id(protocol)] for rows in made for protocol in rows.protocols]
    distinct, which = np.unique(asked[good], axis=0, return_inverse=True)
    # an electrode and a protocol are compared once, not with every key
    books = [_book(made[0].electrode, protocol, accuracy) for protocol in protocols.values()]
    known = [books[int(row[KEY])].problem(tuple(row[:KEY])) for row in distinct.tolist()]
    problems = tuple([problem for problem in known if problem is not None])
    solvable = np.array([problem is not None for problem in known], dtype=np.bool_)
    numbers = np.where(solvable, np.cumsum(solvable) - 1, -1)
    chosen = np.full(count, -1, dtype=np.int64)
    chosen[good] = numbers[which.reshape(-1)]
    return PlacedMany(problems, chosen, first, matrices, offsets)


def _starts(counts: Sequence[int]) -> IntArray:
    return np.concatenate([[0], np.cumsum(np.array(counts, dtype=np.int64))]).astype(np.int64)


def placed_plan(
    plan: Plan, ground: VirtualGround, side: Side, accuracy: Accuracy, pairs: Rounding = PAIRS
) -> PlacedRows:
    """The same of a plan of any technique; contacts of one probe are told from each other as for one patient."""
    to_side = ground.frame.axes * np.array([[lateral_sign(side)], [1.0], [1.0]])
    problems: list[LesionProblem | None] = []
    matrices, offsets = [], []
    for application in plan.applications:
        try:
            placed = placed_problem(application, ground, "plane", accuracy, plan.needles, of_many(application, pairs))
        except InputError:
            problems.append(None)
            matrices.append(np.eye(3))
            offsets.append(np.zeros(3))
            continue
        problems.append(placed.problem)
        matrices.append(to_side @ placed.pose.matrix)
        offsets.append(to_side @ (placed.pose.offset_mm - ground.frame.origin_mm))
    count = len(problems)
    return PlacedRows(tuple(problems), np.reshape(matrices, (count, 3, 3)), np.reshape(offsets, (count, 3)))


@dataclass(frozen=True, eq=False)
class _Book:
    """The problems of one electrode and protocol by their key, as many as came up."""

    electrode: Electrode
    protocol: Protocol
    accuracy: Accuracy
    known: dict[tuple[float, ...], LesionProblem | None]

    def problem(self, key: tuple[float, ...]) -> LesionProblem | None:
        """The problem of that name; None where the two needles of a pair touch, between which no current heats tissue."""
        if key not in self.known:
            try:
                self.known[key] = problem_of_key(np.array(key), self.electrode, self.protocol, self.accuracy)
            except InputError:
                self.known[key] = None
        return self.known[key]


@lru_cache(maxsize=64)
def _book(electrode: Electrode, protocol: Protocol, accuracy: Accuracy) -> _Book:
    return _Book(electrode, protocol, accuracy, {})


def numbered(problems: Sequence[LesionProblem | None]) -> tuple[tuple[LesionProblem, ...], IntArray]:
    """The distinct problems, and (n,) which of them each is, -1 for none."""
    places: dict[int, int] = {}
    distinct: list[LesionProblem] = []
    which = np.full(len(problems), -1, dtype=np.int64)
    for n, problem in enumerate(problems):
        if problem is None:
            continue
        # equal problems come from one cache, and comparing them all would take longer than judging them
        if id(problem) not in places:
            places[id(problem)] = len(distinct)
            distinct.append(problem)
        which[n] = places[id(problem)]
    return tuple(distinct), which
