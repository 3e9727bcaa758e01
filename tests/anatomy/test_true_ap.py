"""The true AP frame against planes fitted by hand, and against the parametric bone."""

from __future__ import annotations

import numpy as np
import pytest
from bones_to_read import SETS, hand_foramina, real_bones, sacrum_mesh
from hypothesis import given, settings
from hypothesis import strategies as st

from planes_by_hand import endplate_by_hand, midline_by_hand
from rfplan.anatomy.midsagittal import FaceCloud, find_midsagittal
from rfplan.anatomy.true_ap import find_true_ap
from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh


def degrees_between(a, b) -> float:
    return float(np.rad2deg(np.arccos(np.clip(np.dot(a, b), -1.0, 1.0))))


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_beam_runs_along_the_endplate_fitted_by_hand(real_anatomy, name):
    view = find_true_ap(real_bones(real_anatomy / name))
    off_plane = np.rad2deg(np.arcsin(view.frame.posterior @ endplate_by_hand(name)))
    assert abs(off_plane) < 4.0
    assert degrees_between(view.endplate_normal, endplate_by_hand(name)) < 4.0


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_midline_is_that_fitted_by_hand(real_anatomy, name):
    view = find_true_ap(real_bones(real_anatomy / name))
    assert degrees_between(view.frame.lateral, midline_by_hand(name, hand_foramina(real_anatomy, name))) < 3.0


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("axis", "angle"), [((1, 0, 0), -15), ((1, 2, -1), 15)])
def test_the_view_turns_with_the_bone(real_anatomy, name, axis, angle):
    bones = real_bones(real_anatomy / name)
    motion = Isometry.rotation(axis, angle, (3.0, -5.0, 8.0))
    before = find_true_ap(bones).moved(motion)
    after = find_true_ap({"sacrum": bones["sacrum"].moved(motion)})
    for one, other in zip(before.frame.axes, after.frame.axes, strict=True):
        assert degrees_between(one, other) < 0.5
    assert np.linalg.norm(before.frame.origin_mm - after.frame.origin_mm) < 0.5


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_view_of_a_mirror_image_is_the_mirrored_view(real_anatomy, name):
    sacrum = real_bones(real_anatomy / name)["sacrum"]
    mirror = Isometry.mirror_left_right()
    before, after = (
        find_true_ap({"sacrum": sacrum}).moved(mirror),
        find_true_ap({"sacrum": sacrum.moved(mirror)}),
    )
    assert np.allclose(before.frame.axes, after.frame.axes, atol=5e-3)
    assert np.allclose(before.frame.origin_mm, after.frame.origin_mm, atol=0.3)


def test_the_parametric_sacrum_is_seen_in_its_own_frame():
    bone, mesh = sacrum_mesh()
    view = find_true_ap({"sacrum": mesh})
    for found, built in zip(view.frame.axes, bone.frame().axes, strict=True):
        assert degrees_between(found, built) < 2.0
    assert abs(view.frame.to_chart(bone.frame().origin_mm)[0]) < 0.3
    assert view.confidence > 0.8


@settings(max_examples=5)
@given(st.floats(-12, 12), st.floats(-12, 12), st.floats(-12, 12))
def test_the_mirror_plane_turns_with_a_symmetric_bone(yaw, roll, pitch):
    _, mesh = sacrum_mesh()
    motion = (
        Isometry.rotation((0, 0, 1), yaw)
        .after(Isometry.rotation((0, 1, 0), roll))
        .after(Isometry.rotation((1, 0, 0), pitch))
    )
    plane = find_midsagittal(FaceCloud.of(mesh.moved(motion)))
    assert degrees_between(plane.normal, motion.vectors([1.0, 0.0, 0.0])) < 0.2
    assert plane.asymmetry_mm < 0.5


@pytest.mark.parametrize(
    ("motion", "words"),
    [
        (Isometry.rotation((0, 1, 0), 180), "upside down"),
        (Isometry.rotation((0, 0, 1), 180), "back to front"),
        (Isometry(np.diag([1.0, 1.0, -1.0])), "upside down"),
        (Isometry(np.diag([1.0, -1.0, 1.0])), "back to front"),
        (Isometry.rotation((0, 1, 0), 90), "on its side"),
    ],
)
def test_a_sacrum_in_an_impossible_pose_is_refused(motion, words):
    _, mesh = sacrum_mesh()
    with pytest.raises(InputError, match=words):
        find_true_ap({"sacrum": mesh.moved(motion)})


def test_a_ball_has_no_endplate():
    import trimesh

    ball = trimesh.creation.icosphere(4, 60.0)
    with pytest.raises(InputError, match="no S1 endplate"):
        find_true_ap({"sacrum": Mesh(ball.vertices, ball.faces)})


def test_without_a_sacrum_the_bones_that_are_there_are_named():
    _, mesh = sacrum_mesh()
    with pytest.raises(InputError, match="hip_left"):
        find_true_ap({"hip_left": mesh})
