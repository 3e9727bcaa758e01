"""Plans that are computed for the patients of a chunk, strategies that differ in what they may use sharing one table of effects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rfplan.anatomy.sides import Side
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.planning.optimiser.for_each import Ready, ready_for
from rfplan.planning.optimiser.request import Request
from rfplan.planning.plan import Plan
from rfplan.study.design import StudyDesign


def computed_plans(
    design: StudyDesign, grounds: Iterable[VirtualGround], side: Side, seeds: Sequence[tuple[int, int]]
) -> dict[str, list[Plan]]:
    """A plan for each of ``grounds`` by every strategy of ``design`` that computes one; patient p has the seed ``seeds[p]``."""
    found: dict[str, list[Plan]] = {entry.name: [] for entry in design.strategies if entry.optimise is not None}
    for ground, seed in zip(grounds if found else (), seeds, strict=False):
        tables: list[tuple[Request, Ready]] = []
        for strategy in design.strategies:
            if strategy.optimise is None:
                continue
            request = strategy.optimise.request(strategy.electrode, design.error_of(strategy), design.innervation, seed)
            # what is only looked at once the table is there
            key = replace(request, applications=1, needles=None, refine=False, nodes=None, gap=0.0)
            ready = next((ready for known, ready in tables if known == key), None)
            if ready is None:
                tables.append((key, ready := ready_for(ground, side, request)))
            found[strategy.name].append(ready.plan(request))
    return found
