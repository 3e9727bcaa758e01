"""Foramina against hand measurement, against the parametric bone, under motions, mirror images and deformations."""

from __future__ import annotations

import numpy as np
import pytest
from bones_to_read import (
    SETS,
    hand_foramina,
    moved_bones,
    parametric_reading,
    reading_of,
    real_bones,
    sacrum_mesh,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.find_foramina import search_foramina
from rfplan.anatomy.find_foramina_kernels import easiest_way, solid_columns
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.true_ap import find_true_ap
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh

LIMIT_MM = {"hra_female": 2.5, "artisynth_male": 3.0, "jhu_24": 3.0}


def found_in(sacrum: Mesh) -> dict[str, Foramen]:
    chart = DorsalChart.of(sacrum, find_true_ap({"sacrum": sacrum}).frame)
    return {foramen.name: foramen for foramen in search_foramina(sacrum, chart).found}


def found_of(foramina) -> dict[str, Foramen]:
    return {foramen.name: foramen for foramen in foramina if foramen.status == "found"}


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_what_was_measured_by_hand_is_found_and_nothing_else(real_anatomy, name):
    by_hand = hand_foramina(real_anatomy, name)
    found = found_of(reading_of(real_anatomy / name).foramina)
    assert set(found) == set(by_hand)
    for key, centre in by_hand.items():
        assert np.linalg.norm(found[key].centre_mm - centre) < LIMIT_MM[name], key


@pytest.mark.real
def test_the_closed_foramina_of_the_male_are_estimated_on_their_dimples(real_anatomy):
    by_name = {foramen.name: foramen for foramen in reading_of(real_anatomy / "artisynth_male").foramina}
    for side in ("left", "right"):
        second, fourth = by_name[f"S2_{side}"], by_name[f"S4_{side}"]
        assert second.status == "estimated" and fourth.status in ("estimated", "absent")
        assert second.confidence > fourth.confidence
        # the dimple lies between its neighbours, and the two dimples opposite each other
        assert by_name[f"S1_{side}"].centre_mm[2] > second.centre_mm[2] > by_name[f"S3_{side}"].centre_mm[2]
    mirrored = by_name["S2_left"].centre_mm * [-1.0, 1.0, 1.0]
    assert np.linalg.norm(mirrored - by_name["S2_right"].centre_mm) < 2.0


@pytest.mark.real
def test_below_the_cut_everything_is_absent(real_anatomy):
    reading = reading_of(real_anatomy / "jhu_24")
    for foramen in reading.foramina:
        if foramen.level in ("S3", "S4"):
            assert (foramen.status, foramen.confidence) == ("absent", 0.0)
    assert any("S3 is absent" in sentence for sentence in reading.warnings)


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_confidence_separates_found_from_estimated(real_anatomy, name):
    foramina = reading_of(real_anatomy / name).foramina
    found = [foramen.confidence for foramen in foramina if foramen.status == "found"]
    rest = [foramen.confidence for foramen in foramina if foramen.status != "found"]
    assert min(found) > 0.7 and max(found) <= 1.0
    assert all(confidence <= 0.6 for confidence in rest)


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_a_plugged_foramen_is_not_found(real_anatomy, name):
    """Cork in one foramen: a ball of solid bone in the canal."""
    import trimesh

    bones = real_bones(real_anatomy / name)
    cut = found_of(reading_of(real_anatomy / name).foramina)["S1_left"]
    ball = trimesh.creation.icosphere(3, 9.0)
    middle = cut.centre_mm - 9.5 * cut.axis
    sacrum = bones["sacrum"]
    corked = Mesh(
        np.vstack([sacrum.vertices_mm, ball.vertices + middle]),
        np.vstack([sacrum.faces, ball.faces + len(sacrum.vertices_mm)]),
    )
    found = found_in(corked)
    assert "S1_left" not in found
    assert set(hand_foramina(real_anatomy, name)) - {"S1_left"} <= set(found)


@pytest.mark.real
def test_a_foramen_that_the_cut_runs_through_is_uncertain(real_anatomy):
    """An oblique cut through S2 on the left, as the edge of a scan may make it, on a surface of 1 mm voxels."""
    from skimage import measure

    from rfplan.anatomy.reading import read_bones
    from rfplan.geometry.distance import DistanceField

    sacrum = real_bones(real_anatomy / "hra_female")["sacrum"]
    frame = reading_of(real_anatomy / "hra_female").frame
    bounds = sacrum.bounds_mm + [[-3.0] * 3, [3.0] * 3]
    inside = DistanceField.of([sacrum], bounds, 1.0, 3.0).values_mm
    nodes = np.stack(np.meshgrid(*[np.arange(n) for n in inside.shape], indexing="ij"), axis=-1) + bounds[0]
    across = (frame.caudal + 0.25 * frame.lateral) / np.hypot(1.0, 0.25)
    beyond = (nodes - frame.to_patient([0.0, 58.0, 0.0])) @ across
    vertices, faces, _, _ = measure.marching_cubes(np.maximum(inside, beyond), 0.0)
    cut = Mesh(vertices + bounds[0], faces)
    reading = read_bones({"sacrum": cut if cut.volume_mm3 > 0 else Mesh(cut.vertices_mm, faces[:, ::-1])})
    by_name = {foramen.name: foramen for foramen in reading.foramina}
    by_hand = hand_foramina(real_anatomy, "hra_female")
    for key in ("S1_left", "S1_right", "S2_right"):
        assert by_name[key].confidence > 0.9
        assert np.linalg.norm(by_name[key].centre_mm - by_hand[key]) < 2.5
    assert by_name["S2_left"].confidence < 0.5
    assert by_name["S3_left"].status == by_name["S4_right"].status == "absent"


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_a_mirror_image_has_the_mirrored_foramina(real_anatomy, name):
    mirror = Isometry.mirror_left_right()
    expected = {f.name: f for f in (f.moved(mirror) for f in reading_of(real_anatomy / name).foramina)}
    again = found_in(moved_bones(real_bones(real_anatomy / name), mirror)["sacrum"])
    assert set(again) == {key for key, foramen in expected.items() if foramen.status == "found"}
    for key, foramen in again.items():
        assert np.linalg.norm(foramen.centre_mm - expected[key].centre_mm) < 0.5
        assert np.linalg.norm(foramen.rim_mm - expected[key].rim_mm, axis=1).max() < 1.0


@pytest.mark.real
@pytest.mark.parametrize(("axis", "angle"), [((1, 0, 0), -15.0), ((1, -1, 1), 15.0)])
def test_foramina_turn_with_the_bone(real_anatomy, axis, angle):
    motion = Isometry.rotation(axis, angle, (3.0, -5.0, 8.0))
    for name in SETS:
        before = found_of(reading_of(real_anatomy / name).foramina)
        after = found_in(real_bones(real_anatomy / name)["sacrum"].moved(motion))
        assert set(after) == set(before)
        for key, foramen in after.items():
            assert np.linalg.norm(foramen.centre_mm - motion.points(before[key].centre_mm)) < 0.5


@pytest.mark.real
@settings(max_examples=6)
@given(
    st.sampled_from(SETS),
    st.floats(0.85, 1.15),
    st.tuples(*[st.floats(0.93, 1.07)] * 3),
    st.tuples(*[st.floats(-0.04, 0.04)] * 2),
    st.integers(0, 2**31),
)
def test_other_people_like_these_are_read_as_well(real_anatomy, name, size, stretch, shear, seed):
    """Scaled, stretched, sheared and roughened (0.2 mm) copies of the real sacra: the same levels, at the stretched places."""
    matrix = size * np.diag(stretch)
    matrix[0, 1], matrix[1, 2] = shear
    rough = np.random.default_rng(seed)
    sacrum = real_bones(real_anatomy / name)["sacrum"]
    vertices = sacrum.vertices_mm @ matrix.T + rough.normal(0.0, 0.2, sacrum.vertices_mm.shape)
    found = found_in(Mesh(vertices, sacrum.faces))
    expected = found_of(reading_of(real_anatomy / name).foramina)
    assert set(found) == set(expected), name
    for key, foramen in found.items():
        assert np.linalg.norm(foramen.centre_mm - matrix @ expected[key].centre_mm) < 2.5, key


def test_the_parametric_foramina_are_found_where_they_were_built():
    bone, _ = sacrum_mesh()
    built = {foramen.name: foramen for foramen in bone.foramina()}
    found = found_of(parametric_reading(False).foramina)
    assert set(found) == set(built)
    for key, foramen in found.items():
        assert np.linalg.norm(foramen.centre_mm - built[key].centre_mm) < 1.5, key
        assert foramen.confidence > 0.8
        assert foramen.axis @ built[key].axis > np.cos(np.deg2rad(25.0))


def test_a_found_foramen_has_a_rim_around_it_and_a_canal_through_the_bone():
    reading = parametric_reading(False)
    frame = reading.frame
    for foramen in reading.foramina:
        rim, centre = frame.to_chart(foramen.rim_mm), frame.to_chart(foramen.centre_mm)
        assert rim.shape == (36, 3)
        # from cranial by way of the patient's left, which is on the operator's left: counter-clockwise
        assert rim[0, 1] < centre[1] and rim[9, 0] > centre[0] > rim[27, 0] and rim[18, 1] > centre[1]
        across = np.linalg.norm(rim[:18] - rim[18:], axis=1)
        assert 0.6 * across.mean() < foramen.diameter_mm < 1.4 * across.mean()
        assert np.allclose(foramen.canal_mm[0], foramen.centre_mm)
        assert foramen.axis @ frame.posterior > 0.3
        assert frame.to_chart(foramen.ventral_mm)[2] < centre[2] - 2.0
        steps = np.linalg.norm(np.diff(foramen.canal_mm, axis=0), axis=1)
        assert steps.max() < 4.0


def test_columns_of_a_ball_fill_its_volume_however_it_is_wound():
    import trimesh

    ball = trimesh.creation.icosphere(4, 10.0)
    shape, origin = (25, 25, 25), np.full(3, -12.0)
    filled = solid_columns(ball.vertices, ball.faces.astype(np.int64), origin, 1.0, shape)
    assert filled.sum() == pytest.approx(ball.volume, rel=0.02)
    # two balls that overlap are one solid, not a hollow one
    twice = np.vstack([ball.vertices, ball.vertices + [0.0, 0.0, 1.0]])
    faces = np.vstack([ball.faces, ball.faces + len(ball.vertices)]).astype(np.int64)
    both = solid_columns(twice, faces, origin, 1.0, shape)
    assert np.all(both >= filled) and both[12, 12, :].sum() == pytest.approx(21, abs=1)


def test_the_easiest_way_keeps_to_the_middle_and_says_when_there_is_none():
    clearance = np.ones((9, 9, 9))
    clearance[:, :, 4] = 0.0
    clearance[6, 6, 4] = 1.0
    start, goal = np.zeros((9, 9, 9), bool), np.zeros((9, 9, 9), bool)
    start[0, 0, 8] = goal[0, 0, 0] = True
    way = easiest_way(clearance, start, goal, 1.0)
    assert tuple(way[0]) == (0, 0, 8) and tuple(way[-1]) == (0, 0, 0)
    assert [6, 6, 4] in way.tolist()
    assert np.abs(np.diff(way, axis=0)).max() == 1
    clearance[6, 6, 4] = 0.0
    assert len(easiest_way(clearance, start, goal, 1.0)) == 0
