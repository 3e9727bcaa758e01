"""Control by superposition, the ramp, the limits, and the steps in time."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.generator import GeneratorLimits, squared_voltage, target_c
from rfplan.lesion.schedule import cooling_steps, heating_steps

FREE = GeneratorLimits()


def test_the_ramp_is_straight_and_part_of_the_time():
    protocol = Protocol(80.0, 90.0, 20.0)
    assert [target_c(protocol, 40.0, t) for t in (0.0, 10.0, 20.0, 90.0)] == [40.0, 60.0, 80.0, 80.0]


def test_without_a_ramp_the_set_point_holds_at_once():
    assert target_c(Protocol(80.0, 90.0, 0.0), 37.0, 0.0) == 80.0


def test_the_hotter_of_two_thermocouples_leads():
    squared, limit = squared_voltage(43.0, [10.0, 20.0], [0.5, 0.4], FREE, 0.01)
    assert limit is None
    assert max(10.0 + 0.5 * squared, 20.0 + 0.4 * squared) == pytest.approx(43.0)


def test_power_is_never_negative():
    assert squared_voltage(43.0, [44.0], [0.5], FREE, 0.01) == (0.0, None)


@pytest.mark.parametrize(
    ("limits", "name", "volts"),
    [
        (GeneratorLimits(voltage_v=5.0), "voltage", 5.0),
        (GeneratorLimits(current_a=0.1), "current", 10.0),
        (GeneratorLimits(power_w=0.25), "power", 5.0),
    ],
)
def test_limits_hold_and_are_named(limits, name, volts):
    squared, limit = squared_voltage(1000.0, [0.0], [0.1], limits, 0.01)
    assert limit == name
    assert math.sqrt(squared) == pytest.approx(volts)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan])
def test_limits_that_are_none_are_refused(wrong):
    with pytest.raises(InputError, match="power_w"):
        GeneratorLimits(power_w=wrong)


@given(st.floats(1.0, 700.0), st.floats(0.0, 1.0), st.sampled_from(sorted(ACCURACIES)))
def test_steps_fill_the_time_and_stop_at_the_ramp(time_s, part, name):
    protocol, accuracy = Protocol(80.0, time_s, part * time_s), ACCURACIES[name]
    steps = heating_steps(protocol, accuracy)
    assert sum(steps) == pytest.approx(time_s, rel=1e-9)
    assert min(steps) > 0.0
    assert max(steps) <= max(accuracy.step_s, 1.5 * accuracy.first_step_s) * (1.0 + 1e-9)
    ends = [0.0]
    for step in steps:
        ends.append(ends[-1] + step)
    assert min(abs(end - protocol.ramp_s) for end in ends) < 1e-6
    assert sum(cooling_steps(accuracy)) == pytest.approx(60.0)
