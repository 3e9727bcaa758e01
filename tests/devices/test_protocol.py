"""Generator settings that make sense, and those that do not."""

from __future__ import annotations

import pytest

from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError


def test_ramp_is_part_of_the_time() -> None:
    assert Protocol(80.0, 90.0).ramp_s == 15.0


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ((37.0, 90.0), "set_c"),
        ((120.0, 90.0), "set_c"),
        ((float("nan"), 90.0), "set_c"),
        ((80.0, 0.0), "time_s"),
        ((80.0, float("nan")), "time_s"),
        ((80.0, 10.0, 15.0), "ramp_s"),
        ((80.0, 90.0, -1.0), "ramp_s"),
    ],
)
def test_nonsense_is_refused(values: tuple[float, ...], key: str) -> None:
    with pytest.raises(InputError, match=key):
        Protocol(*values)
