"""Every technique on a slab, on the reference patient and on real bones: what its recipe says, and no needle through bone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan.anatomy.landmarks import Landmark, mirrored_name
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import lateral_sign
from rfplan.devices.catalogue import electrode, electrodes
from rfplan.errors import InputError
from rfplan.figures import bibliography, figures
from rfplan.geometry.frames import Isometry
from rfplan.planning.plan import Plan
from rfplan.planning.techniques import technique, techniques
from rfplan.planning.techniques.aperture import Aperture
from strategies import foramen, motions, slab_patient

NAMES = (
    "conventional-periforaminal",
    "cooled-clockface",
    "cooled-classic",
    "bipolar-leapfrog",
    "palisade",
    "strip-probe",
    "single-cannula-strip",
)
SIDES = ("left", "right")
REAL = ("hra_female", "jhu_24", "artisynth_male")
THROUGH_BONE_MM = 0.3


@cache
def slab() -> Patient:
    """The slab with the landmark of the L5 lesion on both sides."""
    patient = slab_patient()
    marks = {
        f"s1_sap_base_{side}": Landmark(f"s1_sap_base_{side}", [lateral_sign(side) * 26.0, 0.0, 34.0], "given", 1.0)
        for side in SIDES
    }
    return replace(patient, landmarks=marks)


def apertures(patient: Patient, side: str) -> dict[str, Aperture]:
    return {
        entry.level: Aperture.of(patient, entry.level, side)
        for entry in patient.foramina
        if entry.side == side and entry.status != "absent"
    }


def clock_hours(aperture: Aperture, point: np.ndarray) -> float:
    """Clock position of a chart point on the right side's clock."""
    out, down = lateral_sign(aperture.side) * (point[0] - aperture.centre[0]), point[1] - aperture.centre[1]
    return float(np.rad2deg(np.arctan2(out, -down)) / 30.0 % 12.0)


def shaft_depth_in_bone_mm(patient: Patient, plan: Plan) -> float:
    """How deep the deepest shaft of a plan lies in bone, its round tip left out."""
    deepest = 0.0
    for needle in plan.needles:
        radius = needle.electrode.radius_mm
        along = np.arange(radius, needle.depth_mm, 0.25)
        deepest = max(
            deepest, radius - float(patient.bone_distance(needle.tip_mm + along[:, None] * needle.axis).min())
        )
    return deepest


def tips(patient: Patient, plan: Plan) -> dict[str, np.ndarray]:
    """Chart positions of the first needle's tip by target."""
    return {entry.target: patient.frame.to_chart(entry.needles[0].tip_mm)[:2] for entry in plan.applications}


def test_promised_names_are_there_in_order() -> None:
    assert tuple(entry.name for entry in techniques()) == NAMES


def test_the_public_name_stays_a_function() -> None:
    import rfplan

    for _ in range(2):
        assert rfplan.technique("palisade").name == "palisade"
        assert len(rfplan.techniques()) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_a_recipe_has_a_source(name: str) -> None:
    recipe = technique(name)
    assert recipe.figures
    assert set(recipe.sources) <= set(bibliography())
    assert recipe.title
    assert recipe.summary
    assert recipe.default_electrode in recipe.electrodes


def test_shared_numbers_have_sources() -> None:
    assert {figure.source for figure in figures("techniques").values()} <= set(bibliography())


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", NAMES)
def test_a_plan_has_l5_and_the_sacral_levels(name: str, side: str) -> None:
    plan = technique(name).plan(slab(), side)
    assert plan.technique == name
    assert plan.side == side
    assert plan.applications[0].target == "L5"
    assert len(plan.applications) >= 4
    assert any("straight" in note for note in plan.notes)
    sign = lateral_sign(side)
    for needle in plan.needles:
        assert sign * needle.tip_mm[0] > 0.0
        assert slab().skin.depth_mm(needle.entry_mm) == pytest.approx(0.0, abs=1e-6)
        assert needle.entry_mm == pytest.approx(needle.tip_mm + needle.depth_mm * needle.axis)


@pytest.mark.parametrize("name", NAMES)
def test_every_accepted_electrode_can_be_used(name: str) -> None:
    for used in technique(name).electrodes:
        plan = technique(name).plan(slab(), "left", used)
        assert {n.electrode.name for entry in plan.applications[1:] for n in entry.needles} == {used}
        for entry in plan.applications:
            assert all(entry.mode in n.electrode.modes for n in entry.needles)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cooled-clockface", {"S1": (4.5, 6.0), "S2": (2.5, 4.0, 5.5), "S3": (1.0, 2.5)}),
        ("cooled-classic", {"S1": (2.5, 4.0, 5.5), "S2": (2.5, 4.0, 5.5), "S3": (2.5, 4.0)}),
        ("conventional-periforaminal", dict.fromkeys(("S1", "S2", "S3"), (1.0, 3.0, 5.5))),
    ],
)
@pytest.mark.parametrize("side", SIDES)
def test_clock_positions_are_those_of_the_recipe(name: str, expected: dict, side: str) -> None:
    plan = technique(name).plan(slab(), side)
    found: dict[str, list[float]] = {level: [] for level in expected}
    for target, point in tips(slab(), plan).items():
        if target != "L5":
            level = target.split()[0]
            found[level].append(clock_hours(apertures(slab(), side)[level], point))
    for level, hours in expected.items():
        assert found[level] == pytest.approx(list(hours), abs=0.01)


def test_the_left_clock_is_written_as_the_operator_reads_it() -> None:
    left = [entry.target for entry in technique("cooled-clockface").plan(slab(), "left").applications]
    right = [entry.target for entry in technique("cooled-clockface").plan(slab(), "right").applications]
    assert right[1:] == ["S1 4:30", "S1 6:00", "S2 2:30", "S2 4:00", "S2 5:30", "S3 1:00", "S3 2:30"]
    assert left[1:] == ["S1 7:30", "S1 6:00", "S2 9:30", "S2 8:00", "S2 6:30", "S3 11:00", "S3 9:30"]


@pytest.mark.parametrize(
    ("name", "from_edge_mm"), [("conventional-periforaminal", 4.0), ("cooled-classic", 8.0), ("bipolar-leapfrog", 5.0)]
)
def test_offsets_from_the_edge(name: str, from_edge_mm: float) -> None:
    plan = technique(name).plan(slab(), "right")
    rings = apertures(slab(), "right")
    for entry in plan.applications[1:]:
        for needle in entry.needles:
            point = slab().frame.to_chart(needle.tip_mm)[:2]
            assert rings[entry.target.split()[0]].gap_mm(point) == pytest.approx(from_edge_mm, abs=0.05)


def test_clock_face_is_measured_from_the_centre_but_never_near_the_edge() -> None:
    radius = electrode("cooled-17g-4mm").radius_mm
    for hole_mm, out_mm in ((3.0, 9.0), (6.0, 6.0 + 5.0 + radius)):
        patient = replace(slab(), foramina=(foramen("S2", "left", 24.0, 0.0, hole_mm),))
        plan = technique("cooled-clockface").plan(patient, "left", l5=False)
        for point in tips(patient, plan).values():
            assert np.linalg.norm(point - [24.0, 0.0]) == pytest.approx(out_mm, abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_energy_is_that_of_the_recipe(name: str) -> None:
    recipe = technique(name)
    plan = recipe.plan(slab(), "left")
    for entry in plan.applications[1:]:
        assert entry.protocol.set_c == recipe.figures["set_c"].value
        assert entry.protocol.time_s == recipe.figures["time_s"].value


def test_a_palisade_is_a_straight_parallel_row_of_joined_pairs() -> None:
    plan = technique("palisade").plan(slab(), "right")
    row = plan.applications[1:]
    assert len(row) >= 5
    assert plan.applications[0].mode == "monopolar"
    needles = [row[0].needles[0], *(entry.needles[1] for entry in row)]
    for one, other in pairwise(row):
        assert one.needles[1] is other.needles[0]
    gaps = [np.linalg.norm(a.tip_mm - b.tip_mm) for a, b in pairwise(needles)]
    assert max(gaps) <= 10.0 + 1e-9
    assert min(gaps) > 0.8 * max(gaps)
    points = np.array([slab().frame.to_chart(needle.tip_mm)[:2] for needle in needles])
    assert np.linalg.svd(points - points.mean(axis=0))[1][1] < 0.1
    assert all(needle.axis @ needles[0].axis > 1.0 - 1e-9 for needle in needles)
    s1, s3 = apertures(slab(), "right")["S1"], apertures(slab(), "right")["S3"]
    assert points[0, 1] < s1.cranial_mm
    assert s3.centre[1] <= points[-1, 1] <= s3.caudal_mm


def test_leapfrog_carries_one_needle_past_the_other() -> None:
    plan = technique("bipolar-leapfrog").plan(slab(), "left")
    for one, other in pairwise(plan.applications[1:]):
        if one.target.split()[0] == other.target.split()[0]:
            assert one.needles[1] is other.needles[0]
    gaps = [np.linalg.norm(e.needles[0].tip_mm - e.needles[1].tip_mm) for e in plan.applications[1:]]
    assert max(gaps) <= 6.0 + 1e-6
    assert min(gaps) >= 3.0


def test_a_strip_probe_lies_on_the_bone_with_its_contacts_in_line() -> None:
    plan = technique("strip-probe").plan(slab(), "left")
    assert [entry.mode for entry in plan.applications] == ["monopolar"] * 4 + ["bipolar"] * 2
    contacts = [entry.needles[0] for entry in plan.applications[1:4]]
    pitch = np.diff(electrode("strip-tripolar").contacts_mm)
    assert [np.linalg.norm(b.tip_mm - a.tip_mm) for a, b in pairwise(contacts)] == pytest.approx(
        pitch.tolist(), abs=1.5
    )
    for entry in contacts:
        assert slab().bone_distance(entry.tip_mm) == pytest.approx(0.5 + 0.75, abs=0.3)
    assert plan.applications[4].needles == (contacts[0], contacts[1])
    # the flattest shaft that still comes out through the skin
    assert np.rad2deg(np.arcsin(contacts[0].axis[1])) == pytest.approx(20.0, abs=1.0)


def test_a_single_cannula_is_pulled_back_by_its_step() -> None:
    plan = technique("single-cannula-strip").plan(slab(), "right")
    needles = [entry.needles[0] for entry in plan.applications[1:]]
    assert len(needles) == 4
    middles = [needle.tip_mm + 7.5 * needle.axis for needle in needles]
    assert [np.linalg.norm(b - a) for a, b in pairwise(middles)] == pytest.approx([20.0] * 3, abs=1.5)
    for needle in needles:
        assert -slab().frame.to_chart(needle.tip_mm)[0] == pytest.approx(37.0, abs=1.0)


def test_absent_foramina_are_left_out_and_estimated_ones_named() -> None:
    holes = (
        foramen("S1", "left", 24.0, -20.0),
        foramen("S2", "left", 24.0, 0.0, status="absent"),
        foramen("S3", "left", 24.0, 20.0, status="estimated"),
    )
    plan = technique("cooled-classic").plan(replace(slab(), foramina=holes), "left")
    assert {entry.target.split()[0] for entry in plan.applications} == {"L5", "S1", "S3"}
    text = " ".join(plan.notes)
    assert "S2 on the left has no dorsal foramen" in text
    assert "S3 foramen on the left is estimated" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_patient_without_foramina_or_landmarks_gets_an_empty_plan_with_notes(name: str) -> None:
    bare = replace(slab(), foramina=(), landmarks={})
    plan = technique(name).plan(bare, "left")
    assert plan.applications == ()
    assert len(plan.notes) >= 3


def test_targets_beside_the_bone_are_left_out() -> None:
    patient = replace(slab(), foramina=(foramen("S1", "left", 77.0, 0.0),), curves={})
    plan = technique("conventional-periforaminal").plan(patient, "left", l5=False)
    assert len(plan.applications) < 3
    assert any("beside the bone" in note for note in plan.notes)


def test_a_strip_that_runs_off_the_bone_is_cut_short() -> None:
    low = (foramen("S2", "left", 24.0, 62.0), foramen("S3", "left", 24.0, 72.0))
    plan = technique("single-cannula-strip").plan(replace(slab(), foramina=low, curves={}), "left", l5=False)
    assert 1 <= len(plan.applications) < 4
    assert any("no bone under it" in note for note in plan.notes)


def test_more_lesions_than_bone_carries_never_come_out_as_fewer() -> None:
    patient = Population().draw(1, 5, first=3)[0].ground
    made = []
    for wanted in (4, 5, 6, 7):
        plan = technique("single-cannula-strip").plan(patient, "right", l5=False, lesions=wanted)
        made.append([entry.needles[0].tip_mm for entry in plan.applications])
        assert any("no bone under it" in note for note in plan.notes) == (len(made[-1]) < wanted)
    counts = [len(tips_mm) for tips_mm in made]
    # centred on S1 to S3, both ends of a strip of six lie beside this bone: it gets the five that there is room for
    assert counts == [4, 5, 5, 5]
    np.testing.assert_array_equal(made[1], made[2])
    np.testing.assert_array_equal(made[1], made[3])


def test_targets_past_the_joint_line_are_moved_off_it() -> None:
    patient = replace(slab(), foramina=(foramen("S2", "left", 32.0, 0.0),))
    plan = technique("cooled-classic").plan(patient, "left", l5=False)
    assert max(point[0] for point in tips(patient, plan).values()) == pytest.approx(43.0, abs=1e-6)
    assert any("joint line" in note for note in plan.notes)


def test_options_change_the_recipe() -> None:
    recipe = technique("conventional-periforaminal")
    plan = recipe.plan(slab(), "left", levels=("S2",), l5=False, offset_mm=3.0, time_s=120)
    assert len(plan.applications) == 3
    assert plan.applications[0].protocol.time_s == 120
    ring = apertures(slab(), "left")["S2"]
    for point in tips(slab(), plan).values():
        assert ring.gap_mm(point) == pytest.approx(3.0, abs=0.05)


@pytest.mark.parametrize(
    ("name", "side", "used", "options", "message"),
    [
        ("palisade", "lft", None, {}, r"side 'lft' is not known; did you mean 'left'\? it must be 'left' or 'right'"),
        ("palisade", "left", "conventional-18g-10m", {}, "did you mean 'conventional-18g-10mm'"),
        ("palisade", "left", "cooled-17g-4mm", {}, r"cannot be carried out .*cooled.*it takes: conventional-22g-5mm"),
        ("cooled-classic", "left", "conventional-20g-10mm", {}, "it takes: cooled-17g-4mm"),
        ("strip-probe", "left", "conventional-20g-10mm", {}, "it takes: strip-tripolar"),
        ("palisade", "left", "strip-tripolar", {}, "cannot be carried out"),
        ("palisade", "left", None, {"spacing": 8}, "did you mean 'spacing_mm'"),
        ("palisade", "left", None, {"levels": ("S1", "S9")}, "level 'S9' is not known"),
        ("palisade", "left", None, {"levels": 1}, "level 1 is not known"),
        ("palisade", "left", None, {"offset_mm": "far"}, "offset_mm is 'far'; it must be a number"),
        ("palisade", "left", None, {"spacing_mm": 0.0}, "spacing_mm is 0.0"),
        ("palisade", "left", None, {"spacing_mm": float("nan")}, "spacing_mm is nan"),
    ],
)
def test_wrong_input_is_answered(name: str, side: str, used: str | None, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        technique(name).plan(slab(), side, used, **options)


def test_unknown_technique_is_answered_with_a_suggestion() -> None:
    with pytest.raises(InputError, match="'pallisade' is not known; did you mean 'palisade'"):
        technique("pallisade")


def same_plan(one: Plan, other: Plan, within_mm: float) -> None:
    assert one.side == other.side
    assert len(one.applications) == len(other.applications)
    for first, second in zip(one.applications, other.applications, strict=True):
        assert (first.mode, first.protocol) == (second.mode, second.protocol)
        for a, b in zip(first.needles, second.needles, strict=True):
            assert a.electrode.name == b.electrode.name
            assert a.tip_mm == pytest.approx(b.tip_mm, abs=within_mm)
            assert a.axis == pytest.approx(b.axis, abs=within_mm)
            assert a.entry_mm == pytest.approx(b.entry_mm, abs=10 * within_mm)


@settings(max_examples=15)
@given(motions(), st.sampled_from(NAMES), st.sampled_from(SIDES))
def test_motions_and_mirror_images_move_the_plan_and_nothing_else(motion: Isometry, name: str, side: str) -> None:
    on = mirrored_name(f"_{side}")[1:] if motion.mirrors else side
    same_plan(technique(name).plan(slab().moved(motion), on), technique(name).plan(slab(), side).moved(motion), 1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_the_mirrored_reference_patient_gets_the_mirrored_plan(reference: Patient, name: str) -> None:
    mirror = Isometry.mirror_left_right()
    mirrored = reference.moved(mirror)
    for side, other in (SIDES, SIDES[::-1]):
        same_plan(technique(name).plan(mirrored, other), technique(name).plan(reference, side).moved(mirror), 1e-9)


def check_on_patient(patient: Patient, name: str, side: str) -> Plan:
    """What must hold for every technique on every patient."""
    recipe = technique(name)
    plan = recipe.plan(patient, side)
    assert shaft_depth_in_bone_mm(patient, plan) <= THROUGH_BONE_MM
    rings = apertures(patient, side)
    longest = figures("techniques")["common.longest_shaft_mm"].value
    for entry in plan.applications:
        for needle in entry.needles:
            assert needle.depth_mm <= longest
            assert patient.skin.depth_mm(needle.entry_mm) == pytest.approx(0.0, abs=1e-3)
            if entry.target == "L5":
                continue
            point = patient.frame.to_chart(needle.tip_mm)[:2]
            gap = min(ring.gap_mm(point) for ring in rings.values())
            assert gap >= {"conventional-periforaminal": 3.0, "bipolar-leapfrog": 3.0}.get(name, 4.9)
            if "strip" not in name:
                assert patient.bone_distance(needle.tip_mm) <= recipe.figures["standoff_mm"].value + 0.3
        if entry.mode == "bipolar" and name in ("palisade", "bipolar-leapfrog"):
            gap = np.linalg.norm(entry.needles[0].tip_mm - entry.needles[1].tip_mm)
            assert gap <= recipe.figures["spacing_mm"].value + (0.0 if name == "palisade" else 2.0)
    for key, figure in recipe.figures.items():
        if key.startswith("clock."):
            level = key.split(".")[1]
            if level not in rings:
                continue
            hours = [
                clock_hours(rings[level], point)
                for target, point in tips(patient, plan).items()
                if target.startswith(level)
            ]
            moved = any("moved" in note for note in plan.notes)
            assert min(abs(found - figure.value) for found in hours) <= (1.5 if moved else 0.5)
    return plan


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", NAMES)
def test_on_the_reference_patient(reference: Patient, name: str, side: str) -> None:
    plan = check_on_patient(reference, name, side)
    assert plan.applications[0].target == "L5"
    assert not any("left out" in note for note in plan.notes)


@cache
def real_patient(folder: str) -> Patient:
    from rfplan.anatomy.patient_file import load_patient

    return load_patient(folder)


@pytest.mark.real
@pytest.mark.parametrize("which", REAL)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", NAMES)
def test_on_real_bones(real_anatomy, which: str, name: str, side: str) -> None:
    plan = check_on_patient(real_patient(str(real_anatomy / which)), name, side)
    assert len(plan.applications) >= 3


def test_every_electrode_has_a_technique() -> None:
    used = {name for entry in techniques() for name in entry.electrodes}
    assert used == {entry.name for entry in electrodes()}


def test_a_strip_that_needs_more_shaft_than_cannulae_have_says_so(reference) -> None:
    stout = replace(reference, skin=replace(reference.skin, height_mm=reference.skin.height_mm + 60.0))
    name = "single-cannula-strip"
    assert not any("mm of shaft" in note for note in technique(name).plan(reference, "left", l5=False).notes)
    plan = technique(name).plan(stout, "left", l5=False)
    assert max(needle.depth_mm for needle in plan.needles) > 150.0
    assert any("mm of shaft lie under the skin" in note for note in plan.notes)


def test_no_needle_ends_under_the_skin(reference) -> None:
    deep = replace(reference, skin=replace(reference.skin, height_mm=reference.skin.height_mm + 130.0))
    plan = technique("cooled-clockface").plan(deep, "left")
    assert np.allclose([deep.skin.depth_mm(needle.entry_mm) for needle in plan.needles], 0.0, atol=0.1)
    assert any("no shaft of 150 mm reaches from it to the skin" in note for note in plan.notes)


def test_a_row_that_cannot_be_is_left_out_and_said_so(reference) -> None:
    plan = technique("palisade").plan(reference, "right", least_needles=100)
    assert len(plan.applications) == 1
    assert any("The row is left out" in note and "100 or more" in note for note in plan.notes)


def test_no_row_is_said_to_be_moved_by_nothing() -> None:
    notes = [
        note
        for patient in Population().draw(6, 1)
        for note in technique("palisade").plan(patient.ground, "right").notes
    ]
    assert any("joint line" in note for note in notes)
    assert not any("moved 0.0 mm" in note for note in notes)
