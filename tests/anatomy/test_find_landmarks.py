"""Landmarks and curves: all names, where they must lie, and what is estimated."""

from __future__ import annotations

import numpy as np
import pytest
from bones_to_read import SETS, moved_bones, parametric_reading, reading_of, real_bones, sacrum_mesh

from rfplan.anatomy.landmarks import MIDLINE_LANDMARKS, PAIRED_CURVES, PAIRED_LANDMARKS
from rfplan.anatomy.reading import read_bones
from rfplan.anatomy.sides import SIDES, lateral_sign
from rfplan.geometry.frames import Isometry

ALL_NAMES = {*MIDLINE_LANDMARKS, *(f"{name}_{side}" for name in PAIRED_LANDMARKS for side in SIDES)}
ALL_CURVES = {f"{name}_{side}" for name in PAIRED_CURVES for side in SIDES}


@pytest.fixture(scope="module", params=SETS)
def real(request, real_anatomy):
    return reading_of(real_anatomy / request.param), real_bones(real_anatomy / request.param)


@pytest.mark.real
def test_every_name_is_there_with_a_status(real):
    reading, _ = real
    assert set(reading.curves) == ALL_CURVES
    # beside S3 there is no tubercle where there is no bone
    assert ALL_NAMES - set(reading.landmarks) <= {"tubercle_S3_left", "tubercle_S3_right"}
    for mark in reading.landmarks.values():
        assert mark.status in ("found", "estimated", "absent")
        assert 0.0 <= mark.confidence <= 1.0 and np.all(np.isfinite(mark.position_mm))
        assert (mark.confidence == 0.0) == (mark.status == "absent")


@pytest.mark.real
def test_landmarks_lie_on_the_bone_that_bears_them(real):
    from scipy.spatial import cKDTree

    reading, bones = real
    sacrum = cKDTree(bones["sacrum"].vertices_mm)
    for name, mark in reading.landmarks.items():
        if mark.status != "found":
            continue
        if name.startswith(("psis", "piis")):
            hip = bones[f"hip_{name.rpartition('_')[2]}"]
            assert cKDTree(hip.vertices_mm).query(mark.position_mm)[0] < 1e-6, name
        elif name != "endplate_centre":
            assert sacrum.query(mark.position_mm)[0] < 4.0, name


@pytest.mark.real
def test_landmarks_lie_in_anatomical_order(real):
    reading, _ = real
    place = {name: reading.frame.to_chart(mark.position_mm) for name, mark in reading.landmarks.items()}
    rim = {
        foramen.name: np.max(np.abs(reading.frame.to_chart(foramen.rim_mm)[:, 0]))
        for foramen in reading.foramina
        if foramen.status == "found"
    }
    for side in SIDES:
        sign = lateral_sign(side)
        tip, base, ala = (place[f"{name}_{side}"] for name in ("s1_sap", "s1_sap_base", "ala"))
        assert 10.0 < sign * tip[0] < sign * base[0] < sign * ala[0] < 60.0
        assert tip[1] < base[1] and ala[1] < base[1]
        spine, lower = place[f"psis_{side}"], place[f"piis_{side}"]
        assert lower[1] > spine[1] - 3.0 and lower[2] < spine[2] - 10.0
        assert 25.0 < sign * spine[0] < 70.0
        for level in ("S1", "S2", "S3"):
            if f"{level}_{side}" in rim and f"tubercle_{level}_{side}" in place:
                beyond = sign * place[f"tubercle_{level}_{side}"][0] - rim[f"{level}_{side}"]
                assert 2.0 < beyond < 20.0
    assert place["promontory"][2] < place["endplate_centre"][2] < place["endplate_posterior"][2]


@pytest.mark.real
def test_curves_run_from_cranial_to_caudal_and_the_joint_is_lateral_of_the_crest(real):
    reading, _ = real
    for side in SIDES:
        crest = reading.frame.to_chart(reading.curves[f"lateral_crest_{side}"].points_mm)
        joint = reading.frame.to_chart(reading.curves[f"sij_posterior_line_{side}"].points_mm)
        assert np.all(np.diff(crest[:, 1]) > 0) and np.all(np.diff(joint[:, 1]) > 0)
        sign = lateral_sign(side)
        shared = (crest[:, 1] > joint[0, 1]) & (crest[:, 1] < joint[-1, 1])
        gap = np.interp(crest[shared, 1], joint[:, 1], sign * joint[:, 0]) - sign * crest[shared, 0]
        assert np.median(gap) > 0.0
        end = reading.landmarks[f"sij_inferior_{side}"].position_mm
        assert np.allclose(end, reading.curves[f"sij_posterior_line_{side}"].points_mm[-1])


@pytest.mark.real
def test_landmarks_of_a_mirror_image_are_mirrored(real_anatomy):
    mirror = Isometry.mirror_left_right()
    before = reading_of(real_anatomy / "hra_female")
    after = read_bones(moved_bones(real_bones(real_anatomy / "hra_female"), mirror))
    expected = {mark.name: mark for mark in (mark.moved(mirror) for mark in before.landmarks.values())}
    assert set(expected) == set(after.landmarks)
    apart = [np.linalg.norm(expected[name].position_mm - mark.position_mm) for name, mark in after.landmarks.items()]
    assert max(apart) < 2.0 and np.median(apart) < 0.3


@pytest.mark.real
def test_without_hips_the_joint_is_estimated_near_where_they_show_it(real_anatomy):
    bones = real_bones(real_anatomy / "hra_female")
    alone = read_bones({"sacrum": bones["sacrum"]})
    whole = reading_of(real_anatomy / "hra_female")
    for side in SIDES:
        curve = alone.curves[f"sij_posterior_line_{side}"]
        assert curve.status == "estimated" and curve.confidence < 0.5
        for name in ("psis", "piis", "sij_inferior"):
            guess, seen = alone.landmarks[f"{name}_{side}"], whole.landmarks[f"{name}_{side}"]
            assert guess.status == "estimated" and seen.status == "found"
            assert np.linalg.norm(guess.position_mm - seen.position_mm) < 45.0
    assert any("psis_left" in sentence for sentence in alone.warnings)


def test_the_landmarks_of_the_parametric_sacrum_are_found():
    bone, _ = sacrum_mesh()
    built, found = bone.landmarks(), parametric_reading(False).landmarks
    limits_mm = {"endplate_posterior": 3.0, "promontory": 2.0, "hiatus_apex": 3.0, "s1_sap": 5.0}
    for name, limit in limits_mm.items():
        for key in (name, f"{name}_left", f"{name}_right"):
            if key in built:
                assert np.linalg.norm(found[key].position_mm - built[key].position_mm) < limit, key
    for level in ("S1", "S2", "S3"):
        key = f"tubercle_{level}_left"
        assert np.linalg.norm(found[key].position_mm - built[key].position_mm) < 6.0, key
