"""Doses against the times at which tissue is known to reach them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.lesion.damage import ArrheniusConstants, Doses, arrhenius, cem43


@pytest.mark.parametrize(
    ("temperature", "seconds"), [(43, 511), (45, 276), (47, 150), (50, 61.1), (55, 14.2), (60, 3.43)]
)
def test_time_to_kill_tissue(temperature, seconds):
    assert 1.0 / float(arrhenius("tissue").rate_s(np.array(float(temperature)))) == pytest.approx(seconds, rel=0.02)


@pytest.mark.parametrize(("temperature", "seconds"), [(43, 1.84e5), (50, 1.04e3), (60, 0.935)])
def test_time_to_burn_skin(temperature, seconds):
    skin = ArrheniusConstants(3.1e98, 6.28e5)
    assert 1.0 / float(skin.rate_s(np.array(float(temperature)))) == pytest.approx(seconds, rel=0.03)


@pytest.mark.parametrize(("temperature", "dose"), [(50, 0.05), (55, 0.40), (60, 3.0)])
def test_nerve_dies_as_in_the_experiment_it_is_fitted_to(temperature, dose):
    assert 45.0 * float(arrhenius("nerve").rate_s(np.array(float(temperature)))) == pytest.approx(dose, rel=0.1)


@pytest.mark.parametrize(("temperature", "minutes"), [(43, 0.75), (45, 3.0), (50, 96.0), (55, 3072.0), (60, 3072.0)])
def test_cem43_in_45_seconds_doubles_per_kelvin_up_to_its_cap(temperature, minutes):
    assert 45.0 * float(cem43().rate_min_s(np.array(float(temperature)))) == pytest.approx(minutes, rel=1e-9)


def test_cem43_quarters_below_43_and_is_nothing_below_39():
    rate = cem43().rate_min_s(np.array([38.9, 41.0, 42.0]))
    assert rate[0] == 0.0
    assert rate[2] / rate[1] == pytest.approx(4.0)


def dose_of_step(before, after, step):
    doses = Doses.none(np.array([before]))
    doses.add(np.array([before]), np.array([after]), step)
    return doses


@given(st.floats(38.0, 95.0), st.floats(-6.0, 6.0), st.floats(0.1, 6.0))
def test_dose_of_a_step_is_that_of_many_small_ones(start, change, step):
    path = start + change * np.linspace(0.0, 1.0, 4001)
    once = dose_of_step(start, start + change, step)
    for kind, rate in enumerate((arrhenius("nerve").rate_s, arrhenius("tissue").rate_s)):
        many = float(np.trapezoid(rate(path), dx=step / 4000.0))
        assert once.total[kind, 0] == pytest.approx(many, rel=0.01)
    assert once.peak_c[0] == max(start, start + change)


@given(st.floats(43.0, 55.0), st.floats(43.0, 55.0), st.floats(0.1, 6.0))
def test_minutes_at_43_of_a_straight_step_are_exact(start, end, step):
    many = float(np.trapezoid(cem43().rate_min_s(np.linspace(start, end, 4001)), dx=step / 4000.0))
    assert dose_of_step(start, end, step).total[2, 0] == pytest.approx(many, rel=1e-5)


def test_what_is_too_cool_for_cem43_adds_nothing():
    assert dose_of_step(37.0, 38.0, 3.0).total[2, 0] == 0.0
    assert dose_of_step(37.0, 42.0, 3.0).total[2, 0] > 0.0
