"""Path lengths against closed forms and against every ray with every triangle."""

from __future__ import annotations

import numpy as np
import pytest
from bones import SETS, bones_of
from brute_force import path_by_intersection
from hypothesis import given, settings
from hypothesis import strategies as st
from solids import ball, box, bumpy

from rfplan.errors import InputError
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.projector import path_length_mm
from rfplan.geometry.mesh import Mesh
from strategies import numbers, rigid_motions

ANGLES = [(0.0, 0.0), (12.0, 31.0), (-90.0, 4.0), (-33.0, -25.0)]


def off_by(c_arm: CArm, mesh: Mesh) -> np.ndarray:
    return np.abs(path_length_mm(c_arm, mesh) - path_by_intersection(c_arm, mesh))


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("angles", ANGLES)
def test_real_bones_against_brute_force(real_anatomy, name, angles):
    for mesh in bones_of(real_anatomy / name).values():
        error = off_by(CArm(*angles, mesh.bounds_mm.mean(axis=0), size_px=40, field_mm=250), mesh)
        assert np.quantile(error, 0.99) < 1e-3
        assert error.max() < 0.1


@pytest.mark.parametrize("angles", ANGLES[:2])
def test_the_reference_patient_against_brute_force(reference, angles):
    for mesh in reference.bones.values():
        error = off_by(CArm(*angles, mesh.bounds_mm.mean(axis=0), size_px=32, field_mm=250), mesh)
        assert np.quantile(error, 0.99) < 1e-3
        assert error.max() < 0.1


@settings(max_examples=20)
@given(numbers(-100, 100), numbers(-55, 55), rigid_motions(), st.integers(0, 5))
def test_a_folded_body_in_any_pose_against_brute_force(lao, cranial, motion, seed):
    mesh = bumpy(seed).moved(motion)
    arm = CArm(lao, cranial, motion.points([3.0, -2.0, 5.0]), size_px=48, field_mm=180)
    assert off_by(arm, mesh).max() < 1e-6


def test_a_ball_has_the_chords_of_a_sphere():
    arm = CArm(20.0, -15.0, [1.0, 2.0, 3.0], size_px=101)
    path = path_length_mm(arm, ball(30.0, [4.0, 0.0, 5.0], finer=6))
    middle = np.arange(101) + 0.5
    source, directions = arm.ray(np.stack(np.meshgrid(middle, middle), axis=-1))
    along = (np.array([4.0, 0.0, 5.0]) - source) @ np.moveaxis(directions, -1, 0).reshape(3, -1)
    square = 900.0 - (np.sum((np.array([4.0, 0.0, 5.0]) - source) ** 2) - along**2)
    chords = 2.0 * np.sqrt(np.maximum(square, 0.0)).reshape(101, 101)
    inside = chords > 8.0
    assert np.abs(path - chords)[inside].max() < 0.05
    assert np.all(path[chords == 0.0] == 0.0)


def test_edges_that_meet_pixels_exactly_are_counted_once():
    """The corners of the box, its edges and the diagonals of its sides fall on the middles of pixels."""
    arm = CArm(size_px=64, field_mm=64.0, sid_mm=1000, sod_mm=500)
    # whole pixels at the near side, which is 480 from the source
    half = 10.0 * 480.0 / 1000.0
    mesh = box([2 * half, 40.0, 2 * half], [0.5 * 480.0 / 1000.0, 0.0, 0.5 * 480.0 / 1000.0])
    path = path_length_mm(arm, mesh)
    _, directions = arm.ray(np.stack(np.meshgrid(*[np.arange(64) + 0.5] * 2), axis=-1))
    inside = path > 39.0
    assert np.all((path < 1e-9) | (np.abs(path - 40.0 / directions[..., 1]) < 40.0))
    assert np.allclose(path[inside], (40.0 / directions[..., 1])[inside], atol=1e-9)
    assert 300 <= np.count_nonzero(inside) <= 441
    assert path.min() > -1e-9


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(-6, 6), st.integers(-6, 6), st.integers(-6, 6)), min_size=4, max_size=4, unique=True
    ),
    numbers(-60, 60),
)
def test_no_ray_is_counted_on_one_side_only(corners, lao):
    """However thin or edge-on a tetrahedron is, going in and coming out are counted as often."""
    vertices = np.array(corners, dtype=float) * 3.0
    a, b, c, d = vertices
    volume = np.dot(b - a, np.cross(c - a, d - a))
    if abs(volume) < 1e-9:
        return
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    mesh = Mesh(vertices, faces if volume > 0 else faces[:, ::-1])
    path = path_length_mm(CArm(lao, 0.0, size_px=96, field_mm=110.0), mesh)
    # a single face that is missed leaves hundreds of mm
    assert path.min() > -1e-6
    assert path.max() < 70.0


def test_several_meshes_add_up():
    arm = CArm(size_px=64)
    one, other = ball(20.0, [0, 15, 0]), ball(12.0, [10, -30, 5])
    together = path_length_mm(arm, {"one": one, "other": other})
    assert np.allclose(together, path_length_mm(arm, one) + path_length_mm(arm, other), atol=1e-9)


def test_a_part_outside_the_picture_is_cut_off_not_wrapped():
    whole, part = CArm(size_px=200, field_mm=300), CArm(size_px=100, field_mm=150)
    mesh = ball(60.0)
    assert np.allclose(path_length_mm(part, mesh), path_length_mm(whole, mesh)[50:150, 50:150], atol=1e-9)


def test_a_source_within_the_body_is_refused():
    with pytest.raises(InputError, match="source lies inside the patient"):
        path_length_mm(CArm(isocentre_mm=[0.0, 650.0, 0.0]), ball(30.0))
    with pytest.raises(InputError, match="source lies inside the patient"):
        path_length_mm(CArm(sod_mm=220.0), ball(225.0))
