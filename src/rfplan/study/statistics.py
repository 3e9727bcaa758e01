"""How well a study knows its means and proportions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rfplan.geometry.arrays import FloatArray
from rfplan.planning.coverage import wilson_interval

__all__ = ["bootstrap_interval", "wilson_interval"]

_DRAWS = 2000


def bootstrap_interval(values: ArrayLike, seed: int = 0, draws: int = _DRAWS) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean of ``values`` (n,).

    Equal values are drawn together, so that it costs as much for a hundred thousand patients as for a hundred kinds of result.

    Source
    ------
    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    array = np.asarray(values, dtype=float)
    if len(array) == 0:
        return 0.0, 1.0
    kinds, counts = np.unique(array, return_counts=True)
    if len(kinds) == 1:
        return float(kinds[0]), float(kinds[0])
    drawn = np.random.default_rng([seed, len(array)]).multinomial(len(array), counts / len(array), size=draws)
    means: FloatArray = drawn @ kinds / len(array)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
