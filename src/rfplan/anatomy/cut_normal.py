"""Normal distributions that are cut off at both ends and yet have the mean and the spread that a source states.

Sources state what was measured in people, all of whom are anatomically possible. The normal distribution before the cut is therefore not
the stated one: its parameters follow from what has to come out.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from scipy.optimize import root
from scipy.special import log_ndtr, ndtr, ndtri

from rfplan.geometry.arrays import FloatArray

_CLOSE: Final = 1e-8
_WIDEST: Final = 20.0
"""Standard deviations beyond this many of the range give what is no bell any more."""


@cache
def before_cut(mean: float, sd: float, low: float, high: float) -> tuple[float, float]:
    """Mean and standard deviation of the normal distribution that has ``mean`` and ``sd`` once it is cut off at ``low`` and ``high``.

    Raises
    ------
    ValueError : there is none, as the spread is too wide for the limits
    """
    if not (low < mean < high and sd > 0.0):
        raise ValueError(f"a mean of {mean:g} with a spread of {sd:g} does not lie between {low:g} and {high:g}")

    def miss(unknown: FloatArray) -> list[float]:
        found = _moments(unknown[0] * sd + mean, sd * float(np.exp(unknown[1])), low, high)
        return [(found[0] - mean) / sd, found[1] / sd - 1.0]

    solved = root(miss, [0.0, 0.0], tol=1e-12)
    centre, width = mean + sd * float(solved.x[0]), sd * float(np.exp(solved.x[1]))
    if max(np.abs(miss(solved.x))) > _CLOSE or width > _WIDEST * (high - low):
        raise ValueError(
            f"no normal distribution cut off at {low:g} and {high:g} has a mean of {mean:g} and a spread of {sd:g}"
        )
    return centre, width


def cut_quantile(
    share: FloatArray | float,
    centre: FloatArray | float,
    width: FloatArray | float,
    low: FloatArray | float,
    high: FloatArray | float,
) -> FloatArray:
    """Quantiles at the ``share`` (0 to 1) of a normal distribution with the parameters ``centre`` and ``width`` that is cut off."""
    below, above = ndtr((low - centre) / width), ndtr((high - centre) / width)
    return np.asarray(centre + width * ndtri(below + share * (above - below)))


def _moments(centre: float, width: float, low: float, high: float) -> tuple[float, float]:
    """Mean and standard deviation after the cut."""
    a, b = (low - centre) / width, (high - centre) / width
    if a + b > 0.0:
        # the lighter tail keeps the digits
        mean, sd = _moments(-centre, width, -high, -low)
        return -mean, sd
    inside = log_ndtr(b) + np.log1p(-np.exp(log_ndtr(a) - log_ndtr(b)))
    at_low, at_high = (float(np.exp(-0.5 * end * end - inside)) / np.sqrt(2.0 * np.pi) for end in (a, b))
    shift = at_low - at_high
    spread = 1.0 + a * at_low - b * at_high - shift * shift
    return centre + width * shift, width * float(np.sqrt(max(spread, 1e-12)))
