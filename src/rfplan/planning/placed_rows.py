"""What the applications of a plan for a virtual patient ask of the lesion solver, as arrays; many plans are put together from these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.anatomy.virtual_ground_kernels import AROUND_MM
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.problem import LesionProblem
from rfplan.planning.beside_kernels import KEY, problems_of_many
from rfplan.planning.many_needles import ManyNeedles
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


def placed_many(made: ManyNeedles, grounds: VirtualGrounds, accuracy: Accuracy) -> PlacedMany:
    """The lesions of needles in the charts of the treated sides of ``grounds``, each beside the plane of bone at its needles."""
    first = _starts(made.counts[:, 1])
    count, device = int(first[-1]), made.electrode
    keys, good = np.zeros((count, KEY)), np.zeros(count, dtype=np.bool_)
    matrices, offsets = np.zeros((count, 3, 3)), np.zeros((count, 3))
    problems_of_many(
        grounds.bones, AROUND_MM, made.tips, made.axes, made.counts, device.tip_mm, device.radius_mm, made.pairs, SINGLES.row,
        PAIRS.row, first, keys, matrices, offsets, good,
    )  # fmt: skip
    if not good.any():
        return PlacedMany((), np.full(count, -1, dtype=np.int64), first, matrices, offsets)
    # the numbers of a problem, and that of its protocol: those at L5 come first, and may have the same as the others
    protocols = tuple(dict.fromkeys(made.settings[1]))
    at_l5 = np.arange(count) - np.repeat(first[:-1], made.counts[:, 1]) < np.repeat(
        made.counts[:, 2], made.counts[:, 1]
    )
    asked = np.column_stack([keys, np.where(at_l5, 0.0, float(len(protocols) - 1))])[good]
    distinct, which = _distinct(asked)
    # an electrode and a protocol are compared once, not with every key
    books = [_book(device, protocol, accuracy) for protocol in protocols]
    known = [books[int(row[KEY])].problem(tuple(row[:KEY])) for row in distinct.tolist()]
    problems = tuple([problem for problem in known if problem is not None])
    solvable = np.array([problem is not None for problem in known], dtype=np.bool_)
    numbers = np.where(solvable, np.cumsum(solvable) - 1, -1)
    chosen = np.full(count, -1, dtype=np.int64)
    chosen[good] = numbers[which]
    return PlacedMany(problems, chosen, first, matrices, offsets)


def _distinct(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """The distinct ``rows`` in the order in which they come up, and (n,) which of them each is."""
    size = rows.shape[1] * rows.itemsize
    # by their bytes: putting rows of numbers in order takes longer than all else here
    text, places = rows.tobytes(), dict[bytes, int]()
    which = [places.setdefault(text[at : at + size], len(places)) for at in range(0, len(text), size)]
    return np.frombuffer(b"".join(places)).reshape(-1, rows.shape[1]), np.array(which, dtype=np.int64)


def _starts(counts: Sequence[int] | IntArray) -> IntArray:
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
