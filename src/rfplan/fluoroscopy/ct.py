"""The voxel path: radiographs of a real CT in Hounsfield units."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rfplan.errors import InputError
from rfplan.fluoroscopy import voxel_kernels
from rfplan.fluoroscopy.attenuation import Attenuation, attenuation_at
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.display import Display
from rfplan.fluoroscopy.expose import OUTSIDE, picture_of
from rfplan.fluoroscopy.exposure import Exposure
from rfplan.fluoroscopy.projector import FloatImage, add_rods, in_millimetres
from rfplan.fluoroscopy.radiograph import Radiograph
from rfplan.fluoroscopy.receptor import Receptor
from rfplan.fluoroscopy.rods import rods_of
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.planning.needle import Needle

_AIR_HU, _EMPTY_HU = -1000.0, -850.0
_CT_KEV = 70.0
"""Effective energy of the CT that the numbers come from: 120 kVp."""
_LEAST_TISSUE = 0.005
_LARGEST_HU = 35_000.0


@dataclass(frozen=True, eq=False)
class CtVolume:
    """Hounsfield units (nx, ny, nz) in single precision; ``affine`` (4, 4) from voxel numbers to mm, patient LPS."""

    hounsfield: np.ndarray[Any, Any]
    affine: FloatArray
    name: str = "CT"

    def __post_init__(self) -> None:
        object.__setattr__(self, "affine", frozen(self.affine))

    @property
    def middle_mm(self) -> FloatArray:
        """(3,) middle of the volume."""
        return np.asarray(self.affine[:3, :3] @ (0.5 * (np.array(self.hounsfield.shape) - 1.0)) + self.affine[:3, 3])


def read_ct(path: Path) -> CtVolume:
    """A CT from a NIfTI file.

    Raises
    ------
    InputError : the file cannot be read, or its values are not Hounsfield units: a label map, another modality, shifted units
    """
    from rfplan.anatomy.import_nifti import is_nifti, read_grid

    if not path.exists():
        raise InputError(f"--ct {path}: there is no such file; give a CT in Hounsfield units, .nii or .nii.gz")
    if not is_nifti(path):
        raise InputError(f"--ct {path}: not a NIfTI file; give a CT in Hounsfield units, .nii or .nii.gz")
    values, affine = read_grid(path)
    # the file has RAS, the package LPS
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0])
    return checked_ct(np.asarray(values, dtype=np.float32), to_lps @ affine, str(path))


def checked_ct(hounsfield: np.ndarray[Any, Any], affine: FloatArray, name: str) -> CtVolume:
    """The volume, if its values can be Hounsfield units.

    Raises
    ------
    InputError : they cannot; the message says what speaks against it
    """

    def refuse(why: str) -> InputError:
        return InputError(
            f"{name}: the values are not Hounsfield units: {why}; accepted is a CT with air near -1000, water at 0 and bone above 200"
        )

    if not np.all(np.isfinite(hounsfield)):
        raise refuse("some are not finite")
    sample = hounsfield[
        :: max(1, hounsfield.shape[0] // 96), :: max(1, hounsfield.shape[1] // 96), :: max(1, hounsfield.shape[2] // 96)
    ]
    low, high = float(hounsfield.min()), float(hounsfield.max())
    if high > _LARGEST_HU or low < -_LARGEST_HU:
        raise refuse(f"they run from {low:g} to {high:g}")
    if low >= 0.0:
        raise refuse(
            f"none is negative (they run from {low:g} to {high:g}): a label map, or a CT saved with an offset of 1000"
        )
    if low > -200.0:
        raise refuse(f"the lowest is {low:g}, where air or fat would be lower")
    if high < 200.0:
        raise refuse(f"the highest is {high:g}, where bone would be higher")
    soft = float(np.mean((sample > -200.0) & (sample < 150.0)))
    if soft < _LEAST_TISSUE:
        raise refuse(f"only {100.0 * soft:.1f} % of the voxels are soft tissue (-200 to 150)")
    return CtVolume(hounsfield, affine, name)


def attenuation_of(hounsfield: np.ndarray[Any, Any], at: Attenuation) -> np.ndarray[Any, Any]:
    """(nx, ny, nz) attenuation, 1/mm: straight lines between air, water, cancellous and cortical bone.

    The Hounsfield units of the two bones are those that their attenuation at 70 keV gives. Padding far below air counts as air.
    """
    ct = attenuation_at(_CT_KEV)
    knots = [_AIR_HU, 0.0, *(1000.0 * (bone / ct.water - 1.0) for bone in (ct.cancellous, ct.cortical))]
    values = [0.0, at.water, at.cancellous, at.cortical]
    slope = (values[3] - values[2]) / (knots[3] - knots[2])
    # metal and enamel go on with the slope of bone
    knots.append(_LARGEST_HU)
    values.append(values[3] + slope * (_LARGEST_HU - knots[3]))
    found: np.ndarray[Any, Any] = np.interp(hounsfield, knots, values).astype(np.float32)
    found[hounsfield < _EMPTY_HU] = 0.0
    return found


def ct_integral(c_arm: CArm, volume: CtVolume, at: Attenuation, rods: FloatArray | None = None) -> FloatImage:
    """(n, n) attenuation along every ray through a CT, with needles where ``rods`` are given."""
    to_voxel = np.linalg.inv(volume.affine)
    origin = to_voxel[:3, :3] @ c_arm.source_mm + to_voxel[:3, 3]
    if np.all(origin > -0.5) and np.all(origin < np.array(volume.hounsfield.shape) - 0.5):
        raise InputError(
            f"the source lies inside the CT (sod_mm is {c_arm.sod_mm:g}): move it away, 500 to 700 mm are usual"
        )
    axes, middle = c_arm.axes, 0.5 * c_arm.size_px - 0.5
    corner = c_arm.receptor_mm - middle * c_arm.pixel_mm * (axes[0] + axes[1])
    image = np.zeros((c_arm.size_px, c_arm.size_px), dtype=np.float32)
    voxel_kernels.ray_sums(
        np.ascontiguousarray(attenuation_of(volume.hounsfield, at)),
        origin,
        to_voxel[:3, :3] @ axes[0] * c_arm.pixel_mm,
        to_voxel[:3, :3] @ axes[1] * c_arm.pixel_mm,
        to_voxel[:3, :3] @ corner + to_voxel[:3, 3],
        1.0,
        image,
    )
    if rods is not None and len(rods):
        add_rods(c_arm, rods, image)
    in_millimetres(c_arm, image)
    return image


def expose_ct(
    c_arm: CArm,
    volume: CtVolume,
    *,
    needles: Sequence[Needle] = (),
    exposure: Exposure | None = None,
    receptor: Receptor | None = None,
    display: Display | None = None,
) -> Radiograph:
    """Take a picture of a CT; parameters as of :func:`rfplan.fluoroscopy.expose.expose`."""
    started = time.perf_counter()
    settings = exposure or Exposure()
    at = attenuation_at(settings.energy_kev)
    integral = ct_integral(c_arm, volume, at, rods_of(needles, at) if needles else None)
    taken = picture_of(c_arm, integral, settings, receptor or Receptor(), display or Display())
    outside = () if np.any(integral > 1e-4) else (OUTSIDE,)
    return replace(
        taken,
        needles=tuple(needles),
        warnings=(*outside, *taken.warnings),
        seconds=time.perf_counter() - started,
    )
