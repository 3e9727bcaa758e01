"""Heating and cooling step by step: potential, generator, heat and dose, on whatever grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

import numpy as np

from rfplan.devices.protocol import Protocol
from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.damage import arrhenius, cem43, dose_of_step
from rfplan.lesion.generator import GeneratorLimits, Limit, squared_voltage, target_c
from rfplan.lesion.schedule import cooling_steps, heating_steps

Progress = Callable[[float], None]


class System(Interface):
    """A discrete problem, as :class:`rfplan.lesion.axisymmetric.AxisymmetricSystem` is one. ``theta`` is T - start."""

    tissue: BoolArray
    capacity_j_k: FloatArray
    perfusion_w_k: FloatArray
    sink_w_k: FloatArray

    def joule(self, temperature_c: FloatArray) -> tuple[FloatArray, float]:
        """Heat per V2 of every cell and the conductance, S."""

    def heat(
        self,
        step_s: float,
        right_w: Sequence[FloatArray],
        perfusion_w_k: FloatArray | None = None,
        guesses: Sequence[FloatArray] | None = None,
    ) -> list[FloatArray]:
        """One implicit step for several right sides; ``guesses`` of the answers may save work."""

    def losses_w(self, theta: FloatArray) -> float:
        """Heat through the outer boundary, W."""

    def thermocouples(self, theta: FloatArray) -> list[float]:
        """Rise at every thermocouple, K."""


@dataclass
class Energy:
    """Where the heat went, J."""

    delivered: float = 0.0
    stored: float = 0.0
    boundary: float = 0.0
    blood: float = 0.0
    coolant: float = 0.0

    @property
    def error(self) -> float:
        """What is unaccounted for, as a part of what was delivered."""
        missing = self.delivered - self.stored - self.boundary - self.blood - self.coolant
        return abs(missing) / max(self.delivered, 1e-12)


@dataclass
class Course:
    """What happened: fields at the end of heating and after the cool-down, and one row per step of heating."""

    end_c: FloatArray
    peak_c: FloatArray
    nerve_dose: FloatArray
    tissue_dose: FloatArray
    cem43_min: FloatArray
    time_s: list[float] = field(default_factory=list)
    thermocouple_c: list[float] = field(default_factory=list)
    voltage_v: list[float] = field(default_factory=list)
    power_w: list[float] = field(default_factory=list)
    conductance_s: list[float] = field(default_factory=list)
    limited: list[Limit | None] = field(default_factory=list)
    energy: Energy = field(default_factory=Energy)
    steps: int = 0


def march(
    system: System,
    protocol: Protocol,
    start_c: float,
    accuracy: Accuracy,
    limits: GeneratorLimits,
    coolant_c: float | None = None,
    perfusion_stops: bool = False,
    progress: Progress | None = None,
) -> Course:
    """Follow one application from switching on to a minute after switching off.

    Implicit Euler steps for T - ``start_c``; conductivity at the temperatures extrapolated to the step's end; power by
    superposition. The coolant flows to the end. With ``perfusion_stops`` blood flow falls as exp(-dose) of tissue.
    """
    heating, cooling = heating_steps(protocol, accuracy), cooling_steps(accuracy)
    theta = np.zeros(system.tissue.shape)
    before, before_step = theta, 0.0
    coolant_w = system.sink_w_k * ((coolant_c if coolant_c is not None else start_c) - start_c)
    nerve, tissue, minutes = arrhenius("nerve"), arrhenius("tissue"), cem43()
    rates = [nerve.rate_s(theta + start_c), tissue.rate_s(theta + start_c), minutes.rate_min_s(theta + start_c)]
    doses = [np.zeros_like(theta) for _ in rates]
    course = Course(theta, theta + start_c, doses[0], doses[1], doses[2])
    unit = theta
    now, whole = 0.0, sum(heating) + sum(cooling)
    for number, step in enumerate(heating + cooling):
        now += step
        hot = number < len(heating)
        perfusion = system.perfusion_w_k * np.exp(-doses[1]) if perfusion_stops else None
        base = system.capacity_j_k / step * theta + coolant_w
        if hot:
            ahead = theta + (theta - before) * (step / before_step) if before_step > 0.0 else theta
            source, conductance = system.joule(ahead + start_c)
            free, unit = system.heat(step, [base, source], perfusion, [theta, unit])
            squared, limit = squared_voltage(
                target_c(protocol, start_c, now) - start_c,
                system.thermocouples(free),
                system.thermocouples(unit),
                limits,
                conductance,
            )
            after = free + squared * unit
            course.time_s.append(now)
            course.thermocouple_c.append(max(system.thermocouples(after)) + start_c)
            course.voltage_v.append(float(np.sqrt(squared)))
            course.power_w.append(squared * conductance)
            course.conductance_s.append(conductance)
            course.limited.append(limit)
        else:
            squared, source = 0.0, base
            (after,) = system.heat(step, [base], perfusion, [theta])
        energy = course.energy
        energy.delivered += step * squared * float(source.sum()) if hot else 0.0
        energy.stored += float((system.capacity_j_k * (after - theta)).sum())
        energy.boundary += step * system.losses_w(after)
        energy.blood += step * float(((system.perfusion_w_k if perfusion is None else perfusion) * after).sum())
        energy.coolant += step * float((system.sink_w_k * after - coolant_w).sum())
        before, before_step, theta = theta, step, after
        warm = theta + start_c
        np.maximum(course.peak_c, warm, out=course.peak_c)
        new = [nerve.rate_s(warm), tissue.rate_s(warm), minutes.rate_min_s(warm)]
        for dose, was, is_now in zip(doses, rates, new, strict=True):
            dose += dose_of_step(was, is_now, step)
        rates = new
        if number == len(heating) - 1:
            course.end_c = warm
        if progress is not None:
            progress(now / whole)
    course.steps = len(heating) + len(cooling)
    return course
