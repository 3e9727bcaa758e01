"""Grounds of many virtual patients at once, straight from their dimensions: arrays over all of them, from which each takes its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rfplan.anatomy.body_skins import Skins, skins_over
from rfplan.anatomy.joint_face_kernels import CENTRE
from rfplan.anatomy.overhang import overhang
from rfplan.anatomy.sides import LEVELS
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.anatomy.virtual_ground_kernels import AROUND_MM
from rfplan.anatomy.virtual_grounds_kernels import LaidGrounds, SheetBones, fill_sheets, lay_grounds
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame

if TYPE_CHECKING:
    from rfplan.anatomy.population import DrawnPatients


@dataclass(frozen=True, eq=False)
class VirtualGrounds:
    """Grounds of the ``drawn`` patients, both sides of each alike, as ``laid`` in the chart of the left side.

    A chart has its origin at ``origins_mm`` (p, 3) of its patient and the rows of ``axes`` (p, 3, 3): lateral, caudal, posterior.
    """

    drawn: DrawnPatients
    laid: LaidGrounds
    origins_mm: FloatArray
    axes: FloatArray

    @classmethod
    def of(cls, drawn: DrawnPatients) -> VirtualGrounds:
        """The grounds of ``drawn``."""
        laid = lay_grounds(drawn.sacra, drawn.dimension("hip.joint.gap"))
        return cls(drawn, laid, *_views(*(drawn.dimension(f"sacrum.{key}") for key in _VIEWED)))

    def __len__(self) -> int:
        return len(self.drawn)

    def __iter__(self) -> Iterator[VirtualGround]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, k: int) -> VirtualGround:
        if not 0 <= k < len(self):
            raise IndexError(k)
        return VirtualGround(self, k)

    def frame(self, k: int) -> ApFrame:
        """True AP view of patient ``k``."""
        return ApFrame(self.origins_mm[k], *self.axes[k])

    @cached_property
    def centres(self) -> FloatArray:
        """(p, 4, 2) middles of the foramina in the chart's plane."""
        return np.ascontiguousarray(self.laid.rims[..., :2].mean(axis=2))

    @cached_property
    def places_mm(self) -> FloatArray:
        """(p, 4, 3) middles of the left foramina in the patients."""
        return np.asarray(self.laid.rims.mean(axis=2) @ self.axes + self.origins_mm[:, None])

    @cached_property
    def skins(self) -> Skins:
        """The skins of the backs."""
        levels = [level for level in LEVELS if level != "S4"]
        return skins_over(
            self.origins_mm,
            self.axes,
            levels,
            self.places_mm[:, : len(levels)],
            self.drawn.of("body.bmi"),
            self.drawn.female.astype(float),
            np.stack([self.drawn.of(f"skin.residual.{level}") for level in levels], axis=1),
        )

    @cached_property
    def bones(self) -> SheetBones:
        """Bone within 8 mm, as lesions feel it, and needles, which feel it within 2.5 mm only: their own sheets would take longer to make
        than they save."""
        # arrays of this size are at hand sooner from numpy than inside a kernel
        sheets, tops = np.empty((len(self.laid.held), 4)), np.empty(len(self))
        fill_sheets(self.laid, AROUND_MM, sheets, tops)
        above = overhang()
        shifts = self.laid.faces[:, CENTRE] - above.centre_mm
        bends, shares = above.bends(self.drawn.dimension("hip.psis.from_midline") - shifts[:, 0])
        return SheetBones(
            self.laid.first, self.laid.shapes, sheets, tops, bends, shares, above.origin_mm + shifts, self.laid.faces,
            self.laid.first_of_border, self.laid.border_shapes, self.laid.borders, above.values, above.hip_least, above.middles,
            above.blade, above.vertebra, above.vertebra_least, above.origin_mm, above.spacing_mm,
        )  # fmt: skip


_VIEWED = ("prone_tilt_deg", "length", "endplate_ap")


def _views(tilt_deg: FloatArray, length_mm: FloatArray, endplate_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Origins (p, 3) and axes (p, 3, 3) of the true AP views of sacra."""
    tilt = np.deg2rad(tilt_deg)
    cos, sin, none = np.cos(tilt), np.sin(tilt), np.zeros(len(tilt))
    posterior, caudal = np.stack([none, cos, sin], axis=1), np.stack([none, sin, -cos], axis=1)
    lateral = np.broadcast_to([1.0, 0.0, 0.0], posterior.shape)
    start = (-0.42 * length_mm)[:, None] * np.array([0.0, np.cos(np.deg2rad(52.0)), -np.sin(np.deg2rad(52.0))])
    return start + (0.5 * endplate_mm)[:, None] * posterior, np.stack([lateral, caudal, posterior], axis=1)
