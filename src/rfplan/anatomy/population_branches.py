"""Branches of many virtual patients at once: number, exit, angle, depth and diameter from independent uniform numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri, pdtr

from rfplan.anatomy.cut_normal import before_cut, cut_quantile
from rfplan.anatomy.innervation import (
    EARLIEST_CLOCK_DEG,
    LARGEST_ANGLE_DEG,
    LATEST_CLOCK_DEG,
    LEAST_ANGLE_DEG,
    BranchTraits,
    Innervation,
)
from rfplan.figures import Figure, figures
from rfplan.geometry.arrays import FloatArray, IntArray

MOST_BRANCHES = 8
"""Of one level; more have a chance below 1 in 30,000 and count as this many."""
LEVELS = ("S1", "S2", "S3", "S4")
UNIFORMS = 1 + len(LEVELS) * (1 + 4 * MOST_BRANCHES)
"""How many uniform numbers the branches of one patient take."""


@dataclass(frozen=True, eq=False)
class DrawnBranches:
    """Branches of n patients, both sides alike: ``count`` (n, 4) per level S1 to S4; ``clock_deg``, ``angle_deg``, ``depth_mm``,
    ``diameter_mm`` (n, 4, 8), of which the first ``count`` of a level count, from cranial; ``shift_mm`` (n,) of the L5 ramus.

    ``l5`` says whether it is followed.
    """

    count: IntArray
    clock_deg: FloatArray
    angle_deg: FloatArray
    depth_mm: FloatArray
    diameter_mm: FloatArray
    shift_mm: FloatArray
    l5: bool

    def part(self, low: int, high: int) -> DrawnBranches:
        """Those of the patients from ``low`` to ``high`` - 1."""
        chosen = slice(low, high)
        return replace(
            self,
            count=self.count[chosen],
            clock_deg=self.clock_deg[chosen],
            angle_deg=self.angle_deg[chosen],
            depth_mm=self.depth_mm[chosen],
            diameter_mm=self.diameter_mm[chosen],
            shift_mm=self.shift_mm[chosen],
        )

    def traits(self, index: int) -> tuple[BranchTraits, ...]:
        """The branches of one patient."""
        table = figures("nerves")
        found = []
        if self.l5:
            found.append(
                BranchTraits(
                    "L5",
                    1,
                    180.0,
                    0.0,
                    table["depth.L5"].value,
                    table["diameter.L5"].value,
                    float(self.shift_mm[index]),
                )
            )
        for level, name in enumerate(LEVELS):
            found += [
                BranchTraits(
                    name,
                    k + 1,
                    float(self.clock_deg[index, level, k]),
                    float(self.angle_deg[index, level, k]),
                    float(self.depth_mm[index, level, k]),
                    float(self.diameter_mm[index, level, k]),
                )
                for k in range(int(self.count[index, level]))
            ]
        return tuple(found)


def drawn_many(uniform: FloatArray, innervation: Innervation) -> DrawnBranches:
    """Branches of n patients from (n, :data:`UNIFORMS`) uniform numbers, by the distributions of ``anatomy/nerves.toml``.

    A switch changes no other level's draws.
    """
    table = figures("nerves")
    n = len(uniform)
    rest = uniform[:, 1:].reshape(n, len(LEVELS), 1 + 4 * MOST_BRANCHES)
    detail = rest[:, :, 1:].reshape(n, len(LEVELS), 4, MOST_BRANCHES)
    count = np.stack([_count(level, rest[:, k, 0], innervation) for k, level in enumerate(LEVELS)], axis=1)
    clock = np.stack([_clock(level, detail[:, k, 0]) for k, level in enumerate(LEVELS)], axis=1)
    # numbered from cranial, those that count first
    clock = np.sort(np.where(np.arange(MOST_BRANCHES) < count[:, :, None], clock, np.inf), axis=2)
    angle = np.stack(
        [
            _cut(table[f"angle.{level}"], detail[:, k, 1], LEAST_ANGLE_DEG, LARGEST_ANGLE_DEG)
            for k, level in enumerate(LEVELS)
        ],
        axis=1,
    )
    over, thick = table["depth.lateral_branch"], table["diameter.lateral_branch"]
    assert over.high is not None and thick.low is not None and thick.high is not None
    sigma = np.log(over.high / over.value) / ndtri(0.95)
    depth = over.value * np.exp(sigma * ndtri(np.clip(detail[:, :, 2], 1e-6, 0.995)))
    diameter = _cut(thick, detail[:, :, 3], thick.low, thick.high)
    shift = table["L5.lateral_shift_sd_mm"].value * ndtri(np.clip(uniform[:, 0], 1e-12, 1.0 - 1e-12))
    return DrawnBranches(count, clock, angle, depth, diameter, np.asarray(shift), innervation.l5)


def _count(level: str, uniform: FloatArray, innervation: Innervation) -> IntArray:
    table = figures("nerves")
    mean = table[f"count.{level}"].value
    if level == "S4":
        return ((uniform < mean) & innervation.s4).astype(np.int64)
    absent = table[f"absent.{level}"].value if f"absent.{level}" in table else 0.0
    share = np.clip((uniform - absent) / (1.0 - absent), 0.0, 1.0)
    steps = pdtr(np.arange(MOST_BRANCHES - 1), mean / (1.0 - absent) - 1.0)
    return np.asarray(np.where(uniform < absent, 0, 1 + np.searchsorted(steps, share)), dtype=np.int64)


def _clock(level: str, quantile: FloatArray) -> FloatArray:
    table, ends = figures("nerves"), (EARLIEST_CLOCK_DEG, LATEST_CLOCK_DEG)
    if level != "S2":
        return _cut(table[f"clock.{level}"], quantile, *ends)
    upper = _cut(table["clock.S2_upper"], 2.0 * quantile % 1.0, *ends)
    return np.where(quantile < 0.5, upper, _cut(table["clock.S2_lower"], 2.0 * quantile % 1.0, *ends))


def _cut(figure: Figure, quantile: FloatArray, low: float, high: float) -> FloatArray:
    """Quantiles of a normal distribution cut off at ``low`` and ``high`` that has the mean and the spread of ``figure``."""
    assert figure.sd is not None
    return cut_quantile(quantile, *before_cut(figure.value, figure.sd, low, high), low, high)
