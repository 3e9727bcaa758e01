"""Lesions as shapes: catalogue size in, catalogue size out; pairs, limits and meshes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given

from rfplan.devices.catalogue import electrodes
from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import topology
from rfplan.lesion.lesion import ISOTHERMS_C, Lesion
from rfplan.lesion.shape_kernels import waist_of_pair
from rfplan.lesion.shapes import shape_lesion
from strategies import PROTOCOL, device, motions, numbers, points, unit_vectors

UP = np.array([0.0, 0.0, 1.0])
PAIR = device(8.0, 14.0, 3.0, waist_mm=6.0)


def pair(spacing_mm: float = 10.0) -> Lesion:
    return shape_lesion("bipolar", PROTOCOL, [PAIR, PAIR], [[0.0, 0.0, 0.0], [spacing_mm, 0.0, 0.0]], [UP, UP])


@pytest.mark.parametrize("electrode", electrodes(), ids=lambda electrode: electrode.name)
def test_a_single_lesion_has_the_size_of_the_catalogue(electrode) -> None:
    for mode in electrode.modes:
        if mode == "bipolar":
            continue
        protocol = electrode.protocol_for(mode)
        lesion = shape_lesion(mode, protocol, [electrode], [3.0, -2.0, 7.0], UP)
        for isotherm_c in ISOTHERMS_C:
            wanted, size = electrode.shape_for(mode).at(isotherm_c, protocol), lesion.size(isotherm_c)
            assert size.width_mm == pytest.approx(wanted.width_mm)
            assert size.length_mm == pytest.approx(wanted.length_mm)
            assert size.beyond_tip_mm == pytest.approx(wanted.beyond_tip_mm)
            assert size.volume_mm3 == pytest.approx(np.pi / 6 * wanted.width_mm**2 * wanted.length_mm, rel=3e-3)


@pytest.mark.parametrize("electrode", [e for e in electrodes() if "bipolar" in e.modes], ids=lambda e: e.name)
@given(numbers(1.0, 30.0))
def test_the_waist_is_that_of_the_device(electrode, spacing_mm: float) -> None:
    shape = electrode.shape_for("bipolar")
    for isotherm_c in ISOTHERMS_C:
        at = shape.at(isotherm_c, PROTOCOL)
        found = waist_of_pair(at.width_mm, at.waist_mm, at.confluent_to_mm, shape.reference_spacing_mm, spacing_mm)
        assert found == pytest.approx(shape.waist_mm(spacing_mm, isotherm_c, PROTOCOL), abs=1e-9)


def test_a_pair_has_its_waist_half_way_and_its_own_width_at_the_needles() -> None:
    lesion = pair()
    at_height = 7.0 - 3.0
    offsets = np.linspace(0.0, 6.0, 601)
    half_way = np.stack([np.full(601, 5.0), offsets, np.full(601, at_height)], axis=1)
    at_needle = half_way - [5.0, 0.0, 0.0]
    assert offsets[lesion.margin_mm(half_way, 50.0) >= 0].max() == pytest.approx(3.0, abs=0.03)
    assert offsets[lesion.margin_mm(at_needle, 50.0) >= 0].max() == pytest.approx(4.0, abs=0.011)
    assert lesion.size(50.0).width_mm == pytest.approx(18.0)


def test_needles_too_far_apart_leave_two_lesions() -> None:
    lesion = pair(20.5)
    middle = np.array([10.25, 0.0, 4.0])
    assert lesion.margin_mm(middle, 50.0) < 0
    assert len(lesion.spheroids(50.0)) == 2
    alone = shape_lesion("bipolar", PROTOCOL, [PAIR, PAIR], [[0.0, 0.0, 0.0], [500.0, 0.0, 0.0]], [UP, UP])
    assert lesion.size(50.0).volume_mm3 == pytest.approx(alone.size(50.0).volume_mm3, rel=0.01)


@given(numbers(2.0, 19.0))
def test_a_joined_pair_leaves_no_gap_between_the_needles(spacing_mm: float) -> None:
    line = np.linspace([0.0, 0.0, 4.0], [spacing_mm, 0.0, 4.0], 200)
    assert np.all(pair(spacing_mm).margin_mm(line, 50.0) > 0)


@given(points(), unit_vectors(), points(), unit_vectors(), motions(), points(15.0))
def test_a_lesion_moves_with_its_needles(a, u, b, v, motion: Isometry, place) -> None:
    lesion = shape_lesion("bipolar", PROTOCOL, [PAIR, PAIR], [a, b], [u, v])
    moved = shape_lesion("bipolar", PROTOCOL, [PAIR, PAIR], motion.points([a, b]), motion.vectors([u, v]))
    for isotherm_c in ISOTHERMS_C:
        assert moved.margin_mm(motion.points(place), isotherm_c) == pytest.approx(
            lesion.margin_mm(place, isotherm_c), abs=1e-6
        )


@given(points(), unit_vectors(), points(), unit_vectors(), points(15.0))
def test_the_order_of_the_needles_does_not_matter(a, u, b, v, place) -> None:
    one = shape_lesion("bipolar", PROTOCOL, [PAIR, PAIR], [a, b], [u, v])
    other = shape_lesion("bipolar", PROTOCOL, [PAIR, PAIR], [b, a], [v, u])
    assert one.margin_mm(place, 50.0) == pytest.approx(other.margin_mm(place, 50.0), abs=1e-6)


@pytest.mark.parametrize("spacing_mm", [6.0, 10.0, 16.0, 19.5, 25.0])
def test_surfaces_are_closed_and_enclose_the_volume(spacing_mm: float) -> None:
    lesion = pair(spacing_mm)
    for isotherm_c in ISOTHERMS_C:
        mesh, size = lesion.surface(isotherm_c), lesion.size(isotherm_c)
        shape = topology(mesh)
        assert shape.closed and shape.consistent_winding
        assert shape.genus == 0
        assert np.abs(lesion.margin_mm(mesh.vertices_mm, isotherm_c)).max() < 1e-6
        pieces_overlap = shape.components == 2 and spacing_mm < PAIR.shape_for("bipolar").at(isotherm_c).width_mm
        if not pieces_overlap:
            assert mesh.volume_mm3 == pytest.approx(size.volume_mm3, rel=0.03)


def test_hotter_surfaces_lie_inside_cooler_ones_and_the_query_says_which() -> None:
    lesion = shape_lesion("monopolar", PROTOCOL, [PAIR], [0.0, 0.0, 0.0], UP)
    for cool, hot in itertools.pairwise(ISOTHERMS_C):
        assert np.all(lesion.margin_mm(lesion.surface(hot).vertices_mm, cool) > 0)
    reached = lesion.isotherm_reached_c([[0.0, 0.0, 3.0], [0.0, 3.9, 4.0], [0.0, 4.2, 4.0], [40.0, 0.0, 0.0]])
    assert reached[:3].tolist() == [60.0, 50.0, 45.0]
    assert np.isnan(reached[3])


def test_an_isotherm_that_is_not_reached_has_no_surface() -> None:
    from rfplan.devices.protocol import Protocol

    cold = shape_lesion("monopolar", Protocol(46.0, 120.0), [PAIR], [0.0, 0.0, 0.0], UP)
    assert cold.surface(60.0) is None
    assert cold.size(60.0).volume_mm3 == 0.0
    assert cold.margin_mm([0.0, 0.0, 0.0], 60.0) == -np.inf


def test_what_shapes_cannot_do_is_refused() -> None:
    with pytest.raises(InputError, match="no mode 'bipolar'"):
        shape_lesion("bipolar", PROTOCOL, [device(8, 10)] * 2, [[0, 0, 0], [5, 0, 0]], [UP, UP])
    with pytest.raises(InputError, match="isotherm 47"):
        pair().size(47.0)
