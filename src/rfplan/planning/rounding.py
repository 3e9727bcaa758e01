"""How the problems of lesions beside a plane of bone are rounded, so that the same come up again and again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.planning.plan import Application


@dataclass(frozen=True)
class Rounding:
    """Steps: of the angle to the bone; of the gap up to the first of ``bounds_mm``, up to the second, and beyond; of the spacing and the
    offset of a pair, and of its splay and twist. ``mirrored``: a pair may be solved as its mirror image.
    """

    angle_deg: float
    gap_mm: tuple[float, float, float]
    bounds_mm: tuple[float, float]
    spacing_mm: float
    offset_mm: float
    turn_deg: float
    mirrored: bool

    @cached_property
    def row(self) -> FloatArray:
        """The numbers in the order of ``beside_kernels``."""
        return frozen(
            np.array(
                [
                    self.angle_deg,
                    *self.gap_mm,
                    *self.bounds_mm,
                    self.spacing_mm,
                    self.offset_mm,
                    self.turn_deg,
                    float(self.mirrored),
                ]
            )
        )

    @property
    def said(self) -> str:
        """The rounding as a part of a sentence."""
        near, middle, far = self.gap_mm
        first, second = self.bounds_mm
        pair = (
            f"spacing and offset to {self.spacing_mm:g} mm"
            if self.spacing_mm == self.offset_mm
            else f"spacing to {self.spacing_mm:g} mm, offset to {self.offset_mm:g} mm"
        )
        return (
            f"The gap is rounded to {near:g} mm ({middle:g} mm from {first:g} mm, {far:g} mm from {second:g} mm, no bone from 8 mm), its "
            f"angle to {self.angle_deg:g} degrees; of a pair, {pair}, splay and twist to {self.turn_deg:g} degrees."
        )


PLANS: Final = Rounding(10.0, (0.25, 0.5, 1.0), (2.0, 4.0), 0.25, 0.25, 5.0, mirrored=False)
"""For one plan on one patient."""

SINGLES: Final = Rounding(10.0, (0.25, 0.5, 1.0), (2.0, 4.0), 1.0, 2.0, 20.0, mirrored=True)
"""For single needles of many patients: as for one."""

PAIRS: Final = Rounding(30.0, (0.5, 1.0, 2.0), (2.0, 4.0), 1.0, 2.0, 20.0, mirrored=True)
"""For pairs of many patients, of which no two would be alike: their middle keeps its place and its height over the bone."""

PREVIEW: Final = Rounding(45.0, (1.0, 1.0, 2.0), (2.0, 4.0), 2.0, 4.0, 60.0, mirrored=True)
"""For pairs at hundreds of places in many patients, among which the few that are worth an exact look are found."""


def of_many(application: Application, pairs: Rounding = PAIRS) -> Rounding:
    """How a lesion is rounded in a study of many patients, and by the optimiser until its choice is made."""
    pair = len(application.needles) == 2 and len(application.needles[0].electrode.contacts_mm) == 1
    return pairs if pair else SINGLES
