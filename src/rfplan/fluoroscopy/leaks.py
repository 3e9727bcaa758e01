"""Whether a mesh bounds a solid: one that does not leaks false path into every ray behind its hole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh

_SOUND: WeakKeyDictionary[Mesh, Leak | None] = WeakKeyDictionary()


@dataclass(frozen=True)
class Leak:
    """``edges`` that no neighbour closes, the mean of their places ``at_mm`` (3,), and whether the mesh is ``inside_out``."""

    edges: int
    at_mm: FloatArray
    inside_out: bool

    def sentence(self, name: str) -> str:
        """What is wrong, for the user."""
        place = ", ".join(f"{value:.1f}" for value in self.at_mm)
        if self.inside_out:
            return f"{name}: the mesh is inside out (its volume is negative)"
        return (
            f"{name}: the mesh leaks: {self.edges} edges without a matching neighbour (holes or faces turned round), "
            f"around ({place}) mm"
        )


def find_leak(mesh: Mesh) -> Leak | None:
    """The leak of a mesh, or None.

    A mesh gives a true path length along every ray if each edge is passed as often in one direction as in the other. That is less
    than being a manifold and exactly what the sum of signed depths needs.
    """
    if mesh not in _SOUND:
        _SOUND[mesh] = _leak_of(mesh)
    return _SOUND[mesh]


def _leak_of(mesh: Mesh) -> Leak | None:
    count = len(mesh.vertices_mm)
    start = mesh.faces.reshape(-1)
    end = mesh.faces[:, [1, 2, 0]].reshape(-1)
    forth, back = np.sort(start * count + end), np.sort(end * count + start)
    if np.array_equal(forth, back):
        if mesh.volume_mm3 < 0.0:
            return Leak(0, mesh.vertices_mm.mean(axis=0), True)
        return None
    keys, times = np.unique(np.concatenate([forth, back]), return_counts=True)
    forth_times = np.searchsorted(forth, keys, "right") - np.searchsorted(forth, keys, "left")
    open_edges = keys[(2 * forth_times != times) & (keys // count < keys % count)]
    at = 0.5 * (mesh.vertices_mm[open_edges // count] + mesh.vertices_mm[open_edges % count])
    return Leak(len(open_edges), np.asarray(at.mean(axis=0)), False)


def refuse_leaks(meshes: Mapping[str, Mesh]) -> None:
    """Refuse meshes that leak; :class:`InputError` names each and says where."""
    found = [leak.sentence(name) for name, mesh in meshes.items() if (leak := find_leak(mesh)) is not None]
    if found:
        raise InputError("; ".join(found) + "; only closed meshes have a path length: 'rfplan import' repairs them")
