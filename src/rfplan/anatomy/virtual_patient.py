"""One virtual patient: its dimensions and branches, from which it can be meshed or judged without a mesh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from rfplan.anatomy.innervation import BranchTraits
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.virtual_ground import VirtualGround

_BONES = ("sacrum.", "hip.")
_SKIN = "skin.residual."


@dataclass(frozen=True, eq=False)
class VirtualPatient:
    """A patient drawn from the population.

    ``values`` holds every drawn quantity by its key in ``anatomy/population.toml``; ``traits`` its branches, which both sides share.
    """

    name: str
    seed: int
    index: int
    female: bool
    values: Mapping[str, float]
    traits: tuple[BranchTraits, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    @property
    def dimensions(self) -> dict[str, float]:
        """Dimensions of its bones that differ from the reference, by their key in ``anatomy/morphometry.toml``."""
        return {key: value for key, value in self.values.items() if key.startswith(_BONES)}

    @property
    def bmi(self) -> float:
        """Body mass index, kg/m2."""
        return self.values["body.bmi"]

    @property
    def skin_residual_mm(self) -> dict[str, float]:
        """How much deeper than average for the body mass index each level lies."""
        return {key.removeprefix(_SKIN): value for key, value in self.values.items() if key.startswith(_SKIN)}

    @cached_property
    def ground(self) -> VirtualGround:
        """What plans are made and judged on, straight from the dimensions, without a mesh; right side and left alike."""
        return VirtualGround.of(
            self.name, self.dimensions, self.traits, self.bmi, self.female, self.skin_residual_mm, self.provenance
        )

    @property
    def provenance(self) -> dict[str, object]:
        """Where the patient comes from."""
        return {"population_seed": self.seed, "population_index": self.index, "female": self.female}

    def meshed(self, spacing_mm: float = 0.75) -> Patient:
        """The whole patient: bones, chart, skin and distance field; takes seconds."""
        from rfplan.anatomy.reference import meshed_patient

        return meshed_patient(
            self.name,
            "virtual patient",
            self.dimensions,
            bmi=self.bmi,
            female=self.female,
            skin_residual_mm=self.skin_residual_mm,
            traits=self.traits,
            spacing_mm=spacing_mm,
            provenance=self.provenance,
        )
