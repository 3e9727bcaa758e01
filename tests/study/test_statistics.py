"""Intervals against repeated studies and closed forms."""

import numpy as np
import pytest

from rfplan.study.statistics import bootstrap_interval, wilson_interval


def test_bootstrap_is_that_of_single_draws():
    values = np.random.default_rng(1).choice([0.0, 0.5, 0.75, 1.0], 300, p=[0.1, 0.2, 0.3, 0.4])
    low, high = bootstrap_interval(values, seed=3)
    rng = np.random.default_rng(8)
    means = np.array([rng.choice(values, len(values)).mean() for _ in range(4000)])
    assert (low, high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.006)


def test_intervals_cover_the_true_value_as_often_as_they_say():
    rng = np.random.default_rng(5)
    kinds, chances = np.array([0.0, 0.4, 0.6, 0.8, 1.0]), np.array([0.05, 0.1, 0.15, 0.3, 0.4])
    mean, whole = float(kinds @ chances), chances[-1]
    covered = np.zeros(2)
    for study in range(400):
        values = rng.choice(kinds, 250, p=chances)
        low, high = bootstrap_interval(values, seed=study, draws=800)
        covered[0] += low <= mean <= high
        low, high = wilson_interval(int(np.sum(values == 1.0)), len(values))
        covered[1] += low <= whole <= high
    assert np.all((covered / 400 > 0.92) & (covered / 400 < 0.98))


def test_one_kind_of_result_has_no_width_and_none_says_nothing():
    assert bootstrap_interval([0.5, 0.5]) == (0.5, 0.5)
    assert bootstrap_interval([]) == (0.0, 1.0)
