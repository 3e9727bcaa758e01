"""The covering problem: which candidate takes which group of branches, with everything that is alike put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.planning.optimiser.objective import Judge

STEPS = 16
"""Parts of a branch are counted in sixteenths, rounded up, where lengths add up: a bound stays a bound."""


@dataclass(frozen=True, eq=False)
class Cover:
    """``parts`` (candidates, groups): what a candidate adds to the capture of a group of branches; a group is captured where the parts of
    the chosen add up to 1. In the usual case parts are 0 or 1.

    Branches taken by the same candidates to the same parts are one group; courses with the same groups at the same weights are one
    class. ``need`` (m, 2) are pairs of class and group, ``weight`` (m,) the share of the group in the class, ``classes`` (k,) the
    part of all courses in the class. ``candidates`` says which of all candidates they are, ``lost`` (k,) the share of a
    class that no candidate takes.
    """

    parts: FloatArray
    need: IntArray
    weight: FloatArray
    classes: FloatArray
    lost: FloatArray
    candidates: IntArray

    @property
    def worth(self) -> FloatArray:
        """(groups,) share of each group in the mean captured part."""
        shares = self.weight * self.classes[self.need[:, 0]]
        return np.bincount(self.need[:, 1], weights=shares, minlength=self.parts.shape[1]).astype(np.float64)


def cover_of(judge: Judge, parts: BoolArray | FloatArray, candidates: IntArray) -> Cover:
    """The covering problem of ``candidates`` (c,), rows of ``parts`` (all candidates, all branches) between 0 and 1."""
    chosen = np.asarray(parts)[np.ix_(candidates, judge.kept)]
    steps = np.ceil(chosen.astype(np.float64) * STEPS - 1e-9).astype(np.uint8)
    if len(candidates) == 0:
        steps = np.zeros((1, len(judge.kept)), dtype=np.uint8)
    columns, group = np.unique(steps.T, axis=0, return_inverse=True)
    group = group.ravel()
    empty: BoolArray = np.asarray(~columns.any(axis=1))
    # group by course: (course, group) -> weight; groups that nobody takes are lost
    key = judge.courses * len(columns) + group
    pairs, place = np.unique(key, return_inverse=True)
    weight = np.bincount(place.ravel(), weights=judge.weights).astype(np.float64)
    course, group_of = np.divmod(pairs, len(columns))
    classes, members = _alike(course, group_of, weight, judge.count)
    lost = np.zeros(len(classes))
    rows, cols, shares = [], [], []
    number = np.cumsum(~empty) - 1
    for k, (groups, weights) in enumerate(members):
        gone = empty[groups]
        lost[k] = weights[gone].sum()
        rows.append(np.full(int((~gone).sum()), k))
        cols.append(number[groups[~gone]])
        shares.append(weights[~gone])
    need = np.stack([np.concatenate(rows), np.concatenate(cols)], axis=1).astype(np.int64)
    values = columns[~empty].T[: len(candidates)] / STEPS
    return Cover(values, need, np.concatenate(shares), classes, lost, np.asarray(candidates, dtype=np.int64))


def _alike(
    course: IntArray, group: IntArray, weight: FloatArray, count: int
) -> tuple[FloatArray, list[tuple[IntArray, FloatArray]]]:
    """Courses with equal groups and weights: the part of all courses that each class is, and its groups and weights."""
    ends = np.searchsorted(course, np.arange(count + 1))
    found: dict[tuple[bytes, bytes], int] = {}
    sizes: list[int] = []
    members: list[tuple[IntArray, FloatArray]] = []
    for k in range(count):
        own = slice(ends[k], ends[k + 1])
        key = (group[own].tobytes(), np.round(weight[own], 12).tobytes())
        at = found.setdefault(key, len(found))
        if at == len(sizes):
            sizes.append(0)
            members.append((group[own], weight[own]))
        sizes[at] += 1
    return np.array(sizes) / count, members


def undominated(parts: BoolArray | FloatArray, cost: FloatArray, better: FloatArray) -> IntArray:
    """Candidates, in order, of which no other takes at least as much at no more ``cost`` (c,).

    Of equals that with the largest ``better`` (c,) stays, of these the first.
    """
    order = np.lexsort((np.arange(len(cost)), -better, cost))
    values = np.asarray(parts)[order].astype(np.float32)
    if np.asarray(parts).dtype == np.bool_:
        taken = values
        inside = taken @ taken.T >= taken.sum(axis=1)[:, None] - 0.5
    else:
        inside = np.array([np.all(values[n] <= values, axis=1) for n in range(len(values))])
    cheaper = cost[order][None, :] <= cost[order][:, None]
    beats = inside & cheaper
    np.fill_diagonal(beats, False)
    # of two that beat each other the earlier stays
    mutual = beats & beats.T
    beats &= ~(mutual & (np.arange(len(cost))[None, :] > np.arange(len(cost))[:, None]))
    useful = values.any(axis=1) & ~beats.any(axis=1)
    return np.sort(order[useful])
