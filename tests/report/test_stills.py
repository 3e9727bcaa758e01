"""Letters at the edges of pictures, and words for limits."""

from __future__ import annotations

import numpy as np
import pytest

from rfplan.report.limits import limit_words, value_words, worst_check, worst_per_check
from rfplan.report.stills import side_letters, still
from strategies import device, monopolar, needle, slab_patient, straight_nerve


@pytest.mark.parametrize(
    ("direction", "letters"),
    [((1, 0, 0), "L"), ((-1, 0, 0), "R"), ((0, 1, 0), "P"), ((0, 0, -1), "F"), ((0, -0.5, 0.87), "HA")],
)
def test_letters_are_those_of_radiographs(direction: tuple[float, float, float], letters: str) -> None:
    assert side_letters(np.array(direction, dtype=float)) == letters


def test_a_picture_shows_what_the_plan_adds() -> None:
    patient = slab_patient((straight_nerve([22.0, 2.0, 0.0], [44.0, 2.0, 0.0]),))
    plan = monopolar(needle([33.0, 2.0, 0.0], with_device=device(10.0, 10.0)))
    bare = still(patient, "true_ap", size_px=(320, 240))
    planned = still(patient, "true_ap", plan, size_px=(320, 240), legend=True)
    assert bare.shape == planned.shape == (240, 320, 3)
    gold = (planned[..., 0].astype(int) > 150) & (planned[..., 2] < 90) & (planned[..., 1] > 90)
    assert gold.sum() > 10


def check(value: float, status: str, sense: str = "below", name: str = "skin_distance") -> dict[str, object]:
    warn, stop = (10.0, 5.0) if sense == "below" else (45.0, 55.0)
    return {"check": name, "value": value, "warn": warn, "stop": stop, "sense": sense, "status": status}


def test_limits_say_on_which_side_of_them_is_trouble() -> None:
    assert limit_words(check(12.0, "ok")) == ("below 10.0", "below 5.0")
    assert limit_words(check(37.0, "ok", "reached")) == ("from 45.0", "from 55.0")


def test_the_worst_check_is_the_one_farthest_past_its_limits() -> None:
    fine, near, past = check(30.0, "ok"), check(8.0, "warn"), check(6.0, "warn")
    assert worst_check([fine, near, past]) is past
    hot = check(56.0, "stop", "reached", "canal_isotherm")
    assert worst_check([past, hot, near]) is hot
    assert worst_per_check([fine, near, past, hot]) == [hot, past]
    assert worst_check([]) is None


def test_of_places_alike_the_treated_one_is_named() -> None:
    left, right = (
        check(37.0, "ok", "reached", "canal_isotherm") | {"concerns": f"S1_{side}"} for side in ("left", "right")
    )
    assert worst_per_check([left, right], "right") == [right]
    assert worst_per_check([right, left], "left") == [left]
    assert worst_per_check([left | {"value": 40.0}, right], "right")[0]["concerns"] == "S1_left"


def test_a_temperature_that_is_not_reached_is_no_figure() -> None:
    assert value_words(check(37.0, "ok", "reached")) == "< 45.0"
    assert value_words(check(45.0, "warn", "reached")) == "45.0"
    assert value_words(check(8.0, "warn")) == "8.0"
