"""Angles, signs, projection and its inverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.errors import InputError
from rfplan.fluoroscopy.c_arm import CArm, angles_of
from strategies import numbers, points

POSITIONS = st.sampled_from(["prone", "supine"])


@st.composite
def arms(draw) -> CArm:
    return CArm(
        draw(numbers(-110, 110)),
        draw(numbers(-75, 75)),
        draw(points(200.0)),
        draw(POSITIONS),
        draw(numbers(900, 1200)),
        draw(numbers(450, 750)),
        draw(numbers(100, 400)),
        draw(st.integers(64, 2048)),
    )


@given(arms(), points(150.0))
def test_a_point_lies_on_the_ray_through_its_projection(arm, offset):
    point = arm.isocentre_mm + offset
    source, direction = arm.ray(arm.project(point))
    away = point - source
    assert np.linalg.norm(away - (away @ direction) * direction) < 1e-9


@given(arms(), numbers(0, 1), numbers(0, 1), numbers(10, 900))
def test_a_point_on_a_ray_projects_to_its_pixel(arm, column, row, along):
    pixel = np.array([column, row]) * arm.size_px
    source, direction = arm.ray(pixel)
    assert np.allclose(arm.project(source + along * direction), pixel, atol=1e-6)


@given(arms())
def test_the_axes_are_right_handed_and_the_isocentre_is_in_the_middle(arm):
    right, down, beam = arm.axes
    assert np.allclose(arm.axes @ arm.axes.T, np.eye(3), atol=1e-12)
    assert np.allclose(np.cross(right, -down), beam)
    assert np.allclose(arm.project(arm.isocentre_mm), 0.5 * arm.size_px)
    assert np.isclose(np.linalg.norm(arm.receptor_mm - arm.source_mm), arm.sid_mm)
    # the head is never below
    assert down[2] <= 1e-12


@given(arms())
def test_angles_come_back_from_the_beam(arm):
    lao, cranial = angles_of(arm.beam, arm.position)
    assert np.isclose(lao, arm.lao_deg, atol=1e-6)
    assert np.isclose(cranial, arm.cranial_deg, atol=1e-6)


@given(arms())
def test_the_dicom_angles_give_the_direction_of_the_receptor(arm):
    """Direction from the isocentre: (sin p cos s, -cos p cos s, sin s) in LPS, as the standard has it."""
    p, s = np.deg2rad([arm.positioner_primary_deg, arm.positioner_secondary_deg])
    assert np.allclose(arm.beam, [np.sin(p) * np.cos(s), -np.cos(p) * np.cos(s), np.sin(s)], atol=1e-12)
    assert -180.0 < arm.positioner_primary_deg <= 180.0


@pytest.mark.parametrize(
    ("lao", "cranial", "position", "receptor"),
    [
        (0, 0, "prone", [0, 1, 0]),
        (0, 0, "supine", [0, -1, 0]),
        (90, 0, "prone", [1, 0, 0]),
        (90, 0, "supine", [1, 0, 0]),
        (-90, 0, "prone", [-1, 0, 0]),
        (0, 30, "prone", [0, np.sqrt(0.75), 0.5]),
        (0, -30, "supine", [0, -np.sqrt(0.75), -0.5]),
    ],
)
def test_names_of_angles_mean_what_they_say(lao, cranial, position, receptor):
    assert np.allclose(CArm(lao, cranial, position=position).beam, receptor, atol=1e-12)


def test_the_prone_patients_right_is_on_the_right_and_the_supine_ones_on_the_left():
    right_side = np.array([-50.0, 0.0, 0.0])
    assert CArm().project(right_side)[0] > 256.0
    assert CArm(position="supine").project(right_side)[0] < 256.0
    # the head is up
    assert CArm().project([0.0, 0.0, 50.0])[1] < 256.0


def test_a_thing_at_the_isocentre_is_magnified_by_sid_over_sod():
    arm = CArm(sid_mm=1000, sod_mm=500, size_px=1000, field_mm=300)
    apart = arm.project([10.0, 0.0, 0.0]) - arm.project([-10.0, 0.0, 0.0])
    assert np.isclose(abs(apart[0]) * arm.pixel_mm, 40.0)
    assert np.isclose(arm.isocentre_pixel_mm, 0.15)


def test_raising_the_table_brings_the_patient_nearer_to_the_receptor():
    arm = CArm()
    assert np.allclose(arm.table_moved(up_mm=20).isocentre_mm, [0, -20, 0])
    assert np.allclose(CArm(position="supine").table_moved(up_mm=20).isocentre_mm, [0, 20, 0])
    before, after = (a.project([30.0, 0.0, 0.0])[0] - 256.0 for a in (arm, arm.table_moved(up_mm=50)))
    assert abs(after) < abs(before)
    moved = arm.table_moved(to_head_mm=10)
    assert moved.project([0.0, 0.0, 0.0])[1] < 256.0


def test_behind_the_source_there_is_no_picture():
    assert np.all(np.isnan(CArm().project([0.0, -700.0, 0.0])))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"lao_deg": 111.0}, "lao_deg is 111; this system reaches from -110 to 110"),
        ({"cranial_deg": -76.0}, "cranial_deg is -76; this system reaches from -75 to 75"),
        ({"lao_deg": float("nan")}, "lao_deg is nan"),
        ({"position": "sitting"}, "accepted: prone, supine"),
        ({"sod_mm": 1200.0}, "sod_mm is 1200"),
        ({"sid_mm": 10.0}, "from 500 to 2000"),
        ({"size_px": 8}, "from 32 to 4096"),
        ({"size_px": 200.5}, "whole number"),
        ({"field_mm": 1.0}, "from 20 to 600"),
        ({"collimator": "star"}, "accepted: square, circle"),
        ({"collimator_mm": 500.0}, "collimator_mm is 500"),
        ({"isocentre_mm": [0.0, 1.0]}, "isocentre_mm is 0, 1; it must be three finite numbers"),
        ({"sid_mm": 0.0}, "sid_mm is 0"),
        ({"sod_mm": 0.0}, "sod_mm is 0"),
        ({"field_mm": 0.0}, "field_mm is 0"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(fields, words):
    with pytest.raises(InputError, match=words):
        CArm(**fields)
