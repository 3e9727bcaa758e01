"""Linear attenuation coefficients between the tabulated photon energies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from rfplan.errors import InputError
from rfplan.figures import figures

MATERIALS: Final = ("water", "muscle", "cortical", "cancellous", "steel")


@dataclass(frozen=True)
class Attenuation:
    """Linear attenuation coefficients at one energy, 1/mm."""

    energy_kev: float
    water: float
    muscle: float
    cortical: float
    cancellous: float
    steel: float

    @property
    def plastic(self) -> float:
        """Sleeve and hub of a needle, 1/mm."""
        return self.water * figures("fluoroscopy")["needle.insulation_density"].value


@lru_cache(maxsize=16)
def attenuation_at(energy_kev: float | None = None) -> Attenuation:
    """The coefficients at ``energy_kev`` (default: the beam of ``anatomy/fluoroscopy.toml``), log-log between the tabulated energies.

    Raises
    ------
    InputError : the energy is outside the table
    """
    table = figures("fluoroscopy")
    energy = table["beam.energy"].value if energy_kev is None else float(energy_kev)
    known = sorted({float(key.rsplit(".", 1)[1]) for key in table if key.startswith("attenuation.")})
    if not known[0] <= energy <= known[-1]:
        raise InputError(
            f"energy_kev is {energy:g}; the effective energy must be from {known[0]:g} to {known[-1]:g} keV"
        )
    found = {}
    for material in MATERIALS:
        values = [table[f"attenuation.{material}.{kev:g}"].value for kev in known]
        found[material] = float(np.exp(np.interp(np.log(energy), np.log(known), np.log(values)))) / 10.0
    return Attenuation(energy, **found)
