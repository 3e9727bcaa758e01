"""Where branches run and where they are missed, of many patients, laid over the sacrum of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import LEVELS, Side
from rfplan.anatomy.virtual_branches import side_branches
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.polyline import resample
from rfplan.study.branch_bits import taken_branches
from rfplan.study.design import StudyDesign
from rfplan.study.parts import Parts, in_parts
from rfplan.study.tally import by_strategy

MOST_PATIENTS: Final = 500
"""Branches of this many patients, the first of the study, are drawn again for its maps."""
NEAR_MM: Final = 2.0
"""A branch counts at every place that it passes nearer than this."""
_AT_ONCE: Final = 100
_CELL_MM: Final = 0.5
_EDGE_MM: Final = 0.01


@dataclass(frozen=True, eq=False)
class BranchMaps:
    """How many branches pass near each place, per 100 people.

    ``all`` (ni, nj) and by strategy ``missed`` (ni, nj); node (i, j) lies ``beside_mm`` (ni,) from the midline on the treated side and
    ``caudal_mm`` (nj,), in the true AP view of the reference patient. ``patients`` is how many were drawn.
    """

    beside_mm: FloatArray
    caudal_mm: FloatArray
    all: FloatArray
    missed: Mapping[str, FloatArray]
    patients: int


@dataclass(frozen=True, eq=False)
class SideLayout:
    """What a place on the back of one side lies beside: ``caudal_mm`` (5,) and ``beside_mm`` (5,) of the groove of L5 and the
    foramina S1 to S4, and the ``joint_mm`` (k, 2) line of the joint by rising caudal coordinate, beside and caudal."""

    caudal_mm: FloatArray
    beside_mm: FloatArray
    joint_mm: FloatArray

    @classmethod
    def of(cls, patient: Patient | VirtualGround, side: Side) -> SideLayout:
        """The layout of a patient."""
        if isinstance(patient, VirtualGround):
            # both sides are alike, and their arrays are those of one
            laid = patient.grounds.laid
            rims, joint, base = (part[patient.number] for part in (laid.rims, laid.joints, laid.bases))
            return cls._from(np.concatenate([base[None], rims.mean(axis=1)]), joint)
        frame = patient.frame
        marks = [patient.landmarks[f"s1_sap_base_{side}"].position_mm]
        places = frame.to_chart(np.array(marks + [patient.foramen(level, side).centre_mm for level in LEVELS]))
        return cls._from(places, frame.to_chart(patient.curves[f"sij_posterior_line_{side}"].points_mm))

    @classmethod
    def _from(cls, places: FloatArray, joint: FloatArray) -> SideLayout:
        joint = np.column_stack([np.abs(joint[:, 0]), joint[:, 1]])
        return cls(places[:, 1], np.abs(places[:, 0]), joint[np.argsort(joint[:, 1])])

    def laid_over(self, other: SideLayout, points_mm: FloatArray, to_joint: bool = True) -> FloatArray:
        """(n, 2) places of ``other`` that answer to (n, 2) places here, beside and caudal.

        Along the bone in proportion between the foramina; across it, what runs ``to_joint`` in proportion between the line through the
        foramina and the joint, anything else as far from that line as it is here.
        """
        beside, caudal = points_mm[:, 0], points_mm[:, 1]
        inner, outer = self._across(caudal)
        there = _stretched(caudal, self.caudal_mm, other.caudal_mm)
        inner_there, outer_there = other._across(there)
        if not to_joint:
            return np.column_stack([inner_there + beside - inner, there])
        share = (beside - inner) / np.maximum(outer - inner, 1.0)
        moved = np.where(
            beside < inner, beside * inner_there / inner, inner_there + share * (outer_there - inner_there)
        )
        return np.column_stack([moved, there])

    def _across(self, caudal: FloatArray) -> tuple[FloatArray, FloatArray]:
        return (
            np.interp(caudal, self.caudal_mm, self.beside_mm),
            np.interp(caudal, self.joint_mm[:, 1], self.joint_mm[:, 0]),
        )


def branch_maps(
    design: StudyDesign, rows: pl.DataFrame | Parts, criterion_bits: str, reference: Patient, most: int = MOST_PATIENTS
) -> BranchMaps:
    """The maps of a study from its ``rows``; the branches are drawn again from seed and number of the first ``most`` patients.

    ``criterion_bits`` is the column that says which branches were taken.
    """
    side: Side = "left" if design.side == "left" else "right"
    count = min(design.patients, most)
    home = SideLayout.of(reference, side)
    grid = _Grid.around(home)
    names = [strategy.name for strategy in design.strategies]
    bits = _first_bits(rows, criterion_bits, names, count)
    every, missed = np.zeros(grid.cells, dtype=np.int64), np.zeros((len(names), grid.cells), dtype=np.int64)
    for first in range(0, count, _AT_ONCE):
        grounds = VirtualGrounds.of(
            Population(design.innervation).draw(min(_AT_ONCE, count - first), design.seed, first)
        )
        drawn = side_branches(grounds)
        for ground, low, high in zip(grounds, drawn.branches[:-1].tolist(), drawn.branches[1:].tolist(), strict=True):
            layout = SideLayout.of(ground, side)
            lost = ~taken_branches(bits[:, first + ground.number], high - low)
            for n in range(low, high):
                line = drawn.points[drawn.first[n] : drawn.first[n + 1]]
                beside = np.column_stack([np.abs(line[:, 0]), line[:, 1]])
                near = grid.near(layout.laid_over(home, beside, drawn.level[n] > 0))
                every[near] += 1
                for k in np.flatnonzero(lost[:, n - low]):
                    missed[k, near] += 1
    return BranchMaps(
        *grid.axes,
        grid.per_100(every, count),
        {name: grid.per_100(own, count) for name, own in zip(names, missed, strict=True)},
        count,
    )


def _first_bits(rows: pl.DataFrame | Parts, column: str, names: Sequence[str], count: int) -> IntArray:
    """(strategies, ``count``) the bits of the first patients."""
    found = np.zeros((len(names), count), dtype=np.int64)
    for part in in_parts(rows)(["patient", "strategy", column]):
        early = part.filter(pl.col("patient") < count)
        for name, own in by_strategy(early):
            found[names.index(name), own["patient"].to_numpy()] = own[column].to_numpy()
        if len(early) < len(part):
            break
    return found


@dataclass(frozen=True, eq=False)
class _Grid:
    """Square cells from the midline outwards, ``shape`` (ni, nj) of them from ``caudal_0_mm`` on."""

    shape: tuple[int, int]
    caudal_0_mm: float
    disc: IntArray

    @classmethod
    def around(cls, layout: SideLayout) -> _Grid:
        """Cells wherever a branch of ``layout`` can be."""
        low = min(layout.caudal_mm[0], layout.joint_mm[0, 1]) - 12.0
        high = max(layout.caudal_mm[-1], layout.joint_mm[-1, 1]) + 12.0
        width = layout.joint_mm[:, 0].max() + 6.0
        reach = int(NEAR_MM / _CELL_MM)
        steps = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
        return cls(
            (int(width / _CELL_MM), int((high - low) / _CELL_MM)),
            float(low),
            steps[(steps**2).sum(axis=1) * _CELL_MM**2 <= NEAR_MM**2 + _EDGE_MM],
        )

    @property
    def axes(self) -> tuple[FloatArray, FloatArray]:
        """Middles of the cells, beside and caudal."""
        ni, nj = self.shape
        return (
            np.asarray(_CELL_MM * (np.arange(ni) + 0.5), dtype=float),
            np.asarray(self.caudal_0_mm + _CELL_MM * (np.arange(nj) + 0.5), dtype=float),
        )

    @property
    def cells(self) -> int:
        """How many there are."""
        return self.shape[0] * self.shape[1]

    def near(self, line_mm: FloatArray) -> IntArray:
        """Numbers of the cells that ``line_mm`` (n, 2) passes nearer than :data:`NEAR_MM`, each once."""
        points = resample(line_mm, _CELL_MM)
        at = np.floor((points - [0.0, self.caudal_0_mm]) / _CELL_MM).astype(np.int64)
        new = np.concatenate([[True], np.any(np.diff(at, axis=0) != 0, axis=1)])
        around = (at[new][:, None] + self.disc).reshape(-1, 2)
        inside = np.all((around >= 0) & (around < self.shape), axis=1)
        covered = np.zeros(self.cells, dtype=np.bool_)
        covered[around[inside] @ [self.shape[1], 1]] = True
        return np.flatnonzero(covered)

    def per_100(self, counts: IntArray, people: int) -> FloatArray:
        """(ni, nj) ``counts`` of the cells, per 100 ``people``."""
        return 100.0 / people * counts.reshape(self.shape).astype(float)


def _stretched(values: FloatArray, here: FloatArray, there: FloatArray) -> FloatArray:
    """``values`` moved as ``here`` (k,) to ``there`` (k,), in proportion between them and as the nearest beyond."""
    within = np.interp(values, here, there)
    return np.asarray(within + np.minimum(values - here[0], 0.0) + np.maximum(values - here[-1], 0.0))
