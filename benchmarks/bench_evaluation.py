"""One evaluation: seven applications, ten branches, every safety check, with shapes and with solved lesions in memory; and many courses."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import pytest

import rfplan
from rfplan.anatomy.nerves import courses
from rfplan.anatomy.patient import Patient
from rfplan.lesion.lesion_map import lesion_map
from rfplan.planning.application_lesions import lesions_of
from rfplan.planning.plan import Plan
from rfplan.planning.solved_lesions import map_lesions

BRANCHES = 10


@pytest.fixture(scope="module")
def patient() -> Patient:
    """The reference patient with the first drawn set of nerves that has ten branches on the right."""
    reference = rfplan.reference_patient()
    for nerves in courses(reference, 100, 0):
        if sum(nerve.side == "right" for nerve in nerves) == BRANCHES:
            return replace(reference, nerves=nerves)
    raise AssertionError("no course among a hundred has ten branches on the right")


@pytest.fixture(scope="module")
def plan(patient: Patient) -> Plan:
    made = rfplan.technique("palisade").plan(patient, side="right")
    assert len(made.applications) == 7
    return made


@pytest.fixture(scope="module")
def cooled(patient: Patient) -> Plan:
    """Seven applications of one needle, which are solved in seconds."""
    made = rfplan.technique("cooled-clockface").plan(patient, side="right")
    return replace(made, applications=made.applications[:7])


@pytest.mark.parametrize("model", ["shapes", "solved"])
def test_one_evaluation(benchmark, cooled: Plan, patient: Patient, model: str) -> None:
    # the first call solves the lesions or reads them from the store
    rfplan.evaluate(cooled, patient, lesion_model=model)
    evaluation = benchmark(rfplan.evaluate, cooled, patient, lesion_model=model)
    assert len(evaluation.nerves) == BRANCHES


def test_one_evaluation_of_pairs(benchmark, plan: Plan, patient: Patient) -> None:
    evaluation = benchmark(rfplan.evaluate, plan, patient, lesion_model="shapes")
    assert len(evaluation.nerves) == BRANCHES


def test_one_evaluation_as_json(benchmark, plan: Plan, patient: Patient) -> None:
    found = benchmark(lambda: rfplan.evaluate(plan, patient, lesion_model="shapes").to_json())
    assert found["schema"] == "rfplan/evaluation/1"


@pytest.mark.parametrize("model", ["shapes", "solved"])
def test_two_hundred_courses(benchmark, cooled: Plan, patient: Patient, model: str) -> None:
    # courses are drawn once and kept with the patient; this is the judging alone
    evaluation = benchmark(rfplan.evaluate, cooled, patient, courses=200, seed=1, lesion_model=model)
    assert evaluation.courses == 200


def test_packing_solved_lesions(benchmark, cooled: Plan, patient: Patient) -> None:
    lesions = lesions_of(cooled, patient)
    assert benchmark(map_lesions, lesions, "plane", "").which.shape == (7,)


def test_making_the_map_of_a_lesion(benchmark, cooled: Plan, patient: Patient) -> None:
    field = lesions_of(cooled, patient)[0].field
    assert benchmark(lambda: lesion_map(copy(field))).size_bytes < 3e6
