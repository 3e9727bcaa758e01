"""Plans on a slab of bone, where lengths and margins have closed forms, and under motions, which change nothing."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings

from rfplan.anatomy.landmarks import mirrored_name
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.planning.evaluation import Evaluation
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application, Plan
from strategies import (
    PROTOCOL,
    device,
    monopolar,
    motions,
    needle,
    numbers,
    plans,
    slab_nerves,
    slab_patient,
    straight_nerve,
)
from strategies import evaluate_shapes as evaluate

BALL = device(10.0, 10.0)
OVAL = device(10.0, 16.0)


def said(evaluation: Evaluation) -> tuple[str, ...]:
    """Warnings but those on levels that a slab has no branch of."""
    return tuple(warning for warning in evaluation.warnings if not warning.startswith("no branch of"))


def only(evaluation: Evaluation):
    (result,) = evaluation.nerves
    return result


def test_a_straight_nerve_through_the_middle_of_a_lesion() -> None:
    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    result = only(evaluate(monopolar(needle([35.0, 2.0, 0.0], with_device=BALL)), patient))
    assert result.lethal_length_mm == pytest.approx(10.0)
    assert result.contiguous_mm == pytest.approx(10.0)
    assert result.margin_mm == pytest.approx(5.0)
    assert result.length_mm == pytest.approx(30.0)
    assert result.captured == {"ap_projection": True, "transection": True}


@given(numbers(-9.0, 9.0), numbers(-9.0, 9.0))
def test_chord_and_margin_of_a_ball(up_mm: float, over_mm: float) -> None:
    patient = slab_patient((straight_nerve([15.0, 12.0, up_mm], [55.0, 12.0, up_mm]),))
    result = only(evaluate(monopolar(needle([35.0, 12.0 + over_mm, 0.0], with_device=BALL)), patient))
    off = math.hypot(up_mm, over_mm)
    chord = 2.0 * math.sqrt(max(0.0, 25.0 - off**2))
    assert result.lethal_length_mm == pytest.approx(chord, abs=1e-6)
    assert result.margin_mm == pytest.approx(5.0 - off, abs=1e-7)
    assert result.ap_margin_mm == pytest.approx(5.0 - abs(up_mm), abs=1e-7)
    if abs(chord - 4.0) > 1e-6:
        assert result.captured["transection"] == (chord >= 4.0)
    if abs(abs(up_mm) - 5.0) > 1e-6:
        assert result.captured["ap_projection"] == (abs(up_mm) < 5.0)


def test_a_lesion_far_above_a_branch_overlaps_it_in_the_view_only() -> None:
    patient = slab_patient((straight_nerve([20.0, 1.0, 0.0], [50.0, 1.0, 0.0]),))
    evaluation = evaluate(monopolar(needle([35.0, 15.0, 2.0], with_device=BALL)), patient)
    result = only(evaluation)
    assert result.captured == {"ap_projection": True, "transection": False}
    assert result.margin_mm == pytest.approx(5.0 - math.hypot(14.0, 2.0))
    assert evaluation.coverage["ap_projection"].captured_fraction == 1.0
    assert evaluation.coverage["transection"].missed_by_level == {"L5": 0.0, "S1": 1.0, "S2": 0.0, "S3": 0.0}


def test_a_tilted_spheroid_casts_its_own_shadow() -> None:
    # a needle along the bone, 8 mm half length: seen from behind it is 8 mm long, 5 mm wide
    patient = slab_patient(
        (straight_nerve([20.0, 1.0, 7.9], [50.0, 1.0, 7.9]), straight_nerve([20, 1, 8.1], [50, 1, 8.1]))
    )
    evaluation = evaluate(monopolar(needle([35.0, 3.0, 0.0], (0.0, 0.0, 1.0), OVAL)), patient)
    assert [result.captured["ap_projection"] for result in evaluation.nerves] == [True, False]
    assert [result.ap_margin_mm for result in evaluation.nerves] == [pytest.approx(0.1), pytest.approx(-0.1)]


def test_contiguous_length_counts_across_applications_but_not_across_gaps() -> None:
    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    small = device(3.0, 3.0)
    apart = monopolar(needle([30.0, 2.0, 0.0], with_device=small), needle([33.5, 2.0, 0.0], with_device=small))
    touching = monopolar(needle([30.0, 2.0, 0.0], with_device=small), needle([32.5, 2.0, 0.0], with_device=small))
    result = only(evaluate(apart, patient))
    assert (result.lethal_length_mm, result.contiguous_mm) == (pytest.approx(6.0), pytest.approx(3.0))
    assert result.captured["transection"] is False
    result = only(evaluate(touching, patient))
    assert (result.lethal_length_mm, result.contiguous_mm) == (pytest.approx(5.5), pytest.approx(5.5))
    assert result.captured["transection"] is True
    assert only(evaluate(touching, patient, transection_length_mm=5.6)).captured["transection"] is False


def test_only_branches_of_the_plans_side_are_judged() -> None:
    left = straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0])
    right = straight_nerve([-20.0, 2.0, 0.0], [-50.0, 2.0, 0.0], side="right")
    plan = monopolar(needle([35.0, 2.0, 0.0], with_device=BALL))
    assert only(evaluate(plan, slab_patient((left, right)))).captured["transection"] is True
    with pytest.raises(InputError, match="no branches on the left side"):
        evaluate(plan, slab_patient((right,)))


def test_a_plan_without_applications_takes_nothing() -> None:
    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    evaluation = evaluate(Plan("left", "nothing", ()), patient)
    assert evaluation.coverage["ap_projection"].captured_fraction == 0.0
    assert evaluation.status == "ok"
    document = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert document["nerves"][0]["margin_mm"] is None


def test_a_lesion_too_cold_to_be_lethal_takes_nothing() -> None:
    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    pose = needle([35.0, 2.0, 0.0], with_device=BALL)
    evaluation = evaluate(Plan("left", "cold", (Application("monopolar", Protocol(42.0, 60.0), (pose,)),)), patient)
    assert only(evaluation).lethal_length_mm == 0.0


def mirrored(evaluation: Evaluation, motion: Isometry) -> list[tuple[str, str, float]]:
    """Check, what it concerns (named as before the motion) and value."""
    rename = mirrored_name if motion.mirrors else str
    side = {"left": "right", "right": "left"} if motion.mirrors else {}
    return sorted((row.check, side.get(row.concerns, rename(row.concerns)), row.value) for row in evaluation.safety)


@settings(max_examples=60)
@given(plans(side="left"), slab_nerves(), motions())
def test_motions_and_mirror_images_change_nothing(plan: Plan, nerves, motion: Isometry) -> None:
    patient = slab_patient(nerves)
    before, after = evaluate(plan, patient), evaluate(plan.moved(motion), patient.moved(motion))
    assert after.side == ("right" if motion.mirrors else "left")
    for old, new in zip(before.nerves, after.nerves, strict=True):
        assert (old.name, old.level) == (new.name, new.level)
        for key in ("lethal_length_mm", "margin_mm", "contiguous_mm", "ap_margin_mm", "length_mm"):
            assert getattr(new, key) == pytest.approx(getattr(old, key), abs=1e-6), (old.name, key)
        # a decision may only differ where the deciding length is within rounding of its limit
        if abs(old.contiguous_mm - 4.0) > 1e-6:
            assert old.captured["transection"] == new.captured["transection"]
        if abs(old.ap_margin_mm) > 1e-6:
            assert old.captured["ap_projection"] == new.captured["ap_projection"]
    for old, new in zip(mirrored(before, Isometry()), mirrored(after, motion), strict=True):
        assert old[:2] == new[:2]
        assert new[2] == pytest.approx(old[2], abs=1e-6), old[:2]


@given(plans(side="left"), slab_nerves())
def test_more_applications_never_take_less(plan: Plan, nerves) -> None:
    patient = slab_patient(nerves)
    whole = evaluate(plan, patient)
    part = evaluate(Plan(plan.side, plan.technique, plan.applications[:-1], plan.patient), patient)
    for more, less in zip(whole.nerves, part.nerves, strict=True):
        assert more.lethal_length_mm >= less.lethal_length_mm - 1e-9
        assert more.margin_mm >= less.margin_mm - 1e-7
        assert more.captured["transection"] >= less.captured["transection"]


@given(plans(side="left"), slab_nerves())
def test_being_cut_through_implies_being_overlapped_in_the_view(plan: Plan, nerves) -> None:
    for result in evaluate(plan, slab_patient(nerves)).nerves:
        assert result.captured["ap_projection"] >= result.captured["transection"]
        assert result.ap_margin_mm >= result.margin_mm - 1e-7
        assert (result.margin_mm > 1e-6) <= (result.lethal_length_mm > 0.0)
        assert result.contiguous_mm <= result.lethal_length_mm + 1e-9 <= result.length_mm + 1e-6


@given(plans(side="left"), slab_nerves())
def test_the_margin_agrees_with_what_the_lesions_say_at_points(plan: Plan, nerves) -> None:
    from rfplan.lesion.shapes import shape_lesion

    patient = slab_patient(nerves)
    lesions = [
        shape_lesion(
            a.mode,
            a.protocol,
            [n.electrode for n in a.needles],
            [n.tip_mm for n in a.needles],
            [n.axis for n in a.needles],
        )
        for a in plan.applications
    ]
    for result, nerve in zip(evaluate(plan, patient).nerves, patient.nerves_on("left"), strict=True):
        t = np.linspace(0.0, 1.0, 200)[:, None]
        places = np.concatenate(
            [(1 - t) * a + t * b for a, b in zip(nerve.points_mm[:-1], nerve.points_mm[1:], strict=True)]
        )
        deepest = max(lesion.margin_mm(places, 50.0).max() for lesion in lesions)
        assert deepest <= result.margin_mm + 1e-7
        assert deepest >= result.margin_mm - 0.5


def test_courses_are_drawn_from_the_seed_and_averaged() -> None:
    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    plan = monopolar(needle([31.0, 1.0, 15.0], with_device=BALL), needle([31.0, 1.0, 3.0], with_device=BALL))
    one, again, other = (evaluate(plan, patient, courses=30, seed=seed) for seed in (1, 1, 2))
    assert one.to_json() == again.to_json()
    assert one.to_json()["nerves"] != other.to_json()["nerves"]
    total = one.coverage["ap_projection"]
    assert 0.0 < total.captured_fraction < 1.0
    assert total.captured_ci95[0] < total.captured_fraction < total.captured_ci95[1]
    hits = sum(result.captured["ap_projection"] * result.courses for result in one.nerves)
    branches = sum(result.courses for result in one.nerves)
    missed = {
        level: sum(n.courses * (1 - n.captured["ap_projection"]) for n in one.nerves if n.level == level)
        for level in ["S1", "S2"]
    }
    of_level = {level: sum(n.courses for n in one.nerves if n.level == level) for level in missed}
    assert 0 < hits < branches
    for level, count in missed.items():
        assert total.missed_by_level[level] == pytest.approx(count / of_level[level])


def test_the_document_has_the_promised_keys() -> None:
    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    document = json.loads(
        json.dumps(evaluate(monopolar(needle([35, 2, 0], with_device=BALL)), patient).to_json(), allow_nan=False)
    )
    assert document["schema"] == "rfplan/evaluation/1"
    assert (document["courses"], document["lesion_model"]) == (1, "shapes")
    assert set(document["coverage"]) == {"ap_projection", "transection"}
    for total in document["coverage"].values():
        assert {"captured_fraction", "complete_fraction", "missed_by_level"} <= set(total)
        assert set(total["missed_by_level"]) == {"L5", "S1", "S2", "S3"}
    assert {"name", "level", "captured", "lethal_length_mm", "margin_mm"} <= set(document["nerves"][0])
    for row in document["safety"]:
        assert {"check", "value", "unit", "warn", "stop", "status"} <= set(row)
        assert row["status"] in ("ok", "warn", "stop")
    assert (document["applications"], document["needles"], document["energy_time_s"]) == (1, 1, PROTOCOL.time_s)
    assert document["provenance"]["rfplan"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"lesion_model": "solved", "bone": "plain"}, "bone is 'plain'; did you mean 'plane'"),
        ({"lesion_model": "shape"}, "did you mean 'shapes'"),
        ({"courses": 0}, "courses is 0; it must be a whole number of at least 1"),
        ({"transection_length_mm": 0.0}, "must be above 0 mm"),
    ],
)
def test_what_cannot_be_judged_is_refused(wrong: dict[str, object], message: str) -> None:
    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    with pytest.raises(InputError, match=message):
        evaluate(monopolar(needle([35, 2, 0])), patient, **wrong)


def test_a_plan_made_for_another_patient_is_judged_with_a_warning() -> None:
    from rfplan.planning.packed_patient import patient_record

    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    own = Plan("left", "by hand", monopolar(needle([35, 2, 0])).applications, patient_record(patient))
    moved = patient.moved(Isometry.translation([0.0, 0.0, 5.0]))
    assert said(evaluate(own, patient)) == ()
    (warning,) = said(evaluate(own, moved))
    assert "made for another patient" in warning


def test_a_plan_for_the_wrong_side_and_a_bent_needle_are_pointed_out() -> None:
    right = straight_nerve([-20.0, 2.0, 0.0], [-50.0, 2.0, 0.0], side="right")
    (warning,) = said(evaluate(monopolar(needle([35.0, 2.0, 0.0]), side="right"), slab_patient((right,))))
    assert "every needle is on the other side" in warning
    straight = needle([-35.0, 2.0, 0.0])
    bent = Needle(straight.electrode, straight.tip_mm, straight.axis, straight.entry_mm + [3.0, 0.0, 0.0])
    (warning,) = said(evaluate(monopolar(bent, side="right"), slab_patient((right,))))
    assert warning == "needle 1: its entry_mm lies 3.0 mm off the line from its tip along its axis"


def test_a_pair_that_does_not_join_is_pointed_out() -> None:
    patient = slab_patient((straight_nerve([20.0, 2.0, 0.0], [50.0, 2.0, 0.0]),))
    kind = device(8.0, 12.0, waist_mm=6.0)
    pair = tuple(needle([35.0, 2.0, z], with_device=kind) for z in (-12.0, 12.0))
    (warning,) = said(evaluate(Plan("left", "by hand", (Application("bipolar", PROTOCOL, pair),)), patient))
    assert warning == "application 1: the lesions of its two needles do not join at 50 degC"


def test_a_level_without_branches_is_not_passed_over() -> None:
    nerves = tuple(
        straight_nerve([20.0, z, 0.0], [50.0, z, 0.0], level=level) for level, z in (("L5", 20.0), ("S1", 2.0))
    )
    patient = slab_patient(nerves)
    result = evaluate(monopolar(needle([35.0, 2.0, 0.0])), patient)
    assert result.coverage["transection"].missed_by_level["S3"] == 0.0
    (second, third) = (warning for warning in result.warnings if warning.startswith("no branch of"))
    assert second.startswith("no branch of S2 was judged on the left")
    assert third.startswith("no branch of S3 was judged on the left")


@pytest.mark.parametrize("courses", [1, 12])
@pytest.mark.parametrize("technique", ["palisade", "cooled-clockface"])
def test_the_reference_patient_may_be_moved_and_mirrored(reference, technique: str, courses: int) -> None:
    import rfplan

    plan = rfplan.technique(technique).plan(reference, side="right")
    before = evaluate(plan, reference, courses=courses, seed=3)
    turn = Isometry.translation([40.0, -25.0, 310.0]).after(Isometry.rotation([1.0, 2.0, -0.5], 77.0))
    for motion in (Isometry.mirror_left_right(), turn, turn.after(Isometry.mirror_left_right())):
        after = evaluate(plan.moved(motion), reference.moved(motion), courses=courses, seed=3)
        for old, new in zip(before.nerves, after.nerves, strict=True):
            assert (old.name, old.captured, old.courses) == (new.name, new.captured, new.courses)
            assert new.margin_mm == pytest.approx(old.margin_mm, abs=1e-6)
            assert new.lethal_length_mm == pytest.approx(old.lethal_length_mm, abs=1e-6)
        for old, new in zip(mirrored(before, Isometry()), mirrored(after, motion), strict=True):
            assert old[:2] == new[:2]
            assert new[2] == pytest.approx(old[2], abs=1e-6), old[:2]
        assert {key: total.captured_fraction for key, total in after.coverage.items()} == {
            key: total.captured_fraction for key, total in before.coverage.items()
        }
