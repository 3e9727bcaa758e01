"""One file per patient: a zip of a JSON header and plain arrays, which loads back identically."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.import_nifti import is_nifti
from rfplan.anatomy.import_patient import import_patient
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.skin import SkinSurface
from rfplan.errors import InputError, RfplanError
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh
from rfplan.whole_file import write_whole

__all__ = ["SCHEMA", "import_patient", "load_patient", "read_patient", "save_patient"]

SCHEMA: Final = "rfplan/patient/1"

_RECORDS: Final[Mapping[str, type]] = {
    kind.__name__: kind
    for kind in (
        ApFrame,
        Curve,
        DistanceField,
        DorsalChart,
        Foramen,
        Isometry,
        Landmark,
        Mesh,
        Nerve,
        Patient,
        SkinSurface,
    )
}
_HEADER: Final = "header.json"
_DAMAGED: Final = "the file is damaged or truncated; import the patient again"


def save_patient(patient: Patient, path: Path | str) -> None:
    """Write ``patient`` to one file, whole or not at all; the same patient gives the same bytes.

    Raises
    ------
    InputError : the file cannot be written there
    """
    target = Path(path)
    content = patient_bytes(patient)
    try:
        write_whole(target, content)
    except OSError as error:
        raise InputError(
            f"{target}: cannot be written ({error.strerror}); give a file in a folder that exists and is writable"
        ) from error


def patient_bytes(patient: Patient) -> bytes:
    """The content of a patient file."""
    arrays: dict[str, np.ndarray] = {}
    header = {"schema": SCHEMA, "patient": _encoded(patient, arrays)}
    blobs = {name: _npy(array) for name, array in arrays.items()}
    header["sha256"] = {name: hashlib.sha256(blob).hexdigest() for name, blob in blobs.items()}
    blobs = {_HEADER: json.dumps(header).encode(), **blobs}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, blob in blobs.items():
            # a fixed date keeps the bytes the same
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), blob, zipfile.ZIP_DEFLATED, 1)
    return buffer.getvalue()


def is_patient_file(path: Path) -> bool:
    """True if ``path`` begins like a zip archive."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def read_patient(path: Path | str) -> Patient:
    """The patient that :func:`save_patient` wrote, bit by bit the same.

    Raises
    ------
    InputError : the file cannot be read, is no patient file, is damaged, or is of another schema version
    """
    source = Path(path)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise InputError(f"{source}: cannot be read ({error.strerror})") from error
    return patient_of_bytes(content, str(source))


def patient_of_bytes(content: bytes, source: str) -> Patient:
    """The patient in the ``content`` of a patient file; ``source`` names it in messages."""
    if not content:
        raise InputError(f"{source}: the file is empty (zero bytes)")
    try:
        blobs = _blobs(content)
        header = json.loads(blobs.pop(_HEADER))
        schema = header["schema"]
        if schema != SCHEMA:
            raise InputError(
                f"{source}: schema is {schema!r}; this version of rfplan reads {SCHEMA!r}; import the patient again"
            )
        if {name: hashlib.sha256(blob).hexdigest() for name, blob in blobs.items()} != header["sha256"]:
            raise InputError(f"{source}: {_DAMAGED}")
        arrays = {name: np.load(io.BytesIO(blob), allow_pickle=False) for name, blob in blobs.items()}
        patient = _decoded(header["patient"], arrays)
    except RfplanError:
        raise
    # a damaged archive fails in many ways within zipfile, zlib, json and numpy; all of them mean the same to the user
    except Exception as error:
        raise InputError(f"{source}: not a readable patient file: {_DAMAGED} ({type(error).__name__})") from error
    if not isinstance(patient, Patient):
        raise InputError(f"{source}: {_DAMAGED}")
    return patient


def _blobs(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _encoded(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """JSON of ``value``; arrays are put aside under a number."""
    if isinstance(value, np.ndarray):
        name = f"{len(arrays):04d}.npy"
        arrays[name] = value
        return {"$array": name}
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value).__name__
        if kind not in _RECORDS:
            raise TypeError(f"a {kind} cannot be kept in a patient file")
        return {
            "$record": kind,
            **{f.name: _encoded(getattr(value, f.name), arrays) for f in fields(value) if f.init},
        }
    if isinstance(value, Mapping | MappingProxyType):
        if any(not isinstance(key, str) or key.startswith("$") for key in value):
            raise TypeError("keys in a patient file are text that does not begin with $")
        return {key: _encoded(entry, arrays) for key, entry in value.items()}
    if isinstance(value, tuple):
        return {"$tuple": [_encoded(entry, arrays) for entry in value]}
    if isinstance(value, list):
        return [_encoded(entry, arrays) for entry in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be kept in a patient file")


def _decoded(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_decoded(entry, arrays) for entry in value]
    if not isinstance(value, dict):
        return value
    if "$array" in value:
        return arrays[value["$array"]]
    if "$tuple" in value:
        return tuple(_decoded(entry, arrays) for entry in value["$tuple"])
    entries = {key: _decoded(entry, arrays) for key, entry in value.items() if key != "$record"}
    if "$record" not in value:
        return entries
    kind = _RECORDS[value["$record"]]
    unknown = set(entries) - {f.name for f in fields(kind) if f.init}
    if unknown:
        raise KeyError(f"{kind.__name__} {sorted(unknown)}")
    return kind(**entries)


def load_patient(path: Path | str) -> Patient:
    """A patient from a saved file, a folder of meshes, or a labelled CT.

    What is imported is kept in the cache of this machine, so that the second call is fast.

    Raises
    ------
    InputError : nothing is there, or it cannot be read as a patient
    """
    source = Path(path)
    if source.is_file() and is_patient_file(source):
        return read_patient(source)
    if source.is_file() and not is_nifti(source) and source.stat().st_size:
        raise InputError(
            f"{source}: neither a patient file (it does not begin like one: damaged?) nor a label map .nii or .nii.gz; give one of "
            "them, or a folder with sacrum.ply and the other bones"
        )
    from rfplan.anatomy.store import kept_patient, source_digest

    return kept_patient(f"import:{source.resolve()}:{source_digest(source)}", lambda: import_patient(source))
