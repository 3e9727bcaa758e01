"""What cannot be a sacrum is refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest
from bones_to_read import sacrum_mesh

from rfplan.anatomy.plausible import check_sacrum_plausible
from rfplan.errors import InputError
from rfplan.geometry.mesh import Mesh


def test_a_sacrum_is_accepted():
    _, mesh = sacrum_mesh()
    check_sacrum_plausible(mesh)


@pytest.mark.parametrize(
    ("factor", "words"),
    [(0.001, "metres"), (0.1, "centimetres"), (10.0, "far too large"), (0.5, "far too small")],
)
def test_a_wrong_unit_is_named_with_the_measured_extent(factor, words):
    _, mesh = sacrum_mesh()
    with pytest.raises(InputError, match=words) as refusal:
        check_sacrum_plausible(Mesh(factor * mesh.vertices_mm, mesh.faces))
    longest = factor * np.ptp(mesh.bounds_mm, axis=0).max()
    assert f"{longest:.4g}" in str(refusal.value) and "60 to 220 mm" in str(refusal.value)


def test_two_sacra_are_refused():
    _, mesh = sacrum_mesh()
    both = np.vstack([mesh.vertices_mm, mesh.vertices_mm + [150.0, 0.0, 0.0]])
    with pytest.raises(InputError, match="2 large separate parts"):
        check_sacrum_plausible(Mesh(both, np.vstack([mesh.faces, mesh.faces + len(mesh.vertices_mm)])))


def test_a_crumb_beside_the_sacrum_does_no_harm():
    import trimesh

    _, mesh = sacrum_mesh()
    crumb = trimesh.creation.icosphere(1, 3.0)
    vertices = np.vstack([mesh.vertices_mm, crumb.vertices + [0.0, 60.0, 0.0]])
    check_sacrum_plausible(Mesh(vertices, np.vstack([mesh.faces, crumb.faces + len(mesh.vertices_mm)])))


def test_nan_and_nothing_are_refused():
    _, mesh = sacrum_mesh()
    broken = mesh.vertices_mm.copy()
    broken[7, 1] = np.nan
    with pytest.raises(InputError, match="1 vertices with NaN"):
        check_sacrum_plausible(Mesh(broken, mesh.faces))
    with pytest.raises(InputError, match="no triangles"):
        check_sacrum_plausible(Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=int)))
