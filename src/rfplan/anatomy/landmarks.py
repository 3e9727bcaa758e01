"""Landmarks (points) and curves (lines) of the posterior pelvis, each with how it is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from rfplan.anatomy.foramen import Status
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.frames import Isometry

MIDLINE_LANDMARKS: Final = ("promontory", "endplate_centre", "endplate_posterior", "hiatus_apex")
PAIRED_LANDMARKS: Final = (
    "psis",
    "piis",
    "s1_sap",
    "s1_sap_base",
    "ala",
    "tubercle_S1",
    "tubercle_S2",
    "tubercle_S3",
    "sij_inferior",
)
"""Names without their side. ``s1_sap`` is the tip of the S1 superior articular process, ``s1_sap_base`` the deepest point of the
groove between its lateral base and the ala, where the L5 dorsal ramus runs; ``ala`` the top of the ala just lateral to that groove;
``tubercle_Sn`` the transverse sacral tubercle lateral to foramen Sn; ``sij_inferior`` the postero-inferior end of the joint line."""

PAIRED_CURVES: Final = ("sij_posterior_line", "lateral_crest")
"""Names without their side; both run from cranial to caudal on the back of the bone."""


def mirrored_name(name: str) -> str:
    """The name of the same feature on the other side; a midline name is kept."""
    if name.endswith("_left"):
        return name.removesuffix("_left") + "_right"
    if name.endswith("_right"):
        return name.removesuffix("_right") + "_left"
    return name


@dataclass(frozen=True, eq=False)
class Landmark:
    """A named point: ``position_mm`` (3,), ``confidence`` 0 to 1."""

    name: str
    position_mm: FloatArray
    status: Status
    confidence: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "position_mm", frozen(self.position_mm))

    def moved(self, motion: Isometry) -> Landmark:
        """The landmark after ``motion``; a mirror image exchanges the sides."""
        name = mirrored_name(self.name) if motion.mirrors else self.name
        return replace(self, name=name, position_mm=motion.points(self.position_mm))


@dataclass(frozen=True, eq=False)
class Curve:
    """A named line on the bone: ``points_mm`` (n, 3) from cranial to caudal, ``confidence`` 0 to 1."""

    name: str
    points_mm: FloatArray
    status: Status
    confidence: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "points_mm", frozen(self.points_mm))

    def moved(self, motion: Isometry) -> Curve:
        """The curve after ``motion``; a mirror image exchanges the sides."""
        name = mirrored_name(self.name) if motion.mirrors else self.name
        return replace(self, name=name, points_mm=motion.points(self.points_mm))
