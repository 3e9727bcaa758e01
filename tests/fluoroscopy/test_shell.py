"""The cortical shell: as thick as it is said to be, thinner in thin bone, and closed."""

from __future__ import annotations

import numpy as np
import pytest
from bones import SETS, bones_of
from solids import ball, box

from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.leaks import find_leak
from rfplan.fluoroscopy.projector import path_length_mm
from rfplan.fluoroscopy.shell import grain, inner_surface
from rfplan.fluoroscopy.shell_kernels import thickness_below


def test_the_thickness_of_a_ball_is_its_diameter():
    made = ball(5.0, finer=4)
    below = thickness_below(made.vertices_mm, made.faces, made.vertex_normals, 50.0, 3.0)
    assert np.allclose(below, 10.0, atol=0.05)


def test_the_thickness_of_a_plate_is_found_under_every_vertex_and_capped():
    import trimesh

    fine = trimesh.creation.box([40.0, 3.0, 40.0]).subdivide().subdivide().subdivide()
    from rfplan.geometry.mesh import Mesh

    plate = Mesh(fine.vertices, fine.faces)
    inner = np.abs(plate.vertices_mm[:, [0, 2]]).max(axis=1) < 19.0
    for cap, expected in ((10.0, 3.0), (2.0, 2.0)):
        below = thickness_below(plate.vertices_mm, plate.faces, plate.vertex_normals, cap, 2.0)
        assert np.allclose(below[inner], expected, atol=1e-6)


def test_an_even_shell_has_its_thickness():
    made = ball(20.0)
    inside = inner_surface(made, 1.6, 0.0)
    assert np.allclose(np.linalg.norm(inside.vertices_mm, axis=1).mean(), 18.4, atol=0.1)


def test_shells_of_thin_bone_do_not_meet():
    plate = box([40.0, 2.0, 40.0])
    arm = CArm(size_px=128)
    fine = plate
    outer, inner = path_length_mm(arm, fine), path_length_mm(arm, inner_surface(fine, 1.6, 0.0))
    assert inner.min() > -1e-9
    assert np.all(outer - inner >= -1e-9)


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_shells_of_real_bones_are_closed_and_within(real_anatomy, name):
    for mesh in bones_of(real_anatomy / name).values():
        inside = inner_surface(mesh)
        assert find_leak(inside) is None
        arm = CArm(isocentre_mm=mesh.bounds_mm.mean(axis=0), size_px=128)
        compact = path_length_mm(arm, mesh) - path_length_mm(arm, inside)
        assert np.quantile(compact, 0.001) > -1.0


def test_the_grain_is_the_same_at_the_same_place_and_of_unit_spread():
    points = np.random.default_rng(3).uniform(-60, 60, (4000, 3))
    values = grain(points)
    assert np.isclose(values.std(), 1.0)
    assert np.array_equal(values, grain(points))
    near = grain(np.concatenate([points, points + 0.05]))
    assert np.abs(near[:4000] - near[4000:]).max() < 0.5
