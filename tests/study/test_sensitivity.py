"""What matters is found where it was put, and with its interval."""

import numpy as np
import polars as pl
import pytest

from rfplan.study.sensitivity import factor_rows, influences


def rows(people, taken, **columns):
    """A table of one strategy: five branches each, of which ``taken`` (n,) were cut."""
    empty = {
        f"{key}_{level}": np.zeros(people, int)
        for level in ("L5", "S1", "S2", "S3", "S4")
        for key in ("branches", "cut", "ap")
    }
    filled = empty | {"branches_S1": np.full(people, 5), "cut_S1": taken, "strategy": ["one"] * people}
    return pl.DataFrame(filled | columns)


def test_a_factor_that_decides_stands_out_and_one_that_does_not_does_not():
    rng = np.random.default_rng(4)
    depth, length = rng.normal(2.0, 0.5, 800), rng.normal(100.0, 8.0, 800)
    taken = rng.binomial(5, np.clip(0.9 - 0.25 * (depth - 1.5), 0.05, 1.0))
    found = {
        entry.factor: entry
        for entry in influences(rows(800, taken, branch_depth_mm=depth, sacrum_length_mm=length), "transection")
    }
    assert set(found) == {"branch_depth_mm", "sacrum_length_mm"}
    deep = found["branch_depth_mm"]
    low, high = depth <= np.quantile(depth, 0.2), depth >= np.quantile(depth, 0.8)
    assert deep.low == pytest.approx(taken[low].mean() / 5, abs=0.01)
    assert deep.high == pytest.approx(taken[high].mean() / 5, abs=0.01)
    assert deep.low_ci95[0] < deep.low < deep.low_ci95[1]
    assert deep.difference_ci95[1] < 0.0
    other = found["sacrum_length_mm"].difference_ci95
    assert other[0] < 0.0 < other[1]


def test_the_interval_of_a_difference_covers_it_as_often_as_it_says():
    rng, covered = np.random.default_rng(9), 0
    for _ in range(400):
        sex = rng.random(150) < 0.5
        taken = rng.binomial(5, np.where(sex, 0.7, 0.8))
        (entry,) = influences(rows(150, taken, female=sex), "transection")
        covered += entry.difference_ci95[0] <= -0.1 <= entry.difference_ci95[1]
    assert 0.92 < covered / 400 < 0.98


def test_equal_values_stay_together_and_what_is_the_same_in_all_is_left_out():
    taken = np.tile([5, 4, 3, 2], 25)
    table = rows(100, taken, tip_error_mm=np.zeros(100), exit_S3_deg=np.tile([np.nan, 40.0, 60.0, 80.0], 25))
    (entry,) = influences(table, "transection")
    assert entry.factor == "exit_S3_deg"
    assert (entry.low_to, entry.high_from) == (40.0, 80.0)
    assert (entry.low, entry.high) == pytest.approx((0.8, 0.4))


def test_every_strategy_has_its_own():
    table = pl.concat([rows(60, np.tile([5, 3], 30), female=np.tile([True, False], 30))] * 2)
    names = np.repeat(["one", "other"], 60)
    found = factor_rows(table.with_columns(pl.Series("strategy", names)), "transection")
    assert list(found) == ["one", "other"]
    assert found["one"][0]["difference"] == pytest.approx(0.4)
    assert isinstance(found["one"][0]["low_ci95"], list)
