"""Named views: what stands where in the picture, and that views go along with the patient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.report.camera import VIEW_NAMES, Camera, check_view_name, named_camera, view_title
from strategies import numbers, points, rigid_motions, slab_patient, straight_nerve

NERVE = straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0])
SIZE = (400, 300)


@pytest.mark.parametrize("view", ["true_ap", "AP"])
def test_the_patients_right_is_on_the_right_and_the_head_is_up_from_behind(view: str) -> None:
    camera = named_camera(view, slab_patient((NERVE,)))
    right, head, left = camera.to_pixels([[-30.0, 0.0, 0.0], [0.0, 0.0, 30.0], [30.0, 0.0, 0.0]], SIZE)
    assert left[0] < head[0] < right[0]
    assert head[1] < right[1]


def test_from_the_front_left_and_right_change_places() -> None:
    camera = named_camera("anterior", slab_patient((NERVE,)))
    right, left = camera.to_pixels([[-30.0, 0.0, 0.0], [30.0, 0.0, 0.0]], SIZE)
    assert right[0] < left[0]


@pytest.mark.parametrize(("view", "sign"), [("lateral_left", 1.0), ("lateral_right", -1.0)])
def test_lateral_views_look_from_their_side(view: str, sign: float) -> None:
    np.testing.assert_allclose(named_camera(view, slab_patient((NERVE,))).axes[2], [sign, 0.0, 0.0], atol=1e-9)


def test_lateral_means_the_side_that_is_treated() -> None:
    patient = slab_patient((NERVE,))
    assert named_camera("lateral", patient, "left").axes[2] == pytest.approx(
        named_camera("lateral_left", patient).axes[2]
    )


@pytest.mark.parametrize(("view", "sign"), [("oblique_left_20", 1.0), ("oblique_right_35", -1.0)])
def test_an_oblique_view_walks_by_its_angle(view: str, sign: float) -> None:
    patient = slab_patient((NERVE,))
    camera = named_camera(view, patient)
    turned = np.rad2deg(np.arccos(camera.axes[2] @ patient.frame.posterior))
    assert turned == pytest.approx(float(view[-2:]))
    assert sign * (camera.axes[2] @ patient.frame.lateral) > 0


def test_caudal_looks_up_from_the_feet() -> None:
    patient = slab_patient((NERVE,))
    assert named_camera("caudal", patient).axes[2] @ patient.frame.caudal > 0.5


@given(rigid_motions(), points(60.0))
def test_views_go_along_with_the_patient(motion: Isometry, point: np.ndarray) -> None:
    patient = slab_patient((NERVE,))
    for view in ("true_ap", "oblique_right_20", "caudal"):
        before = named_camera(view, patient).axes @ point
        after = named_camera(view, patient.moved(motion)).axes @ motion.vectors(point)
        np.testing.assert_allclose(after, before, atol=1e-8)


def test_every_camera_is_right_handed() -> None:
    patient = slab_patient((NERVE,))
    for view in VIEW_NAMES:
        assert np.linalg.det(named_camera(view, patient).axes) == pytest.approx(1.0)
        assert view_title(view)


@given(numbers(0.5, 2.0), points(5.0))
def test_framing_holds_every_point(aspect: float, shift: np.ndarray) -> None:
    cloud = np.random.default_rng(4).normal(size=(40, 3)) * (60.0, 20.0, 35.0) + shift
    size = (round(600 * aspect), 600)
    for eye_mm in (None, 600.0):
        camera = Camera(np.eye(3), np.zeros(3), 50.0, eye_mm).framing(cloud, aspect)
        pixels = camera.to_pixels(cloud, size)
        assert np.all(pixels >= -1.0)
        assert np.all(pixels <= np.array(size) + 1.0)
        extent = (pixels.max(axis=0) - pixels.min(axis=0)) / size
        assert extent.max() > 0.8


def test_an_unknown_view_gets_a_suggestion() -> None:
    with pytest.raises(InputError, match="did you mean 'lateral'"):
        check_view_name("latteral")
    with pytest.raises(InputError, match="oblique_left_0"):
        check_view_name("oblique_left_0")
