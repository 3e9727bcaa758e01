"""One evaluation of a plan with shapes: seven applications, ten branches, every safety check; and many courses."""

from __future__ import annotations

from dataclasses import replace

import pytest

import rfplan
from rfplan.anatomy.nerves import courses
from rfplan.anatomy.patient import Patient
from rfplan.planning.plan import Plan

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


def test_one_evaluation(benchmark, plan: Plan, patient: Patient) -> None:
    evaluation = benchmark(rfplan.evaluate, plan, patient)
    assert len(evaluation.nerves) == BRANCHES


def test_one_evaluation_as_json(benchmark, plan: Plan, patient: Patient) -> None:
    assert benchmark(lambda: rfplan.evaluate(plan, patient).to_json())["schema"] == "rfplan/evaluation/1"


def test_two_hundred_courses(benchmark, plan: Plan, patient: Patient) -> None:
    # courses are drawn once and kept with the patient; this is the judging alone
    evaluation = benchmark(rfplan.evaluate, plan, patient, courses=200, seed=1)
    assert evaluation.courses == 200
