"""Materials that lesions are made in, with the figures of ``anatomy/tissues.toml``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal

from rfplan.figures import figures

TissueName = Literal[
    "muscle", "fat", "cortical_bone", "cancellous_bone", "saline", "hypertonic_saline", "lidocaine", "glucose"
]
LAYER_TISSUES: Final = ("muscle", "fat")
"""Soft tissues that may lie in layers."""
FLUIDS: Final = ("saline", "hypertonic_saline", "lidocaine", "glucose")
"""Fluids that may be injected."""


@dataclass(frozen=True)
class Tissue:
    """One material.

    ``conductivity_s_m`` at 37 degC, rising by its part ``conductivity_slope_k`` per K; ``heat_conductivity_w_mk``;
    ``heat_capacity_j_m3k`` per volume; ``perfusion_w_m3k`` is density of blood x its heat capacity x flow.
    """

    conductivity_s_m: float
    conductivity_slope_k: float
    heat_conductivity_w_mk: float
    heat_capacity_j_m3k: float
    perfusion_w_m3k: float

    def bloodless(self) -> Tissue:
        """The same without perfusion."""
        return replace(self, perfusion_w_m3k=0.0)


@cache
def tissue(name: str) -> Tissue:
    """The material called ``name``, a :data:`TissueName`."""
    table = figures("tissues")
    return Tissue(
        conductivity_s_m=table[f"{name}.conductivity"].value,
        conductivity_slope_k=table[f"{name}.conductivity_slope"].value,
        heat_conductivity_w_mk=table[f"{name}.heat_conductivity"].value,
        heat_capacity_j_m3k=table[f"{name}.density"].value * table[f"{name}.heat_capacity"].value,
        perfusion_w_m3k=table[f"{name}.perfusion"].value,
    )


@cache
def metal() -> Tissue:
    """The needle's steel; electrically it is an equipotential, so it has no conductivity of its own."""
    table = figures("tissues")
    return Tissue(0.0, 0.0, table["metal.heat_conductivity"].value, table["metal.volumetric_heat_capacity"].value, 0.0)


def cortical_thickness_mm() -> float:
    """Thickness of the cortical layer over cancellous bone."""
    return figures("tissues")["cortical_layer.thickness"].value
