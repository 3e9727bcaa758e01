"""How the generator is set for one application."""

from __future__ import annotations

from dataclasses import dataclass

from rfplan.errors import InputError


@dataclass(frozen=True)
class Protocol:
    """Set temperature ``set_c`` in degC, ``time_s`` from switching on to off (the ramp is part of it), ``ramp_s``."""

    set_c: float
    time_s: float
    ramp_s: float = 15.0

    def __post_init__(self) -> None:
        if not 37.0 < self.set_c <= 100.0:
            raise InputError(f"protocol set_c is {self.set_c}; it must be above 37 and at most 100 degC")
        if not 0.0 < self.time_s <= 3600.0:
            raise InputError(f"protocol time_s is {self.time_s}; it must be above 0 and at most 3600 s")
        if not 0.0 <= self.ramp_s <= self.time_s:
            raise InputError(f"protocol ramp_s is {self.ramp_s}; it must be between 0 and time_s ({self.time_s} s)")
