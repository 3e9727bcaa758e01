"""Coarser meshes: as closed as the fine ones, of nearly the same size, thin walls kept apart."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from rfplan.geometry.coarser import coarser
from rfplan.geometry.mesh import Mesh


def balanced(mesh: Mesh) -> bool:
    """Every edge is passed as often in one direction as in the other."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    forth, back = (sorted(map(tuple, pairs)) for pairs in (edges, edges[:, ::-1]))
    return forth == back


@pytest.mark.parametrize("cell_mm", [2.0, 4.0, 9.0])
def test_a_coarser_ball_is_closed_and_nearly_as_large(cell_mm: float) -> None:
    made = trimesh.creation.icosphere(5, 40.0)
    fine = Mesh(made.vertices, made.faces)
    coarse = coarser(fine, cell_mm)
    assert balanced(coarse)
    assert len(coarse.faces) < len(fine.faces)
    assert np.isclose(coarse.volume_mm3, fine.volume_mm3, rtol=0.05)


def test_both_sides_of_a_thin_plate_stay_apart() -> None:
    made = trimesh.creation.box([60.0, 1.0, 60.0]).subdivide().subdivide().subdivide().subdivide()
    fine = Mesh(made.vertices, made.faces)
    coarse = coarser(fine, 8.0)
    assert balanced(coarse)
    assert len(coarse.faces) < 0.5 * len(fine.faces)
    assert np.isclose(coarse.volume_mm3, fine.volume_mm3, rtol=0.25)
    middle = np.abs(coarse.vertices_mm[:, [0, 2]]).max(axis=1) < 20.0
    assert np.allclose(np.abs(coarse.vertices_mm[middle, 1]), 0.5)


def test_a_mesh_coarser_than_the_cells_is_left_alone() -> None:
    made = trimesh.creation.box([60.0, 60.0, 60.0])
    coarse = coarser(Mesh(made.vertices, made.faces), 1.0)
    assert len(coarse.faces) == 12
