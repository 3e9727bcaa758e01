"""When tissue dies: Arrhenius dose and CEM43."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

GAS_CONSTANT_J_MOLK = 8.314462618
_ZERO_C_K = 273.15


@dataclass(frozen=True)
class ArrheniusConstants:
    """Frequency factor, 1/s, and activation energy, J/mol."""

    frequency_s: float
    energy_j_mol: float

    def rate_s(self, temperature_c: FloatArray) -> FloatArray:
        """Damage per second at a temperature, 1/s."""
        kelvin = np.asarray(temperature_c) + _ZERO_C_K
        return np.asarray(np.exp(np.log(self.frequency_s) - self.energy_j_mol / (GAS_CONSTANT_J_MOLK * kelvin)))


@dataclass(frozen=True)
class Cem43Constants:
    """Ratios per K above and below 43 degC, the lowest temperature that counts and that at which hotter tissue is capped."""

    ratio_above: float
    ratio_below: float
    lowest_c: float
    highest_c: float

    def rate_min_s(self, temperature_c: FloatArray) -> FloatArray:
        """Equivalent minutes at 43 degC per second at a temperature."""
        capped = np.minimum(temperature_c, self.highest_c)
        ratio = np.where(capped >= 43.0, self.ratio_above, self.ratio_below)
        return np.asarray(np.where(capped >= self.lowest_c, ratio ** (43.0 - capped), 0.0) / 60.0)


@cache
def arrhenius(name: Literal["nerve", "tissue"]) -> ArrheniusConstants:
    """Constants of ``anatomy/tissues.toml``. Those of nerve are provisional: fitted to three exposures."""
    table = figures("tissues")
    return ArrheniusConstants(table[f"{name}_death.frequency"].value, table[f"{name}_death.energy"].value)


@cache
def cem43() -> Cem43Constants:
    """Constants of ``anatomy/tissues.toml``."""
    table = figures("tissues")
    return Cem43Constants(*(table[f"cem43.{key}"].value for key in ("ratio_above", "ratio_below", "lowest", "highest")))


def dose_of_step(rate_before: FloatArray, rate_after: FloatArray, step_s: float) -> FloatArray:
    """Integral of a rate over a step in which its logarithm runs straight, as it does when temperature does.

    Parameters
    ----------
    rate_before, rate_after : 1/s at the two ends of the step, not negative
    step_s : length of the step, s

    Exact for CEM43 on either side of 43 degC and, to the curvature of 1/T, for Arrhenius: far better than a mean of the ends,
    as a step of some K multiplies the rate.
    """
    low = np.minimum(rate_before, rate_after)
    high = np.maximum(rate_before, rate_after)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(low > 0.0, high / np.where(low > 0.0, low, 1.0), 1.0)
        mean = np.where(ratio > 1.0 + 1e-6, (high - low) / np.log(ratio), 0.5 * (low + high))
    # a rate that starts from nothing has no logarithm; half of it is an upper bound
    return np.asarray(step_s * np.where(low > 0.0, mean, 0.5 * high))
