"""What the solver is asked for an application: the scene that it gets, put in its place, is that of the needles and the bone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import rfplan
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.lesion.accuracy import accuracy_named
from rfplan.lesion.placed_body import BonePlane
from rfplan.lesion.scene import scene_of
from rfplan.planning.bone_near import bone_near
from rfplan.planning.needle import Needle
from rfplan.planning.placed_problem import PlacedProblem, bone_named, placed_problem
from rfplan.planning.plan import Application
from strategies import numbers, slab_patient

SLAB = slab_patient()
FAST = accuracy_named("fast")
DEVICE = rfplan.electrode("conventional-18g-10mm")
HALF_MM = 0.5 * DEVICE.tip_mm


def needle(tip_mm: object, axis: object, electrode: rfplan.Electrode = DEVICE) -> Needle:
    tip, direction = np.asarray(tip_mm, dtype=float), np.asarray(axis, dtype=float)
    direction = direction / np.linalg.norm(direction)
    return Needle(electrode, tip, direction, tip + 60.0 * direction)


def asked(*needles: Needle, bone: str = "plane", plan: tuple[Needle, ...] = ()) -> PlacedProblem:
    mode = "bipolar" if len(needles) == 2 else "monopolar"
    application = Application(mode, Protocol(80.0, 90.0), needles)
    return placed_problem(application, SLAB, bone_named(bone), FAST, plan)


@st.composite
def over_slab(draw: st.DrawFn) -> Needle:
    """A needle beside the slab, in no corner of it, from upright to lying."""
    tip = [draw(numbers(-20.0, 20.0)), draw(numbers(0.7, 2.5)), draw(numbers(-20.0, 20.0))]
    turn, lean = draw(numbers(-math.pi, math.pi)), draw(numbers(0.02, 0.5 * math.pi))
    return needle(tip, [math.cos(turn) * math.cos(lean), math.sin(lean), math.sin(turn) * math.cos(lean)])


@given(over_slab())
def test_a_needle_and_the_plane_beside_it(single: Needle) -> None:
    placed = asked(single)
    scene = scene_of(placed.problem)
    assert placed.pose.points(np.zeros(3)) == pytest.approx(single.tip_mm, abs=1e-9)
    assert placed.pose.vectors([0.0, 0.0, 1.0]) == pytest.approx(single.axis, abs=1e-9)
    assert not placed.pose.mirrors
    around = placed.problem.surroundings
    assert around.bone_gap_mm is not None
    assert around.bone_gap_mm % 0.25 == 0.0
    assert around.bone_angle_deg % 10.0 == 0.0
    plane = scene.bone
    assert isinstance(plane, BonePlane)
    # the bone is the slab below y = 0: its normal is right but for the rounded angle, and its azimuth exactly
    normal = placed.pose.vectors(plane.normal)
    assert math.degrees(math.acos(min(1.0, normal[1]))) < 5.2
    side = np.cross(single.axis, [0.0, 1.0, 0.0])
    if np.linalg.norm(side) > 0.2 and around.bone_angle_deg < 90.0:
        assert abs(normal @ side) < 0.02 * np.linalg.norm(side)
    middle = single.tip_mm + HALF_MM * single.axis
    height = float(plane.height_mm(placed.pose.inverse().points(middle)))
    # a needle that would touch the bone is set on it; else the middle keeps its height to half a step of the gap
    if around.bone_gap_mm > 0.0:
        assert height == pytest.approx(middle[1], abs=0.13 if around.bone_gap_mm < 2.0 else 0.26)
    else:
        assert height >= middle[1] - 0.13


@given(over_slab(), numbers(5.0, 12.0), numbers(-4.0, 4.0), numbers(-20.0, 20.0))
def test_a_pair_and_the_plane_beside_it(first: Needle, apart_mm: float, along_mm: float, turn_deg: float) -> None:
    side = np.cross(first.axis, [0.3, 0.2, 0.9])
    side /= np.linalg.norm(side)
    tilt = math.radians(turn_deg)
    axis = math.cos(tilt) * first.axis + math.sin(tilt) * side
    second = needle(first.tip_mm + apart_mm * side + along_mm * first.axis, axis)
    assume(0.5 < second.tip_mm[1] < 6.0)
    try:
        placed = asked(first, second)
    except InputError as error:
        assert "come within" in str(error)
        return
    scene = scene_of(placed.problem)
    ends = [placed.pose.points(body.tip_mm) for body in scene.bodies]
    axes = [placed.pose.vectors(body.axis) for body in scene.bodies]
    for pole in (first, second):
        near = int(np.argmin([np.linalg.norm(end - pole.tip_mm) for end in ends]))
        assert np.linalg.norm(ends[near] - pole.tip_mm) < 0.5 * math.hypot(0.125, 0.125) + 1e-9
        assert math.degrees(math.acos(min(1.0, float(axes[near] @ pole.axis)))) < 2.0
    if isinstance(scene.bone, BonePlane) and placed.problem.surroundings.bone_gap_mm:
        heights = [
            float(scene.bone.height_mm(placed.pose.inverse().points(pole.tip_mm + HALF_MM * pole.axis)))
            for pole in (first, second)
        ]
        planes = [bone_near(SLAB, pole) for pole in (first, second)]
        middles = [plane.middle_mm for plane in planes if plane is not None]
        assert np.mean(heights) == pytest.approx(np.mean(middles), abs=0.75)
        # both needles on the outer side
        assert placed.pose.vectors(scene.bone.normal)[1] > 0.0


def test_far_from_bone_there_is_none() -> None:
    placed = asked(needle([0.0, 20.0, 0.0], [0.0, 1.0, 0.0]))
    assert placed.problem.surroundings.bone_gap_mm is None


def test_neighbouring_poses_ask_the_same() -> None:
    one, other = (asked(needle([x, 1.0, 3.0], [0.02, 1.0, 0.0])).problem for x in (3.0, 11.04))
    assert one == other


@given(over_slab())
def test_in_the_patients_bone_nothing_is_rounded(single: Needle) -> None:
    placed = asked(single, bone="patient")
    bone = placed.problem.surroundings.bone
    assert bone is not None
    rng = np.random.default_rng(0)
    places = rng.uniform(-8.0, 8.0, (200, 3))
    assert bone.height_mm(places) == pytest.approx(SLAB.bone_distance(placed.pose.points(places)), abs=0.35)


def test_contacts_of_a_probe_are_found_by_their_places() -> None:
    probe = rfplan.electrode("strip-tripolar")
    axis = np.array([0.0, 0.6, 0.8])
    start = np.array([2.0, 3.0, -20.0])
    contacts = tuple(needle(start + (at - probe.contacts_mm[0]) * axis, axis, probe) for at in probe.contacts_mm)
    for n, contact in enumerate(contacts):
        placed = asked(contact, plan=contacts)
        low = placed.problem.active_mm[0][0]
        assert low == probe.contacts_mm[n]
        assert placed.pose.points([0.0, 0.0, low]) == pytest.approx(contact.tip_mm, abs=1e-9)
    between = asked(contacts[1], contacts[2], plan=contacts)
    assert [part[0] for part in between.problem.active_mm] == list(probe.contacts_mm[1:3])
    assert between.problem.part_volts == (0.5, -0.5)


@pytest.mark.parametrize("bend_deg", [0.5, 8.0, 25.0])
@pytest.mark.parametrize("turned", [False, True])
def test_neighbouring_contacts_of_a_bent_probe_are_solved_straight(bend_deg: float, turned: bool) -> None:
    # nearly straight pieces pass through each other: as two shafts they would touch, and no lesion could be solved
    probe = rfplan.electrode("strip-tripolar")
    bend = np.deg2rad(bend_deg)
    first, second = np.array([0.0, 0.6, 0.8]), np.array([0.0, np.sin(bend + 0.6435), np.cos(bend + 0.6435)])
    start = np.array([2.0, 3.0, -20.0])
    joint = start + 0.5 * (20.0 + probe.tip_mm) * first
    contacts = (needle(start, first, probe), needle(joint + 0.5 * (20.0 - probe.tip_mm) * second, second, probe))
    used = contacts[::-1] if turned else contacts
    placed = asked(*used, plan=contacts)
    assert sorted(part[0] for part in placed.problem.active_mm) == list(probe.contacts_mm[:2])
    assert placed.problem.pair is None
    # where the contacts are, to the depth of the bend
    middles = np.array([entry.tip_mm + 0.5 * probe.tip_mm * entry.axis for entry in contacts])
    solved = [placed.pose.points([0.0, 0.0, low + 0.5 * probe.tip_mm]) for low in probe.contacts_mm[:2]]
    assert np.linalg.norm(solved - middles, axis=1).max() < 0.02 * bend_deg + 0.05
    # probes of their own, side by side, stay a pair
    beside = needle(start + [9.0, 0.0, 0.0], first, probe)
    assert asked(contacts[0], beside).problem.pair is not None


def test_a_pair_of_different_electrodes_is_refused() -> None:
    other = needle([8.0, 1.0, 0.0], [0.0, 1.0, 0.0], rfplan.electrode("conventional-20g-10mm"))
    with pytest.raises(InputError, match="different electrodes"):
        asked(needle([0.0, 1.0, 0.0], [0.0, 1.0, 0.0]), other)
    with pytest.raises(InputError, match="did you mean 'plane'"):
        bone_named("plan")
