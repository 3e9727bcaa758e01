"""The three reference solutions: independent second-order finite elements, converged to 0.02 mm."""

from __future__ import annotations

from dataclasses import dataclass

from rfplan.devices.protocol import Protocol
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.problem import LesionProblem, Surroundings

CONVERGED_MM = 0.02


@dataclass(frozen=True)
class Reference:
    name: str
    diameter_mm: float
    tip_mm: float
    protocol: Protocol
    surroundings: Surroundings
    cooling: tuple[float, float] | None
    width_50: float
    length_50: float
    width_60: float
    length_60: float
    beyond_50: float
    power_w: float
    impedance_ohm: float

    def problem(self, accuracy: Accuracy) -> LesionProblem:
        exchange, coolant = self.cooling or (0.0, None)
        return LesionProblem(
            self.diameter_mm,
            ((0.0, self.tip_mm),),
            self.protocol,
            accuracy,
            self.surroundings,
            coolant_c=coolant,
            exchange_w_m2k=exchange,
        )


BENCH = Surroundings(start_c=22.0, perfusion=False)
REFERENCES = (
    Reference("20g", 0.908, 10.0, Protocol(80.0, 120.0), BENCH, None, 6.87, 13.57, 4.56, 11.52, 1.61, 2.32, 82.3),
    Reference(
        "18g",
        1.270,
        10.0,
        Protocol(80.0, 120.0),
        Surroundings(perfusion=False),
        None,
        11.17,
        17.86,
        6.96,
        13.44,
        3.19,
        1.91,
        65.7,
    ),
    Reference(
        "cooled",
        1.473,
        4.0,
        Protocol(60.0, 150.0),
        Surroundings(),
        (1000.0, 25.0),
        10.80,
        12.11,
        6.94,
        7.23,
        3.87,
        1.99,
        107.4,
    ),
)
