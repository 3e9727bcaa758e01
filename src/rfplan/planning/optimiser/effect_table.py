"""What every candidate takes on its own: candidate by branch of every course, by both criteria."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.planning.coverage import Criterion
from rfplan.planning.optimiser.effect_kernels import branch_balls, branch_ways, single_effects
from rfplan.planning.optimiser.lesion_library import PlacedMaps, Proceed
from rfplan.planning.packed_patient import PackedBranches
from rfplan.planning.solved_kernels import placed_balls, shadows

_CHUNK = 64
_LEAST = 256
"""Candidates that are looked at however little time there is."""


class BranchArrays(NamedTuple):
    """Branches as the kernels take them: points (n, 3), first (b + 1,), ways (n,), shade (n, 2), balls (b, 4), flat balls (b, 4)."""

    points: FloatArray
    first: IntArray
    ways: FloatArray
    shade: FloatArray
    balls: FloatArray
    flat_balls: FloatArray


@dataclass(frozen=True, eq=False)
class EffectTable:
    """``longest_mm`` and ``total_mm`` (candidates, branches): longest stretch and whole length of a branch inside the lethal surface of a
    candidate alone; ``overlap`` (candidates, branches) whether they overlap in the AP view.

    ``courses`` (branches,) is the course of each branch and ``levels`` its level. A candidate takes a branch by ``transection`` where
    the longest stretch is at least ``length_mm``. ``rows`` is how many candidates were looked at: the first of them.
    """

    longest_mm: NDArray[np.float32]
    total_mm: NDArray[np.float32]
    overlap: BoolArray
    courses: IntArray
    levels: tuple[str, ...]
    length_mm: float
    rows: int

    def copy(self) -> EffectTable:
        """A table of its own with the same numbers."""
        return replace(
            self, longest_mm=self.longest_mm.copy(), total_mm=self.total_mm.copy(), overlap=self.overlap.copy()
        )

    def without(self, candidates: Sequence[int]) -> None:
        """Take candidates out of the table: they then take nothing."""
        at = list(candidates)
        self.longest_mm[at], self.total_mm[at], self.overlap[at] = 0.0, 0.0, False

    def captured(self, criterion: Criterion) -> BoolArray:
        """(candidates, branches) taken by one application alone."""
        if criterion == "ap_projection":
            return self.overlap
        return np.asarray(self.longest_mm >= np.float32(self.length_mm))

    def share(self, criterion: Criterion) -> FloatArray:
        """(candidates, branches) what an application may at most add to the capture of a branch, 0 to 1.

        A union takes a branch only if these add up to 1: by transection they are the lengths inside over the length that cuts, as no
        stretch inside a union is longer than the lengths inside its parts together.
        """
        if criterion == "ap_projection":
            return self.overlap.astype(np.float64)
        # rounding up: what is single precision must not lower a bound
        return np.asarray(
            np.minimum(1.0, (self.total_mm.astype(np.float64) + 1e-4) / self.length_mm * (self.total_mm > 0))
        )


def branch_arrays(branches: PackedBranches, view: FloatArray) -> BranchArrays:
    """The arrays of ``branches`` seen along the beam of ``view`` (3, 3)."""
    balls = branch_balls(branches.points, branches.first)
    return BranchArrays(
        branches.points,
        branches.first,
        branch_ways(branches.points, branches.first),
        np.ascontiguousarray(branches.points @ view[:2].T),
        balls,
        flattened(balls, view),
    )


def flattened(balls: FloatArray, view: FloatArray) -> FloatArray:
    """Balls (n, 4) as discs in the plane across the beam: (lateral, caudal, 0, radius)."""
    flat = np.zeros_like(balls)
    flat[:, :2], flat[:, 3] = balls[:, :3] @ view[:2].T, balls[:, 3]
    return flat


def effect_table(
    lesions: PlacedMaps,
    branches: PackedBranches,
    view: FloatArray,
    lethal: int,
    length_mm: float,
    threads: int,
    proceed: Proceed,
) -> EffectTable:
    """The table of ``lesions`` on ``branches``; where ``proceed`` stops it, that of the first of them, a few hundred at least.

    The same whatever the number of ``threads``.
    """
    own = branch_arrays(branches, view)
    count, width = len(lesions.which), len(own.balls)
    longest = np.zeros((count, width), dtype=np.float32)
    total = np.zeros((count, width), dtype=np.float32)
    overlap = np.zeros((count, width), dtype=bool)
    union = (lesions.table, lesions.which, lesions.matrices, lesions.offsets)
    balls = placed_balls(*union, lethal)
    shade = shadows(*union, lethal, view)
    flat = flattened(balls, view)

    def fill(start: int) -> None:
        stop = min(start + _CHUNK, count)
        single_effects(*own, *union, lethal, balls, flat, *shade, start, stop, longest, total, overlap)

    done = 0
    with ThreadPoolExecutor(max(1, threads)) as pool:
        starts = range(0, count, _CHUNK)
        size = max(1, threads)
        for n in range(0, len(starts), size):
            if not proceed(done / max(1, count)) and done >= _LEAST:
                break
            list(pool.map(fill, starts[n : n + size]))
            done = min(count, starts[min(n + size, len(starts)) - 1] + _CHUNK)
    return EffectTable(
        longest, total, overlap, np.asarray(branches.course, dtype=np.int64), branches.levels, length_mm, done
    )
