"""Courses on which placements are tried: what each does alone, and what a plan does together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.treatable import Treatable
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.coverage import Criterion, CriterionCoverage, coverage_of
from rfplan.planning.optimiser.effect_kernels import single_effects, union_lengths
from rfplan.planning.optimiser.effect_table import BranchArrays, EffectTable, branch_arrays, effect_table, flattened
from rfplan.planning.optimiser.hand import Hand
from rfplan.planning.optimiser.lesion_library import LesionLibrary, PlacedMaps, Proceed
from rfplan.planning.packed_patient import PackedBranches, packed
from rfplan.planning.placed_problem import PlacedProblem
from rfplan.planning.plan import Application
from rfplan.planning.solved_kernels import placed_balls, shadows

_GOLDEN = 0.6180339887498949

Asked = list[PlacedProblem | None]


@dataclass(frozen=True, eq=False)
class _Part:
    """The branches ``keep`` whose courses go with one ``draw`` of the hand."""

    draw: int
    keep: IntArray
    branches: PackedBranches
    own: BranchArrays


class Trial:
    """``branches`` of many courses in ``patient``, with the ``hand`` that treats them: course k with its draw k modulo their number."""

    def __init__(self, patient: Treatable, branches: PackedBranches, hand: Hand) -> None:
        table = figures("safety")
        self.branches = branches
        self.hand = hand
        self.view = packed(patient).view
        self.lethal = ISOTHERMS_C.index(table["lethal.isotherm"].value)
        self.length_mm = float(table["transection.length"].value)
        course = np.asarray(branches.course, dtype=np.int64)
        self.courses = course
        self._parts: list[_Part] = []
        for draw in range(hand.draws):
            keep = np.flatnonzero(course % hand.draws == draw)
            if len(keep):
                own = branches if hand.draws == 1 else subset(branches, keep)
                self._parts.append(_Part(draw, keep, own, branch_arrays(own, self.view)))

    def around(self, application: Application, library: LesionLibrary, margin_mm: float) -> IntArray:
        """Branches that come within ``margin_mm`` of where the lesion of an application may be, whatever the hand's draw."""
        near = np.zeros(len(self.courses), dtype=bool)
        for part, lesions in self._placed(library, [application]):
            if lesions is None:
                near[part.keep] = True
                continue
            ball = placed_balls(lesions.table, lesions.which, lesions.matrices, lesions.offsets, self.lethal)[0]
            gap = np.linalg.norm(part.own.balls[:, :3] - ball[:3], axis=1) - part.own.balls[:, 3] - ball[3]
            near[part.keep] = gap < margin_mm
        return np.flatnonzero(near)

    def only(self, keep: IntArray) -> Trial:
        """The trial on the branches ``keep`` alone."""
        return Trial(self.hand.patient, subset(self.branches, keep), self.hand)

    def asked(self, library: LesionLibrary, applications: Sequence[Application]) -> list[Asked]:
        """Per draw what is to be solved for each application; None where no solver takes it."""
        return [
            [library.problem(application) for application in self.hand.carried_out(applications, part.draw)]
            for part in self._parts
        ]

    def table(
        self, library: LesionLibrary, asked: Sequence[Sequence[PlacedProblem]], threads: int, proceed: Proceed
    ) -> EffectTable:
        """What every application does alone; ``asked`` per draw as :meth:`asked` gives it, all of it held by the library.

        Candidates are looked at in an order that is spread evenly over all of them: where time ends early, no region is left out.
        """
        count, width = len(asked[0]), len(self.courses)
        spread = np.argsort(np.arange(count) * _GOLDEN % 1.0, kind="stable")
        longest = np.zeros((count, width), dtype=np.float32)
        total = np.zeros((count, width), dtype=np.float32)
        overlap = np.zeros((count, width), dtype=bool)
        rows = count
        for number, (part, own) in enumerate(zip(self._parts, asked, strict=True)):

            def onward(share: float, number: int = number) -> bool:
                return proceed((number + share) / len(self._parts))

            found = effect_table(
                library.placed(own).taken(spread),
                part.branches,
                self.view,
                self.lethal,
                self.length_mm,
                threads,
                onward,
            )
            at = np.ix_(spread, part.keep)
            longest[at], total[at], overlap[at] = found.longest_mm, found.total_mm, found.overlap
            rows = min(rows, found.rows)
        return EffectTable(longest, total, overlap, self.courses, self.branches.levels, self.length_mm, rows)

    def contiguous_mm(self, library: LesionLibrary, applications: Sequence[Application]) -> FloatArray | None:
        """(branches,) longest stretch inside the union of lesions; None where one of them is not in the library."""
        found = np.zeros(len(self.courses))
        for part, lesions in self._placed(library, applications):
            if lesions is None:
                return None
            union = (lesions.table, lesions.which, lesions.matrices, lesions.offsets)
            own = part.own
            found[part.keep] = union_lengths(
                own.points, own.first, own.ways, own.balls, *union, self.lethal, placed_balls(*union, self.lethal)
            )
        return found

    def overlapped(self, library: LesionLibrary, applications: Sequence[Application]) -> BoolArray | None:
        """(branches,) whether any lesion overlaps the branch in the AP view; None as above."""
        found = np.zeros(len(self.courses), dtype=bool)
        for part, lesions in self._placed(library, applications):
            if lesions is None:
                return None
            union = (lesions.table, lesions.which, lesions.matrices, lesions.offsets)
            balls, count = placed_balls(*union, self.lethal), len(lesions.which)
            lengths = np.zeros((2, count, len(part.keep)), dtype=np.float32)
            overlap = np.zeros((count, len(part.keep)), dtype=bool)
            shade = shadows(*union, self.lethal, self.view)
            flat = flattened(balls, self.view)
            single_effects(
                *part.own, *union, self.lethal, balls, flat, *shade, 0, count, lengths[0], lengths[1], overlap
            )
            found[part.keep] = overlap.any(axis=0)
        return found

    def coverage(
        self, library: LesionLibrary, applications: Sequence[Application]
    ) -> Mapping[Criterion, CriterionCoverage]:
        """Totals of a plan by both criteria, its lesions solved if need be."""
        wanted = [entry.problem for part in self.asked(library, applications) for entry in part if entry is not None]
        library.solve(wanted, 1, lambda _: True)
        length, overlap = self.contiguous_mm(library, applications), self.overlapped(library, applications)
        if length is None or overlap is None:
            raise ValueError("a lesion of the plan could not be solved")
        own = self.branches
        captured: dict[Criterion, BoolArray] = {"ap_projection": overlap, "transection": length >= self.length_mm}
        return {
            name: coverage_of(hits.tolist(), own.levels, own.course, own.courses) for name, hits in captured.items()
        }

    def _placed(
        self, library: LesionLibrary, applications: Sequence[Application]
    ) -> list[tuple[_Part, PlacedMaps | None]]:
        found: list[tuple[_Part, PlacedMaps | None]] = []
        for part, asked in zip(self._parts, self.asked(library, applications), strict=True):
            held = [entry for entry in asked if entry is not None and library.holds(entry.problem)]
            found.append((part, library.placed(held) if len(held) == len(asked) else None))
        return found


def subset(branches: PackedBranches, keep: IntArray) -> PackedBranches:
    """The branches of numbers ``keep``; courses keep their numbers."""
    lines = [branches.points[branches.first[b] : branches.first[b + 1]] for b in keep]
    return PackedBranches(
        np.concatenate([np.empty((0, 3)), *lines]),
        np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        tuple(branches.names[b] for b in keep),
        tuple(branches.levels[b] for b in keep),
        tuple(branches.course[b] for b in keep),
        tuple(branches.lengths_mm[b] for b in keep),
        branches.courses,
    )
