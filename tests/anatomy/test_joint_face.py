"""The bone that a hip builds up at its joint, without a mesh: the joint surface that it follows, and the hip's own field."""

import numpy as np
import pytest

from rfplan.anatomy.hip import ParametricHip, hip_parameters
from rfplan.anatomy.joint_face_kernels import joint_face, place_by_face
from rfplan.anatomy.population import Population
from rfplan.anatomy.sacrum import ParametricSacrum
from rfplan.anatomy.sacrum_parameters import sacrum_parameters
from rfplan.anatomy.sheet_gap_kernels import gap_by_foot, gap_to_sheet, sheet_of


def _hip(patient):
    """The left hip of a virtual patient as it is meshed."""
    sizes = {key.removeprefix("sacrum."): v for key, v in patient.dimensions.items() if key.startswith("sacrum.")}
    own = {key: v for key, v in patient.dimensions.items() if key.startswith("hip.")}
    return ParametricHip("left", ParametricSacrum(sacrum_parameters(sizes)), hip_parameters() | own)


@pytest.fixture(scope="module")
def people():
    """Virtual patients with their hips; the back of the joint of the last runs through the fossa behind the ala."""
    return [(patient, _hip(patient)) for patient in (Population().draw(1, 2026, first=n)[0] for n in (0, 7))]


def test_a_flat_joint_surface_is_its_own_plane():
    caudal = np.linspace(0.0, 50.0, 25)
    back, front = (np.column_stack([0.0 * caudal + 40.0, caudal, 0.0 * caudal + height]) for height in (0.0, -20.0))
    face, border = joint_face(back, front, 1.5)
    np.testing.assert_allclose(face[:3], [[0, 1, 0], [0, 0, 1], [1, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(face[3], [40.0, 25.0, -10.0], atol=1e-9)
    assert face[5, 0] == 1.5
    for height, beside in ((5.0, 0.0), (-4.0, 3.0), (11.0, -2.0)):
        outside, above = place_by_face(face, border, 40.0 + beside, 25.0, height)
        assert outside == pytest.approx(height, abs=1e-9)
        assert above == pytest.approx(beside, abs=1e-9)


def test_the_joint_surface_is_that_of_the_meshed_hip(people):
    for patient, hip in people:
        face = patient.ground.grounds.laid.faces[0]
        assert np.linalg.norm(face[3] - hip.auricular.centre_mm) < 0.4
        assert np.degrees(np.arccos(min(1.0, face[2] @ hip.auricular.axes[2]))) < 1.5


def test_the_hip_over_the_back_of_the_joint_is_that_of_the_meshed_patient(people):
    for patient, hip in people:
        line = patient.ground.grounds.laid.joints[0]
        lateral, caudal, height = np.meshgrid(np.arange(-9.0, 0.0, 1.5), line[4:-4:2, 1], np.arange(1.0, 9.0, 1.5))
        there = np.stack([lateral, caudal, height], axis=-1).reshape(-1, 3)
        there[:, 0] += np.interp(there[:, 1], line[:, 1], line[:, 0])
        there[:, 2] += np.interp(there[:, 1], line[:, 1], line[:, 2])
        points = hip._to_patient(there)
        true, fast = hip.distance_mm(points), patient.ground.bone_around(points)
        # where the sacrum is farther off than the hip
        hips = (hip._sacrum.distance_mm(points) > true + 0.5) & (np.abs(true) < 2.5)
        assert hips.sum() > 30
        assert np.median(np.abs(fast - true)[hips]) < 0.4


def test_the_foot_on_a_sheet_is_never_nearer_than_the_sheet():
    lateral, caudal = np.meshgrid(np.arange(40.0), np.arange(60.0), indexing="ij")
    held = 3.0 * np.sin(lateral / 6.0) * np.cos(caudal / 8.0) - 0.3 * lateral
    held[35:] = np.nan
    sheet = sheet_of(held, 1.0, 8.0)
    rng = np.random.default_rng(5)
    points = np.column_stack([rng.uniform(0.0, 38.0, 400), rng.uniform(0.0, 59.0, 400), np.zeros(400)])
    points[:, 2] = 3.0 * np.sin(points[:, 0] / 6.0) * np.cos(points[:, 1] / 8.0) - 0.3 * points[:, 0]
    points[:, 2] += rng.uniform(0.0, 6.0, 400)
    near, far = (
        np.array([how(sheet, 0.0, 0.0, 1.0, 7.0, *point) for point in points])
        for how in (lambda *a: gap_to_sheet(*a[:5], -1.0, *a[5:])[0], gap_by_foot)
    )
    over = near > 0.0
    assert np.all(far[over] > near[over] - 1e-9)
    assert np.quantile((far - near)[over], 0.9) < 0.3
