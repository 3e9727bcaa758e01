"""A branch that carries pain of the sacroiliac joint."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rfplan.anatomy.sides import Side
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.frames import Isometry


@dataclass(frozen=True, eq=False)
class Nerve:
    """A named branch: ``points_mm`` (n, 3) from where it leaves the bone to the joint, ``diameter_mm``.

    ``level`` is L5 (the dorsal ramus) or S1 to S4 (lateral branches); ``ordinal`` counts a level's branches from cranial.
    """

    level: str
    side: Side
    ordinal: int
    points_mm: FloatArray
    diameter_mm: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "points_mm", frozen(self.points_mm))

    @property
    def name(self) -> str:
        """Level and ordinal, such as ``S1.1``."""
        return f"{self.level}.{self.ordinal}"

    def moved(self, motion: Isometry) -> Nerve:
        """The branch after ``motion``; a mirror image exchanges the sides."""
        side: Side = ("left" if self.side == "right" else "right") if motion.mirrors else self.side
        return replace(self, side=side, points_mm=motion.points(self.points_mm))
