"""The table that a recipe for all is chosen from: of pairs, first a rough one of every place, then an exact one of those worth a look."""

from __future__ import annotations

from typing import Final

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.rounding import PREVIEW
from rfplan.planning.techniques.chart_target import ChartTarget
from rfplan.study.recipe_table import PopulationTable, population_table

OTHERS: Final = 2
"""Places that are looked at again for each that is chosen in the rough table: those that would do best in its stead."""


def searched_table(
    electrode: Electrode, mode: Mode, applications: int, patients: int, seed: int, watch: Watch, workers: int = 1
) -> PopulationTable:
    """What places take in every one of ``patients``, for recipes of at most so many ``applications``.

    Pairs take seconds each to solve, and at every place of many patients there are hundreds of different ones. They are looked at in two
    steps: as few as there are when rounded to 2 mm and 45 degrees (:data:`rfplan.planning.rounding.PREVIEW`); then, as a study judges
    them, those of the :func:`worth_a_look`. A bound on what recipes take is one for these places.
    """
    if mode != "bipolar":
        return population_table(electrode, mode, patients, seed, watch, workers=workers)
    rough = population_table(electrode, mode, patients, seed, _half(watch, 0.0), workers=workers, pairs=PREVIEW)
    targets = worth_a_look(rough, applications)
    return population_table(electrode, mode, patients, seed, _half(watch, 0.5), workers=workers, targets=targets)


def _half(watch: Watch, since: float) -> Watch:
    def tell(part: float) -> None:
        watch.proceed(since + 0.5 * part)

    half = Watch(watch.left_s, tell, watch.cancelled)
    half.stage(1.0)
    return half


def worth_a_look(table: PopulationTable, applications: int, others: int = OTHERS) -> tuple[ChartTarget, ...]:
    """The places of the greedy choice of so many ``applications``, of which each is the best beside those before it, and for each the
    ``others`` that would take most in its stead; in the order of the table."""
    takes, chosen = table.takes, list[int]()
    covered = np.zeros(takes.shape[1], dtype=np.bool_)
    for _ in range(applications):
        gains = (takes & ~covered).sum(axis=1)
        chosen.append(int(np.argmax(gains)))
        covered |= takes[chosen[-1]]
    kept = set(chosen)
    for place in chosen:
        rest = np.zeros_like(covered)
        for other in chosen:
            if other != place:
                rest |= takes[other]
        gains = (takes & ~rest).sum(axis=1)
        kept.update([int(n) for n in np.argsort(-gains, kind="stable") if n not in chosen][:others])
    # the last row is the L5 lesion, which is always among the places
    return tuple([table.targets[n] for n in sorted(kept) if n < len(table.targets)])
