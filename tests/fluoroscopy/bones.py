"""The real bones, as they are and as patients."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rfplan.geometry.mesh import Mesh

SETS = ("hra_female", "artisynth_male", "jhu_24")


@cache
def raw_bones(folder: Path) -> dict[str, Mesh]:
    """Every bone of a set as its file has it."""
    import trimesh

    found = {}
    for path in sorted(folder.glob("*.ply")):
        read = trimesh.load(path, process=False)
        found[path.stem] = Mesh(read.vertices, read.faces)
    return found


@cache
def patient_of(folder: Path):
    import rfplan

    return rfplan.load_patient(folder)


def bones_of(folder: Path) -> dict[str, Mesh]:
    """The bones of a set as they are used: closed."""
    return dict(patient_of(folder).bones)
