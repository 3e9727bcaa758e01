"""Named views: found where hand-made planes, foramina and needles say that they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bones import SETS, bones_of, patient_of

from planes_by_hand import endplate_by_hand, midline_by_hand
from rfplan.errors import InputError
from rfplan.fluoroscopy import view_merits
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.joint_lines import joint_lines
from rfplan.fluoroscopy.openings import openings
from rfplan.fluoroscopy.view_names import VIEW_NAMES, parse_view
from rfplan.fluoroscopy.views import find_view
from rfplan.geometry.frames import Isometry
from strategies import monopolar, needle, slab_patient

TURNS = [
    Isometry.rotation((1, 0, 0), 15.0),
    Isometry.rotation((1, 2, -1), -15.0),
    Isometry.rotation((0, 1, 1), 13.0, (5.0, 0.0, 9.0)),
]


def hand_foramina(anatomy, name):
    import json

    table = json.loads((anatomy / "foramina.json").read_text())[name]
    return {key: np.array(entry["centre_mm"]) for key, entry in table.items()}


def off_by_hand(beam, endplate, midline) -> tuple[float, float]:
    """Degrees from the beam to the endplate plane, and of rotation out of the midsagittal plane."""
    tilt, rotation = (float(np.rad2deg(np.arcsin(abs(beam @ normal)))) for normal in (endplate, midline))
    return tilt, rotation


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_true_ap_lays_the_beam_along_the_endplate_fitted_by_hand(real_anatomy, name):
    view = find_view("true_ap", patient_of(real_anatomy / name))
    tilt, rotation = off_by_hand(
        view.c_arm.beam, endplate_by_hand(name), midline_by_hand(name, hand_foramina(real_anatomy, name))
    )
    assert tilt < 2.0
    assert rotation < 2.0
    assert view.merit > 0.95


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("turn", TURNS)
def test_true_ap_is_found_anew_on_a_set_that_was_turned(real_anatomy, name, turn):
    """Read from the turned bones themselves, not carried along."""
    from rfplan.anatomy.reading import read_bones

    patient = patient_of(real_anatomy / name)
    sacrum = patient.bones["sacrum"].moved(turn)
    reading = read_bones({"sacrum": sacrum})
    turned = replace(patient, bones={"sacrum": sacrum}, chart=reading.chart, landmarks=reading.landmarks)
    view = find_view("true_ap", turned)
    tilt, rotation = off_by_hand(
        view.c_arm.beam,
        turn.vectors(endplate_by_hand(name)),
        turn.vectors(midline_by_hand(name, hand_foramina(real_anatomy, name))),
    )
    assert tilt < 2.0
    assert rotation < 2.0


@pytest.mark.real
def test_foramina_that_stand_open_are_those_known(real_anatomy):
    """Counted through the sacrum alone, in the geometry of the radiograph: 3 in straight AP, all 8 from 25 to 50 degrees cranial."""
    patient = patient_of(real_anatomy / "hra_female")
    centre = find_view("true_ap", patient).c_arm.isocentre_mm
    seen = {
        tilt: len(openings(CArm(0.0, float(tilt), centre), patient.bones["sacrum"]))
        for tilt in (0, 25, 30, 35, 40, 45, 50)
    }
    assert seen.pop(0) == 3
    assert set(seen.values()) == {8}


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
def test_the_view_of_a_foramen_opens_it_more_than_others_do(real_anatomy, name):
    patient = patient_of(real_anatomy / name)
    found = find_view("foramen_S1_right", patient)
    assert found.merit > 20.0
    bone, foramen = patient.bones["sacrum"], patient.foramen("S1", "right")
    from rfplan.fluoroscopy.openings import open_area_mm2

    for lao, cranial in (
        (0.0, 0.0),
        (-10.0, 20.0),
        (10.0, 30.0),
        (found.lao_deg + 8, found.cranial_deg),
        (found.lao_deg, 55.0),
    ):
        other = open_area_mm2(CArm(lao, cranial), bone, foramen.centre_mm, foramen.diameter_mm)
        assert other <= found.merit + 0.6


@pytest.mark.real
def test_a_foramen_that_is_closed_says_so(real_anatomy):
    view = find_view("foramen_S2_left", patient_of(real_anatomy / "artisynth_male"))
    assert view.merit == 0.0
    assert "cannot be seen through" in view.notes[0]


@pytest.mark.real
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_joint_lines_come_together_in_their_view(real_anatomy, name, side):
    """The receptor goes to the side opposite the joint, by the handful of degrees that are published (5.4 +- 2.9) or more."""
    patient = patient_of(real_anatomy / name)
    view = find_view(f"sij_overlap_{side}", patient)
    lines = joint_lines(patient, side)
    best = lines.gaps_mm(view.c_arm).mean()
    straight = find_view("ap", patient)
    assert best <= lines.gaps_mm(straight.c_arm.aimed(view.c_arm.isocentre_mm)).mean() + 1e-9
    turn = (view.lao_deg - straight.lao_deg) * (-1 if side == "left" else 1)
    assert 0.0 <= turn <= 25.0
    contralateral = find_view(f"contralateral_oblique_{side}", patient)
    assert (contralateral.lao_deg - straight.lao_deg) * (-1 if side == "left" else 1) > 0.0


@pytest.mark.real
def test_joint_lines_of_real_sets_come_together_where_published(real_anatomy):
    """5.4 +- 2.9 degrees in 50 prone patients; the mean over the six joints of the sets lies in that range, and within 2 mm they meet."""
    turns, apart = [], []
    for name in SETS:
        patient = patient_of(real_anatomy / name)
        straight = find_view("ap", patient).lao_deg
        for side in ("left", "right"):
            view = find_view(f"sij_overlap_{side}", patient)
            turns.append((view.lao_deg - straight) * (-1 if side == "left" else 1))
            apart.append(joint_lines(patient, side).gaps_mm(view.c_arm).mean())
            assert view.merit > 0.5
    assert abs(np.mean(turns) - 5.4) < 2.9
    assert max(apart) < 2.0


def test_views_of_the_reference_patient(reference):
    ap, true_ap = find_view("ap", reference), find_view("TRUE_AP", reference)
    assert (ap.lao_deg, ap.cranial_deg) == (0.0, 0.0)
    assert np.isclose(true_ap.cranial_deg, 30.0, atol=0.5)
    assert true_ap.merit > view_merits.endplate(reference, ap.c_arm) + 0.3
    lateral = find_view("lateral_left", reference)
    assert np.isclose(lateral.lao_deg, 90.0)
    assert lateral.merit > view_merits.superposition(reference, ap.c_arm)
    merits = [find_view(f"oblique_right_{turn}", reference).merit for turn in (1, 20, 40, 80)]
    assert merits == sorted(merits, reverse=True)
    # turned about the patient's long axis by w, a beam at 30 degrees to it leaves the plane that it lay in by this much
    w = np.deg2rad([1, 20, 40, 80])
    away = np.cos(np.deg2rad(30)) * np.sin(np.deg2rad(30)) * (1.0 - np.cos(w))
    assert np.allclose(merits, 1.0 - away, atol=0.02)
    oblique = find_view("oblique_right_35", reference)
    assert np.isclose(oblique.lao_deg, -35.0)
    assert np.isclose(oblique.cranial_deg, true_ap.cranial_deg)


def test_a_view_of_a_turned_patient_turns_with_it(reference):
    turn = Isometry.rotation((1, 0.4, -0.3), 9.0, (0.0, 20.0, 5.0))
    for name in ("true_ap", "lateral_left"):
        here, there = find_view(name, reference), find_view(name, reference.moved(turn))
        assert np.allclose(turn.vectors(here.c_arm.beam), there.c_arm.beam, atol=1e-6)


def test_supine_views_look_from_the_front(reference):
    for name, cranial in (("ap", 0.0), ("true_ap", -30.0)):
        view = find_view(name, reference, position="supine")
        assert view.c_arm.beam[1] < 0.0
        assert np.isclose(view.cranial_deg, cranial, atol=0.5)
    assert np.isclose(
        find_view("true_ap", reference, position="supine").merit, find_view("true_ap", reference).merit, atol=1e-6
    )


def test_a_needle_is_a_dot_down_its_barrel():
    plan = monopolar(needle([33.0, 2.0, 20.0]), needle([20.0, 2.0, -10.0], (0.3, np.sqrt(1 - 0.25), -0.4)))
    view = find_view("down_the_barrel_2", slab_patient(), plan)
    ends = view.c_arm.project(np.stack([plan.needles[1].tip_mm, plan.needles[1].entry_mm]))
    assert np.hypot(*(ends[1] - ends[0])) < 1e-6
    assert np.isclose(view.merit, 1.0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("true_app", "did you mean 'true_ap'"),
        ("oblique_right_95", "from 1 to 90"),
        ("foramen_S7_right", "there is no foramen S7"),
        ("foramen_S4_right", "has no foramen S4"),
        ("sij_overlap", "no hip bone near the sacrum on the right"),
        ("contralateral_oblique_left", "hip_left"),
        ("down_the_barrel_1", "give a plan"),
        ("down_the_barrel_0", "numbered from 1"),
    ],
)
def test_views_that_cannot_be_say_why(name, words):
    with pytest.raises(InputError, match=words):
        find_view(name, slab_patient())


def test_a_needle_out_of_reach_says_so():
    plan = monopolar(needle([33.0, 2.0, 20.0], (0.0, 0.2, np.sqrt(0.96))))
    with pytest.raises(InputError, match="needle 1 cannot be seen end on: cranial_deg is 78"):
        find_view("down_the_barrel_1", slab_patient(), plan)
    with pytest.raises(InputError, match="the plan has 1 needles"):
        find_view("down_the_barrel_2", slab_patient(), plan)


@pytest.mark.parametrize("name", VIEW_NAMES)
def test_every_listed_name_is_a_view(name):
    assert parse_view(name).kind


@pytest.mark.real
def test_bones_of_every_set_have_all_views(real_anatomy):
    for name in SETS:
        assert set(bones_of(real_anatomy / name)) >= {"sacrum", "hip_left", "hip_right"}
        for view in ("ap", "true_ap", "lateral", "oblique_left_20", "contralateral_oblique", "sij_overlap"):
            assert 0.0 < find_view(view, patient_of(real_anatomy / name)).merit <= 1.0
