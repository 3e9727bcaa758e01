"""The bones of a patient no finer than a picture needs them, made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.geometry.coarser import coarser
from rfplan.geometry.mesh import Mesh

QUICK_MM: Final = 1.5
"""Detail at which a picture of 512 pixels cannot be told from one of the bones as they are: four of its pixels."""
_FINER: Final = 0.8

_BONES: WeakKeyDictionary[Patient, dict[float, Mapping[str, Mesh]]] = WeakKeyDictionary()


def bones_at(patient: Patient, detail_mm: float) -> Mapping[str, Mesh]:
    """The bones by name; those with edges finer than ``detail_mm`` are made coarser. 0 leaves all as they are."""
    if detail_mm == 0.0:
        return patient.bones
    kept = _BONES.setdefault(patient, {})
    if detail_mm not in kept:
        kept[detail_mm] = {name: _no_finer(mesh, detail_mm) for name, mesh in patient.bones.items()}
    return kept[detail_mm]


def _no_finer(mesh: Mesh, detail_mm: float) -> Mesh:
    edges = mesh.vertices_mm[mesh.faces[::50, 0]] - mesh.vertices_mm[mesh.faces[::50, 1]]
    fine = float(np.median(np.linalg.norm(edges, axis=1))) < _FINER * detail_mm
    return coarser(mesh, detail_mm) if fine else mesh
