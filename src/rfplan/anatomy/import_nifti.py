"""Whole numbers on a voxel grid, and where it lies: a NIfTI file, checked."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.anatomy.import_checks import MM_PER_UNIT
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

NIFTI_SUFFIXES: Final = (".nii", ".nii.gz")


def is_nifti(path: Path) -> bool:
    """True if the name is that of a NIfTI file."""
    return path.name.lower().endswith(NIFTI_SUFFIXES)


def read_nifti(path: Path, unit: str | None = None) -> tuple[np.ndarray, FloatArray]:
    """(nx, ny, nz) whole numbers and the (4, 4) affine from voxel indices to mm in the file's own frame.

    ``unit`` overrides that of the header.

    Raises
    ------
    InputError : the file is not complete, its values are no labels, or its grid is sheared, of impossible size or without
        orientation
    """
    values, affine = read_grid(path, unit, "a label map")
    return _whole_numbers(path, values), affine


def read_grid(path: Path, unit: str | None = None, what: str = "a CT") -> tuple[np.ndarray, FloatArray]:
    """As :func:`read_nifti`, of whatever numbers; ``what`` says in messages what was expected."""
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    try:
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty (zero bytes)")
        _read_to_the_end(path)
        image: Any = nibabel.load(path)
        _refuse_colour(path, image)
        affine = _affine_mm(path, image, unit)
        values = np.asanyarray(image.dataobj)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except (
        ImageFileError,
        HeaderDataError,
        OSError,
        EOFError,
        ValueError,
        zlib.error,
        OverflowError,
        MemoryError,
    ) as error:
        text = str(error).strip().splitlines()
        raise InputError(
            f"{path}: not a complete NIfTI file (truncated or damaged?): {text[0] if text else type(error).__name__}"
        ) from error
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim != 3 or min(values.shape) < 2:
        shape = " x ".join(map(str, values.shape))
        raise InputError(f"{path}: the picture has the shape {shape}; {what} has three dimensions")
    return values, affine


def _read_to_the_end(path: Path) -> None:
    """Let gzip check its sum: the NIfTI reader stops before it and would not see a damaged or shortened file."""
    if path.name.lower().endswith(".gz"):
        with gzip.open(path) as stream:
            while stream.read(1 << 22):
                pass


def _refuse_colour(path: Path, image: Any) -> None:
    if image.get_data_dtype().fields is not None or image.get_data_dtype().kind not in "iuf":
        raise InputError(f"{path}: the values are of type {image.get_data_dtype()}; a label map holds whole numbers")


def _whole_numbers(path: Path, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "iu":
        return values
    if not np.all(np.isfinite(values)):
        raise InputError(f"{path}: some values are not finite; a label map holds whole numbers")
    rounded = np.rint(values)
    if np.abs(values - rounded).max() > 1e-3 or np.abs(rounded).max() > 65535:
        worst = values.reshape(-1)[np.argmax(np.abs(values - rounded))]
        raise InputError(
            f"{path}: the values are not labels (for example {worst:.4g}); "
            "a label map holds whole numbers: is this the CT itself, or a map that was interpolated?"
        )
    return np.asarray(rounded.astype(np.int32))


def _affine_mm(path: Path, image: Any, unit: str | None) -> FloatArray:
    header = image.header
    affine = np.array(image.affine, dtype=float)
    if not np.all(np.isfinite(affine)):
        raise InputError(f"{path}: the affine has values that are not finite")
    if hasattr(header, "get_sform") and int(header["sform_code"]) == 0 and int(header["qform_code"]) == 0:
        raise InputError(
            f"{path}: the file does not say how it lies in the patient (sform_code and qform_code are both 0); "
            "left and right cannot be known, save it again with its orientation"
        )
    stated = header.get_xyzt_units()[0] if hasattr(header, "get_xyzt_units") else "mm"
    factor = MM_PER_UNIT[unit] if unit else {"meter": 1000.0, "micron": 0.001}.get(stated, 1.0)
    affine[:3] *= factor
    columns = affine[:3, :3]
    sizes = np.linalg.norm(columns, axis=0)
    limits = figures("import_limits")
    low, high = limits["voxel.size"].low or 0.0, limits["voxel.size"].high or float("inf")
    if not np.all((sizes >= low) & (sizes <= high)):
        raw = sizes / factor
        fitting = [name for name, f in MM_PER_UNIT.items() if np.all((raw * f >= low) & (raw * f <= high))]
        advice = f"; if they are in {fitting[0]}, give --unit {fitting[0]}" if fitting else ""
        shown = " x ".join(f"{size:.4g}" for size in sizes)
        raise InputError(f"{path}: voxels of {shown} mm; {low} to {high:.0f} mm is believed{advice}")
    directions = columns / sizes
    lean = np.rad2deg(np.arcsin(np.clip(np.abs(directions.T @ directions - np.eye(3)).max(), 0.0, 1.0)))
    if lean > limits["voxel.shear"].value:
        raise InputError(
            f"{path}: the affine is sheared: two axes of the voxel grid are {90 - lean:.1f} degrees apart instead of 90 "
            "(a tilted gantry?); resample the label map to a straight grid, nearest neighbour"
        )
    return affine
