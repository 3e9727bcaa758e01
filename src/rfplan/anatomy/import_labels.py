"""Bones from a labelled CT: a NIfTI label map."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.anatomy.import_checks import BONES, MM_PER_UNIT, check_size
from rfplan.anatomy.import_label_table import TOTAL, TOTAL_V1_SACRUM, USED_LABELS
from rfplan.anatomy.import_mesh_file import InputFrame
from rfplan.anatomy.import_meshes import ImportedBones, to_lps
from rfplan.anatomy.import_surface import label_surface
from rfplan.anatomy.repair import repair
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

NIFTI_SUFFIXES: Final = (".nii", ".nii.gz")

_VOXEL_MM = (0.1, 6.0)
"""Voxel sizes that are believed for a CT (A)."""
_SHEAR_DEG = 0.5
_FEWEST_VOXELS = 200


def is_nifti(path: Path) -> bool:
    """True if the name is that of a NIfTI file."""
    return path.name.lower().endswith(NIFTI_SUFFIXES)


def import_labels(
    path: Path,
    frame: InputFrame | None = None,
    unit: str | None = None,
    table: Mapping[str, int] | None = None,
) -> ImportedBones:
    """The bones of a label map, as closed surfaces.

    ``frame`` is that of the file's world coordinates, by the standard RAS; ``unit`` overrides the unit in its header;
    ``table`` gives the number of each bone, by default :data:`TOTAL`.

    Raises
    ------
    InputError : the file cannot be read, its grid is sheared or of impossible size, its values are no labels, or it has no
        sacrum
    """
    data, affine = _opened(path, unit)
    table = dict(TOTAL if table is None else table)
    warnings: list[str] = []
    repairs: list[str] = []
    present = _present(path, data)
    if table["sacrum"] not in present:
        raise InputError(_no_sacrum(path, present, table))
    bones: dict[str, Mesh] = {}
    for bone in BONES:
        numbers = [table[name] for name in _labels_of(bone) if table.get(name) in present]
        voxels = sum(present[number] for number in numbers)
        if bone != "sacrum" and voxels < _FEWEST_VOXELS:
            if voxels:
                warnings.append(f"{bone}: {voxels} voxels are too few for a bone, left out")
            elif not bone.startswith("hip"):
                warnings.append(f"there is no {bone}: it is estimated from the population prior")
            continue
        source = f"{path} (label {'+'.join(map(str, numbers))}, {bone})"
        if voxels < _FEWEST_VOXELS:
            raise InputError(f"{source}: {voxels} voxels are too few for a bone")
        if len(numbers) > 1:
            repairs.append(f"{bone}: labels {' and '.join(map(str, numbers))} (vertebrae_S1) were joined")
        mask, corner, edges = _cropped(data, numbers)
        if edges:
            warnings.append(
                f"{bone}: reaches the edge of the picture at its {' and '.join(edges)} and may be cut there"
            )
        index, faces = label_surface(mask, np.linalg.norm(affine[:3, :3], axis=0), coarse=bone != "sacrum")
        world = (index + corner) @ affine[:3, :3].T + affine[:3, 3]
        if np.linalg.det(affine[:3, :3]) < 0:
            faces = faces[:, ::-1]
        mended = repair(to_lps(world, frame or "RAS"), faces, bone, source)
        check_size(bone, mended.mesh.vertices_mm, "mm", source)
        bones[bone] = mended.mesh
        repairs += mended.repairs
        warnings += mended.warnings
    return ImportedBones(
        bones, tuple(repairs), tuple(warnings), {"frame": frame or "RAS", "unit": unit or "header"}
    )


def _labels_of(bone: str) -> tuple[str, ...]:
    return ("sacrum", "vertebrae_S1") if bone == "sacrum" else (bone,)


def _opened(path: Path, unit: str | None) -> tuple[np.ndarray, FloatArray]:
    """(nx, ny, nz) whole numbers and the affine from voxel indices to mm in the file's own frame."""
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
        raise InputError(f"{path}: the picture has the shape {shape}; a label map has three dimensions")
    return _whole_numbers(path, values), affine


def _read_to_the_end(path: Path) -> None:
    """Let gzip check its sum: the NIfTI reader stops before it and would not see a damaged or shortened file."""
    if path.name.lower().endswith(".gz"):
        with gzip.open(path) as stream:
            while stream.read(1 << 22):
                pass


def _refuse_colour(path: Path, image: Any) -> None:
    if image.get_data_dtype().fields is not None or image.get_data_dtype().kind not in "iuf":
        raise InputError(
            f"{path}: the values are of type {image.get_data_dtype()}; a label map holds whole numbers"
        )


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
    low, high = _VOXEL_MM
    if not np.all((sizes >= low) & (sizes <= high)):
        raw = sizes / factor
        fitting = [name for name, f in MM_PER_UNIT.items() if np.all((raw * f >= low) & (raw * f <= high))]
        advice = f"; if they are in {fitting[0]}, give --unit {fitting[0]}" if fitting else ""
        shown = " x ".join(f"{size:.4g}" for size in sizes)
        raise InputError(f"{path}: voxels of {shown} mm; {low} to {high:.0f} mm is believed{advice}")
    directions = columns / sizes
    lean = np.rad2deg(np.arcsin(np.clip(np.abs(directions.T @ directions - np.eye(3)).max(), 0.0, 1.0)))
    if lean > _SHEAR_DEG:
        raise InputError(
            f"{path}: the affine is sheared: two axes of the voxel grid are {90 - lean:.1f} degrees apart instead of 90 "
            "(a tilted gantry?); resample the label map to a straight grid, nearest neighbour"
        )
    return affine


def _present(path: Path, data: np.ndarray) -> dict[int, int]:
    """Voxels per label, background left out."""
    low, high = int(data.min()), int(data.max())
    if low < 0 or high > 65535:
        raise InputError(
            f"{path}: the values run from {low} to {high}; a label map holds whole numbers from 0: is this the CT itself?"
        )
    counts = np.bincount(data.reshape(-1).astype(np.int64) if data.dtype.kind != "u" else data.reshape(-1))
    return {int(label): int(counts[label]) for label in np.flatnonzero(counts) if label}


def _no_sacrum(path: Path, present: Mapping[int, int], table: Mapping[str, int]) -> str:
    names = {number: name for name, number in table.items()}
    listed = ", ".join(
        f"{number} ({names[number]})" if number in names else str(number) for number in list(present)[:30]
    )
    hint = ""
    if TOTAL_V1_SACRUM in present and table["sacrum"] == TOTAL["sacrum"]:
        hint = f"; {TOTAL_V1_SACRUM} is the sacrum in version 1 of that numbering"
    return (
        f"{path}: no voxel has the label {table['sacrum']} of the sacrum; the labels present are {listed or 'none'}{hint}; "
        f"give a table of names and numbers with --labels ({', '.join(USED_LABELS)})"
    )


def _cropped(data: np.ndarray, numbers: list[int]) -> tuple[np.ndarray, FloatArray, list[str]]:
    """The mask of the labels in its bounding box, the index of the box's corner, and the edges of the picture it reaches."""
    mask = np.isin(data, numbers)
    spans = []
    for axis in range(3):
        along = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        spans.append((int(along[0]), int(along[-1]) + 1))
    edges = [
        f"{'first' if end == 0 else 'last'} {'ijk'[axis]} slice"
        for axis in range(3)
        for end in (0, 1)
        if spans[axis][end] == (0, data.shape[axis])[end]
    ]
    box = mask[tuple(slice(*span) for span in spans)]
    return box, np.array([span[0] for span in spans], dtype=float), edges
