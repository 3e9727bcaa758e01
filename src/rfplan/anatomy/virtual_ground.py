"""What plans are made and judged on in a virtual patient, straight from its dimensions and without a mesh.

It answers to the names of a :class:`rfplan.anatomy.patient.Patient` that techniques use: chart, foramina, landmarks, curves, branches,
skin and the distance to bone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.body_skin import LevelPlace, skin_over
from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.innervation import BranchTraits
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.nerves import nerves_on
from rfplan.anatomy.overhang import overhang
from rfplan.anatomy.sacrum_parameters import SacrumParameters, sacrum_parameters
from rfplan.anatomy.sacrum_vector import sacrum_vector
from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM, SheetBone, bone_gaps, bone_rooms
from rfplan.anatomy.sheet_gap_kernels import TOP, sheet_of
from rfplan.anatomy.sides import LEVELS, SIDES, Side, lateral_sign
from rfplan.anatomy.skin import SkinSurface
from rfplan.anatomy.virtual_ground_kernels import AROUND_MM, FAR_MM, lay_ground
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame, Isometry


@dataclass(frozen=True, eq=False)
class SheetDistance:
    """Signed distance, mm, to the back of a sacrum given as a sheet and to what hangs over it; cut off at ``band_mm``.

    ``joint_centre_mm`` (3,) of the left joint surface and ``psis_mm``, distance of the posterior superior spine from the midline, place
    the hip; the two sides are alike.
    """

    frame: ApFrame
    sheet: FloatArray
    joint_centre_mm: FloatArray
    psis_mm: float
    band_mm: float = FAR_MM

    @cached_property
    def bone(self) -> SheetBone:
        """The arrays that kernels take."""
        above = overhang()
        shift = self.joint_centre_mm - above.centre_mm
        bend, share = above.bend(self.psis_mm - shift[0])
        hip_x, hip_y, hip_z = (above.origin_mm + shift).tolist()
        low_x, low_y, low_z = above.origin_mm.tolist()
        return SheetBone(
            self.sheet, float(self.sheet[..., TOP].max()), above.values, above.hip_least, above.hip_cells, bend, share, hip_x, hip_y,
            hip_z, above.vertebra, above.vertebra_least, above.vertebra_cells, low_x, low_y, low_z, above.spacing_mm,
        )  # fmt: skip

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
    """Ground of one virtual patient, both sides alike.

    ``side_mm``: arrays of the left side in chart coordinates, as ``virtual_ground_kernels.lay_ground`` returns them.
    """

    name: str
    frame: ApFrame
    side_mm: tuple[FloatArray, ...]
    traits: tuple[BranchTraits, ...]
    bmi: float
    female: bool
    skin_residual_mm: Mapping[str, float]
    psis_mm: float
    provenance: Mapping[str, Any]
    source: str = "virtual patient"

    @classmethod
    def of(
        cls,
        name: str,
        dimensions: Mapping[str, float],
        traits: Sequence[BranchTraits],
        bmi: float,
        female: bool,
        skin_residual_mm: Mapping[str, float],
        provenance: Mapping[str, Any],
    ) -> VirtualGround:
        """The ground of a patient with these ``dimensions`` (by their key in morphometry.toml; the reference's where not named)."""
        sacrum = sacrum_parameters(
            {key.removeprefix("sacrum."): v for key, v in dimensions.items() if key.startswith("sacrum.")}
        )
        table = figures("morphometry")
        gap, psis = (dimensions.get(key, table[key].value) for key in ("hip.joint.gap", "hip.psis.from_midline"))
        arrays = lay_ground(sacrum_vector(sacrum.values), gap)
        return cls(name, view_frame(sacrum), arrays, tuple(traits), bmi, female, skin_residual_mm, psis, provenance)

    @cached_property
    def chart(self) -> DorsalChart:
        """The back of the sacrum as a map; the strip of 6 mm beside the midline is left out."""
        _, held, smooth, *_ = self.side_mm
        ni, nj = smooth.shape
        middle = np.full((2 * int(LATERAL_0_MM / FINE_MM) - 1, nj), np.nan)
        whole = (np.concatenate([half[::-1], middle, half]) for half in (held, smooth))
        return DorsalChart(self.frame, FINE_MM, -(LATERAL_0_MM + (ni - 1) * FINE_MM), CAUDAL_0_MM, *whole)

    @cached_property
    def _left(self) -> tuple[Foramen, ...]:
        """The posterior foramina of the left side, cranial first."""
        rims, diameters, canals = self.side_mm[4:7]
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
        base = self.frame.to_patient(self.side_mm[8])
        return {
            f"s1_sap_base_{side}": Landmark(f"s1_sap_base_{side}", base * [lateral_sign(side), 1.0, 1.0], "given", 1.0)
            for side in SIDES
        }

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """The posterior line of the joint on both sides."""
        line = self.frame.to_patient(self.side_mm[7])
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

    @property
    def _places(self) -> tuple[LevelPlace, ...]:
        """Where the foramina of the left side are."""
        centres = self.frame.to_patient(self.side_mm[4].mean(axis=1))
        return tuple(LevelPlace(level, centre) for level, centre in zip(LEVELS, centres, strict=True))

    @cached_property
    def skin(self) -> SkinSurface:
        """The skin of the back."""
        return skin_over(self.frame, self._places, bmi=self.bmi, female=self.female, residual_mm=self.skin_residual_mm)

    @cached_property
    def bone_distance(self) -> SheetDistance:
        """Distance to bone within 2.5 mm of it."""
        return self._bone_within(FAR_MM)

    @cached_property
    def bone_around(self) -> SheetDistance:
        """Distance to bone within 8 mm of it, as lesions feel it."""
        return self._bone_within(AROUND_MM)

    def _bone_within(self, band_mm: float) -> SheetDistance:
        _, held, _, slopes, *_, centre = self.side_mm
        return SheetDistance(self.frame, sheet_of(held, slopes, FINE_MM, band_mm), centre, self.psis_mm, band_mm)

    def foramen(self, level: str, side: Side) -> Foramen:
        """The posterior foramen of ``level`` on ``side``; KeyError where there is none of that name."""
        for foramen in self.foramina:
            if foramen.level == level and foramen.side == side:
                return foramen
        raise KeyError(f"{level}_{side}")

    def nerves_on(self, side: Side) -> tuple[Nerve, ...]:
        """The branches of one side."""
        return tuple(nerve for nerve in self.nerves if nerve.side == side)


def view_frame(parameters: SacrumParameters) -> ApFrame:
    """The true AP view of a parametric sacrum in the patient's frame."""
    tilt = np.deg2rad(parameters["prone_tilt_deg"])
    posterior = np.array([0.0, np.cos(tilt), np.sin(tilt)])
    caudal = np.array([0.0, np.sin(tilt), -np.cos(tilt)])
    start = -0.42 * parameters["length"] * np.array([0.0, np.cos(np.deg2rad(52.0)), -np.sin(np.deg2rad(52.0))])
    return ApFrame(start + 0.5 * parameters["endplate_ap"] * posterior, np.array([1.0, 0.0, 0.0]), caudal, posterior)
