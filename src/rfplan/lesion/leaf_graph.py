"""Leaves of an octree as rows of a sparse matrix, with the distances over areas that conductances are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rfplan.errors import ConvergenceError
from rfplan.geometry.arrays import BoolArray, FloatArray, IndexArray, IntArray, SingleArray
from rfplan.lesion import octree_kernels as kernels
from rfplan.lesion.octree import Faces, Octree

_TOLERANCE = 1e-5
_MOST_ITERATIONS = 500
_LEAST_PART = 0.02


@dataclass(frozen=True, eq=False)
class Conductances:
    """Of faces ``g`` (f,), groups ``g_group`` (m,) and faces at the boundary ``g_outer`` (b,), with the part of their heat that belongs
    to the lower leaf (``share``) or to the large one (``share_group``).
    """

    g: FloatArray
    share: FloatArray
    g_group: FloatArray
    share_group: FloatArray
    g_outer: FloatArray

    def without_shares(self) -> Conductances:
        """Where nobody asks where the heat goes."""
        return replace(self, share=np.empty(0), share_group=np.empty(0))


@dataclass(frozen=True, eq=False)
class LeafMatrix:
    """A symmetric matrix on a :class:`LeafGraph`: couplings, diagonal, and the pivots of its preconditioner."""

    values: SingleArray
    diagonal: FloatArray
    pivot: FloatArray
    g_group: FloatArray

    @classmethod
    def none(cls) -> LeafMatrix:
        """Of no leaves."""
        return cls(np.empty(0, dtype=np.float32), np.empty(0), np.empty(0), np.empty(0))


class LeafGraph:
    """Neighbours of all leaves. ``metal`` (n,) leaves make their faces with larger and smaller leaves go one by one.

    Parameters
    ----------
    surfaces : (n,) signed distances of the centres from the surfaces between materials, each with the leaves (n,) of which two on either
        side share the way between them as the surface does; elsewhere the surface is taken to lie in the face
    """

    def __init__(
        self,
        tree: Octree,
        faces: Faces,
        metal: BoolArray,
        surfaces: Sequence[tuple[FloatArray, BoolArray]],
    ) -> None:
        sizes = self._sizes = tree.sizes_mm
        self.leaves = tree.leaves
        whole = ~(metal[faces.coarse] | metal[faces.fine].any(axis=1))
        self.coarse, self.fine = faces.coarse[whole], faces.fine[whole]
        self._behind(faces, whole)
        big, small = np.repeat(faces.coarse[~whole], 4), faces.fine[~whole].ravel()
        one, two = np.concatenate([faces.low, big]), np.concatenate([faces.high, small])
        self.low, self.high = np.minimum(one, two), np.maximum(one, two)
        self.axis = np.concatenate([faces.axis, np.repeat(faces.group_axis[~whole], 4)]).astype(np.int8)
        self.near, self.far = self._ways(surfaces)
        # half the edge of the large leaf over the area of its face
        self.over_group = 0.5 / sizes[self.coarse]
        self.outer, self.over_outer = faces.outer, 0.5 / sizes[faces.outer]
        self._rows()

    @property
    def face_mm2(self) -> FloatArray:
        """(f,) area of every face."""
        return self.areas_mm2(np.arange(len(self.low), dtype=np.int32))

    @property
    def gap_mm(self) -> FloatArray:
        """(f,) distance along the axis between the centres on either side of every face."""
        return self.gaps_mm(np.arange(len(self.low), dtype=np.int32))

    def areas_mm2(self, face: IndexArray) -> FloatArray:
        """(m,) areas of faces (m,)."""
        return np.asarray(np.minimum(self._sizes[self.low[face]], self._sizes[self.high[face]]) ** 2)

    def gaps_mm(self, face: IndexArray) -> FloatArray:
        """(m,) distances along the axis between the centres on either side of faces (m,)."""
        return np.asarray(0.5 * (self._sizes[self.low[face]] + self._sizes[self.high[face]]))

    @property
    def alike(self) -> BoolArray:
        """(f,) whether both leaves are of one size."""
        return np.asarray(self._sizes[self.low] == self._sizes[self.high])

    def _ways(self, surfaces: Sequence[tuple[FloatArray, BoolArray]]) -> tuple[FloatArray, FloatArray]:
        """(f,) ways from the lower leaf's centre to the face and on to the higher one's, over the area."""
        near = self._sizes[self.low]
        part = near / (near + self._sizes[self.high])
        alike = self.alike
        for surface, counts in surfaces:
            below = surface < 0.0
            crosses = np.flatnonzero(
                alike & counts[self.low] & counts[self.high] & (below[self.low] != below[self.high])
            )
            a, b = surface[self.low[crosses]], surface[self.high[crosses]]
            part[crosses] = a / (a - b)
        part = np.clip(part, _LEAST_PART, 1.0 - _LEAST_PART)
        gap, area = self.gap_mm, self.face_mm2
        return part * gap / area, (1.0 - part) * gap / area

    def _behind(self, faces: Faces, whole: BoolArray) -> None:
        """Faces of the small leaves of a group on the side away from the large one: regular ones, then groups, -1 where there is none."""
        self.group_axis, self.way = faces.group_axis[whole], faces.group_way[whole].astype(np.int32)
        first_group = len(faces.low) + 4 * int((~whole).sum())
        side = np.full((self.leaves, 6), -1, dtype=np.int32)
        side[faces.low, 2 * faces.axis + 1] = np.arange(len(faces.low))
        side[faces.high, 2 * faces.axis] = np.arange(len(faces.low))
        away = 2 * self.group_axis + (self.way < 0)
        # the large leaf's side towards its group is the small leaves' side away from a still larger one
        side[self.coarse, away] = first_group + np.arange(len(self.coarse))
        self.behind = side[self.fine, away[:, None]]

    def _rows(self) -> None:
        big, small = np.repeat(self.coarse, 4), self.fine.ravel()
        row = np.concatenate([self.low, self.high, big, small])
        column = np.concatenate([self.high, self.low, small, big])
        place = np.empty(len(row), dtype=np.int32)
        end = 6 * self.leaves
        starts = []
        for higher in (0, 1):
            mine = np.flatnonzero((column > row) == bool(higher))
            mine = mine[np.lexsort((column[mine], row[mine]))]
            rows = row[mine]
            rank = np.arange(len(mine), dtype=np.int32)
            rank -= np.searchsorted(rows, np.arange(self.leaves, dtype=np.int32)).astype(np.int32)[rows]
            first = rank < 3
            place[mine[first]] = 6 * rows[first] + 3 * higher + rank[first]
            place[mine[~first]] = end + np.arange(int((~first).sum()))
            starts.append(end + np.searchsorted(rows[~first], np.arange(self.leaves + 1)))
            end += int((~first).sum())
        self._more_low, self._more_high = (start.astype(np.int32) for start in starts)
        self._column = np.zeros(end, dtype=np.int32)
        self._column[place] = column
        f, m = len(self.low), len(self.coarse)
        self._at_low, self._at_high = place[:f], place[f : 2 * f]
        self._at_coarse = place[2 * f : 2 * f + 4 * m].reshape(m, 4)
        self._at_fine = place[2 * f + 4 * m :].reshape(m, 4)

    def face_centres_mm(self, face: IntArray, centres_mm: FloatArray, sizes_mm: FloatArray) -> FloatArray:
        """(m, 3) centres of faces (m,), from those of the leaves and their sizes."""
        low, high = self.low[face], self.high[face]
        small = np.where(sizes_mm[low] <= sizes_mm[high], low, high)
        at = np.arange(len(face)), self.axis[face]
        found = centres_mm[small]
        found[at] += 0.5 * sizes_mm[small] * np.sign((centres_mm[low] + centres_mm[high] - 2.0 * found)[at])
        return np.asarray(found)

    def conductances(
        self, conductivity: FloatArray, role: IntArray, bare: FloatArray, beside: FloatArray
    ) -> Conductances:
        """Conductances for (n,) ``conductivity``, ``role`` and ``bare`` part of the leaves and what conducts ``beside`` (f,) faces, as of
        ``octree_kernels.face_conductances``.
        """
        f, m = len(self.low), len(self.coarse)
        found = Conductances(
            np.empty(f), np.empty(f), np.empty(m), np.empty(m), conductivity[self.outer] / self.over_outer
        )
        kernels.face_conductances(
            conductivity, role, bare, beside, self.low, self.high, self.near, self.far, found.g, found.share
        )
        kernels.group_conductances(
            conductivity, self.coarse, self.fine, self.over_group, found.g_group, found.share_group
        )
        found.g_outer[role[self.outer] != kernels.TISSUE] = 0.0
        return found

    def matrix(self, found: Conductances, role: IntArray, extra: FloatArray) -> LeafMatrix:
        """The matrix of conduction plus ``extra`` (n,) on its diagonal; leaves of metal (role not tissue) stand apart."""
        entries = len(self._column)
        diagonal = extra + np.bincount(self.outer, found.g_outer, self.leaves)
        diagonal[role != kernels.TISSUE] = 1.0
        values = np.empty(entries, dtype=np.float32)
        kernels.fill(
            self.low,
            self.high,
            self._at_low,
            self._at_high,
            found.g,
            role,
            self.coarse,
            self.fine,
            self._at_coarse,
            self._at_fine,
            found.g_group,
            values,
            diagonal,
        )
        pivot = np.empty(self.leaves)
        kernels.modified_incomplete(self._more_low, self._more_high, self._column, values, diagonal, pivot)
        return LeafMatrix(values, diagonal, pivot, found.g_group)

    def solve(self, matrix: LeafMatrix, b: FloatArray, x: FloatArray) -> int:
        """Solve in place from the ``x`` given; the number of iterations. Works without the interpreter's lock.

        Raises
        ------
        ConvergenceError : the iterations did not come to an end
        """
        used = kernels.conjugate_gradients(
            self._more_low,
            self._more_high,
            self._column,
            matrix.values,
            matrix.diagonal,
            matrix.pivot,
            self.coarse,
            self.fine,
            matrix.g_group,
            b,
            x,
            _TOLERANCE,
            _MOST_ITERATIONS,
        )
        if used < 0:
            raise ConvergenceError(
                f"the lesion solver did not converge in {_MOST_ITERATIONS} iterations: status not_converged"
            )
        return int(used)
