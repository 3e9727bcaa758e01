"""A strategy that computes a plan for every patient: what the optimiser is asked, and the courses that it may know."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rfplan.anatomy.innervation import Innervation
from rfplan.devices.electrode import Electrode, Mode
from rfplan.planning.operator_error import OperatorError
from rfplan.planning.optimiser.objective import Objective
from rfplan.planning.optimiser.request import Request, device_of

OPTIMISED: Final = "optimised"
"""What stands for a technique where a plan is computed for every patient."""

CHUNK: Final = 10
"""Patients of a chunk where plans are computed and nothing else is asked: they take seconds each."""

_COURSES: Final = 0x0C0125E5
"""Sets the courses that plans are found on apart from everything else that the seed of a study decides."""


@dataclass(frozen=True)
class Optimisation:
    """What the optimiser is asked for each patient.

    ``mode`` as :func:`rfplan.optimise` takes it; at most ``applications`` and ``needles``, found on ``courses`` of the branches on a
    lattice of ``spacing_mm``. ``objective``, ``criterion``, ``target``, ``tail`` and ``weights`` (by level) say what is to be best. The
    search ends within ``gap`` of its bound or after ``nodes`` of its tree: no clock decides, so that a plan is the same on every machine.
    With ``operator_error`` it is made for the hand that carries it out.
    """

    mode: str | None = None
    applications: int = 6
    needles: int | None = None
    courses: int = 200
    spacing_mm: float = 4.0
    objective: str = "mean"
    criterion: str = "transection"
    target: float = 0.9
    tail: float = 0.1
    gap: float = 0.001
    nodes: int = 500
    refine: bool = True
    operator_error: bool = False
    weights: dict[str, float] = field(default_factory=dict)

    def device(self, electrode: str | None) -> tuple[Electrode, Mode]:
        """The device and how it is used; InputError where it cannot be."""
        return device_of(electrode, self.mode)

    def request(
        self,
        electrode: str | None,
        error: OperatorError | None,
        innervation: Innervation | None = None,
        seed: tuple[int, int] = (0, 0),
    ) -> Request:
        """What is asked for the patient of this ``seed`` (of the study, number of the patient) and the hand's ``error``.

        Raises
        ------
        InputError : a number out of range, an unknown name, or an electrode that the mode cannot use
        """
        device, mode = self.device(electrode)
        objective = Objective(self.objective, self.criterion, self.target, self.tail, self.weights)  # type: ignore[arg-type]
        return Request(
            device,
            mode,
            self.applications,
            self.needles,
            objective,
            self.courses,
            seed=course_seed(seed),
            spacing_mm=self.spacing_mm,
            operator_error=error if self.operator_error else None,
            time_limit_s=math.inf,
            gap=self.gap,
            refine=self.refine,
            threads=1,
            nodes=self.nodes,
            innervation=innervation,
        )


def course_seed(seed: tuple[int, int]) -> int:
    """Seed of the courses that a plan is found on: a patient's own, and unlike that of its true branches."""
    state = np.random.SeedSequence([_COURSES, *seed]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(4))
