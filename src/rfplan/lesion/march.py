"""Heating and cooling step by step: potential, generator, heat and dose, on whatever grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

import numpy as np

from rfplan.devices.protocol import Protocol
from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.damage import Doses
from rfplan.lesion.generator import GeneratorLimits, Limit, squared_voltage, target_c
from rfplan.lesion.schedule import cooling_steps, heating_steps

_STAGE = 1.0 - np.sqrt(0.5)

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

    Every step has two implicit stages of one matrix (of second order and L-stable), for T - ``start_c``; power by superposition, so
    that the thermocouple is where the ramp wants it at the end of either. Conductivity is that of the temperatures extrapolated to
    the step's end, its heat between two ends a straight line. The coolant flows to the end. With ``perfusion_stops`` blood flow falls
    as exp(-dose) of tissue.

    Source: Alexander 1977, SIAM J Numer Anal 14:1006 (the stages).
    """
    heating, cooling = heating_steps(protocol, accuracy), cooling_steps(accuracy)
    theta = np.zeros(system.tissue.shape)
    before, before_step = theta, 0.0
    coolant_w = system.sink_w_k * ((coolant_c if coolant_c is not None else start_c) - start_c)
    doses = Doses.none(theta + start_c)
    course = Course(theta, doses.peak_c, *doses.total)
    energy = course.energy
    source, conductance = system.joule(theta + start_c)
    unit, squared = theta, 0.0
    now, whole = 0.0, sum(heating) + sum(cooling)
    for number, step in enumerate(heating + cooling):
        hot = number < len(heating)
        last_source, last_conductance = source, conductance
        if hot:
            ahead = theta + (theta - before) * (step / before_step) if before_step > 0.0 else theta
            source, conductance = system.joule(ahead + start_c)
        else:
            squared = 0.0
        before, before_step = theta, step
        size, first, limit = _STAGE * step, theta, None
        mean_squared, mean_power, loss = 0.0, 0.0, conductance
        for part, weight in ((_STAGE, 1.0 - _STAGE), (1.0, _STAGE)):
            blood_w_k = system.perfusion_w_k * np.exp(-course.tissue_dose) if perfusion_stops else None
            known = before if part < 1.0 else before + (1.0 - _STAGE) / _STAGE * (first - before)
            base = system.capacity_j_k / size * known + coolant_w
            earlier = theta
            if hot:
                here = (1.0 - part) * last_source + part * source
                loss = (1.0 - part) * last_conductance + part * conductance
                free, unit = system.heat(size, [base, here], blood_w_k, [earlier - squared * unit, unit])
                squared, limit = squared_voltage(
                    target_c(protocol, start_c, now + part * step) - start_c,
                    system.thermocouples(free),
                    system.thermocouples(unit),
                    limits,
                    loss,
                )
                theta = free + squared * unit
                mean_squared += weight * squared
                mean_power += weight * squared * loss
                energy.delivered += weight * step * squared * float(here.sum())
            else:
                (theta,) = system.heat(size, [base], blood_w_k, [earlier])
            energy.boundary += weight * step * system.losses_w(theta)
            energy.blood += (
                weight * step * float(((system.perfusion_w_k if blood_w_k is None else blood_w_k) * theta).sum())
            )
            energy.coolant += weight * step * float((system.sink_w_k * theta - coolant_w).sum())
            if part < 1.0:
                first = theta
            doses.add(earlier + start_c, theta + start_c, (part if part < 1.0 else 1.0 - _STAGE) * step)
        now += step
        if hot:
            course.time_s.append(now)
            course.thermocouple_c.append(max(system.thermocouples(theta)) + start_c)
            course.voltage_v.append(float(np.sqrt(mean_squared)))
            course.power_w.append(mean_power)
            course.conductance_s.append(mean_power / mean_squared if mean_squared > 0.0 else loss)
            course.limited.append(limit)
        energy.stored += float((system.capacity_j_k * (theta - before)).sum())
        if number == len(heating) - 1:
            course.end_c = theta + start_c
        if progress is not None:
            progress(now / whole)
    course.steps = len(heating) + len(cooling)
    return course
