"""What the generator did, step by step."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.lesion.march import Course


@dataclass(frozen=True, eq=False)
class History:
    """One entry per step of heating, all (n,): ``time_s`` of the step's end, ``thermocouple_c`` (the hotter of two) then,
    ``voltage_v`` and ``current_a`` (RMS), ``power_w`` and ``impedance_ohm`` over the step.
    """

    time_s: FloatArray
    thermocouple_c: FloatArray
    voltage_v: FloatArray
    current_a: FloatArray
    power_w: FloatArray
    impedance_ohm: FloatArray

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, frozen(getattr(self, field.name)))


def history_of(course: Course) -> History:
    """The history that a solved course left."""
    voltage, conductance = frozen(course.voltage_v), frozen(course.conductance_s)
    return History(
        frozen(course.time_s),
        frozen(course.thermocouple_c),
        voltage,
        voltage * conductance,
        frozen(course.power_w),
        1.0 / conductance,
    )
