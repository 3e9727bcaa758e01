"""One strategy carried out on many virtual patients: by a compiled recipe where there is one, else by the technique itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.shapes import assembled
from rfplan.planning.many_needles import Hands, ManyNeedles
from rfplan.planning.many_recipes_kernels import SideGrounds
from rfplan.planning.operator_error import OperatorError, displaced
from rfplan.planning.placed_rows import PlacedMany, placed_many, placed_plan
from rfplan.planning.plan import Plan
from rfplan.planning.techniques import technique
from rfplan.planning.virtual_recipes import GrooveNeedles, VirtualRecipe, side_grounds
from rfplan.study.design import Strategy


@dataclass(frozen=True, eq=False)
class PatientsToTreat:
    """Virtual patients as every strategy meets them on one ``side``; patient p is treated by a hand that draws from ``seeds[p]``."""

    grounds: VirtualGrounds
    side: Side
    seeds: Sequence[tuple[int, int]]
    groove: GrooveNeedles = field(default_factory=GrooveNeedles)
    """What was placed at L5 so far."""

    @cached_property
    def arrays(self) -> SideGrounds:
        """Either side of them, which are alike."""
        return side_grounds(self.grounds)

    @cached_property
    def hands(self) -> Hands:
        """Chance, the same for every strategy, so that they differ by what they are."""
        return Hands(self.seeds)

    @cached_property
    def each(self) -> tuple[VirtualGround, ...]:
        """One by one."""
        return tuple(self.grounds)


@dataclass(frozen=True, eq=False)
class Treatments:
    """What one strategy does to the ``patients``: ``made`` are their needles, or their plans.

    ``planned`` is the same before a hand missed it.
    """

    planned: ManyNeedles | Sequence[Plan]
    made: ManyNeedles | Sequence[Plan]
    patients: PatientsToTreat

    @property
    def needles(self) -> IntArray:
        """(p,) distinct needles."""
        if isinstance(self.made, ManyNeedles):
            return self.made.counts[:, 0]
        return np.array([len(plan.needles) for plan in self.made], dtype=np.int64)

    @property
    def applications(self) -> IntArray:
        """(p,) energy deliveries."""
        if isinstance(self.made, ManyNeedles):
            return self.made.counts[:, 1]
        return np.array([len(plan.applications) for plan in self.made], dtype=np.int64)

    @property
    def energy_time_s(self) -> FloatArray:
        """(p,) time with energy on, applications one after the other."""
        if isinstance(self.made, ManyNeedles):
            return self.made.energy_time_s
        return np.array([float(plan.energy_time_s) for plan in self.made])

    def lesions(self, accuracy: Accuracy) -> PlacedMany:
        """The lesions of all patients, to be solved beside planes of bone."""
        made, patients = self.made, self.patients
        if isinstance(made, ManyNeedles):
            return placed_many(made, patients.grounds, accuracy)
        return PlacedMany.of(
            [
                placed_plan(plan, ground, patients.side, accuracy)
                for plan, ground in zip(made, patients.each, strict=True)
            ]
        )

    def shapes(self) -> tuple[FloatArray, IntArray, FloatArray]:
        """The lesions of all patients as spheroids in the charts of their treated sides: see :func:`rfplan.lesion.shapes.assembled`."""
        if isinstance(self.made, ManyNeedles):
            return self.made.shapes()
        applications, tips, axes = [], [], []
        for plan, ground in zip(self.made, self.patients.each, strict=True):
            to_side = ground.frame.axes * np.array([[lateral_sign(self.patients.side)], [1.0], [1.0]])
            for entry in plan.applications:
                applications.append((entry.mode, entry.protocol, tuple([needle.electrode for needle in entry.needles])))
                tips.append([to_side @ (needle.tip_mm - ground.frame.origin_mm) for needle in entry.needles])
                axes.append([to_side @ needle.axis for needle in entry.needles])
        return assembled(applications, tips, axes)


def treatments(
    strategy: Strategy, patients: PatientsToTreat, error: OperatorError | None, plans: Sequence[Plan] | None = None
) -> Treatments:
    """``strategy`` on the ``patients``, placed by hands with this ``error``.

    ``plans`` are those that were computed for the patients, where the strategy does that.
    """
    recipe = None if plans is not None else VirtualRecipe.of(strategy.technique, strategy.electrode, strategy.options)
    if recipe is not None:
        planned = recipe.needles(patients.arrays, patients.groove)
        missed = planned if error is None else planned.displaced(patients.arrays, patients.side, error, patients.hands)
        return Treatments(planned, missed, patients)
    if plans is None:
        known = technique(strategy.technique)
        plans = [known.plan(ground, patients.side, strategy.electrode, **strategy.options) for ground in patients.each]
    if error is None:
        return Treatments(plans, plans, patients)
    made = [
        displaced(plan, ground, error, seed)
        for plan, ground, seed in zip(plans, patients.each, patients.seeds, strict=True)
    ]
    return Treatments(plans, made, patients)
