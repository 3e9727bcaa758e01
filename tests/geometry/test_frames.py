"""Isometries and the AP frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.geometry.frames import ApFrame, Isometry

numbers = st.floats(-100, 100)
vectors = st.tuples(numbers, numbers, numbers).map(np.array)
axes = vectors.filter(lambda v: np.linalg.norm(v) > 1e-3)


def tilted(cranial_deg: float, lao_deg: float = 0.0) -> ApFrame:
    tilt = Isometry.rotation((1, 0, 0), cranial_deg)
    turn = Isometry.rotation((0, 0, 1), -lao_deg)
    motion = turn.after(tilt)
    return ApFrame(np.zeros(3), *(motion.vectors(axis) for axis in ((1, 0, 0), (0, 0, -1), (0, 1, 0))))


@given(axes, st.floats(-360, 360), vectors, vectors)
def test_rotation_keeps_distances_and_undoes_itself(axis, angle_deg, centre, point):
    motion = Isometry.rotation(axis, angle_deg, centre)
    assert np.linalg.norm(motion.points(point) - centre) == pytest.approx(np.linalg.norm(point - centre), abs=1e-7)
    assert np.allclose(motion.inverse().points(motion.points(point)), point, atol=1e-7)


def test_rotation_follows_the_right_hand():
    assert np.allclose(Isometry.rotation((0, 0, 1), 90).points((1, 0, 0)), (0, 1, 0))


@given(vectors, vectors)
def test_after_applies_the_first_map_first(point, offset):
    turn, shift = Isometry.rotation((0, 0, 1), 30), Isometry.translation(offset)
    assert np.allclose(turn.after(shift).points(point), turn.points(shift.points(point)))


def test_an_isometry_must_be_orthogonal():
    with pytest.raises(ValueError, match="orthogonal"):
        Isometry(np.diag([1.0, 1.0, 1.1]))


@given(st.floats(-60, 60), st.floats(-60, 60))
def test_angles_of_the_view_are_those_it_was_made_with(cranial_deg, lao_deg):
    frame = tilted(cranial_deg, lao_deg)
    assert frame.cranial_deg == pytest.approx(cranial_deg, abs=1e-9)
    assert frame.lao_deg == pytest.approx(lao_deg, abs=1e-9)


def test_receptor_tilted_cranially_is_above_the_patient():
    assert tilted(30).posterior[2] > 0


def test_receptor_turned_towards_lao_is_on_the_patients_left():
    assert tilted(0, 20).posterior[0] > 0


@given(st.floats(-60, 60), vectors)
def test_chart_coordinates_lead_back(cranial_deg, point):
    frame = tilted(cranial_deg)
    assert np.allclose(frame.to_patient(frame.to_chart(point)), point, atol=1e-9)


def test_mirrored_frame_still_names_left_what_is_left():
    frame = tilted(30).moved(Isometry.mirror_left_right())
    assert np.allclose(frame.lateral, (1, 0, 0))
    assert np.allclose(np.cross(frame.lateral, frame.caudal), frame.posterior)
