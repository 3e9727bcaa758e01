"""What stands in the beam, packed for the projector: bones with their shells, soft tissue, gas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.errors import InputError, RfplanError
from rfplan.fluoroscopy.attenuation import Attenuation
from rfplan.fluoroscopy.bone_detail import bones_at
from rfplan.fluoroscopy.bowel import bowel_of
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.folds import find_fold
from rfplan.fluoroscopy.leaks import refuse_leaks
from rfplan.fluoroscopy.projector import FloatImage, add_ellipsoids, add_mesh, add_rods, in_millimetres, joined
from rfplan.fluoroscopy.shell import inner_surface
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.coarser import coarser
from rfplan.geometry.mesh import Mesh

_SKIN_CELL_MM = 14.0
"""Skin has no detail that a radiograph shows."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A patient in the beam.

    ``vertices_mm`` (n, 3), ``faces`` (m, 3) of all surfaces; ``changes`` (3, m) how much of muscle, cortical and cancellous
    bone begins inside a face: -1, 0 or 1. ``gas`` (k, 13) ellipsoids of unit weight; ``body`` says whether the skin is among the surfaces.
    """

    vertices_mm: FloatArray
    faces: np.ndarray
    changes: np.ndarray
    gas: FloatArray
    warnings: tuple[str, ...] = ()

    @cached_property
    def bounds_mm(self) -> FloatArray:
        """(2, 3) of all that is in the beam."""
        return np.stack([self.vertices_mm.min(axis=0), self.vertices_mm.max(axis=0)])

    @cached_property
    def _weighed(self) -> dict[Attenuation, np.ndarray]:
        return {}

    def weights(self, attenuation: Attenuation) -> np.ndarray:
        """(m,) change of attenuation into each face, 1/mm."""
        if attenuation not in self._weighed:
            mu = np.array([attenuation.muscle, attenuation.cortical, attenuation.cancellous])
            self._weighed[attenuation] = (mu @ self.changes).astype(np.float32)
        return self._weighed[attenuation]

    def line_integral(
        self, c_arm: CArm, attenuation: Attenuation, rods: FloatArray | None = None, bowel: bool = False
    ) -> FloatImage:
        """(size, size) attenuation summed along every ray, in single precision.

        ``rods`` are needles, as :func:`rfplan.fluoroscopy.rods.rods_of` makes them; ``bowel`` puts the gas in.

        Raises
        ------
        InputError : the source lies inside the patient
        """
        image = np.zeros((c_arm.size_px, c_arm.size_px), dtype=np.float32)
        add_mesh(c_arm, self.vertices_mm, self.faces, self.weights(attenuation), image)
        if rods is not None and len(rods):
            add_rods(c_arm, rods, image)
        if bowel and len(self.gas):
            gas = self.gas.copy()
            gas[:, 12] *= -attenuation.muscle
            add_ellipsoids(c_arm, gas, image)
        in_millimetres(c_arm, image)
        return image

    def bone_path_mm(self, c_arm: CArm) -> FloatImage:
        """(size, size) length of bone along every ray; where bones overlap, both count."""
        image = np.zeros((c_arm.size_px, c_arm.size_px), dtype=np.float32)
        into_bone = (self.changes[1] + self.changes[2]).astype(np.float32)
        surface = into_bone != 0.0
        add_mesh(c_arm, self.vertices_mm, self.faces[surface], into_bone[surface], image)
        in_millimetres(c_arm, image)
        return image


_SCENES: WeakKeyDictionary[Patient, dict[float, Scene]] = WeakKeyDictionary()


def scene_of(patient: Patient, detail_mm: float = 0.0) -> Scene:
    """The scene of a patient, made once.

    Parameters
    ----------
    detail_mm : bones with edges finer than this are made coarser first, for pictures that must be fast; 0 leaves them as they are

    Raises
    ------
    InputError : a bone leaks
    """
    kept = _SCENES.setdefault(patient, {})
    if detail_mm not in kept:
        kept[detail_mm] = _made(patient, detail_mm)
    return kept[detail_mm]


def scene_from(bones: dict[str, Mesh], body: Mesh | None, gas: FloatArray | None = None, *notes: str) -> Scene:
    """Bones with a cortical shell in a ``body`` of muscle, or in air without one."""
    refuse_leaks(bones if body is None else {**bones, "skin": body})
    meshes, changes = [], []
    # what a face leads into, and out of: muscle, cortical, cancellous
    outer = (-1, 1, 0) if body is not None else (0, 1, 0)
    for mesh in bones.values():
        meshes += [mesh, inner_surface(mesh)]
        changes += [outer, (0, -1, 1)]
    if body is not None:
        meshes.append(coarser(body, _SKIN_CELL_MM))
        changes.append((1, 0, 0))
    vertices, faces = joined(meshes)
    sizes = [len(mesh.faces) for mesh in meshes]
    table = np.repeat(np.array(changes, dtype=float).reshape(-1, 3), sizes, axis=0).T
    return Scene(vertices, faces, np.ascontiguousarray(table), np.empty((0, 13)) if gas is None else gas, notes)


def body_of(patient: Patient) -> Mesh | None:
    """The skin all round, estimated as the skin of the back was; None where no foramen says how deep the bone lies."""
    from rfplan.anatomy.body_skin import skin_mesh

    present = [foramen for foramen in patient.foramina if foramen.status != "absent"]
    spines = [mark.position_mm for name, mark in patient.landmarks.items() if name.startswith("psis_")]
    bmi = patient.provenance.get("bmi", 25.0)
    try:
        return skin_mesh(patient.frame, present, bmi=float(bmi), cover_mm=np.array(spines) if spines else None)
    except InputError:
        raise
    except RfplanError:
        return None


def _made(patient: Patient, detail_mm: float) -> Scene:
    body = body_of(patient)
    bones = dict(patient.bones)
    refuse_leaks(bones)
    notes = [] if body is not None else ["no skin could be estimated: the picture is without soft tissue"]
    notes += [fold.sentence(name) for name, mesh in bones.items() if (fold := find_fold(mesh)) is not None]
    return scene_from(dict(bones_at(patient, detail_mm)), body, bowel_of(patient), *notes)
