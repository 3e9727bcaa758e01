"""The pose of the X-ray system: angles as DICOM has them, distances, field, and where points fall in the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, frozen, unit

if TYPE_CHECKING:
    from rfplan.anatomy.patient import Patient
    from rfplan.fluoroscopy.radiograph import Radiograph
    from rfplan.planning.plan import Plan

Position = Literal["prone", "supine"]
Collimator = Literal["square", "circle"]
SMALLEST_PX, LARGEST_PX = 32, 4096


def _system(name: str) -> float:
    return figures("fluoroscopy")[f"system.{name}"].value


@dataclass(frozen=True, eq=False)
class CArm:
    """A C-arm with its receptor above the table, over a prone or supine patient.

    ``lao_deg`` turns the receptor to the patient's left (negative: RAO, to the right), ``cranial_deg`` tilts it to the head, both
    from straight above: behind a prone patient, in front of a supine one. ``isocentre_mm`` (3,) is the patient point on the
    central ray about which the arm turns, ``sid_mm`` the distance from source to receptor, ``sod_mm`` to the isocentre.
    ``field_mm`` is the side of the part of the receptor that is read out (a smaller one magnifies), in ``size_px`` x ``size_px``
    pixels; ``collimator_mm`` the side of the square or the diameter of the circle that the ``collimator`` leaves open there, None
    for all of the field. Distances and field that are not given are those of ``anatomy/fluoroscopy.toml``.

    Raises
    ------
    InputError : an angle beyond the reach of the system, distances or sizes that cannot be
    """

    lao_deg: float = 0.0
    cranial_deg: float = 0.0
    isocentre_mm: FloatArray = None  # type: ignore[assignment]
    position: Position = "prone"
    sid_mm: float = None  # type: ignore[assignment]
    sod_mm: float = None  # type: ignore[assignment]
    field_mm: float = None  # type: ignore[assignment]
    size_px: int = 512
    collimator: Collimator = "square"
    collimator_mm: float | None = None

    def __post_init__(self) -> None:
        given = (0.0, 0.0, 0.0) if self.isocentre_mm is None else self.isocentre_mm
        object.__setattr__(self, "isocentre_mm", frozen(given))
        for name, figure in (
            ("sid_mm", "source_to_receptor"),
            ("sod_mm", "source_to_isocentre"),
            ("field_mm", "receptor_side"),
        ):
            value = getattr(self, name)
            # a whole number would have the kernels compiled once more
            object.__setattr__(self, name, float(_system(figure) if value is None else value))
        self._check()

    def _check(self) -> None:
        if self.isocentre_mm.shape != (3,) or not np.all(np.isfinite(self.isocentre_mm)):
            given = ", ".join(f"{value:g}" for value in self.isocentre_mm.ravel())
            raise InputError(f"isocentre_mm is {given}; it must be three finite numbers")
        for name, figure in (("lao_deg", "lao_reach"), ("cranial_deg", "cranial_reach")):
            angle, reach = getattr(self, name), _system(figure)
            if not (math.isfinite(angle) and abs(angle) <= reach + 1e-9):
                raise InputError(
                    f"{name} is {angle:g}; this system reaches from -{reach:g} to {reach:g} degrees "
                    f"({'to the right or left' if name == 'lao_deg' else 'to the feet or head'} of straight above the table)"
                )
        if self.position not in ("prone", "supine"):
            raise InputError(f"position is {self.position!r}; accepted: prone, supine")
        if not (math.isfinite(self.sid_mm) and 500.0 <= self.sid_mm <= 2000.0):
            raise InputError(f"sid_mm is {self.sid_mm:g}; source to receptor must be from 500 to 2000 mm")
        if not (math.isfinite(self.sod_mm) and 200.0 <= self.sod_mm <= self.sid_mm):
            raise InputError(
                f"sod_mm is {self.sod_mm:g}; source to isocentre must be from 200 mm to sid_mm = {self.sid_mm:g} mm"
            )
        if not (math.isfinite(self.field_mm) and 20.0 <= self.field_mm <= 600.0):
            raise InputError(f"field_mm is {self.field_mm:g}; the field on the receptor must be from 20 to 600 mm wide")
        if isinstance(self.size_px, bool) or not isinstance(self.size_px, int | np.integer):
            raise InputError(f"size_px is {self.size_px!r}; it must be a whole number")
        if not SMALLEST_PX <= self.size_px <= LARGEST_PX:
            raise InputError(
                f"size_px is {self.size_px}; a picture has from {SMALLEST_PX} to {LARGEST_PX} pixels a side"
            )
        if self.collimator not in ("square", "circle"):
            raise InputError(f"collimator is {self.collimator!r}; accepted: square, circle")
        if self.collimator_mm is not None and not 5.0 <= self.collimator_mm <= self.field_mm:
            raise InputError(
                f"collimator_mm is {self.collimator_mm:g}; it must leave from 5 mm to the field of {self.field_mm:g} mm open"
            )

    @classmethod
    def view(cls, name: str, patient: Patient, plan: Plan | None = None, **geometry: Any) -> CArm:
        """The C-arm in a named view of ``patient``; see :func:`rfplan.fluoroscopy.views.find_view`."""
        from rfplan.fluoroscopy.views import find_view

        return find_view(name, patient, plan, **geometry).c_arm

    def expose(self, patient: Patient, plan: Plan | None = None, **exposure: Any) -> Radiograph:
        """Take a picture of ``patient`` with the needles of ``plan``; see :func:`rfplan.fluoroscopy.expose.expose`."""
        from rfplan.fluoroscopy.expose import expose

        return expose(self, patient, plan, **exposure)

    @cached_property
    def axes(self) -> FloatArray:
        """(3, 3) unit rows in the patient frame: right and down on the picture as the viewer sees it, and along the beam."""
        lao, cranial = np.deg2rad([self.lao_deg, self.cranial_deg])
        # behind the prone patient or in front of the supine one
        above = 1.0 if self.position == "prone" else -1.0
        beam = np.array([np.sin(lao) * np.cos(cranial), above * np.cos(lao) * np.cos(cranial), np.sin(cranial)])
        right = np.array([-above * np.cos(lao), np.sin(lao), 0.0])
        return frozen([right, np.cross(right, beam), beam])

    @property
    def beam(self) -> FloatArray:
        """(3,) unit direction of the central ray, from the source to the receptor."""
        beam: FloatArray = self.axes[2]
        return beam

    @property
    def source_mm(self) -> FloatArray:
        """(3,) focal spot."""
        return np.asarray(self.isocentre_mm - self.sod_mm * self.beam)

    @property
    def receptor_mm(self) -> FloatArray:
        """(3,) middle of the receptor."""
        return np.asarray(self.isocentre_mm + (self.sid_mm - self.sod_mm) * self.beam)

    @property
    def magnification(self) -> float:
        """How much larger a thing at the isocentre is on the receptor."""
        return self.sid_mm / self.sod_mm

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel on the receptor."""
        return self.field_mm / self.size_px

    @property
    def isocentre_pixel_mm(self) -> float:
        """Side of a pixel in the plane of the isocentre."""
        return self.pixel_mm / self.magnification

    @property
    def positioner_primary_deg(self) -> float:
        """DICOM Positioner Primary Angle (0018,1510): 0 in front of the patient, 90 at the left, 180 behind."""
        if self.position == "supine":
            return self.lao_deg
        turned = 180.0 - self.lao_deg
        return turned if turned <= 180.0 else turned - 360.0

    @property
    def positioner_secondary_deg(self) -> float:
        """DICOM Positioner Secondary Angle (0018,1511): positive to the head."""
        return self.cranial_deg

    @property
    def open_area_cm2(self) -> float:
        """Area that the collimator leaves open on the receptor."""
        side = self.field_mm if self.collimator_mm is None else self.collimator_mm
        return (0.25 * math.pi if self.collimator == "circle" else 1.0) * side * side / 100.0

    def project(self, points_mm: ArrayLike) -> FloatArray:
        """(..., 2) column and row of (..., 3) points, in pixels from the top left corner; NaN behind the source.

        The middle of the first pixel is at (0.5, 0.5).
        """
        local = (np.asarray(points_mm, dtype=float) - self.source_mm) @ self.axes.T
        depth = np.where(local[..., 2] > 0.0, local[..., 2], np.nan)
        return np.asarray(local[..., :2] * (self.sid_mm / depth)[..., None] / self.pixel_mm + 0.5 * self.size_px)

    def ray(self, pixels: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """(3,) source and (..., 3) unit directions of the rays through (..., 2) pixel positions."""
        places = (np.asarray(pixels, dtype=float) - 0.5 * self.size_px) * self.pixel_mm
        axes = self.axes
        towards = places[..., :1] * axes[0] + places[..., 1:2] * axes[1] + self.sid_mm * axes[2]
        return self.source_mm, unit(towards)

    def aimed(self, isocentre_mm: ArrayLike) -> CArm:
        """The same pose over another point of the patient."""
        return replace(self, isocentre_mm=np.asarray(isocentre_mm, dtype=float))

    def table_moved(self, up_mm: float = 0.0, to_head_mm: float = 0.0, to_left_mm: float = 0.0) -> CArm:
        """After the table with the patient was raised and slid; directions are the patient's, up is away from the floor."""
        up = 1.0 if self.position == "prone" else -1.0
        return self.aimed(self.isocentre_mm - np.array([to_left_mm, up * up_mm, to_head_mm]))


def angles_of(direction: ArrayLike, position: Position = "prone") -> tuple[float, float]:
    """``lao_deg`` and ``cranial_deg`` of the C-arm whose beam runs along ``direction`` (3,), from source to receptor."""
    x, y, z = unit(direction)
    above = 1.0 if position == "prone" else -1.0
    return float(np.rad2deg(np.arctan2(x, above * y))), float(np.rad2deg(np.arcsin(np.clip(z, -1.0, 1.0))))
