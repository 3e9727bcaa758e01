"""The reference patient: complete, kept on disk, changed by name and refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from parametric_bones import pelvis

from rfplan.anatomy.landmarks import MIDLINE_LANDMARKS, PAIRED_CURVES, PAIRED_LANDMARKS
from rfplan.anatomy.reference import checked_overrides, parametric_pelvis, reference_patient
from rfplan.anatomy.sides import LEVELS, SIDES
from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import topology


def test_patient_has_every_bone_landmark_and_curve(reference):
    assert set(reference.bones) == {"sacrum", "hip_left", "hip_right", "vertebrae_L5"}
    paired = {f"{name}_{side}" for name in PAIRED_LANDMARKS for side in SIDES}
    assert set(reference.landmarks) == paired | set(MIDLINE_LANDMARKS)
    assert set(reference.curves) == {f"{name}_{side}" for name in PAIRED_CURVES for side in SIDES}
    assert {f.name for f in reference.foramina} == {f"{level}_{side}" for level in LEVELS for side in SIDES}
    for name, mark in reference.landmarks.items():
        assert mark.name == name
        assert mark.status == "given"


def test_all_bones_are_closed_with_the_handles_they_should_have(reference):
    genus = {"sacrum": 17, "hip_left": 1, "hip_right": 1, "vertebrae_L5": 1}
    for name, mesh in reference.bones.items():
        found = topology(mesh)
        assert found.closed, name
        assert found.consistent_winding, name
        assert (found.components, found.genus) == (1, genus[name]), name


def test_patient_is_its_own_mirror_image(reference):
    mirror = Isometry.mirror_left_right()
    image = reference.bones["hip_left"].moved(mirror)
    assert np.array_equal(image.vertices_mm, reference.bones["hip_right"].vertices_mm)
    for name in PAIRED_LANDMARKS:
        left, right = (reference.landmarks[f"{name}_{side}"].position_mm for side in SIDES)
        assert np.allclose(mirror.points(left), right, atol=1e-6), name


def test_curves_run_from_cranial_to_caudal_on_their_side(reference):
    for name, curve in reference.curves.items():
        chart = reference.frame.to_chart(curve.points_mm)
        assert chart[0, 1] < chart[-1, 1], name
        assert np.all(chart[:, 0] > 0) if name.endswith("_left") else np.all(chart[:, 0] < 0)


def test_skin_covers_the_bones(reference):
    for name, mesh in reference.bones.items():
        assert reference.skin.depth_mm(mesh.vertices_mm).min() > 5.0, name


def test_provenance_tells_how_the_patient_was_made(reference):
    assert reference.provenance["bmi"] == 25.0
    assert reference.provenance["overrides"] == {}
    assert reference.provenance["rfplan"]


def test_patient_is_kept_and_loads_back_the_same(reference):
    again = reference_patient()
    assert np.array_equal(again.bones["hip_left"].vertices_mm, reference.bones["hip_left"].vertices_mm)
    assert np.array_equal(again.skin.height_mm, reference.skin.height_mm)


def test_a_changed_dimension_changes_the_bones():
    wide = parametric_pelvis({"sacrum.breadth": 112.0, "lumbar.body.width": 60.0}, spacing_mm=1.5)
    plain = pelvis()

    def width(bones, name):
        return np.ptp(bones.bones[name].vertices_mm[:, 0])

    assert 5.0 < width(wide, "sacrum") - width(plain, "sacrum") < 10.0
    hips = [max(np.abs(p.bones["hip_left"].vertices_mm[:, 0])) for p in (wide, plain)]
    assert hips[0] - hips[1] > 2.0
    for mesh in wide.bones.values():
        assert topology(mesh).closed


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"hip.joint.gapp": 1.0}, ["hip.joint.gapp", "did you mean 'hip.joint.gap'"]),
        ({"hip.joint.gap": float("nan")}, ["hip.joint.gap", "finite"]),
        ({"hip.joint.gap": True}, ["hip.joint.gap", "finite"]),
        ({"skin.depth.S1": 40.0}, ["skin.depth.S1", "not a dimension of a bone"]),
    ],
)
def test_wrong_overrides_are_refused_by_name(overrides, words):
    with pytest.raises(InputError) as caught:
        reference_patient(overrides=overrides)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("bmi", [5.0, 200.0, float("nan")])
def test_impossible_body_mass_index_is_refused(bmi):
    with pytest.raises(InputError, match="bmi"):
        reference_patient(bmi=bmi)


def test_impossible_spacing_is_refused():
    with pytest.raises(InputError, match="spacing_mm"):
        reference_patient(spacing_mm=0.0)


def test_overrides_become_numbers():
    assert checked_overrides({"hip.joint.gap": 2}) == {"hip.joint.gap": 2.0}
    assert checked_overrides(None) == {}
