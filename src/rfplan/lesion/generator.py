"""The generator: an ideal temperature control with a ramp, and the limits of what it can deliver."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError

Limit = Literal["voltage", "current", "power"]


@dataclass(frozen=True)
class GeneratorLimits:
    """Highest RMS ``voltage_v`` and ``current_a``, and ``power_w``; inf where there is none."""

    voltage_v: float = math.inf
    current_a: float = math.inf
    power_w: float = math.inf

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0.0:
                raise InputError(f"generator limit {field.name} is {getattr(self, field.name)}; it must be above 0")

    def squared_voltage(self, conductance_s: float) -> tuple[float, Limit]:
        """Highest V2 into a load, and the limit that sets it."""
        allowed: list[tuple[float, Limit]] = [
            (self.voltage_v**2, "voltage"),
            ((self.current_a / conductance_s) ** 2, "current"),
            (self.power_w / conductance_s, "power"),
        ]
        return min(allowed, key=lambda entry: entry[0])


def target_c(protocol: Protocol, start_c: float, time_s: float) -> float:
    """Where the thermocouple should be at ``time_s``: on a straight ramp, then at the set temperature."""
    if time_s >= protocol.ramp_s:
        return protocol.set_c
    return start_c + (protocol.set_c - start_c) * time_s / protocol.ramp_s


def squared_voltage(
    target: float, without: Sequence[float], unit: Sequence[float], limits: GeneratorLimits, conductance_s: float
) -> tuple[float, Limit | None]:
    """V2 that brings the hotter thermocouple to ``target`` at the step's end, and the limit that was in the way.

    Parameters
    ----------
    without, unit : temperatures at the step's end without power, and their rise per V2; one per thermocouple

    The heat equation is linear in its source, so the temperature is ``without + V2 unit``; power is never negative.
    """
    wanted = max(0.0, min((target - w) / u for w, u in zip(without, unit, strict=True)))
    highest, limit = limits.squared_voltage(conductance_s)
    return (highest, limit) if wanted > highest else (wanted, None)
