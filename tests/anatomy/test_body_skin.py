"""The skin: as deep as the prior says, over all bones, the same in every pose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parametric_bones import MOTION, distance_to, pelvis
from scipy.interpolate import pchip_interpolate
from scipy.ndimage import gaussian_filter1d

from rfplan.anatomy.back_form import bridged_profiles
from rfplan.anatomy.body_skin import skin_mesh, skin_over, torso_over
from rfplan.errors import RfplanError
from rfplan.figures import figures
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import topology

MIRROR = Isometry.mirror_left_right()
LEVELS = ("S1", "S2", "S3")


@pytest.fixture(scope="module")
def sacrum():
    return pelvis().sacrum


@pytest.fixture(scope="module")
def foramina(sacrum):
    return sacrum.foramina()


def depths(skin, foramina) -> dict[str, float]:
    return {f.name: float(skin.depth_mm(f.centre_mm)) for f in foramina}


@pytest.mark.parametrize("bmi", [20.0, 25.0, 33.0])
@pytest.mark.parametrize("female", [False, True])
def test_depth_over_the_foramina_is_that_of_the_prior(sacrum, foramina, bmi, female):
    known = figures("morphometry")
    found = depths(skin_over(sacrum.frame(), foramina, bmi=bmi, female=female), foramina)
    for level in LEVELS:
        prior = known[f"skin.depth.{level}"]
        wanted = prior.value + known[f"skin.depth.{level}_bmi"].value * (bmi - 25.0)
        if level == "S1" and female:
            wanted += known["skin.depth.S1_female"].value
        for side in ("left", "right"):
            assert abs(found[f"{level}_{side}"] - wanted) < 0.5 * prior.sd


def test_no_foramen_lies_just_under_the_skin(sacrum, foramina):
    least = figures("morphometry")["skin.depth.least"].value
    found = depths(skin_over(sacrum.frame(), foramina, bmi=13.0, female=False), foramina)
    assert min(found[f"{level}_left"] for level in LEVELS) > least - 3.0


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bmi=st.floats(15.0, 45.0), more=st.floats(1.0, 15.0))
def test_stouter_people_have_deeper_bones(sacrum, foramina, bmi, more):
    foramina = [f for f in foramina if f.level in LEVELS]
    thin, stout = (depths(skin_over(sacrum.frame(), foramina, bmi=b), foramina) for b in (bmi, bmi + more))
    assert all(stout[name] > thin[name] - 1e-6 for name in thin)


@pytest.mark.parametrize("motion", [MOTION, MIRROR, MOTION.after(MIRROR)])
def test_skin_goes_wherever_the_patient_goes(sacrum, foramina, motion):
    here = skin_over(sacrum.frame(), foramina)
    there = skin_over(sacrum.frame().moved(motion), [f.moved(motion) for f in foramina])
    points = pelvis().bones["sacrum"].vertices_mm[::500]
    assert np.allclose(here.depth_mm(points), there.depth_mm(motion.points(points)), atol=1e-6)
    assert np.allclose(here.moved(motion).depth_mm(motion.points(points)), here.depth_mm(points), atol=1e-6)


def test_all_bones_are_inside_the_trunk(sacrum, foramina):
    trunk = skin_mesh(sacrum.frame(), foramina)
    found = topology(trunk)
    assert found.closed
    assert found.consistent_winding
    assert found.genus == 0
    assert trunk.volume_mm3 > 0
    inside = distance_to(trunk, 10.0, 4.0)
    for bone in pelvis().bones.values():
        assert inside(bone.vertices_mm[::10]).max() < -5.0


def test_height_field_and_trunk_are_the_same_skin(sacrum, foramina):
    torso = torso_over(sacrum.frame(), foramina)
    skin = torso.surface()
    local = torso.to_local(torso.mesh().vertices_mm)
    back = local[
        (local[:, 2] > -30)
        & (np.abs(local[:, 0]) < 120)
        & (np.abs(local[:, 1]) < 100)
        & (local[:, 2] > torso.back_mm(local[:, 0], local[:, 1]) - 1)
    ]
    assert len(back) > 300
    assert np.abs(skin.depth_mm(torso.to_patient(back))).max() < 1.5


def test_back_has_a_lordosis_a_seat_and_a_cleft(sacrum, foramina):
    torso = torso_over(sacrum.frame(), foramina)
    s1, s3 = torso.caudal_mm[3], torso.caudal_mm[5]
    assert torso.back_mm(20.0, s1 - 90.0) < torso.back_mm(20.0, s1)
    seat = s3 + 75.0
    assert torso.back_mm(75.0, seat) > torso.back_mm(20.0, seat) > torso.back_mm(0.0, seat)
    assert torso.back_mm(160.0, s1) < torso.back_mm(20.0, s1) - 20.0


def test_a_point_near_the_skin_is_covered(sacrum, foramina):
    plain = torso_over(sacrum.frame(), foramina)
    near = plain.to_patient([55.0, 20.0, float(plain.back_mm(55.0, 20.0)) - 3.0])
    covered = skin_over(sacrum.frame(), foramina, cover_mm=near)
    wanted = figures("morphometry")["skin.depth.cover"].value
    assert covered.depth_mm(near) > wanted - 1.0


def test_one_known_level_is_enough_and_none_is_refused(sacrum, foramina):
    skin = skin_over(sacrum.frame(), [f for f in foramina if f.level == "S2"])
    assert np.isfinite(skin.height_mm).all()
    with pytest.raises(RfplanError, match="S1 to S3"):
        skin_over(sacrum.frame(), [])


def test_everything_assumed_about_the_skin_is_marked_so():
    known = {key: f for key, f in figures("morphometry").items() if key.startswith("skin.")}
    assert known
    assert all(figure.is_assumption for key, figure in known.items() if key != "skin.prone_tilt")


def test_the_skin_bridges_as_a_normal_average_along_the_midline():
    places = np.array([[-150.0, -60.3, -15.0, 18.4, 44.0, 71.5, 110.0, 180.2, 262.7]])
    heights = np.array([[12.0, -9.0, -3.0, 1.0, 4.0, 9.0, 22.0, 30.0, -15.0]])
    at = np.linspace(-170.0, 270.0, 60).reshape(12, 5)
    even = places[0, 0] + np.arange(414.0)
    drawn = gaussian_filter1d(pchip_interpolate(places[0], heights[0], np.minimum(even, 262.7)), 14.0, mode="nearest")
    found = bridged_profiles(places, heights, at)
    assert found.shape == (1, 12, 5)
    np.testing.assert_allclose(found[0], np.interp(at, even, drawn), atol=1e-9)
