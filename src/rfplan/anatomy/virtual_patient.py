"""One virtual patient: its dimensions and branches, from which it can be meshed or judged without a mesh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from rfplan.anatomy.innervation import BranchTraits
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.anatomy.virtual_grounds import VirtualGrounds

if TYPE_CHECKING:
    from rfplan.anatomy.population import DrawnPatients

_BONES = ("sacrum.", "hip.")
_SKIN = "skin.residual."


@dataclass(frozen=True, eq=False)
class VirtualPatient:
    """A patient drawn from the population: the only one of ``drawn``."""

    drawn: DrawnPatients

    def __getattr__(self, name: str) -> NoReturn:
        """What is asked of a virtual patient as of any other: say who has it."""
        raise AttributeError(
            f"a virtual patient has no {name!r}: plans and courses are made on patient.ground, without a mesh, or on patient.meshed()"
        )

    @property
    def name(self) -> str:
        """Tells seed and number."""
        return self.drawn.name(0)

    @property
    def seed(self) -> int:
        """Of the draw."""
        return self.drawn.seed

    @property
    def index(self) -> int:
        """Number in the draw."""
        return int(self.drawn.index[0])

    @property
    def female(self) -> bool:
        """True for a woman."""
        return bool(self.drawn.female[0])

    @cached_property
    def values(self) -> Mapping[str, float]:
        """Every drawn quantity by its key in ``anatomy/population.toml``."""
        return MappingProxyType(dict(zip(self.drawn.names, self.drawn.quantities[0].tolist(), strict=True)))

    @cached_property
    def traits(self) -> tuple[BranchTraits, ...]:
        """Its branches, which both sides share."""
        return self.drawn.branches.traits(0)

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
        return VirtualGrounds.of(self.drawn)[0]

    @property
    def provenance(self) -> dict[str, object]:
        """Where the patient comes from."""
        return self.drawn.provenance(0)

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
