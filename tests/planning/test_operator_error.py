"""Needles off by what a hand misses."""

import numpy as np
import pytest

from rfplan.anatomy.population import Population
from rfplan.errors import InputError
from rfplan.planning.operator_error import OperatorError, displaced
from rfplan.planning.techniques import technique


@pytest.fixture(scope="module")
def ground():
    return Population().draw(1, 4)[0].ground


@pytest.fixture(scope="module")
def plan(ground):
    return technique("palisade").plan(ground, "right")


def test_no_error_moves_nothing(plan, ground):
    same = displaced(plan, ground, OperatorError(0.0, 0.0, 0.0), 3)
    for one, other in zip(plan.needles, same.needles, strict=True):
        np.testing.assert_allclose(one.tip_mm, other.tip_mm, atol=0.05)
        np.testing.assert_allclose(one.axis, other.axis, atol=1e-12)


def test_spread_is_the_stated_one(plan, ground):
    along, tilts = [], []
    for seed in range(150):
        moved = displaced(plan, ground, OperatorError(2.0, 0.0, 3.0), seed)
        for one, other in zip(plan.needles, moved.needles, strict=True):
            step = ground.frame.axes @ (other.tip_mm - one.tip_mm)
            along.append(step[0])
            tilts.append(np.degrees(np.arccos(np.clip(one.axis @ other.axis, -1, 1))))
    # along the chart's lateral axis the bone's slope shortens the step a little
    assert 1.4 < np.std(along) < 2.2
    # two planes of 3 degrees each: Rayleigh, mean 3 sqrt(pi / 2)
    assert np.mean(tilts) == pytest.approx(3.0 * np.sqrt(np.pi / 2), rel=0.08)


def test_bone_stops_a_needle(plan, ground):
    for seed in range(40):
        moved = displaced(plan, ground, OperatorError(0.0, 4.0, 0.0), seed)
        assert min(float(ground.bone_distance(needle.tip_mm)) for needle in moved.needles) > -0.25


def test_a_shared_needle_is_misplaced_once(plan, ground):
    moved = displaced(plan, ground, OperatorError.usual(), 5)
    assert len(moved.needles) == len(plan.needles)
    again = displaced(plan, ground, OperatorError.usual(), 5)
    np.testing.assert_array_equal([n.tip_mm for n in moved.needles], [n.tip_mm for n in again.needles])


def test_the_usual_error_is_that_of_the_data_file():
    assert OperatorError.usual() == OperatorError(1.5, 1.0, 3.0)


@pytest.mark.parametrize("values", [(-1.0, 1.0, 1.0), (1.0, float("nan"), 1.0), (1.0, 1.0, 90.0)])
def test_errors_that_make_no_sense_are_refused(values):
    with pytest.raises(InputError, match="operator error"):
        OperatorError(*values)
