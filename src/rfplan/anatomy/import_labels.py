"""Bones from a labelled CT: one label map, or a folder of masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rfplan.anatomy.import_checks import BONES, check_size
from rfplan.anatomy.import_cuts import side_of
from rfplan.anatomy.import_label_table import TOTAL, TOTAL_V1_SACRUM, USED_LABELS
from rfplan.anatomy.import_mesh_file import InputFrame
from rfplan.anatomy.import_meshes import ImportedBones, to_lps
from rfplan.anatomy.import_nifti import NIFTI_SUFFIXES, read_nifti
from rfplan.anatomy.import_surface import label_surface
from rfplan.anatomy.repair import Repaired, repair
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray

_S1_APART = "vertebrae_S1"


@dataclass(frozen=True, eq=False)
class LabelledBone:
    """The voxels of one bone: ``mask`` (nx, ny, nz), ``affine`` (4, 4) from indices to mm, ``source`` for messages."""

    name: str
    mask: BoolArray
    affine: FloatArray
    source: str
    notes: tuple[str, ...] = ()


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
    InputError : :func:`read_nifti`, :func:`repair` or :func:`check_size` refuses it, or it has no sacrum
    """
    data, affine = read_nifti(path, unit)
    table = dict(TOTAL if table is None else table)
    present = _present(path, data)
    if table["sacrum"] not in present:
        raise InputError(_no_sacrum(path, present, table))
    return _surfaces(_labelled(path, data, affine, table, present), frame, unit)


def _labelled(
    path: Path, data: np.ndarray, affine: FloatArray, table: Mapping[str, int], present: Mapping[int, int]
) -> Iterator[LabelledBone]:
    """The bones of a label map, one after another, as a mask of a whole CT is large."""
    for bone in BONES:
        numbers = [table[name] for name in _labels_of(bone) if table.get(name) in present]
        if numbers:
            listed = " and ".join(map(str, numbers))
            notes = (f"{bone}: labels {listed} ({_S1_APART}) were joined",) if len(numbers) > 1 else ()
            mask = data == numbers[0]
            for number in numbers[1:]:
                mask |= data == number
            yield LabelledBone(bone, mask, affine, f"{path} (label {listed}, {bone})", notes)


def import_masks(folder: Path, frame: InputFrame | None = None, unit: str | None = None) -> ImportedBones:
    """The bones of a folder with a mask per structure (``sacrum.nii.gz``, ``hip_left.nii.gz``, ...), as closed surfaces.

    A voxel of any value but 0 belongs to the structure. Arguments and errors as of :func:`import_labels`.
    """
    files = {_stem(path): path for path in sorted(folder.iterdir()) if _stem(path) in USED_LABELS}
    labelled = []
    for bone in BONES:
        paths = [files[name] for name in _labels_of(bone) if name in files]
        if not paths:
            continue
        grids = [read_nifti(path, unit) for path in paths]
        affine = grids[0][1]
        mask = grids[0][0] != 0
        for path, (data, other) in zip(paths[1:], grids[1:], strict=True):
            if data.shape != mask.shape or not np.allclose(other, affine, atol=1e-3):
                raise InputError(f"{path}: lies on another voxel grid than {paths[0].name}; the two cannot be joined")
            mask = mask | (data != 0)
        if bone == "sacrum" and not mask.any():
            raise InputError(f"{paths[0]}: the mask of the sacrum is empty")
        joined = f"{bone}: {' and '.join(path.name for path in paths)} were joined"
        labelled.append(LabelledBone(bone, mask, affine, str(paths[0]), (joined,) if len(paths) > 1 else ()))
    return _surfaces(labelled, frame, unit)


def has_masks(folder: Path) -> bool:
    """True if ``folder`` holds a mask of the sacrum."""
    return any(_stem(path) == "sacrum" for path in folder.iterdir())


def _stem(path: Path) -> str:
    suffix = next((ending for ending in NIFTI_SUFFIXES[::-1] if path.name.lower().endswith(ending)), None)
    return path.name[: -len(suffix)] if suffix else ""


def _labels_of(bone: str) -> tuple[str, ...]:
    return ("sacrum", _S1_APART) if bone == "sacrum" else (bone,)


def _surfaces(labelled: Iterable[LabelledBone], frame: InputFrame | None, unit: str | None) -> ImportedBones:
    fewest = int(figures("import_limits")["voxel.fewest"].value)
    made: dict[str, Repaired] = {}
    repairs: list[str] = []
    warnings: list[str] = []
    for bone in labelled:
        voxels = int(np.count_nonzero(bone.mask))
        if voxels < fewest:
            if bone.name == "sacrum":
                raise InputError(f"{bone.source}: {voxels} voxels are too few for a bone")
            warnings += [f"{bone.name}: {voxels} voxels are too few for a bone, left out"] if voxels else []
            continue
        mask, corner, edges = _cropped(bone.mask)
        columns = bone.affine[:3, :3]
        for axis, sign in edges:
            side = side_of(to_lps(sign * columns[:, axis], frame or "RAS"))
            warnings.append(f"{bone.name}: reaches the {side} edge of the picture and may be cut there")
        index, faces = label_surface(mask, np.linalg.norm(columns, axis=0), coarse=bone.name != "sacrum")
        world = (index + corner) @ columns.T + bone.affine[:3, 3]
        if np.linalg.det(columns) < 0:
            faces = faces[:, ::-1]
        mended = repair(to_lps(world, frame or "RAS"), faces, bone.name, bone.source)
        check_size(bone.name, mended.mesh.vertices_mm, "mm", bone.source)
        made[bone.name] = mended
        repairs += [*bone.notes, *mended.repairs]
        warnings += mended.warnings
    if "vertebrae_L5" not in made:
        warnings.append("there is no vertebrae_L5: it is estimated from the population prior")
    return ImportedBones(
        {name: mended.mesh for name, mended in made.items()},
        tuple(repairs),
        tuple(warnings),
        {"frame": frame or "RAS", "unit": unit or "header"},
    )


def _present(path: Path, data: np.ndarray) -> dict[int, int]:
    """Voxels per label, background left out."""
    low, high = int(data.min()), int(data.max())
    if low < 0 or high > 65535:
        raise InputError(
            f"{path}: the values run from {low} to {high}; a label map holds whole numbers from 0: is this the CT itself?"
        )
    counts = np.zeros(high + 1, dtype=np.int64)
    for k in range(data.shape[2]):
        # slice by slice: counting widens every number to eight bytes
        counts += np.bincount(data[:, :, k].reshape(-1).astype(np.int64), minlength=high + 1)
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


def _cropped(mask: BoolArray) -> tuple[BoolArray, FloatArray, list[tuple[int, int]]]:
    """The mask in its bounding box, the index of the box's corner, and the edges of the picture it reaches (axis, -1 or 1)."""
    spans = []
    for axis in range(3):
        along = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        spans.append((int(along[0]), int(along[-1]) + 1))
    edges = [
        (axis, 2 * end - 1) for axis in range(3) for end in (0, 1) if spans[axis][end] == (0, mask.shape[axis])[end]
    ]
    box = mask[tuple(slice(*span) for span in spans)]
    return box, np.array([span[0] for span in spans], dtype=float), edges
