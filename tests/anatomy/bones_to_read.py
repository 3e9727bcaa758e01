"""Bones for the tests of reading: real ones beside the project, with what was measured on them by hand, and parametric ones."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
from parametric_bones import pelvis

from rfplan.anatomy.reading import Reading, read_bones
from rfplan.anatomy.sacrum import ParametricSacrum
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh

SETS = ("hra_female", "artisynth_male", "jhu_24")


@cache
def real_bones(folder: Path) -> dict[str, Mesh]:
    """The bones of one set by name."""
    import trimesh

    names = ("sacrum", "hip_left", "hip_right", "vertebrae_L5")
    found = {}
    for name in names:
        path = folder / f"{name}.ply"
        if path.is_file():
            read = trimesh.load(path, process=False)
            found[name] = Mesh(read.vertices, read.faces)
    return found


@cache
def reading_of(folder: Path) -> Reading:
    """What rfplan reads from one set."""
    return read_bones(real_bones(folder))


def hand_foramina(anatomy: Path, name: str) -> dict[str, np.ndarray]:
    """Centres measured by hand, patient LPS, mm."""
    table = json.loads((anatomy / "foramina.json").read_text())[name]
    return {key: np.array(entry["centre_mm"]) for key, entry in table.items()}


def moved_bones(bones: dict[str, Mesh], motion: Isometry) -> dict[str, Mesh]:
    """The bones after a motion; a mirror image exchanges the names of the sides."""
    from rfplan.anatomy.landmarks import mirrored_name

    return {mirrored_name(name) if motion.mirrors else name: mesh.moved(motion) for name, mesh in bones.items()}


def sacrum_mesh() -> tuple[ParametricSacrum, Mesh]:
    """The parametric sacrum and its mesh."""
    made = pelvis()
    return made.sacrum, made.bones["sacrum"]


@cache
def parametric_reading(with_hips: bool) -> Reading:
    """What is read from the parametric sacrum, alone or between its hips."""
    bones = pelvis().bones
    return read_bones(bones if with_hips else {"sacrum": bones["sacrum"]})
