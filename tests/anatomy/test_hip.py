"""The hip bones: whole, mirror images, on the sacrum at the joint gap, and the size that the sources say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parametric_bones import MOTION, MovedSacrum, distance_to, face_areas_mm2, pelvis

from rfplan.anatomy.hip import ParametricHip, hip_bone, hip_parameters
from rfplan.anatomy.hip_joint import auricular_surface, posterior_margin
from rfplan.anatomy.hip_kernels import blended_rods
from rfplan.anatomy.hip_ring import drawn_rods
from rfplan.anatomy.sacrum import ParametricSacrum
from rfplan.anatomy.sacrum_parameters import sacrum_parameters
from rfplan.errors import RfplanError
from rfplan.figures import bibliography, figures
from rfplan.geometry.frames import Isometry
from rfplan.geometry.implicit import capsule, gradient
from rfplan.geometry.mesh import topology

SIDES = ("left", "right")
MIRROR = Isometry.mirror_left_right()


def prone_mm(point_mm) -> np.ndarray:
    """Lateral, caudal and outward coordinates of the prone patient, as an untilted radiograph shows them."""
    frame, tilt = pelvis().sacrum.frame(), np.deg2rad(30.0)
    lateral, caudal, posterior = frame.to_chart(point_mm)
    return np.array(
        [
            lateral,
            caudal * np.cos(tilt) - posterior * np.sin(tilt),
            posterior * np.cos(tilt) + caudal * np.sin(tilt),
        ]
    )


@pytest.mark.parametrize("side", SIDES)
def test_hip_bone_is_one_closed_body_with_an_obturator_foramen(side):
    found = topology(pelvis().bones[f"hip_{side}"])
    assert found.closed
    assert found.consistent_winding
    assert found.components == 1
    assert found.genus == 1
    assert pelvis().bones[f"hip_{side}"].volume_mm3 > 0


def test_right_hip_built_on_its_own_is_the_mirror_image_of_the_left():
    sacrum = pelvis().sacrum
    left, right = ParametricHip("left", sacrum), ParametricHip("right", sacrum)
    points = pelvis().bones["hip_left"].vertices_mm[::400] + np.random.default_rng(1).normal(0, 2, (1, 3))
    assert np.allclose(left.distance_mm(points), right.distance_mm(MIRROR.points(points)), atol=1e-6)


@pytest.mark.parametrize("motion", [MOTION, MIRROR, MOTION.after(MIRROR)])
def test_hip_goes_wherever_the_sacrum_goes(motion):
    sacrum = pelvis().sacrum
    hip = ParametricHip("left", sacrum)
    moved = ParametricHip("right" if motion.mirrors else "left", MovedSacrum(sacrum, motion))
    points = pelvis().bones["hip_left"].vertices_mm[::500]
    assert np.allclose(hip.distance_mm(points), moved.distance_mm(motion.points(points)), atol=1e-5)
    ours, theirs = hip.curves(), moved.curves()
    (line,), (other,) = ours.values(), theirs.values()
    assert np.allclose(motion.points(line.points_mm), other.points_mm, atol=1e-5)


def test_no_bone_comes_nearer_to_the_sacrum_than_the_joint_space():
    to_sacrum = distance_to(pelvis().bones["sacrum"])
    for side in SIDES:
        assert to_sacrum(pelvis().bones[f"hip_{side}"].vertices_mm).min() >= 0.8


def test_gap_over_the_auricular_surface_is_the_joint_space():
    space = figures("morphometry")["hip.joint.gap"]
    hip, sacrum = pelvis().bones["hip_left"], pelvis().bones["sacrum"]
    joint = auricular_surface(pelvis().sacrum, "left")
    frame = pelvis().sacrum.frame()
    middles, areas = sacrum.triangles_mm.mean(axis=1), face_areas_mm2(sacrum)
    chart = frame.to_chart(middles)
    face = (joint.outside_mm(chart) < -1.0) & (np.abs(joint.above_mm(chart)) < 2.0)
    gap = distance_to(hip)(middles[face])
    inside = (gap >= space.low) & (gap <= space.high)
    assert areas[face].sum() > 0.8 * joint.area_mm2
    assert np.average(inside, weights=areas[face]) > 0.95


def test_no_two_bones_overlap():
    to_hip = distance_to(pelvis().bones["hip_left"])
    assert to_hip(pelvis().bones["hip_right"].vertices_mm).min() > 1.0
    assert to_hip(pelvis().bones["vertebrae_L5"].vertices_mm).min() > 1.0
    assert to_hip(pelvis().bones["sacrum"].vertices_mm).min() > 0.5


def test_posterior_superior_spine_is_where_the_literature_puts_it():
    known = figures("morphometry")
    spine = pelvis().landmarks["psis_left"].position_mm
    aim = known["hip.psis.from_midline"]
    lateral, caudal, posterior = prone_mm(spine)
    assert abs(lateral - aim.value) < aim.sd
    foramen = next(f for f in pelvis().sacrum.foramina() if f.name == "S2_left")
    across = prone_mm(foramen.centre_mm) - [lateral, caudal, posterior]
    apart = known["hip.psis.to_s2_foramen"]
    assert abs(np.hypot(across[0], across[1]) - apart.value) < apart.sd
    inferior = prone_mm(pelvis().landmarks["sij_inferior_left"].position_mm)
    above = known["hip.psis.above_sij_inferior"]
    assert abs(inferior[1] - caudal - above.value) < above.sd


def test_pelvic_incidence_is_within_the_spread_of_people():
    known = figures("morphometry")["hip.pelvic_incidence"]
    hip = ParametricHip("left", pelvis().sacrum)
    depth = pelvis().sacrum.parameters["endplate_ap"]
    lateral, caudal, posterior = hip.place.cup_mm
    incidence = np.rad2deg(np.arctan2(-0.5 * depth - posterior, caudal))
    assert abs(incidence - known.value) < known.sd
    assert 70.0 < lateral < 105.0


def test_joint_line_runs_down_the_back_of_the_joint_inside_the_gap():
    line = pelvis().curves["sij_posterior_line_left"].points_mm
    frame = pelvis().sacrum.frame()
    chart = frame.to_chart(line)
    assert chart[0, 1] < chart[-1, 1]
    assert 35.0 < np.ptp(chart[:, 1]) < 75.0
    assert np.allclose(line[-1], pelvis().landmarks["sij_inferior_left"].position_mm)
    gap = figures("morphometry")["hip.joint.gap"].value
    away = distance_to(pelvis().bones["sacrum"])(line)
    assert np.all(away > 0.0)
    assert np.median(away) < gap
    margin = posterior_margin(auricular_surface(pelvis().sacrum, "left"))
    assert margin[:, 2].mean() > auricular_surface(pelvis().sacrum, "left").outline_mm[:, 2].mean()


def test_landmarks_lie_on_the_bone_and_in_their_order():
    mesh = pelvis().bones["hip_left"]
    marks = {name: pelvis().landmarks[f"{name}_left"].position_mm for name in ("psis", "piis")}
    for place in marks.values():
        assert np.linalg.norm(mesh.vertices_mm - place, axis=1).min() < 1e-6
    assert prone_mm(marks["psis"])[1] < prone_mm(marks["piis"])[1]
    assert prone_mm(marks["psis"])[2] > prone_mm(marks["piis"])[2]


def test_a_wider_gap_is_a_wider_gap():
    wider = hip_parameters() | {"hip.joint.gap": 2.0}
    narrow, wide = ParametricHip("left", pelvis().sacrum), ParametricHip("left", pelvis().sacrum, wider)
    joint = narrow.auricular
    deep = np.flatnonzero(joint.distance_map_mm.ravel() < -4.0)[::7]
    rows, columns = np.unravel_index(deep, joint.distance_map_mm.shape)
    plane = joint.low_mm + np.column_stack([rows, columns])
    height = joint.height_map_mm[rows, columns]
    face = joint.centre_mm + plane @ joint.axes[:2] + height[:, None] * joint.axes[2]
    frame = pelvis().sacrum.frame()
    face = frame.to_patient(face)
    outward = gradient(pelvis().sacrum.distance_mm, face)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    above = [face + rise * outward for rise in (1.75, 3.0)]
    assert np.mean(narrow.distance_mm(above[0]) < wide.distance_mm(above[0])) > 0.95
    assert np.mean(wide.distance_mm(above[1]) < 0.0) > 0.95


def test_hip_bone_gives_the_same_mesh_as_the_class():
    mesh = hip_bone("right", pelvis().sacrum, spacing_mm=2.0)
    assert topology(mesh).closed
    assert mesh.vertices_mm[:, 0].max() < 0.0


def test_every_figure_of_the_hip_names_a_known_source():
    known = {key: figure for key, figure in figures("morphometry").items() if key.startswith("hip.")}
    assert len(known) > 150
    assert {figure.source for figure in known.values()} <= set(bibliography())
    for figure in known.values():
        assert figure.mark != "M" or (figure.n is not None and figure.n <= 3)


@settings(max_examples=30)
@given(
    st.lists(st.floats(-30, 30), min_size=6, max_size=6),
    st.floats(1.0, 6.0),
    st.integers(0, 2**32 - 1),
)
def test_a_rod_without_spread_is_a_capsule(ends, radius, seed):
    start, end = np.array(ends[:3]), np.array(ends[3:])
    if np.linalg.norm(end - start) < 1.0:
        end = start + [1.0, 0.0, 0.0]
    nodes = np.array([[*start, radius, 0, 0, 0], [*end, radius, 0, 0, 0]])
    rods = drawn_rods([nodes])
    points = np.random.default_rng(seed).uniform(-40, 40, (50, 3))
    far = np.full(50, 1e3)
    ours = blended_rods(points, far, rods.rods, rods.first_of_chain, rods.spheres, 1.0)
    assert np.allclose(ours, capsule(points, start, end, radius, radius), atol=1e-9)


@pytest.mark.real
def test_size_is_within_that_of_real_hips(real_anatomy):
    trimesh = pytest.importorskip("trimesh")
    real = [
        trimesh.load(real_anatomy / name / f"hip_{side}.ply")
        for name in ("hra_female", "artisynth_male")
        for side in SIDES
    ]
    ours = pelvis().bones["hip_left"]
    volumes = [bone.volume for bone in real]
    assert 0.8 * min(volumes) < ours.volume_mm3 < 1.2 * max(volumes)
    # principal lengths do not depend on how a pelvis is held
    spread = np.array([np.linalg.svd(b.vertices - b.vertices.mean(0), compute_uv=False) for b in real])
    spread /= np.sqrt([[len(b.vertices)] for b in real])
    vertices = ours.vertices_mm
    mine = np.linalg.svd(vertices - vertices.mean(axis=0), compute_uv=False) / np.sqrt(len(vertices))
    assert np.all(mine > 0.85 * spread.min(axis=0))
    assert np.all(mine < 1.15 * spread.max(axis=0))


@pytest.mark.parametrize("breadth_mm", [94.0, 116.0])
def test_hips_fit_narrow_and_wide_sacra(breadth_mm):
    sacrum = ParametricSacrum(sacrum_parameters({"breadth": breadth_mm}))
    mesh = hip_bone("left", sacrum, spacing_mm=1.4)
    found = topology(mesh)
    assert found.closed
    assert (found.components, found.genus) == (1, 1)
    assert distance_to(sacrum.mesh(1.0))(mesh.vertices_mm).min() >= 0.8


def test_stray_points_of_the_outline_do_not_matter():
    class Strays(MovedSacrum):
        def auricular_mm(self, side):
            outline = np.array(super().auricular_mm(side))
            outline[30:33, 0] *= 0.3
            return outline

    plain = auricular_surface(pelvis().sacrum, "left")
    strayed = auricular_surface(Strays(pelvis().sacrum, Isometry()), "left")
    assert abs(strayed.area_mm2 - plain.area_mm2) < 0.05 * plain.area_mm2
    assert np.linalg.norm(strayed.centre_mm - plain.centre_mm) < 1.0


def test_an_outline_off_the_bone_is_refused():
    class Nowhere(MovedSacrum):
        def auricular_mm(self, side):
            return np.array(super().auricular_mm(side)) + [0.0, 0.0, 300.0]

    with pytest.raises(RfplanError, match="auricular"):
        auricular_surface(Nowhere(pelvis().sacrum, Isometry()), "left")
