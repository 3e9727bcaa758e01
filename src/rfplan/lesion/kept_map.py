"""Maps of solved lesions that were made before, kept beside the lesions in the cache folder of this machine."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.lesion_map import LesionMap, SurfaceMap, lesion_map
from rfplan.lesion.solved import LesionField
from rfplan.lesion.solved_file import field_arrays
from rfplan.lesion.store import MAP_SUFFIX, code_digest, drop_oldest, store_folder
from rfplan.whole_file import write_whole

_PARTS: Final = tuple(SurfaceMap.__annotations__)
_HELD: WeakKeyDictionary[LesionField, LesionMap] = WeakKeyDictionary()
# A field never changes, so its map is kept as long as it lives: the same lesion at another pose has the same field.


def kept_map(field: LesionField) -> LesionMap:
    """The map of a solved ``field``: from memory, else from the store of lesions, else made and kept in both.

    A map goes by the values of its field, whoever solved it. A store that cannot be read or written costs time and nothing else.
    """
    found = _HELD.get(field)
    if found is None:
        found = _HELD[field] = _from_disk_or_made(field)
    return found


def _from_disk_or_made(field: LesionField) -> LesionMap:
    path = store_folder() / f"{_digest(field)}{MAP_SUFFIX}"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        found = _map_of_bytes(path.read_bytes())
        path.touch()
        return found
    made = lesion_map(field)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, _map_bytes(made))
        drop_oldest(path.parent)
    return made


def _digest(field: LesionField) -> str:
    total = hashlib.sha256(code_digest().encode())
    arrays: Mapping[str, Any] = {"end_c": field.values["end_c"], **field_arrays(field)}
    for name, array in arrays.items():
        total.update(f"{name} {array.dtype} {array.shape}\n".encode())
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()[:40]


def _map_bytes(lesion: LesionMap) -> bytes:
    arrays = {
        f"{place}.{name}": getattr(surface, name)
        for place, surface in enumerate(lesion.surfaces)
        if surface is not None
        for name in _PARTS
    }
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _map_of_bytes(content: bytes) -> LesionMap:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        reached = {int(name.split(".")[0]) for name in arrays.files}
        return LesionMap(
            tuple(
                SurfaceMap(**{name: arrays[f"{place}.{name}"] for name in _PARTS}) if place in reached else None
                for place in range(len(ISOTHERMS_C))
            )
        )
