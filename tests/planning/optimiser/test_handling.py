"""Plans that take the same are told apart by how easily their needles are placed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rfplan
from rfplan.planning.optimiser.handling import handling, spread_deg, turns_freely

COARSE = {"courses": 40, "unseen": 60, "spacing_mm": 9.0, "electrode": "cooled-17g-4mm", "time_limit_s": 1e4}
angles_deg = st.floats(0.0, 180.0)


@given(angles_deg, angles_deg)
def test_two_needles_are_as_far_apart_as_the_angle_between_them(one_deg, other_deg):
    axes = [np.array([np.cos(turn), np.sin(turn), 0.0]) for turn in np.deg2rad([one_deg, other_deg])]
    assert spread_deg(axes) == pytest.approx(abs(one_deg - other_deg), abs=1e-6)


@given(st.integers(0, 6), angles_deg)
def test_parallel_needles_are_not_apart(count, turn_deg):
    axis = np.array([np.cos(np.deg2rad(turn_deg)), 0.0, np.sin(np.deg2rad(turn_deg))])
    assert spread_deg([axis] * count) == 0.0


def test_refined_needles_lie_more_alike_and_take_no_less(reference):
    plain = rfplan.optimise(reference, "right", 5, seed=2, refine=False, **COARSE)
    better = rfplan.optimise(reference, "right", 5, seed=2, **COARSE)

    def apart_deg(found):
        return spread_deg([own.needles[0].axis for own in found.plan.applications if turns_freely(own)])

    assert apart_deg(plain) > 20.0
    assert apart_deg(better) < 0.5 * apart_deg(plain)
    assert handling(better.plan.applications) < handling(plain.plan.applications)
    assert better.train["transection"].captured_fraction >= plain.train["transection"].captured_fraction
