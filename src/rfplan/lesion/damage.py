"""When tissue dies: Arrhenius dose and CEM43."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.damage_kernels import add_doses

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


@cache
def _constants() -> tuple[FloatArray, FloatArray]:
    """As :func:`add_doses` needs them."""
    kinds = [
        [np.log(k.frequency_s), k.energy_j_mol / GAS_CONSTANT_J_MOLK] for k in (arrhenius("nerve"), arrhenius("tissue"))
    ]
    minutes = cem43()
    ratios = [np.log(minutes.ratio_above), np.log(minutes.ratio_below), minutes.lowest_c, minutes.highest_c]
    return np.array(kinds), np.array(ratios)


@dataclass(frozen=True, eq=False)
class Doses:
    """What has added up in every cell: ``total`` (3, ...) of nerve and tissue (Arrhenius) and of CEM43 in minutes; ``peak_c`` (...)."""

    total: FloatArray
    peak_c: FloatArray

    @classmethod
    def none(cls, start_c: FloatArray) -> Doses:
        """Nothing yet, at temperatures ``start_c``."""
        return cls(np.zeros((3, *start_c.shape)), np.array(start_c))

    def add(self, before_c: FloatArray, after_c: FloatArray, step_s: float) -> None:
        """Add the integrals over a step of ``step_s`` from one temperature to another, in which the logarithm of a rate runs straight.

        Far better than a mean of the ends, as a step of some K multiplies the rate.
        """
        kinds, ratios = _constants()
        add_doses(
            np.ravel(before_c),
            np.ravel(after_c),
            step_s,
            kinds,
            ratios,
            self.total.reshape(3, -1),
            self.peak_c.reshape(-1),
        )
