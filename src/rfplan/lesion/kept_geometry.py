"""Maps and surfaces of solved lesions that were made before, kept beside the lesions in the cache folder of this machine.

They go by the values of a field, whoever solved it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.geometry.mesh import Mesh
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.lesion_map import LesionMap, SurfaceMap, lesion_map
from rfplan.lesion.solved import LesionField, SolvedLesion
from rfplan.lesion.solved_file import field_arrays
from rfplan.lesion.store import code_digest, kept

_PARTS: Final = tuple(SurfaceMap.__annotations__)
_HELD: WeakKeyDictionary[LesionField, LesionMap] = WeakKeyDictionary()
_DIGESTS: WeakKeyDictionary[LesionField, str] = WeakKeyDictionary()
# A field never changes, so what was made of it is held as long as it lives: the same lesion at another pose has the same field.


def kept_map(field: LesionField) -> LesionMap:
    """The map of a solved ``field``: from memory, else from the store of lesions, else made and kept in both."""
    found = _HELD.get(field)
    if found is None:
        found = _HELD[field] = kept(f"{_digest(field)}.map", _map_of_bytes, lambda: lesion_map(field), _map_bytes)
    return found


def kept_surface(lesion: SolvedLesion, isotherm_c: float) -> Mesh | None:
    """As :meth:`rfplan.lesion.solved.SolvedLesion.surface`, from the store of lesions where it was made before."""
    field = lesion.field
    own = kept(
        f"{_digest(field)}-{isotherm_c:g}.mesh",
        _mesh_of_bytes,
        lambda: field.surface("end_c", isotherm_c),
        _mesh_bytes,
    )
    return lesion.placed(own)


def _digest(field: LesionField) -> str:
    found = _DIGESTS.get(field)
    if found is None:
        total = hashlib.sha256(code_digest().encode())
        arrays: Mapping[str, Any] = {"end_c": field.values["end_c"], **field_arrays(field)}
        for name, array in arrays.items():
            total.update(f"{name} {array.dtype} {array.shape}\n".encode())
            total.update(np.ascontiguousarray(array).data)
        found = _DIGESTS[field] = total.hexdigest()[:40]
    return found


def _map_bytes(lesion: LesionMap) -> bytes:
    return _packed(
        {
            f"{place}.{name}": getattr(surface, name)
            for place, surface in enumerate(lesion.surfaces)
            if surface is not None
            for name in _PARTS
        }
    )


def _map_of_bytes(content: bytes) -> LesionMap:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        reached = {int(name.split(".")[0]) for name in arrays.files}
        return LesionMap(
            tuple(
                SurfaceMap(**{name: arrays[f"{place}.{name}"] for name in _PARTS}) if place in reached else None
                for place in range(len(ISOTHERMS_C))
            )
        )


def _mesh_bytes(mesh: Mesh | None) -> bytes:
    return _packed({} if mesh is None else {"vertices_mm": mesh.vertices_mm, "faces": mesh.faces})


def _mesh_of_bytes(content: bytes) -> Mesh | None:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return Mesh(arrays["vertices_mm"], arrays["faces"]) if arrays.files else None


def _packed(arrays: Mapping[str, Any]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()
