"""The section of the report on what the optimiser proved."""

from __future__ import annotations

from typing import Any

import pytest

from rfplan.report.certificate_section import certificate_section


def found(**changes: Any) -> dict[str, Any]:
    coverage = {"captured_fraction": 0.98765, "complete_fraction": 0.9}
    entry = {"ap_projection": coverage, "transection": coverage}
    proof = {
        "aim": "mean",
        "criterion": "transection",
        "objective": 0.9871,
        "bound": 0.9954,
        "gap": 0.0084,
        "status": "gap",
        "time_s": 12.3,
        "candidates": 1282,
        "courses": 500,
        "union_objective": 0.9880,
        "union_bound": 0.9991,
        "reached": True,
    }
    return {
        "certificate": proof | changes,
        "train": {"courses": 500} | entry,
        "unseen": {"courses": 2000} | entry,
        "removed": {"no_way_in": 310, "canal_distance": 12},
        "notes": ["Five applications do what six would."],
    }


def test_without_an_optimisation_there_is_no_section() -> None:
    assert certificate_section(None) == ""


def test_it_states_bound_courses_limits_and_notes() -> None:
    text = certificate_section(found())
    for words in (
        "98.71 %; no choice of the 1,282 candidates passes 99.54 % (gap 0.84 %)",
        "within the gap that was asked for, 12 s",
        "found on (500)",
        "never seen (2,000)",
        "98.77 %",
        "worth 98.80 %, and no choice of candidates more than 99.91 %",
        '<td class="n">310</td>',
        "Five applications do what six would.",
    ):
        assert words in text, words
    assert "canal_distance" not in text


def test_coverage_beyond_the_bound_is_explained_by_the_needles_that_were_moved() -> None:
    moved = found() | {"refinement": {"before": 0.9871, "after": 1.0}}
    assert "moved off the candidates" in certificate_section(moved)
    assert "moved off the candidates" not in certificate_section(
        found() | {"refinement": {"before": 1.0, "after": 1.0}}
    )


@pytest.mark.parametrize("missing", ["union_bound", "union_objective"])
def test_what_was_not_worked_out_is_not_stated(missing: str) -> None:
    assert "Taken together" not in certificate_section(found(**{missing: None}))


def test_without_a_bound_it_says_so() -> None:
    text = certificate_section(found(bound=None, gap=None, status="time_limit"))
    assert "there is no bound" in text
    assert "time was up before the proof" in text


def test_of_the_fewest_applications_the_bound_is_from_below() -> None:
    text = certificate_section(found(aim="fewest", objective=5.0, bound=4.0, gap=0.2, union_bound=None))
    assert "Applications by the 3-D transection criterion" in text
    assert ": 5; no choice of the 1,282 candidates goes below 4 (gap 20.00 %)" in text


def test_a_target_that_is_out_of_reach_speaks_of_complete_capture() -> None:
    text = certificate_section(found(aim="fewest", reached=False, objective=0.8, bound=0.8, gap=0.0))
    assert "Part of the courses with every branch captured" in text
    assert "80.00 %" in text


def test_the_patients_own_bone_is_told() -> None:
    text = certificate_section(found() | {"confirmed": {"sentence": "In the patient's own bone: the same."}})
    assert "In the patient's own bone: the same." in text
