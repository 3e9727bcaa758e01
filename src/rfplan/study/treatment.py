"""One strategy carried out on one virtual patient: by a compiled recipe where there is one, else by the technique itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.planning.operator_error import OperatorError, displaced
from rfplan.planning.placed_rows import PlacedMany, PlacedRows, placed_many, placed_plan, placed_rows
from rfplan.planning.plan import Plan
from rfplan.planning.techniques import technique
from rfplan.planning.virtual_recipes import GrooveNeedles, NeedleRows, VirtualRecipe, side_ground
from rfplan.planning.virtual_way_kernels import SideGround
from rfplan.study.design import Strategy

Recipes = Sequence[tuple[Mode, Protocol, tuple[Electrode, ...]]]


@dataclass(frozen=True, eq=False)
class Treatment:
    """What one strategy does to one patient: ``made`` are its needles, or its plan; ``needles`` and ``applications`` how many.

    ``planned`` is the same before a hand missed it.
    """

    planned: NeedleRows | Plan
    made: NeedleRows | Plan
    ground: VirtualGround
    side: Side

    @property
    def needles(self) -> int:
        """Distinct needles."""
        return len(self.made.tips) if isinstance(self.made, NeedleRows) else len(self.made.needles)

    @property
    def applications(self) -> int:
        """Energy deliveries."""
        return len(self.made.pairs) if isinstance(self.made, NeedleRows) else len(self.made.applications)

    @property
    def energy_time_s(self) -> float:
        """Time with energy on, applications one after the other."""
        if isinstance(self.made, NeedleRows):
            return sum(protocol.time_s for protocol in self.made.protocols)
        return self.made.energy_time_s

    def lesions(self, accuracy: Accuracy) -> PlacedRows:
        """Its lesions, to be solved beside a plane of bone."""
        if isinstance(self.made, NeedleRows):
            return placed_rows(self.made, self.ground, accuracy)
        return placed_plan(self.made, self.ground, self.side, accuracy)

    def shapes(self) -> tuple[Recipes, Sequence[Sequence[FloatArray]], Sequence[Sequence[FloatArray]]]:
        """Mode, protocol and devices of every application, and tips and axes of its needles in the chart of the treated side."""
        if isinstance(self.made, NeedleRows):
            rows, used = self.made, [[n for n in pair if n >= 0] for pair in self.made.pairs.tolist()]
            return (
                [
                    (mode, protocol, (rows.electrode,) * len(pair))
                    for mode, protocol, pair in zip(rows.modes, rows.protocols, used, strict=True)
                ],
                [[rows.tips[n] for n in pair] for pair in used],
                [[rows.axes[n] for n in pair] for pair in used],
            )
        to_side = self.ground.frame.axes * np.array([[lateral_sign(self.side)], [1.0], [1.0]])
        origin = self.ground.frame.origin_mm
        entries = self.made.applications
        return (
            [(entry.mode, entry.protocol, tuple([needle.electrode for needle in entry.needles])) for entry in entries],
            [[to_side @ (needle.tip_mm - origin) for needle in entry.needles] for entry in entries],
            [[to_side @ needle.axis for needle in entry.needles] for entry in entries],
        )


@dataclass(frozen=True, eq=False)
class GroundToTreat:
    """A virtual patient as every strategy meets it: the arrays of its treated side, and what was placed at L5 so far."""

    ground: VirtualGround
    arrays: SideGround
    groove: GrooveNeedles

    @classmethod
    def of(cls, ground: VirtualGround) -> GroundToTreat:
        """Either side of ``ground``, which are alike."""
        return cls(ground, side_ground(ground), {})


def treatments(
    strategy: Strategy,
    grounds: Sequence[GroundToTreat],
    side: Side,
    error: OperatorError | None,
    seeds: Sequence[tuple[int, int]],
    plans: Sequence[Plan] | None = None,
) -> list[Treatment]:
    """``strategy`` on the ``side`` of each of ``grounds``, placed by a hand with this ``error``; patient p draws from ``seeds[p]``.

    Strategies share the draws of one patient, so that they differ by what they are. ``plans`` are those that were
    computed for the patients, where the strategy does that.
    """
    recipe = None if plans is not None else VirtualRecipe.of(strategy.technique, strategy.electrode, strategy.options)
    found = []
    for number, (entry, seed) in enumerate(zip(grounds, seeds, strict=True)):
        ground = entry.ground
        planned: NeedleRows | Plan
        made: NeedleRows | Plan
        if recipe is not None:
            planned = recipe.needles(entry.arrays, entry.groove)
            made = planned if error is None else planned.displaced(entry.arrays, side, error, seed)
        else:
            planned = (
                plans[number]
                if plans is not None
                else technique(strategy.technique).plan(ground, side, strategy.electrode, **strategy.options)
            )
            made = planned if error is None else displaced(planned, ground, error, seed)
        found.append(Treatment(planned, made, ground, side))
    return found


def lesions(treated: Sequence[Treatment], accuracy: Accuracy) -> PlacedMany:
    """The lesions of one strategy on many patients, to be solved beside planes of bone."""
    rows = [entry.made for entry in treated if isinstance(entry.made, NeedleRows)]
    if rows and len(rows) == len(treated):
        return placed_many(rows, [entry.ground for entry in treated], accuracy)
    return PlacedMany.of([entry.lesions(accuracy) for entry in treated])
