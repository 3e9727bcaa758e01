"""Totals over branches, levels and courses, as interfaces define them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.planning.coverage import REPORTED_LEVELS, coverage_of, wilson_interval
from strategies import numbers


def test_one_course() -> None:
    total = coverage_of([True, False, True, True], ["L5", "S1", "S1", "S2"], [0, 0, 0, 0], 1)
    assert total.captured_fraction == 0.75
    assert total.complete_fraction == 0.0
    assert total.missed_by_level == {"L5": 0.0, "S1": 0.5, "S2": 0.0, "S3": 0.0}
    assert total.complete_ci95 is None


def test_the_captured_fraction_is_the_mean_over_courses_not_over_branches() -> None:
    # one course with one branch captured, one course with four branches of which one is captured
    captured = [True, True, False, False, False]
    total = coverage_of(captured, ["S1", "S1", "S1", "S2", "S4"], [0, 1, 1, 1, 1], 2)
    assert total.captured_fraction == pytest.approx((1.0 + 0.25) / 2)
    assert total.complete_fraction == 0.5
    assert total.missed_by_level == {"L5": 0.0, "S1": pytest.approx(1 / 3), "S2": 1.0, "S3": 0.0, "S4": 1.0}


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(REPORTED_LEVELS), st.integers(0, 4)), min_size=1))
def test_totals_hang_together(branches: list[tuple[bool, str, int]]) -> None:
    branches.sort(key=lambda branch: branch[2])
    captured, levels, course = zip(*branches, strict=True)
    total = coverage_of(captured, levels, course, 5)
    assert 0.0 <= total.complete_fraction <= total.captured_fraction <= 1.0
    assert all(captured) == (total.captured_fraction == 1.0) == (max(total.missed_by_level.values()) == 0.0)
    low, high = total.captured_ci95
    assert low <= total.captured_fraction <= high


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 200, 0.1951, 0.3143)],
)
def test_wilson_interval(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(successes, trials) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


@given(numbers(0.0, 1.0), st.integers(1, 1000))
def test_wilson_interval_holds_the_proportion(part: float, trials: int) -> None:
    low, high = wilson_interval(part * trials, trials)
    assert 0.0 <= low <= part + 1e-12
    assert part - 1e-12 <= high <= 1.0
