"""Straight ways in, on a slab of bone and past an overhang."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan.anatomy.patient import Patient
from rfplan.figures import figures
from rfplan.geometry.distance import DistanceField
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh
from rfplan.planning.approach import (
    chart_direction,
    lifted_mm,
    seated_mm,
    shared_direction,
    spare_room_mm,
    straight_approach,
)
from strategies import SLAB_SKIN_MM, motions, numbers, slab_patient

RADIUS_MM = 0.635
CLEARANCE_MM = figures("techniques")["common.shaft_clearance_mm"].value


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Mesh:
    unit = slab_patient().bones["sacrum"]
    span = unit.bounds_mm
    scaled = (unit.vertices_mm - span[0]) / (span[1] - span[0]) * (np.array(high) - low) + low
    return Mesh(scaled, unit.faces)


def under_a_roof(lateral_edge_mm: float) -> Patient:
    """The slab with a second bone 10 to 20 mm behind it, lateral (patient's left) of an edge."""
    patient = slab_patient()
    roof = box((lateral_edge_mm, 10.0, -60.0), (68.0, 20.0, 60.0))
    field = DistanceField.of([patient.bones["sacrum"], roof], np.array([[-70.0, -30.0, -70.0], [70.0, 30.0, 70.0]]))
    return replace(patient, bones={**patient.bones, "hip_left": roof}, bone_distance=field)


def shaft_gap_mm(patient: Patient, tip: np.ndarray, axis: np.ndarray, beyond_mm: float) -> float:
    along = np.arange(beyond_mm, 60.0, 0.25)
    return float(patient.bone_distance(tip + along[:, None] * axis).min()) - RADIUS_MM


@given(numbers(-60.0, 60.0), numbers(-60.0, 60.0), numbers(0.3, 4.0))
def test_a_seated_tip_keeps_its_place_and_its_distance(lateral: float, caudal: float, standoff: float) -> None:
    patient = slab_patient()
    seat = seated_mm(patient, lateral, caudal, standoff)
    assert patient.frame.to_chart(seat)[:2] == pytest.approx([lateral, caudal], abs=1e-9)
    assert patient.bone_distance(seat) == pytest.approx(standoff, abs=0.05)


@given(numbers(-60.0, 60.0), numbers(-60.0, 60.0), numbers(0.3, 4.0))
def test_a_point_of_the_bone_is_lifted_along_its_normal(x: float, z: float, standoff: float) -> None:
    lifted = lifted_mm(slab_patient(), np.array([x, 0.0, z]), standoff)
    assert lifted == pytest.approx([x, standoff, z], abs=0.1)


def test_free_way_is_the_preferred_one() -> None:
    patient = slab_patient()
    tip = seated_mm(patient, 30.0, 0.0, 0.5)
    way = straight_approach(patient, "left", tip, patient.frame.posterior, RADIUS_MM, 3.0)
    assert way.clear
    assert way.tilt_deg == 0.0
    assert way.axis == pytest.approx([0.0, 1.0, 0.0])
    assert way.entry_mm == pytest.approx([30.0, SLAB_SKIN_MM, 0.0], abs=1e-6)


@pytest.mark.parametrize("edge_mm", [31.0, 29.0, 26.0])
def test_an_overhang_is_passed_with_the_least_tilt(edge_mm: float) -> None:
    patient = under_a_roof(edge_mm)
    tip = seated_mm(patient, 30.0, 0.0, 0.5)
    way = straight_approach(patient, "left", tip, patient.frame.posterior, RADIUS_MM, 3.0)
    assert way.clear
    assert way.axis[0] < 0.0
    assert shaft_gap_mm(patient, tip, way.axis, 8.0) >= CLEARANCE_MM - 0.2
    # at the roof's nearer or farther edge, whichever asks for more, the shaft needs radius and clearance (across its lean)
    room = RADIUS_MM + CLEARANCE_MM
    needed = max(
        np.rad2deg(np.arctan2(30.0 - edge_mm, height) + np.arcsin(room / np.hypot(30.0 - edge_mm, height)))
        for height in (10.0 - tip[1], 20.0 - tip[1])
    )
    assert needed - 1.0 <= way.tilt_deg <= needed + 4.0


def test_no_way_is_said_to_be_none() -> None:
    patient = under_a_roof(-60.0)
    tip = seated_mm(patient, 0.0, 0.0, 0.5)
    way = straight_approach(patient, "left", tip, patient.frame.posterior, RADIUS_MM, 3.0)
    assert not way.clear
    assert way.through_bone
    assert way.gap_mm < -0.3


def test_a_shaft_that_may_not_tilt_far_enough() -> None:
    patient = under_a_roof(20.0)
    tip = seated_mm(patient, 30.0, 0.0, 0.5)
    assert not straight_approach(patient, "left", tip, patient.frame.posterior, RADIUS_MM, 3.0, 20.0).clear


def test_parallel_needles_share_one_clear_direction() -> None:
    patient = under_a_roof(29.0)
    tips = np.array([seated_mm(patient, 30.0, caudal, 0.5) for caudal in (-20.0, 0.0, 20.0)])
    direction = shared_direction(patient, "left", tips, patient.frame.posterior, RADIUS_MM, 3.0)
    assert direction[0] < 0.0
    for tip in tips:
        assert spare_room_mm(patient, tip, direction, RADIUS_MM, 3.0)[0] >= 0.0


@settings(max_examples=25)
@given(motions(), st.sampled_from([31.0, 27.0]), st.sampled_from([0.0, 30.0]))
def test_motions_and_mirror_images_change_nothing_but_the_pose(motion: Isometry, edge: float, caudal: float) -> None:
    patient = _roofed(edge)
    moved = patient.moved(motion)
    sign, side = (-1.0, "right") if motion.mirrors else (1.0, "left")
    ways = []
    for body, on, lateral in ((patient, "left", 30.0), (moved, side, sign * 30.0)):
        tip = seated_mm(body, lateral, caudal, 0.5)
        ways.append(straight_approach(body, on, tip, chart_direction(body, on, 5.0, 20.0), RADIUS_MM, 3.0))
    assert ways[1].tip_mm == pytest.approx(motion.points(ways[0].tip_mm), abs=1e-9)
    assert ways[1].axis == pytest.approx(motion.vectors(ways[0].axis), abs=1e-9)
    assert ways[1].entry_mm == pytest.approx(motion.points(ways[0].entry_mm), abs=1e-8)
    assert ways[1].clear == ways[0].clear


_ROOFED = dict.fromkeys((31.0, 27.0))


def _roofed(edge_mm: float) -> Patient:
    if _ROOFED[edge_mm] is None:
        _ROOFED[edge_mm] = under_a_roof(edge_mm)
    return _ROOFED[edge_mm]
