"""What the operator sees of the needles of a plan."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rfplan.devices.catalogue import electrode
from rfplan.errors import InputError
from rfplan.fluoroscopy.operability import operability
from strategies import monopolar, needle, slab_patient, straight_nerve

PATIENT = slab_patient()
WITH_BRANCH = slab_patient((straight_nerve([20.0, 1.0, 20.0], [50.0, 1.0, 20.0]),))
DEVICE = electrode("conventional-18g-10mm")


def judged(*needles):
    return operability(monopolar(*needles), PATIENT)


def stuck(tip, axis=(0.0, 1.0, 0.0)):
    return needle(tip, axis, DEVICE)


def test_a_needle_along_the_beam_is_end_on_in_ap_and_across_in_lateral():
    (entry,) = judged(stuck([33.0, 2.0, 20.0])).needles
    assert entry.end_on.reachable
    assert np.isclose(entry.end_on.lao_deg, 0.0) and np.isclose(entry.end_on.cranial_deg, 0.0)
    assert entry.views["true_ap"].end_on and np.isclose(entry.views["true_ap"].angle_deg, 0.0, atol=0.01)
    assert not entry.views["lateral"].end_on and np.isclose(entry.views["lateral"].angle_deg, 90.0, atol=0.01)
    assert all(seen.visible for seen in entry.views.values())


def test_the_bone_in_the_beam_is_the_slab():
    (entry,) = judged(stuck([33.0, 2.0, 10.0])).needles
    assert np.isclose(entry.views["true_ap"].bone_mm, 20.0, atol=1.0)
    (beside,) = judged(stuck([95.0, 2.0, 10.0])).needles
    assert beside.views["true_ap"].bone_mm < 1.0


def test_needles_behind_each_other_hide_each_other_in_lateral_only():
    front, back = stuck([25.0, 2.0, 0.0]), stuck([45.0, 2.0, 0.0])
    both = judged(front, back).needles
    assert all(entry.views["true_ap"].clear > 0.9 for entry in both)
    assert min(entry.views["lateral"].clear for entry in both) < 0.5
    assert not all(entry.views["lateral"].visible for entry in both)
    # a picture is a shadow: each lies over the other
    assert [entry.views["lateral"].overlaps for entry in both] == [(2,), (1,)]
    assert not any(entry.views["true_ap"].overlaps for entry in both)
    apart = judged(front, stuck([45.0, 2.0, 15.0])).needles
    assert all(entry.views["lateral"].clear == 1.0 for entry in apart)


def test_a_needle_out_of_the_picture_is_not_seen():
    found = judged(stuck([33.0, 2.0, 300.0]))
    assert not any(seen.in_field or seen.visible for seen in found.needles[0].views.values())
    assert any("needle 1" in note for note in found.notes)


def test_a_steep_needle_is_beyond_the_reach_of_the_arm():
    (entry,) = judged(stuck([33.0, 2.0, 0.0], (0.0, 0.2, np.sqrt(0.96)))).needles
    assert not entry.end_on.reachable
    assert np.isclose(entry.end_on.cranial_deg, np.rad2deg(np.arcsin(np.sqrt(0.96))))


def test_the_document_is_json_and_counts():
    document = judged(stuck([33.0, 2.0, 20.0]), stuck([33.0, 2.0, 0.0], (0.0, 0.2, np.sqrt(0.96)))).to_json()
    assert json.loads(json.dumps(document)) == document
    assert document["end_on_reachable"] == 1
    assert [entry["needle"] for entry in document["needles"]] == [1, 2]
    assert set(document["views"]) == {"true_ap", "lateral"}


def test_a_published_technique_can_be_carried_out(reference):
    import rfplan

    plan = rfplan.technique("conventional-periforaminal").plan(reference, side="right")
    found = rfplan.operability(plan, reference)
    assert len(found.needles) == len(plan.needles)
    assert all(entry.views["true_ap"].in_field for entry in found.needles)
    # placed down the beam at the foramina
    assert sum(entry.views["true_ap"].end_on for entry in found.needles) >= len(plan.needles) - 1


def test_contacts_of_one_probe_do_not_hide_each_other():
    deep, higher = stuck([33.0, 2.0, 20.0]), needle([33.0, 17.0, 20.0], (0.0, 1.0, 0.0), DEVICE, 45.0)
    assert all(seen.clear == 1.0 for entry in judged(deep, higher).needles for seen in entry.views.values())


def test_what_is_not_seen_says_why():
    notes = judged(stuck([25.0, 2.0, 0.0]), stuck([45.0, 2.0, 0.0])).notes
    assert any("not seen well in the lateral: needle 2 in the same place" in note for note in notes)
    (note,) = {note.split(": ")[-1] for note in judged(stuck([33.0, 2.0, 300.0])).notes}
    assert note == "it is not in the picture"


def test_an_evaluation_holds_it_on_request():
    import rfplan

    plan = monopolar(stuck([33.0, 2.0, 20.0]))
    asked = rfplan.evaluate(plan, WITH_BRANCH, lesion_model="shapes", operability=rfplan.operability)
    assert asked.operability == rfplan.operability(plan, WITH_BRANCH)
    assert asked.to_json()["operability"] == rfplan.operability(plan, WITH_BRANCH).to_json()
    without = rfplan.evaluate(plan, WITH_BRANCH, lesion_model="shapes")
    assert without.operability is None and without.to_json()["operability"] is None
    with pytest.raises(InputError, match="operability is True; give the function"):
        rfplan.evaluate(plan, WITH_BRANCH, lesion_model="shapes", operability=True)


def test_an_evaluation_sees_the_needles_where_the_hand_put_them():
    import rfplan

    plan = monopolar(stuck([33.0, 2.0, 20.0]))
    error = rfplan.OperatorError.usual()
    asked = rfplan.evaluate(
        plan, WITH_BRANCH, lesion_model="shapes", operator_error=error, seed=4, operability=rfplan.operability
    )
    moved = rfplan.operability(rfplan.displaced(plan, WITH_BRANCH, error, 4), WITH_BRANCH)
    assert asked.operability == moved != rfplan.operability(plan, WITH_BRANCH)
