"""Intervals of four hundred repeated studies against what a large sample says.

The people are judged ones: ``judged_20000.npz`` holds, of 20,000 virtual patients (seed 77) treated by cooled-clockface with the usual
operator error, how many branches the treated side has and how many were taken by either criterion, lesions as shapes. They are cut into
400 studies of 50 people each, none of whom is in two; the large-sample value is that of all. ``python tests/study/make_judged.py`` makes
the file anew.
"""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rfplan.study.summary import strategy_rows

STUDIES = 400


@pytest.fixture(scope="module")
def judged():
    with np.load(Path(__file__).with_name("judged_20000.npz")) as held:
        return {name: held[name].astype(np.int64) for name in held.files}


@pytest.mark.parametrize(("criterion", "key"), [("transection", "cut"), ("ap_projection", "ap")])
def test_they_cover_it_92_to_98_times_in_100(judged, criterion, key):
    parts = judged[key] / judged["branches"]
    mean, whole = parts.mean(), (parts == 1.0).mean()
    # its own error is a twentieth of that of one study
    people = len(parts) // STUDIES
    covered = np.zeros(2)
    for study in range(STUDIES):
        own = slice(study * people, (study + 1) * people)
        (row,) = strategy_rows(rows_of({name: values[own] for name, values in judged.items()}), criterion)
        assert row["patients"] == people
        for n, (value, interval) in enumerate(((mean, row["captured_ci95"]), (whole, row["complete_ci95"]))):
            covered[n] += interval[0] <= value <= interval[1]
    assert np.all((covered / STUDIES > 0.92) & (covered / STUDIES < 0.98)), covered / STUDIES


def rows_of(judged):
    """The table of a study in which all branches are those of S1."""
    nothing = np.zeros(len(judged["branches"]), dtype=np.int64)
    columns = {
        f"{key}_{level}": nothing for level in ("L5", "S1", "S2", "S3", "S4") for key in ("branches", "ap", "cut")
    }
    quadrants = {
        f"{key}_{level}_{quadrant}": nothing
        for level in ("S1", "S2", "S3")
        for quadrant in ("upper", "lower")
        for key in ("branches", "cut")
    }
    counted = {f"{name}_S1": values for name, values in judged.items()}
    others = dict.fromkeys(("applications", "needles", "energy_time_s", "stop_violations"), nothing)
    return pl.DataFrame({"strategy": ["cooled"] * len(nothing)} | columns | quadrants | others | counted)
