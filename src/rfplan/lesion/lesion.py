"""What an application does to tissue, however it was found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from numpy.typing import ArrayLike

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

ISOTHERMS_C: Final = (45.0, 50.0, 55.0, 60.0)
"""Surfaces that every lesion can give, from the coolest (outermost) to the hottest, degC."""


@dataclass(frozen=True)
class LesionSize:
    """Extent of one isotherm's surface.

    ``width_mm`` the largest across the needle (for a pair: across its mean axis, along the line between the needles);
    ``length_mm`` along the axis; ``beyond_tip_mm`` past the tip end (for a pair: the further of the two); ``volume_mm3``.
    All are 0 where the isotherm is not reached.
    """

    width_mm: float
    length_mm: float
    beyond_tip_mm: float
    volume_mm3: float


class Lesion(Protocol):
    """The lesion of one application, placed in the patient frame.

    ``label`` names the model, such as ``shapes``; ``assumption`` is the sentence that must stand wherever a user meets the result.
    """

    @property
    def label(self) -> str:
        """Name of the model."""

    @property
    def assumption(self) -> str:
        """What the model assumes, one sentence for the user."""

    def size(self, isotherm_c: float) -> LesionSize:
        """Extent of the surface of ``isotherm_c``."""

    def surface(self, isotherm_c: float) -> Mesh | None:
        """Closed mesh of the surface of ``isotherm_c``; None where it is not reached."""

    def margin_mm(self, points_mm: ArrayLike, isotherm_c: float) -> FloatArray:
        """(...,) depth of (..., 3) points inside the surface of ``isotherm_c``; negative outside, -inf where there is none."""

    def isotherm_reached_c(self, points_mm: ArrayLike) -> FloatArray:
        """(...,) hottest of :data:`ISOTHERMS_C` that (..., 3) points reached; NaN where none was."""
