"""How well a study knows its means and proportions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.planning.coverage import wilson_interval

__all__ = ["Kinds", "bootstrap_interval", "wilson_interval"]

_DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Kinds:
    """Results of many patients, equal ones together: rising ``values`` (k,) and how often each came up, ``counts`` (k,).

    The part of the branches that was taken has few different values, so that this holds a study of any size and loses nothing.
    """

    values: FloatArray
    counts: IntArray

    @classmethod
    def of(cls, values: ArrayLike) -> Kinds:
        """The kinds among ``values`` (n,)."""
        return cls(*np.unique(np.asarray(values, dtype=float), return_counts=True))

    @classmethod
    def counted(cls, counts: Mapping[float, int] | Mapping[int, int]) -> Kinds:
        """Those that came up as often as ``counts`` says."""
        found = sorted(counts.items())
        return cls(
            np.array([value for value, _ in found], dtype=float),
            np.array([count for _, count in found], dtype=np.int64),
        )

    @property
    def size(self) -> int:
        """How many results there are."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(self.counts @ self.values) / self.size

    @property
    def variance(self) -> float:
        """Their variance, with n - 1 below the line."""
        return float(self.counts @ (self.values - self.mean) ** 2) / (self.size - 1)

    def count_of(self, value: float) -> int:
        """How many are ``value``."""
        return int(self.counts[self.values == value].sum())


def bootstrap_interval(values: ArrayLike | Kinds, seed: int = 0, draws: int = _DRAWS) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean of ``values`` (n,).

    Equal values are drawn together, so that it costs as much for a hundred thousand patients as for a hundred kinds of result.

    Source
    ------
    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    kinds = values if isinstance(values, Kinds) else Kinds.of(values)
    size = kinds.size
    if size == 0:
        return 0.0, 1.0
    if len(kinds.values) == 1:
        return float(kinds.values[0]), float(kinds.values[0])
    drawn = np.random.default_rng([seed, size]).multinomial(size, kinds.counts / size, size=draws)
    means: FloatArray = drawn @ kinds.values / size
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
