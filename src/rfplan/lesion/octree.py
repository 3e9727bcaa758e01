"""Cubes of many sizes: small at the metal, twice as large again and again farther out, with their faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rfplan.errors import InputError
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray

MOST_CELLS = 3_000_000
_NEIGHBOURS = np.array(
    [(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1) if (i, j, k) != (0, 0, 0)]
)
_CHILDREN = np.array([(n & 1, n >> 1 & 1, n >> 2) for n in range(8)])

SizeWanted = Callable[[FloatArray, float], FloatArray]
"""Largest size wanted, mm, of cells with centres (n, 3) and the size given."""


@dataclass(frozen=True, eq=False)
class Octree:
    """Leaves in order of x + y + z of their centres; neighbours differ by one level at most, also across edges and corners.

    The cube of roots starts at ``origin_mm`` (3,) with ``roots`` along every axis, each ``root_mm`` wide and of level 0. ``child``
    (nodes,) leads down: the first of eight children, or -1 - leaf; the first ``roots`` ** 3 nodes are the roots, x running fastest.
    """

    origin_mm: FloatArray
    root_mm: float
    roots: int
    child: NDArray[np.int32]

    @cached_property
    def level(self) -> IntArray:
        """(n,) level of the leaves."""
        return self._leaves[1]

    @cached_property
    def cells(self) -> IntArray:
        """(n, 3) place of the leaves along x, y and z, counted in leaves of their level."""
        return self._leaves[0]

    @cached_property
    def _leaves(self) -> tuple[IntArray, IntArray]:
        count = int(-self.child.min())
        cells, levels = np.empty((count, 3), dtype=np.int64), np.empty(count, dtype=np.int64)
        nodes, places = np.arange(self.roots**3), _roots(self.roots)
        level = 0
        while len(nodes):
            below = self.child[nodes]
            ends = below < 0
            cells[-1 - below[ends]], levels[-1 - below[ends]] = places[ends], level
            nodes = (below[~ends][:, None] + np.arange(8)).ravel()
            places = (2 * places[~ends][:, None] + _CHILDREN).reshape(-1, 3)
            level += 1
        return cells, levels

    @cached_property
    def sizes_mm(self) -> FloatArray:
        """(n,) edges of the leaves."""
        return np.asarray(self.root_mm * 0.5**self.level)

    @cached_property
    def centres_mm(self) -> FloatArray:
        """(n, 3) centres of the leaves."""
        return np.ascontiguousarray(self.origin_mm + self.sizes_mm[:, None] * (self.cells + 0.5))

    @property
    def levels(self) -> int:
        """Number of levels."""
        return int(self.level.max()) + 1

    @property
    def leaves(self) -> int:
        """Number of leaves."""
        return int(-self.child.min())


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces between two leaves of one size: ``low`` and ``high`` (f,) leaves on either side along ``axis`` (f,).

    ``coarse`` (g,) and ``fine`` (g, 4): a leaf and the four smaller ones on one of its faces, along ``group_axis`` (g,), the large one
    above them where ``group_way`` (g,) is 1 and below where it is -1. ``outer`` (b,) leaves at the boundary, once for every face
    of theirs that lies in it.
    """

    low: NDArray[np.int32]
    high: NDArray[np.int32]
    axis: NDArray[np.int32]
    coarse: NDArray[np.int32]
    fine: NDArray[np.int32]
    group_axis: NDArray[np.int32]
    group_way: NDArray[np.int32]
    outer: NDArray[np.int32]


def octree(centre_mm: FloatArray, half_mm: float, smallest_mm: float, largest_mm: float, wanted: SizeWanted) -> Octree:
    """Divide a cube about ``centre_mm`` of at least ``half_mm`` until no leaf is larger than ``wanted`` at its place.

    Raises
    ------
    InputError : more than :data:`MOST_CELLS` leaves would be needed
    """
    deepest = max(0, int(np.floor(np.log2(largest_mm / smallest_mm) + 1e-9)))
    root_mm = smallest_mm * 2.0**deepest
    roots = 2 * int(np.ceil(half_mm / root_mm))
    origin = np.asarray(centre_mm, dtype=float) - 0.5 * roots * root_mm
    split: list[IntArray] = []
    line = np.arange(roots)
    cells = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    for level in range(deepest):
        size = root_mm * 0.5**level
        large = size > wanted(origin + size * (cells + 0.5), size) * (1.0 + 1e-9)
        split.append(cells[large])
        cells = (2 * cells[large][:, None] + _CHILDREN).reshape(-1, 3)
        if len(cells) > MOST_CELLS:
            raise InputError(
                f"the arrangement needs more than {MOST_CELLS:,} cells; use a coarser --accuracy, or needles nearer to each other"
            )
        if len(cells) == 0:
            break
    return _assembled(origin, root_mm, roots, _balanced(split, roots))


def _balanced(split: list[IntArray], roots: int) -> list[IntArray]:
    """Also divide what is more than one level above a neighbour."""
    for level in range(len(split) - 1, 0, -1):
        if len(split[level]) == 0:
            continue
        near = (split[level][:, None] + np.concatenate([[[0, 0, 0]], _NEIGHBOURS])).reshape(-1, 3)
        count = roots << level
        near = near[((near >= 0) & (near < count)).all(axis=1)]
        parents = np.concatenate([split[level - 1], near >> 1])
        keys = np.unique(_key(parents, roots << (level - 1)))
        split[level - 1] = _cell(keys, roots << (level - 1))
    return [cells for cells in split if len(cells)]


def _assembled(origin: FloatArray, root_mm: float, roots: int, split: list[IntArray]) -> Octree:
    leaf_cells: list[IntArray] = []
    levels: list[IntArray] = []
    nodes: list[IntArray] = []
    cells = _roots(roots)
    child = np.full(len(cells), -1, dtype=np.int64)
    first_of_level, total, leaves = 0, len(cells), 0
    for level in range(len(split) + 1):
        count = roots << level
        keys = np.sort(_key(split[level], count)) if level < len(split) else np.empty(0, dtype=np.int64)
        mine = _key(cells, count)
        at = np.clip(np.searchsorted(keys, mine), 0, max(len(keys) - 1, 0))
        divided = keys[at] == mine if len(keys) else np.zeros(len(mine), dtype=bool)
        leaf_cells.append(cells[~divided])
        levels.append(np.full(int((~divided).sum()), level))
        nodes.append(first_of_level + np.flatnonzero(~divided))
        leaves += int((~divided).sum())
        parents = np.flatnonzero(divided)
        child[first_of_level + parents] = total + 8 * np.arange(len(parents))
        cells = (2 * cells[divided][:, None] + _CHILDREN).reshape(-1, 3)
        first_of_level, total = total, total + len(cells)
        child = np.concatenate([child, np.full(len(cells), -1, dtype=np.int64)])
    place, level_of, node = np.concatenate(leaf_cells), np.concatenate(levels), np.concatenate(nodes)
    # twice the centre, counted in the smallest leaves, is a whole number
    twice = (2 * place + 1) << (len(split) - level_of)[:, None]
    # along the diagonal no two neighbours follow each other, so that sweeps over the rows do not wait for the row before; which of two
    # neighbours is lower is the same as in the order of x, y and z
    order = np.lexsort((twice[:, 1], twice[:, 2], twice.sum(axis=1)))
    child[node[order]] = -1 - np.arange(leaves)
    return Octree(origin, root_mm, roots, child.astype(np.int32))


def _roots(roots: int) -> IntArray:
    """(roots ** 3, 3) cells of the roots, x running fastest."""
    line = np.arange(roots)
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    return np.stack([x, y, z], axis=-1).reshape(-1, 3)


def faces_of(tree: Octree) -> Faces:
    """All faces of the leaves."""
    low: list[NDArray[np.int32]] = []
    high: list[NDArray[np.int32]] = []
    along: list[NDArray[np.int32]] = []
    # nothing where all leaves are alike
    coarse: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)]
    sides: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)]
    fine: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)]
    outer: list[NDArray[np.int32]] = []
    tables = [_table(tree, level) for level in range(tree.levels)]
    for level, (keys, leaf, cells) in enumerate(tables):
        if len(keys) == 0:
            continue
        count = tree.roots << level
        for axis in range(3):
            for way in (1, -1):
                beside = cells.copy()
                beside[:, axis] += way
                out = (beside[:, axis] < 0) | (beside[:, axis] >= count)
                outer.append(leaf[out])
                inside, owner = beside[~out], leaf[~out]
                if way == 1:
                    found, other = _find(keys, leaf, _key(inside, count))
                    low.append(owner[found])
                    high.append(other)
                    along.append(np.full(int(found.sum()), axis, dtype=np.int32))
                if level == 0:
                    continue
                above_keys, above_leaf, _ = tables[level - 1]
                found, other = _find(above_keys, above_leaf, _key(inside >> 1, count >> 1))
                coarse.append(other)
                sides.append(np.full(len(other), 2 * axis + (way > 0), dtype=np.int32))
                fine.append(owner[found])
    large, side, small = np.concatenate(coarse), np.concatenate(sides), np.concatenate(fine)
    order = np.lexsort((side, large))
    side = side[order[::4]]
    return Faces(
        np.concatenate(low),
        np.concatenate(high),
        np.concatenate(along),
        large[order[::4]],
        small[order].reshape(-1, 4),
        side // 2,
        2 * (side % 2) - 1,
        np.concatenate(outer),
    )


def _table(tree: Octree, level: int) -> tuple[IntArray, NDArray[np.int32], IntArray]:
    """Keys in order, leaves and cells of one level."""
    leaf = np.flatnonzero(tree.level == level).astype(np.int32)
    cells = tree.cells[leaf]
    keys = _key(cells, tree.roots << level)
    order = np.argsort(keys)
    return keys[order], leaf[order], cells[order]


def _find(keys: IntArray, leaf: NDArray[np.int32], wanted: IntArray) -> tuple[BoolArray, NDArray[np.int32]]:
    if len(keys) == 0:
        return np.zeros(len(wanted), dtype=bool), np.empty(0, dtype=np.int32)
    at = np.clip(np.searchsorted(keys, wanted), 0, len(keys) - 1)
    found = keys[at] == wanted
    return found, leaf[at[found]]


def _key(cells: IntArray, count: int) -> IntArray:
    return np.asarray((cells[:, 2] * count + cells[:, 1]) * count + cells[:, 0], dtype=np.int64)


def _cell(keys: IntArray, count: int) -> IntArray:
    return np.stack([keys % count, keys // count % count, keys // (count * count)], axis=1)
