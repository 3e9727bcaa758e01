"""A posterior sacral foramen: its dorsal aperture and the canal behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rfplan.anatomy.sides import Side
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.frames import Isometry

Status = Literal["found", "estimated", "absent", "given"]
"""How a feature of a patient is known: seen in the bone, put there from the population prior, not there, or stated by the user
(or by construction, on a parametric bone)."""


@dataclass(frozen=True, eq=False)
class Foramen:
    """A posterior sacral foramen.

    ``centre_mm`` (3,) centre of the dorsal aperture; ``axis`` (3,) unit vector out of the bone; ``rim_mm`` (k, 3) closed
    ring of the aperture's edge without repeating its first point, counter-clockwise as the operator sees it from behind,
    starting cranially; ``canal_mm`` (m, 3) line from the aperture through the bone to the ventral opening;
    ``ventral_mm`` (3,) centre of the ventral opening, where the ventral root leaves; ``diameter_mm`` that of the
    circle of the same area; ``confidence`` 0 to 1.
    """

    level: str
    side: Side
    centre_mm: FloatArray
    axis: FloatArray
    rim_mm: FloatArray
    canal_mm: FloatArray
    diameter_mm: float
    status: Status
    confidence: float

    def __post_init__(self) -> None:
        for name in ("centre_mm", "axis", "rim_mm", "canal_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def name(self) -> str:
        """Level and side, such as ``S1_left``."""
        return f"{self.level}_{self.side}"

    @property
    def ventral_mm(self) -> FloatArray:
        """Centre of the ventral opening."""
        opening: FloatArray = self.canal_mm[-1]
        return opening

    def moved(self, motion: Isometry) -> Foramen:
        """The foramen after ``motion``; a mirror image exchanges the sides."""
        side: Side = ("left" if self.side == "right" else "right") if motion.mirrors else self.side
        rim = motion.points(self.rim_mm)
        return replace(
            self,
            side=side,
            centre_mm=motion.points(self.centre_mm),
            axis=motion.vectors(self.axis),
            rim_mm=rim[[0, *range(len(rim) - 1, 0, -1)]] if motion.mirrors else rim,
            canal_mm=motion.points(self.canal_mm),
        )
