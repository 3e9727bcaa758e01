"""Normal distributions that are cut off and keep what is stated of them."""

import numpy as np
import pytest

from rfplan.anatomy.cut_normal import before_cut, cut_quantile


@pytest.mark.parametrize(
    ("mean", "sd", "low", "high"),
    [
        (140.0, 28.0, 0.0, 180.0),  # exits at S1: much of the upper tail is cut off
        (40.0, 28.0, 0.0, 180.0),
        (5.0, 1.5, 2.0, 9.2),
        (0.0, 8.0, -22.0, 22.0),
        (48.0, 12.0, 5.0, 90.0),
    ],
)
def test_what_comes_out_has_the_stated_mean_and_spread(mean, sd, low, high):
    centre, width = before_cut(mean, sd, low, high)
    shares = (np.arange(200_000) + 0.5) / 200_000
    values = cut_quantile(shares, centre, width, low, high)
    assert low < values.min() and values.max() < high
    assert values.mean() == pytest.approx(mean, abs=1e-3 * sd)
    assert values.std() == pytest.approx(sd, rel=1e-3)


def test_a_distribution_that_is_hardly_cut_is_the_stated_one():
    assert before_cut(10.0, 1.0, 0.0, 20.0) == pytest.approx((10.0, 1.0), abs=1e-6)


@pytest.mark.parametrize(("mean", "sd"), [(9.0, 4.0), (11.0, 1.0), (5.0, 0.0), (0.0, 1.0)])
def test_a_spread_that_the_limits_do_not_allow_is_refused(mean, sd):
    with pytest.raises(ValueError, match=r"between 0 and 10|cut off at 0 and 10"):
        before_cut(mean, sd, 0.0, 10.0)
