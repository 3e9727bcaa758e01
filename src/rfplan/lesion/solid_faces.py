"""What a grid in three dimensions has to tell of its cells and of what lies between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.placed_body import PlacedBody


@dataclass(frozen=True, eq=False)
class Faces:
    """Between cells of (nz, nv, nu): ``parts`` (3, ...) is the lower cell's part of the resistance, ``over`` (3, ...) distance by area,
    1/mm, along u, v, z; ``ends_v`` and ``ends_t`` (...) area by distance, mm, of the outer boundary of the potential and of heat.
    """

    parts: FloatArray
    over: FloatArray
    ends_v: FloatArray
    ends_t: FloatArray


class Grid(Protocol):
    """Cells (nz, nv, nu) of the solved part, as :class:`SolidGrid` and :class:`rfplan.lesion.wrapped_solid.WrappedSolidGrid`."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nz, nv, nu)."""

    @property
    def copies(self) -> int:
        """How many times the whole is larger than the part that is solved."""

    @property
    def fits(self) -> bool:
        """Whether the metal's surface is made of faces."""

    @property
    def centres_mm(self) -> FloatArray:
        """(nz, nv, nu, 3)."""

    @property
    def volumes_mm3(self) -> FloatArray:
        """(nz, nv, nu)."""

    def faces(self) -> Faces:
        """What lies between the cells."""

    def metal_part(self, bodies: Sequence[PlacedBody]) -> FloatArray:
        """(nz, nv, nu) part of every cell that is metal."""

    def thermocouple(self, theta: FloatArray, body: PlacedBody) -> float:
        """Value of a field at the thermocouple."""
