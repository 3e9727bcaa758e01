"""Bones from a folder of mesh files."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rfplan.anatomy.import_checks import BONES, MM_PER_UNIT, check_place, check_size, check_unit
from rfplan.anatomy.import_mesh_file import MESH_SUFFIXES, InputFrame, read_mesh_file
from rfplan.anatomy.repair import repair
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh


@dataclass(frozen=True, eq=False)
class ImportedBones:
    """Closed bones by name, patient LPS, mm, and what was done and noticed, as sentences."""

    bones: Mapping[str, Mesh]
    repairs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)


def to_lps(points: FloatArray, frame: InputFrame) -> FloatArray:
    """(n, 3) points of ``frame`` in LPS: x and y change sign for RAS."""
    return points * np.array([-1.0, -1.0, 1.0]) if frame == "RAS" else points


def import_meshes(folder: Path, frame: InputFrame | None = None, unit: str | None = None) -> ImportedBones:
    """The bones of a folder whose files are named after them (``sacrum.stl``, ``hip_left.ply``, ...).

    ``frame`` overrides what a file says of itself; without either, LPS is taken. ``unit`` is mm unless given.

    Raises
    ------
    InputError : no sacrum, two files for one bone, or a file that :func:`read_mesh_file`, :func:`repair` or
        :func:`check_size` refuses
    """
    files, ignored = bone_files(folder)
    warnings = list(ignored)
    repairs: list[str] = []
    bones: dict[str, Mesh] = {}
    frames: set[str] = set()
    for bone, path in files.items():
        raw = read_mesh_file(path)
        used = frame or raw.declared_frame or "LPS"
        frames.add(used)
        if frame and raw.declared_frame and frame != raw.declared_frame:
            warnings.append(
                f"{path.name}: says of itself that it is {raw.declared_frame}; --frame {frame} was followed"
            )
        elif raw.declared_frame == "RAS" and frame is None:
            repairs.append(f"{bone}: turned from RAS, as its file says, to LPS")
        vertices = to_lps(raw.vertices * MM_PER_UNIT[unit or "mm"], used)
        if np.all(np.isfinite(vertices)):
            check_unit(bone, vertices, unit or "mm", str(path))
            check_place(bone, vertices, str(path))
        mended = repair(vertices, raw.faces, bone, str(path))
        check_size(bone, mended.mesh.vertices_mm, unit or "mm", str(path))
        bones[bone] = mended.mesh
        repairs += mended.repairs
        warnings += mended.warnings
    warnings += [
        f"there is no {bone}: it is estimated from the population prior"
        for bone in BONES
        if bone not in bones and not bone.startswith("hip")
    ]
    return ImportedBones(
        bones, tuple(repairs), tuple(warnings), {"frame": "+".join(sorted(frames)), "unit": unit or "mm"}
    )


def bone_files(folder: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The file of every bone in ``folder``, in the order of :data:`BONES`, and sentences on the files left out."""
    try:
        entries = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise InputError(f"{folder}: the folder cannot be read ({error.strerror})") from error
    by_lower = {bone.lower(): bone for bone in BONES}
    found: dict[str, Path] = {}
    ignored: list[str] = []
    for path in entries:
        if path.suffix.lower() not in MESH_SUFFIXES:
            continue
        bone = by_lower.get(path.stem.lower())
        if bone is None:
            near = difflib.get_close_matches(path.stem.lower(), list(by_lower), n=1, cutoff=0.75)
            hint = f"; did you mean {by_lower[near[0]]}{path.suffix}?" if near else ""
            ignored.append(f"{path.name}: not a bone that is used, ignored{hint}")
        elif bone in found:
            raise InputError(f"{folder}: two files for one bone, {found[bone].name} and {path.name}; leave only one")
        else:
            found[bone] = path
    if "sacrum" not in found:
        hints = [note for note in ignored if "did you mean sacrum" in note]
        names = ", ".join(path.name for path in entries[:12]) or "nothing"
        raise InputError(
            f"{folder}: there is no sacrum in the folder (sacrum{', sacrum'.join(MESH_SUFFIXES)}); it holds {names}"
            + (f"; {hints[0]}" if hints else "")
        )
    return {bone: found[bone] for bone in BONES if bone in found}, tuple(ignored)
