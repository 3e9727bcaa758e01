"""The optimiser from end to end, on a coarse lattice."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rfplan
from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.planning.optimiser import prepared
from rfplan.planning.optimiser.for_each import ready_for
from rfplan.planning.optimiser.request import Request, device_of

COARSE = {"courses": 40, "unseen": 60, "spacing_mm": 9.0, "electrode": "cooled-17g-4mm", "time_limit_s": 1e4}


def poses(found):
    return [needle.pose_key for application in found.plan.applications for needle in application.needles]


@pytest.fixture(scope="module")
def three(reference):
    return rfplan.optimise(reference, "right", 3, seed=2, refine=False, **COARSE)


def test_the_certificate_holds_what_it_says(reference, three):
    certificate = three.certificate
    assert certificate.status == "optimal"
    assert certificate.objective <= certificate.bound + 1e-12
    assert certificate.objective <= certificate.union_objective + 1e-11 <= certificate.union_bound + 2e-11
    assert certificate.greedy <= certificate.objective
    assert len(three.plan.applications) <= 3
    # the value of the plan itself, by the judgement that everybody uses, on the courses of the search
    judged = rfplan.evaluate(three.plan, reference, courses=40, seed=2)
    assert judged.coverage["transection"].captured_fraction == pytest.approx(certificate.union_objective)
    assert judged.coverage == three.train
    assert judged.status != "stop"


def test_unseen_courses_are_others_and_judged_like_any(reference, three):
    judged = rfplan.evaluate(three.plan, reference, courses=60, seed=2 + prepared.UNSEEN_SEED)
    assert judged.coverage == three.unseen


def test_one_thread_or_two_make_the_same_plan(reference, three):
    again = rfplan.optimise(reference, "right", 3, seed=2, refine=False, threads=1, **COARSE)
    assert poses(again) == poses(three)
    assert again.certificate.objective == three.certificate.objective


def test_refinement_never_makes_it_worse_and_breaks_no_limit(reference, three):
    better = rfplan.optimise(reference, "right", 3, seed=2, **COARSE)
    assert better.after_refinement >= better.before_refinement
    assert better.before_refinement == pytest.approx(three.certificate.union_objective)
    assert better.train["transection"].captured_fraction == pytest.approx(better.after_refinement)
    assert rfplan.evaluate(better.plan, reference, courses=2).status != "stop"


def test_it_beats_each_technique_that_uses_the_same_device_with_as_many_applications(reference):
    for name in ("cooled-clockface", "cooled-classic"):
        plan = rfplan.technique(name).plan(reference, "right")
        found = rfplan.optimise(reference, "right", len(plan.applications), seed=2, refine=False, **COARSE)
        judged = rfplan.evaluate(plan, reference, courses=40, seed=2)
        assert found.train["transection"].captured_fraction >= judged.coverage["transection"].captured_fraction


def test_more_applications_than_are_useful_come_out_fewer_and_it_says_so(reference):
    found = rfplan.optimise(reference, "right", 20, seed=2, refine=False, **COARSE)
    assert len(found.plan.applications) < 20
    assert any("would add nothing" in note for note in found.notes)


def test_the_fewest_that_reach_a_target(reference):
    wanted = rfplan.Objective("fewest", target=0.8)
    found = rfplan.optimise(reference, "right", 9, seed=2, objective=wanted, refine=False, **COARSE)
    assert found.certificate.objective == len(found.plan.applications)
    assert found.train["transection"].complete_fraction >= 0.8
    one_less = rfplan.optimise(
        reference, "right", len(found.plan.applications) - 1, seed=2, objective="complete", refine=False, **COARSE
    )
    assert one_less.certificate.bound < 0.8


def test_a_target_out_of_reach_gives_the_most_likely_and_says_so(reference):
    wanted = rfplan.Objective("fewest", target=0.99)
    found = rfplan.optimise(reference, "right", 2, seed=2, objective=wanted, refine=False, **COARSE)
    assert not found.certificate.reached
    assert found.certificate.bound < 0.99
    assert any("99%" in note for note in found.notes)


def test_without_time_the_greedy_choice_comes_without_a_bound(reference):
    found = rfplan.optimise(reference, "right", 3, seed=2, **{**COARSE, "time_limit_s": 0.0})
    assert found.certificate.status == "time_limit"
    assert math.isinf(found.certificate.bound)
    assert found.to_json()["certificate"]["bound"] is None
    assert any("without a bound" in note for note in found.notes)
    assert found.plan.applications
    assert rfplan.evaluate(found.plan, reference, courses=2).status != "stop"


def test_cancelling_hands_back_a_plan(reference):
    asked = []

    def cancelled():
        asked.append(True)
        return len(asked) > 3

    found = rfplan.optimise(reference, "right", 3, seed=2, cancelled=cancelled, **COARSE)
    assert found.certificate.status == "cancelled"
    assert found.plan.applications


def test_progress_rises_to_one(reference):
    heard = []
    rfplan.optimise(reference, "right", 2, seed=2, refine=False, progress=heard.append, **COARSE)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_limits_that_leave_nothing_are_named_with_their_counts(reference, monkeypatch):
    monkeypatch.setattr(prepared, "broken_limits", lambda _p, _s, every, *_: ["skin_distance"] * len(every))
    with pytest.raises(InputError, match=r"removed by limit: .*skin_distance \d+"):
        rfplan.optimise(reference, "right", 2, **COARSE)


def test_a_mirrored_patient_gets_the_mirrored_plan(reference):

    mirror = Isometry.mirror_left_right()
    own = {**COARSE, "refine": False, "seed": 2}
    here = rfplan.optimise(reference, "right", 2, **own)
    there = rfplan.optimise(reference.moved(mirror), "left", 2, **own)
    assert there.certificate.objective == pytest.approx(here.certificate.objective, abs=0.02)


@pytest.mark.slow
def test_a_plan_for_a_hand_that_misses_is_judged_with_that_hand(reference):
    few = {**COARSE, "courses": 16, "unseen": 16, "spacing_mm": 16.0}
    hand = rfplan.OperatorError.usual()
    found = rfplan.optimise(reference, "right", 2, seed=2, operator_error=hand, refine=False, **few)
    steady = rfplan.optimise(reference, "right", 2, seed=2, refine=False, **few)
    assert found.certificate.status == "optimal"
    assert found.certificate.objective <= steady.certificate.bound + 0.1
    assert found.train["transection"].captured_fraction == pytest.approx(found.certificate.union_objective)
    assert rfplan.evaluate(found.plan, reference, courses=2).status != "stop"


@pytest.mark.slow
@settings(max_examples=3)
@given(st.integers(0, 10_000), st.sampled_from(["left", "right"]), st.sampled_from(["cooled", "monopolar"]))
def test_plans_of_drawn_patients_break_no_hard_limit(seed, side, mode):
    patient = rfplan.Population().draw(1, seed=seed)[0].meshed()
    asked = {**COARSE, "electrode": None, "mode": mode}
    found = rfplan.optimise(patient, side, 4, seed=seed, **asked)
    judged = rfplan.evaluate(found.plan, patient, courses=60, seed=seed + prepared.UNSEEN_SEED)
    assert [row for row in judged.safety if row.status == "stop"] == []
    assert judged.coverage == found.unseen


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"applications": 0}, "applications is 0"),
        ({"needles": 0}, "needles is 0"),
        ({"courses": 1}, "courses is 1"),
        ({"seed": -1}, "seed is -1"),
        ({"spacing_mm": math.nan}, "spacing_mm"),
        ({"time_limit_s": -1.0}, "time_limit_s"),
        ({"mode": "bipolar"}, "cannot be used in mode 'bipolar'"),
        ({"mode": "coold"}, "did you mean 'cooled'"),
        ({"electrode": "cooled"}, "is not known"),
        ({"objective": "most"}, "objective is 'most'"),
        ({"side": "top"}, "side 'top'"),
    ],
)
def test_wrong_input_is_refused_before_any_work(reference, wrong, said):
    with pytest.raises(InputError, match=said):
        rfplan.optimise(reference, **{**COARSE, **wrong})


def test_an_electrode_that_the_mode_cannot_use_is_refused_with_those_that_it_can():
    with pytest.raises(InputError, match=r"strip-tripolar.*contacts.*conventional-20g-10mm"):
        device_of("strip-tripolar", "bipolar")
    assert device_of(None, None)[1] == "cooled"
    assert device_of("conventional-22g-5mm", None)[1] == "monopolar"


def test_the_document_has_the_promised_keys(three):
    document = three.to_json()
    assert {"certificate", "train", "unseen", "applications", "needles"} <= set(document)
    assert {"objective", "bound", "gap", "status", "time_s", "candidates", "courses"} <= set(document["certificate"])
    assert np.isfinite(document["train"]["transection"]["captured_fraction"])


@pytest.mark.slow
def test_a_plan_made_without_a_mesh_breaks_no_hard_limit_of_the_meshed_patient():
    drawn = rfplan.Population().draw(1, seed=21)[0]
    request = Request(
        *device_of(None, "cooled"), 4, courses=40, seed=3, spacing_mm=9.0, time_limit_s=math.inf, nodes=500
    )
    plan = ready_for(drawn.ground, "right", request).plan(request)
    patient = drawn.meshed()
    judged = rfplan.evaluate(plan, patient, courses=40, seed=3)
    assert [row for row in judged.safety if row.status == "stop"] == []
    # the same search on the mesh: bones differ by a tenth of a millimetre, and so little do the plans
    found = rfplan.optimise(patient, "right", 4, seed=3, **{**COARSE, "electrode": None})
    mine = judged.coverage["transection"].captured_fraction
    assert mine == pytest.approx(found.train["transection"].captured_fraction, abs=0.05)
