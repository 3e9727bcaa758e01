"""The true AP frame against planes fitted by hand, and against the parametric bone."""

from __future__ import annotations

import numpy as np
import pytest
from bones_to_read import SETS, hand_foramina, real_bones, sacrum_mesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from rfplan.anatomy.midsagittal import FaceCloud, find_midsagittal
from rfplan.anatomy.true_ap import find_true_ap
from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh

# Picked by eye, once, on drawings of the outline of the sacrum in the slices x = -12, 0 and 12 mm with a 2 mm grid: the two
# points of each slice on which a ruler laid over the S1 endplate would rest, at the back and at the front (LPS, mm).
# The plane is the total least squares plane of the six. Its own error is about 1.5 degrees (1 mm over a depth of 30 mm).
ENDPLATE_RIM = {
    "hra_female": [
        (-12, -23.5, 36.3),
        (-12, -48.5, 19.5),
        (0, -19.5, 36.3),
        (0, -46.5, 18.5),
        (12, -21.5, 37.2),
        (12, -48.5, 19.2),
    ],
    "artisynth_male": [
        (-12, -33.5, 62.5),
        (-12, -53.5, 49.0),
        (0, -32.5, 62.5),
        (0, -52.3, 48.0),
        (12, -33.5, 62.5),
        (12, -53.4, 49.2),
    ],
    "jhu_24": [
        (-12, -26.0, 19.3),
        (-12, -36.0, 3.0),
        (0, -23.0, 20.3),
        (0, -36.0, 0.3),
        (12, -23.5, 20.3),
        (12, -37.6, 1.8),
    ],
}

# Picked by eye, once, on drawings of axial slices with a 4 mm grid: crest, roof and floor of the canal, the middle between
# the two ends of the canal or between the two inner walls of the ventral foramina, the middle of the promontory (LPS, mm).
# The plane is the one that, by least squares, holds these points and mirrors the hand-measured left foramina on the right.
MIDLINE = {
    "hra_female": [
        (-1.6, 26, 28),
        (-1.6, 5, 28),
        (-1.1, -12, 28),
        (0.3, -32, 28),
        (-2.2, 31.3, 14),
        (-2.8, 15.6, 14),
        (-1.2, 6, 14),
        (1.8, -46, 14),
        (-0.9, -7, 14),
        (-0.5, 41.3, -6),
        (-1.1, 25.5, -6),
        (-0.5, 9, -6),
        (-1.9, 5, -6),
    ],
    "artisynth_male": [
        (0, 18.3, 56),
        (0, -3.5, 56),
        (0, -43, 56),
        (0, 29, 40),
        (0, 11.7, 40),
        (0, -50, 40),
        (0, 46, 10),
        (0, 29, 10),
        (0, 8.6, 10),
    ],
    "jhu_24": [
        (-0.8, 18.3, 14),
        (-0.5, 6, 14),
        (0.5, -8, 14),
        (0, -11.2, 14),
        (0.75, -29.5, 14),
        (-0.2, -2, 4),
        (0.5, -37, 4),
        (-1.8, 35.5, -10),
        (-1.2, 23, -10),
        (-2.1, 26.5, -10),
        (-1.9, -5, -10),
        (-1.7, 14.5, -10),
    ],
}


def endplate_by_hand(name: str) -> np.ndarray:
    points = np.array(ENDPLATE_RIM[name], dtype=float)
    normal = np.linalg.svd(points - points.mean(axis=0))[2][2]
    return normal if normal[2] > 0 else -normal


def midline_by_hand(name: str, foramina: dict[str, np.ndarray]) -> np.ndarray:
    middle = np.array(MIDLINE[name], dtype=float)
    left = np.array([point for key, point in foramina.items() if key.endswith("left")])
    right = np.array([foramina[key.replace("left", "right")] for key in foramina if key.endswith("left")])

    def misfit(plane):
        normal = np.array([1.0, plane[0], plane[1]]) / np.sqrt(1.0 + plane[0] ** 2 + plane[1] ** 2)
        mirrored = left - 2.0 * (left @ normal - plane[2])[:, None] * normal
        return np.concatenate([(mirrored - right).ravel(), 2.0 * (middle @ normal - plane[2])])

    solved = least_squares(misfit, np.zeros(3)).x
    return np.array([1.0, *solved[:2]]) / np.sqrt(1.0 + solved[0] ** 2 + solved[1] ** 2)


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
