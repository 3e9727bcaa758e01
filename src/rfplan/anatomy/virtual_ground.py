"""What plans are made and judged on in a virtual patient, straight from its dimensions and without a mesh.

It answers to the names of a :class:`rfplan.anatomy.patient.Patient` that techniques use: chart, foramina, landmarks, curves, branches,
skin and the distance to bone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.bone_gap_kernels import bone_gaps, bone_rooms
from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.innervation import BranchTraits
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.nerves import nerves_on
from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM, SheetBone
from rfplan.anatomy.sides import LEVELS, SIDES, Side, lateral_sign
from rfplan.anatomy.skin import SkinSurface
from rfplan.anatomy.virtual_ground_kernels import AROUND_MM, FAR_MM
from rfplan.anatomy.virtual_grounds_kernels import one_bone
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame, Isometry

if TYPE_CHECKING:
    from rfplan.anatomy.virtual_grounds import VirtualGrounds


@dataclass(frozen=True, eq=False)
class SheetDistance:
    """Signed distance, mm, to the ``bone`` of patient ``number`` of ``grounds``: the back of its sacrum as a sheet, and what hangs over it;
    cut off at ``band_mm``. The two sides are alike."""

    grounds: VirtualGrounds
    number: int
    bone: SheetBone
    band_mm: float

    @cached_property
    def frame(self) -> ApFrame:
        """The true AP view."""
        return self.grounds.frame(self.number)

    def __call__(self, points_mm: ArrayLike) -> FloatArray:
        """(...,) distance at (..., 3) patient points."""
        points = np.asarray(points_mm, dtype=float)
        return self.in_chart(self.frame.to_chart(points).reshape(-1, 3)).reshape(points.shape[:-1])

    def in_chart(self, points_mm: FloatArray) -> FloatArray:
        """(n,) distance at (n, 3) points in chart coordinates."""
        return bone_gaps(self.bone, self.band_mm, points_mm)

    def least_room(
        self,
        tip_mm: FloatArray,
        directions: FloatArray,
        along_mm: FloatArray,
        wanted_mm: FloatArray,
        bound_mm: float = -np.inf,
        first_clear: bool = False,
    ) -> FloatArray:
        """(n,) smallest distance less what is ``wanted_mm`` (m,) at ``along_mm`` (m,) from ``tip_mm``, for each of (n, 3) directions.

        See :meth:`rfplan.geometry.distance.DistanceField.least_room` for the hints.
        """
        axes = self.frame.axes
        tip = axes @ (tip_mm - self.frame.origin_mm)
        return bone_rooms(self.bone, self.band_mm, tip, directions @ axes.T, along_mm, wanted_mm, bound_mm, first_clear)


@dataclass(frozen=True, eq=False)
class VirtualGround:
    """Ground of one virtual patient, both sides alike: number ``number`` of ``grounds``."""

    grounds: VirtualGrounds
    number: int
    source: str = "virtual patient"

    @property
    def name(self) -> str:
        """Of the patient."""
        return self.grounds.drawn.name(self.number)

    @property
    def bmi(self) -> float:
        """Body mass index, kg/m2."""
        return float(self.grounds.drawn.of("body.bmi")[self.number])

    @property
    def female(self) -> bool:
        """True for a woman."""
        return bool(self.grounds.drawn.female[self.number])

    @property
    def provenance(self) -> dict[str, object]:
        """Where the patient comes from."""
        return self.grounds.drawn.provenance(self.number)

    @cached_property
    def traits(self) -> tuple[BranchTraits, ...]:
        """Its branches, which both sides share."""
        return self.grounds.drawn.branches.traits(self.number)

    @cached_property
    def frame(self) -> ApFrame:
        """The true AP view."""
        return self.grounds.frame(self.number)

    def _on_sheet(self, values: FloatArray) -> FloatArray:
        laid = self.grounds.laid
        low, high = laid.first[self.number : self.number + 2]
        return values[low:high].reshape(laid.shapes[self.number])

    @cached_property
    def chart(self) -> DorsalChart:
        """The back of the sacrum as a map; the strip of 6 mm beside the midline is left out."""
        held, smooth = self._on_sheet(self.grounds.laid.held), self._on_sheet(self.grounds.laid.smooth)
        ni, nj = smooth.shape
        middle = np.full((2 * int(LATERAL_0_MM / FINE_MM) - 1, nj), np.nan)
        whole = (np.concatenate([half[::-1], middle, half]) for half in (held, smooth))
        return DorsalChart(self.frame, FINE_MM, -(LATERAL_0_MM + (ni - 1) * FINE_MM), CAUDAL_0_MM, *whole)

    @cached_property
    def _left(self) -> tuple[Foramen, ...]:
        """The posterior foramina of the left side, cranial first."""
        laid = self.grounds.laid
        rims, diameters, canals = (part[self.number] for part in (laid.rims, laid.diameters, laid.canals))
        found: list[Foramen] = []
        for n, level in enumerate(LEVELS):
            rim = self.frame.to_patient(rims[n])
            centre = rim.mean(axis=0)
            normal = np.cross(rim[6] - rim[18], rim[0] - rim[12])
            normal *= np.sign(normal @ self.frame.posterior) / np.linalg.norm(normal)
            course = np.concatenate([centre[None], self.frame.to_patient(canals[n])])
            found.append(Foramen(level, "left", centre, normal, rim, course, float(diameters[n]), "given", 1.0))
        return tuple(found)

    @cached_property
    def foramina(self) -> tuple[Foramen, ...]:
        """The eight posterior foramina, left then right of each level."""
        mirror = Isometry.mirror_left_right()
        return tuple(side for left in self._left for side in (left, left.moved(mirror)))

    @cached_property
    def landmarks(self) -> dict[str, Landmark]:
        """The base of the groove of L5 on both sides."""
        base = self.frame.to_patient(self.grounds.laid.bases[self.number])
        return {
            f"s1_sap_base_{side}": Landmark(f"s1_sap_base_{side}", base * [lateral_sign(side), 1.0, 1.0], "given", 1.0)
            for side in SIDES
        }

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """The posterior line of the joint on both sides."""
        line = self.frame.to_patient(self.grounds.laid.joints[self.number])
        return {
            f"sij_posterior_line_{side}": Curve(
                f"sij_posterior_line_{side}", line * [lateral_sign(side), 1.0, 1.0], "given", 1.0
            )
            for side in SIDES
        }

    @cached_property
    def nerves(self) -> tuple[Nerve, ...]:
        """The branches of both sides."""
        return nerves_on(self.chart, self.foramina, self.landmarks, self.curves, traits=self.traits)

    @cached_property
    def skin(self) -> SkinSurface:
        """The skin of the back."""
        return self.grounds.skins[self.number]

    @cached_property
    def bone_distance(self) -> SheetDistance:
        """Distance to bone within 2.5 mm of it."""
        return SheetDistance(self.grounds, self.number, one_bone(self.grounds.bones, self.number), FAR_MM)

    @cached_property
    def bone_around(self) -> SheetDistance:
        """Distance to bone within 8 mm of it, as lesions feel it."""
        return SheetDistance(self.grounds, self.number, one_bone(self.grounds.bones, self.number), AROUND_MM)

    def foramen(self, level: str, side: Side) -> Foramen:
        """The posterior foramen of ``level`` on ``side``; KeyError where there is none of that name."""
        for foramen in self.foramina:
            if foramen.level == level and foramen.side == side:
                return foramen
        raise KeyError(f"{level}_{side}")

    def nerves_on(self, side: Side) -> tuple[Nerve, ...]:
        """The branches of one side."""
        return tuple(nerve for nerve in self.nerves if nerve.side == side)
