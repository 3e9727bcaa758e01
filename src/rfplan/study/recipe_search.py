"""The table that a recipe for all is chosen from: of pairs, first a rough one of every place, then an exact one of those worth a look."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.planning.optimiser.chance import Chance
from rfplan.planning.optimiser.greedy import lazy_greedy
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.rounding import PREVIEW
from rfplan.planning.techniques.chart_target import ChartTarget
from rfplan.study.one_recipe import most_at_stop, usual_at_stop
from rfplan.study.recipe_table import PopulationTable, population_table

OTHERS: Final = 2
"""Places that are looked at again for each that is chosen in the rough table: those that would do best in its stead."""


def searched_table(
    electrode: Electrode,
    mode: Mode,
    applications: int,
    patients: int,
    seed: int,
    watch: Watch,
    workers: int = 1,
    at_stop: float | None = None,
    margin_mm: float | None = None,
) -> PopulationTable:
    """What places take in every one of ``patients``, for recipes of at most so many ``applications`` that are at stop in at most the
    part ``at_stop`` of them.

    Pairs take seconds each to solve, and at every place of many patients there are hundreds of different ones. They are looked at in two
    steps: as few as there are when rounded to 2 mm and 45 degrees (:data:`rfplan.planning.rounding.PREVIEW`); then, as a study judges
    them, those of the :func:`worth_a_look`. A bound on what recipes take is one for these places.
    """
    table = partial(population_table, electrode, mode, patients, seed, workers=workers, margin_mm=margin_mm)
    if mode != "bipolar":
        return table(watch)
    rough = table(_half(watch, 0.0), pairs=PREVIEW)
    targets = worth_a_look(rough, applications, usual_at_stop() if at_stop is None else at_stop)
    return table(_half(watch, 0.5), targets=targets)


def _half(watch: Watch, since: float) -> Watch:
    def tell(part: float) -> None:
        watch.proceed(since + 0.5 * part)

    half = Watch(watch.left_s, tell, watch.cancelled)
    half.stage(1.0)
    return half


def worth_a_look(
    table: PopulationTable, applications: int, at_stop: float, others: int = OTHERS
) -> tuple[ChartTarget, ...]:
    """The places of the greedy choice of so many ``applications``, of which each is the best beside those before it, and for each the
    ``others`` that would take most in its stead; in the order of the table.

    Together the choice is at stop in at most the part ``at_stop`` of the patients, and so it is with another in the stead of one.
    """
    takes, worth = table.takes, np.ones(table.takes.shape[1])
    chance = Chance(table.at_stop, most_at_stop(at_stop, table.patients))
    chosen = lazy_greedy(takes, worth, applications, chance.allowed)
    kept = set(chosen)
    for place in chosen:
        beside = [other for other in chosen if other != place]
        gains = (takes & ~takes[beside].any(axis=0)).sum(axis=1)
        instead = [
            n for n in np.argsort(-gains, kind="stable").tolist() if n not in chosen and chance.allowed(beside, n)
        ]
        kept.update(instead[:others])
    # the last row is the L5 lesion, which is always among the places
    return tuple([table.targets[n] for n in sorted(kept) if n < len(table.targets)])
