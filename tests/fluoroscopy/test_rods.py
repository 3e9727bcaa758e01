"""Needles and gas against sampled chords."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan.devices.catalogue import electrode
from rfplan.fluoroscopy.attenuation import attenuation_at
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.projector import add_ellipsoids, add_rods, in_millimetres
from rfplan.fluoroscopy.rods import rods_of, shaft_length_mm
from strategies import needle, numbers, points, unit_vectors

STEP_MM = 0.05


def sampled(arm: CArm, inside) -> np.ndarray:
    """(n, n) length within ``inside`` by points every 0.05 mm along the rays."""
    middle = np.arange(arm.size_px) + 0.5
    source, directions = arm.ray(np.stack(np.meshgrid(middle, middle), axis=-1))
    along = np.arange(arm.sod_mm - 80.0, arm.sod_mm + 80.0, STEP_MM)
    return np.array(
        [
            [STEP_MM * np.count_nonzero(inside(source + along[:, None] * direction)) for direction in row]
            for row in directions
        ]
    )


@settings(max_examples=12)
@given(points(15.0), unit_vectors(), unit_vectors(), numbers(3, 40), numbers(0.4, 6.0))
def test_a_cut_rod_has_the_chords_of_a_cut_cylinder(start, axis, normal, length, radius):
    arm = CArm(10.0, 25.0, size_px=32, field_mm=90.0)
    plane_point = start + 0.3 * length * axis
    rods = np.array([[*start, *axis, length, radius, 1.0, *normal, *plane_point]])
    image = np.zeros((32, 32))
    add_rods(arm, rods, image)
    in_millimetres(arm, image)

    def inside(place):
        off = place - start
        height = off @ axis
        across = np.sum((off - height[:, None] * axis) ** 2, axis=1)
        return (height >= 0) & (height <= length) & (across <= radius**2) & ((place - plane_point) @ normal >= 0)

    assert np.abs(image - sampled(arm, inside)).max() < 3 * STEP_MM


@settings(max_examples=12)
@given(points(15.0), st.tuples(numbers(2, 20), numbers(2, 20), numbers(2, 20)), unit_vectors())
def test_an_ellipsoid_has_its_chords(centre, half, axis):
    arm = CArm(-20.0, 10.0, size_px=32, field_mm=120.0)
    turn = np.linalg.qr(np.column_stack([axis, [0.3, 0.1, 0.9], [0.5, -0.8, 0.1]]))[0]
    matrix = turn.T / np.array(half)[:, None]
    image = np.zeros((32, 32))
    add_ellipsoids(arm, np.array([[*centre, *matrix.ravel(), 1.0]]), image)
    in_millimetres(arm, image)
    expected = sampled(arm, lambda place: np.sum(((place - centre) @ matrix.T) ** 2, axis=1) <= 1.0)
    assert np.abs(image - expected).max() < 3 * STEP_MM


@given(unit_vectors())
def test_the_strip_beside_the_axis_misses_nothing(axis):
    """A shaft across the whole picture attenuates the same whether its strip or the whole picture is looked at."""
    arm = CArm(0.0, 0.0, size_px=64)
    rods = np.array([[*(-60.0 * axis), *axis, 120.0, 0.8, 1.0, *axis, *(-70.0 * axis)]])
    image = np.zeros((64, 64))
    add_rods(arm, rods, image)
    middle = np.arange(64) + 0.5
    source, directions = arm.ray(np.stack(np.meshgrid(middle, middle), axis=-1))
    away = np.cross(directions, axis)
    length = np.linalg.norm(away, axis=-1)
    gap = np.abs(away @ source) / np.maximum(length, 1e-12)
    ends = arm.project(np.stack([-60.0 * axis, 60.0 * axis]))
    low, high = ends.min(axis=0) + 2, ends.max(axis=0) - 2
    columns, rows = np.meshgrid(middle, middle)
    well_within = (gap < 0.79) & (columns > low[0]) & (columns < high[0]) & (rows > low[1]) & (rows < high[1])
    assert np.all(image[well_within] > 0.0)
    assert np.all(image[gap > 0.81] == 0.0)


def test_a_needle_is_steel_from_tip_to_hub_and_a_little_wider_behind_its_active_tip():
    at = attenuation_at()
    stuck = needle([0.0, 0.0, 0.0], (0.0, 0.0, 1.0), electrode("conventional-18g-10mm"))
    arm = CArm(size_px=1024, field_mm=240.0, isocentre_mm=[0.0, 0.0, 50.0])
    image = np.zeros((1024, 1024))
    add_rods(arm, rods_of([stuck], at), image)
    in_millimetres(arm, image)
    diameter = stuck.electrode.diameter_mm

    def profile(height):
        return image[int(arm.project([0.0, 0.0, height])[1])]

    bare, sleeved, outside = profile(6.0), profile(30.0), profile(75.0)
    assert np.isclose(bare.max(), diameter * (at.steel - at.muscle), rtol=0.02)
    assert np.count_nonzero(sleeved > 0) > np.count_nonzero(bare > 0)
    assert outside.max() > sleeved.max()
    assert profile(shaft_length_mm(stuck) + 30.0).max() == 0.0
    # the bevel: half the shaft is gone near the very tip
    assert 0.0 < profile(0.5).sum() < 0.8 * bare.sum()


def test_no_needles_no_rods():
    assert rods_of([], attenuation_at()).shape == (0, 15)


def test_contacts_of_one_probe_are_one_piece_of_steel():
    device, at = electrode("conventional-18g-10mm"), attenuation_at()
    deepest, higher = (needle([0.0, y, 0.0], (0.0, 1.0, 0.0), device, 60.0 - y) for y in (0.0, 15.0))
    beside = needle([1.0, 0.0, 0.0], (0.0, 1.0, 0.0), device)
    assert np.array_equal(rods_of([higher, deepest], at), rods_of([deepest], at))
    assert len(rods_of([deepest, beside], at)) == 2 * len(rods_of([deepest], at))
