"""Solved lesions on disk: arrays as NPZ, the rest as JSON inside it and beside it; no pickle."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import Isometry
from rfplan.lesion.axisymmetric_field import AxisymmetricField
from rfplan.lesion.conformal import Bipolar, Polar
from rfplan.lesion.history import History
from rfplan.lesion.lesion import LesionSize
from rfplan.lesion.octree import Octree
from rfplan.lesion.octree_field import OctreeField
from rfplan.lesion.placed_body import BonePlane
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.sampled_bone import SampledBone
from rfplan.lesion.solid import SolidGrid
from rfplan.lesion.solid_field import SolidField
from rfplan.lesion.solved import LesionField, PairTemperatures, SolvedLesion
from rfplan.whole_file import write_whole

SCHEMA: Final = "rfplan/lesion/1"
_NUMBERS: Final = (
    "status",
    "max_tissue_c",
    "peak_tissue_c",
    "thermocouple_c",
    "limited_by",
    "energy_balance_error",
    "steps",
    "seconds",
    "version",
    "stored",
)


def save_lesion(lesion: SolvedLesion, path: Path) -> list[Path]:
    """Write ``path`` (.npz, everything) and the same name with .json (what people and scripts read); both complete or not at all.

    Raises
    ------
    InputError : the name does not end in .npz, or the files cannot be written
    """
    if path.suffix != ".npz":
        raise InputError(f"{path}: a solved lesion is kept in a file that ends in .npz")
    beside = path.with_suffix(".json")
    document = {"schema": SCHEMA, **lesion.to_json()}
    try:
        write_whole(path, lesion_bytes(lesion))
        write_whole(beside, (json.dumps(document, indent=1) + "\n").encode())
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    return [path, beside]


def load_lesion(path: Path) -> SolvedLesion:
    """The lesion in an NPZ file that :func:`save_lesion` wrote.

    Raises
    ------
    InputError : there is no such file, or it is not a solved lesion of this schema
    """
    try:
        return lesion_of_bytes(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def lesion_bytes(lesion: SolvedLesion) -> bytes:
    """The NPZ file as bytes."""
    record = {name: getattr(lesion, name) for name in _NUMBERS}
    record |= {
        "schema": SCHEMA,
        "problem": lesion.problem.to_json(),
        "isotherms": {repr(isotherm): _size(size) for isotherm, size in lesion.isotherms.items()},
        "doses": {name: _size(size) for name, size in lesion.doses.items()},
        "shape": list(lesion.shape),
        "radii_mm": None
        if lesion.radii_mm is None
        else {repr(isotherm): dict(radii) for isotherm, radii in lesion.radii_mm.items()},
        "pair": None if lesion.pair is None else asdict(lesion.pair),
    }
    arrays = {f"history.{field.name}": getattr(lesion.history, field.name) for field in fields(History)}
    arrays |= {f"values.{name}": values for name, values in lesion.field.values.items()}
    arrays |= field_arrays(lesion.field) | {
        "pose.matrix": lesion.pose.matrix,
        "pose.offset_mm": lesion.pose.offset_mm,
        "record": np.frombuffer(json.dumps(record).encode(), dtype=np.uint8),
    }
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def lesion_of_bytes(content: bytes) -> SolvedLesion:
    """The lesion in the bytes of an NPZ file; InputError where they are something else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            record: dict[str, Any] = json.loads(arrays["record"].tobytes())
            if record.get("schema") != SCHEMA:
                raise InputError(f"schema is {record.get('schema')!r}; accepted is {SCHEMA!r}")
            values = {name[7:]: arrays[name] for name in arrays.files if name.startswith("values.")}
            return SolvedLesion(
                problem=LesionProblem.from_json(record["problem"], _sampled(_bone(arrays))),
                isotherms={float(key): LesionSize(*size) for key, size in record["isotherms"].items()},
                doses={name: LesionSize(*size) for name, size in record["doses"].items()},
                shape=tuple(record["shape"]),
                history=History(*(arrays[f"history.{field.name}"] for field in fields(History))),
                field=_field(arrays, values),
                radii_mm=None
                if record["radii_mm"] is None
                else {float(isotherm): radii for isotherm, radii in record["radii_mm"].items()},
                pair=None if record["pair"] is None else PairTemperatures(**record["pair"]),
                pose=Isometry(arrays["pose.matrix"], arrays["pose.offset_mm"]),
                **{name: record[name] for name in _NUMBERS},
            )
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"not a solved lesion: {error}") from error


def field_arrays(field: LesionField) -> dict[str, FloatArray]:
    """The grid of a field and the bone beside it, by the names they have in a file."""
    if isinstance(field, AxisymmetricField):
        return {"r_mm": field.r_mm, "z_mm": field.z_mm, "floor_mm": np.array(field.floor_mm)}
    if isinstance(field, OctreeField):
        tree = field.tree
        return {
            "tree.origin_mm": tree.origin_mm,
            "tree.root_mm": np.array(tree.root_mm),
            "tree.roots": np.array(tree.roots),
            "tree.child": tree.child,
            "kind": field.kind,
            **_bone_arrays(field.bone),
        }
    grid = field.grid
    focus_mm = grid.plane.focus_mm if isinstance(grid.plane, Bipolar) else 0.0
    arrays = {
        "u_edges": grid.u_edges,
        "v_edges": grid.v_edges,
        "z_edges": grid.z_edges,
        "focus_mm": np.array(focus_mm),
        "far_mm": np.array(grid.far_mm),
    }
    return arrays | _bone_arrays(field.bone)


def _bone_arrays(bone: BonePlane | SampledBone | None) -> dict[str, FloatArray]:
    if bone is None:
        return {}
    if isinstance(bone, BonePlane):
        return {"bone": np.append(bone.normal, bone.offset_mm)}
    return {
        "bone.origin_mm": bone.origin_mm,
        "bone.spacing_mm": np.array(bone.spacing_mm),
        "bone.height_mm": bone.height_mm_at,
    }


def _bone(arrays: Mapping[str, FloatArray]) -> BonePlane | SampledBone | None:
    if "bone" in arrays:
        return BonePlane(arrays["bone"][:3], float(arrays["bone"][3]))
    if "bone.height_mm" in arrays:
        return SampledBone(
            arrays["bone.origin_mm"], float(arrays["bone.spacing_mm"]), arrays["bone.height_mm"].astype(np.float32)
        )
    return None


def _field(arrays: Mapping[str, Any], values: dict[str, Any]) -> LesionField:
    if "r_mm" in arrays:
        return AxisymmetricField(arrays["r_mm"], arrays["z_mm"], values, float(arrays["floor_mm"]))
    if "tree.child" in arrays:
        tree = Octree(
            arrays["tree.origin_mm"],
            float(arrays["tree.root_mm"]),
            int(arrays["tree.roots"]),
            arrays["tree.child"],
        )
        return OctreeField(tree, values, arrays["kind"], _bone(arrays))
    focus_mm = float(arrays["focus_mm"])
    grid = SolidGrid(
        arrays["u_edges"],
        arrays["v_edges"],
        arrays["z_edges"],
        Bipolar(focus_mm) if focus_mm > 0.0 else Polar(),
        focus_mm > 0.0,
        float(arrays["far_mm"]),
    )
    bone = _bone(arrays)
    if isinstance(bone, SampledBone):
        raise InputError("a grid round one needle goes with a plane of bone")
    return SolidField(grid, values, bone)


def _sampled(bone: BonePlane | SampledBone | None) -> SampledBone | None:
    return bone if isinstance(bone, SampledBone) else None


def _size(size: LesionSize) -> list[float]:
    return [size.width_mm, size.length_mm, size.beyond_tip_mm, size.volume_mm3]
