"""The numbers of a patient that every evaluation needs, as plain arrays, put together once per patient."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.anatomy.innervation import Innervation
from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.anatomy.treatable import Treatable
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.frames import Isometry
from rfplan.geometry.polyline import arc_length


@dataclass(frozen=True, eq=False)
class PackedBranches:
    """Branches of one side over one or more courses: ``points`` (n, 3), branch b is ``first[b]:first[b + 1]``."""

    points: FloatArray
    first: IntArray
    names: tuple[str, ...]
    levels: tuple[str, ...]
    course: tuple[int, ...]
    lengths_mm: tuple[float, ...]
    courses: int


@dataclass(frozen=True, eq=False)
class PackedPatient:
    """Arrays of one patient for the kernels of the evaluation.

    ``view`` (3, 3): rows are lateral, caudal and the beam. Tubes are the canals (all foramina that are not absent, in the
    patient's order), then the ventral roots in the same order. ``midline_mm`` is the midline's coordinate along ``lateral``;
    ``joint`` by side: posterior joint line, lateral and caudal from the frame's axes alone (n, 2), where known. ``to_grid`` and
    ``grid_offset_mm`` lead to the distance grid of a meshed patient; a virtual one has none, and no ``fingerprint``.
    """

    tubes: FloatArray
    tube_first: IntArray
    tube_radii: FloatArray
    foramina: tuple[str, ...]
    estimated: tuple[bool, ...]
    view: FloatArray
    lateral: FloatArray
    midline_mm: float
    skin: tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]
    joint: dict[str, FloatArray]
    to_grid: FloatArray
    grid_offset_mm: FloatArray
    fingerprint: str
    branches: dict[tuple[Any, ...], PackedBranches] = field(default_factory=dict)


_PACKED: WeakKeyDictionary[Treatable, PackedPatient] = WeakKeyDictionary()
# A patient never changes, so its arrays may be kept as long as it lives; nothing else is held here.


def packed(patient: Treatable) -> PackedPatient:
    """The arrays of ``patient``; made on first use and kept while it lives."""
    found = _PACKED.get(patient)
    if found is None:
        found = _PACKED[patient] = _pack(patient)
    return found


def patient_record(patient: Treatable) -> dict[str, str]:
    """What a plan notes of the patient that it was made for: name, source and a hash of bones and foramina."""
    if isinstance(patient, VirtualGround):
        # drawn from a seed, which says all
        return {"name": patient.name, "source": patient.source}
    return {"name": patient.name, "source": patient.source, "hash": packed(patient).fingerprint}


def packed_branches(
    patient: Treatable, side: Side, courses: int, seed: int, innervation: Innervation | None = None
) -> PackedBranches:
    """The patient's own branches of ``side`` for one course, else ``courses`` drawn ones of the levels of ``innervation``.

    Raises
    ------
    InputError : there is no branch on that side
    """
    home = packed(patient)
    key = (side,) if courses == 1 else (side, courses, seed, innervation)
    found = home.branches.get(key)
    if found is None:
        if courses == 1:
            sets: Sequence[Sequence[Nerve]] = (patient.nerves,)
        else:
            from rfplan.anatomy.nerves import courses as drawn_courses

            sets = drawn_courses(patient, courses, seed, innervation)
        found = _pack_branches(sets, side)
        if not found.names:
            raise InputError(f"patient {patient.name!r} has no branches on the {side} side; there is nothing to judge")
        while len(home.branches) > 4:
            home.branches.pop(next(iter(home.branches)))
        home.branches[key] = found
    return found


def _pack_branches(sets: Sequence[Sequence[Nerve]], side: Side) -> PackedBranches:
    chosen = [(number, nerve) for number, nerves in enumerate(sets) for nerve in nerves if nerve.side == side]
    points, first = _stack([nerve.points_mm for _, nerve in chosen])
    return PackedBranches(
        points,
        first,
        tuple(nerve.name for _, nerve in chosen),
        tuple(nerve.level for _, nerve in chosen),
        tuple(number for number, _ in chosen),
        tuple(float(arc_length(nerve.points_mm)[-1]) for _, nerve in chosen),
        len(sets),
    )


def _pack(patient: Treatable) -> PackedPatient:
    known = [foramen for foramen in patient.foramina if foramen.status != "absent"]
    root_mm = figures("safety")["ventral_root.radius"].value
    lines = [foramen.canal_mm for foramen in known]
    lines += [np.stack([foramen.ventral_mm, foramen.ventral_mm]) for foramen in known]
    tubes, first = _stack(lines)
    skin, frame = patient.skin, patient.frame
    joint = {}
    for side in ("left", "right"):
        curve = patient.curves.get(f"sij_posterior_line_{side}")
        if curve is not None and len(curve.points_mm) > 1:
            joint[side] = np.ascontiguousarray((curve.points_mm @ frame.axes.T)[:, :2])
    back = patient.bone_distance.pose.inverse() if isinstance(patient, Patient) else Isometry()
    return PackedPatient(
        tubes,
        first,
        np.array([foramen.diameter_mm / 2 for foramen in known] + [root_mm] * len(known)),
        tuple(foramen.name for foramen in known),
        tuple(foramen.status == "estimated" for foramen in known),
        np.ascontiguousarray(frame.axes),
        np.array(frame.lateral),
        float(frame.origin_mm @ frame.lateral),
        (
            skin.height_mm,
            skin.origin_mm,
            skin.axes,
            np.array([skin.lateral_0_mm, skin.caudal_0_mm]),
            float(skin.spacing_mm),
        ),
        joint,
        np.array(back.matrix.T),
        np.array(back.offset_mm),
        _fingerprint(patient) if isinstance(patient, Patient) else "",
    )


def _stack(lines: Sequence[FloatArray]) -> tuple[FloatArray, IntArray]:
    first = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    return (np.concatenate(lines) if len(lines) else np.empty((0, 3))), first


def _fingerprint(patient: Patient) -> str:
    """Hash of where this patient's sacrum is and of its foramina and landmarks, to a hundredth of a millimetre.

    Coarser than what machines differ by, finer than what people differ by. Nerves are left out: no plan knows them.
    """
    digest = hashlib.sha256()
    arrays = [patient.bones["sacrum"].bounds_mm, patient.frame.origin_mm, patient.frame.axes]
    arrays += [foramen.centre_mm for foramen in patient.foramina]
    arrays += [patient.landmarks[name].position_mm for name in sorted(patient.landmarks)]
    for array in arrays:
        # adding zero turns -0.0 into 0.0
        digest.update((np.round(array, 2) + 0.0).tobytes())
    return digest.hexdigest()[:16]
