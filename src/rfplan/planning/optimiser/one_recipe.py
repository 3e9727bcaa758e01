"""One recipe for all: the places round the foramina that together take the most branches over many virtual patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import Side
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.devices.electrode import Electrode, Mode
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.optimiser.objective import Judge, Objective
from rfplan.planning.optimiser.positions import standoff_mm
from rfplan.planning.optimiser.programme import Budget
from rfplan.planning.optimiser.search import Choice, best_choice
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.plan import Application, Plan
from rfplan.planning.shape_limits import breaks_a_limit
from rfplan.planning.techniques.chart_recipe import Recipe, RecipeTarget, target_application
from rfplan.planning.techniques.l5 import l5_application
from rfplan.planning.techniques.site import Site

CLOCK_H: Final = tuple(np.arange(0.5, 6.6, 0.5).tolist())
EDGES_MM: Final = (5.5, 7.5, 10.0)
TILTS_DEG: Final = ((0.0, 0.0), (0.0, 40.0))
_LEVELS = ("S1", "S2", "S3")


@dataclass(frozen=True, eq=False)
class PopulationTable:
    """``takes`` (targets + 1, branches) of all patients, the last row the L5 lesion; ``stops`` (targets + 1,) part of patients in which a
    target would break a hard limit and is left out; ``patients`` (branches,) and ``levels`` of the branches.
    """

    targets: tuple[RecipeTarget, ...]
    takes: BoolArray
    stops: FloatArray
    patients: FloatArray
    levels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RecipeFound:
    """The ``recipe``, and the ``choice`` that it is: its value and bound over the patients that it was found on.

    ``left_out`` is the part of its applications that are left out as they would break a hard limit.
    """

    recipe: Recipe
    choice: Choice
    patients: int
    left_out: float


def recipe_targets(mode: Mode) -> tuple[RecipeTarget, ...]:
    """Places to choose from: clock positions round S1 to S3 at three distances from the edge, from two directions.

    Of pairs both needles are at the same distance, one or two hours apart, or bridge two foramina.
    """
    found = []
    for level, below in zip(_LEVELS, (*_LEVELS[1:], None), strict=True):
        for edge in EDGES_MM:
            if mode == "bipolar":
                for hours in CLOCK_H:
                    for step in (1.0, 2.0):
                        if hours + step <= 6.5:
                            found.append(RecipeTarget(level, hours, edge, 0.0, 0.0, hours + step, edge))
                if below is not None:
                    found += [RecipeTarget(level, 5.0, edge, 0.0, 0.0, h, edge, below) for h in (0.5, 1.5)]
            else:
                found += [RecipeTarget(level, hours, edge, *tilt) for hours in CLOCK_H for tilt in TILTS_DEG]
    return tuple(found)


def population_table(
    electrode: Electrode, mode: Mode, patients: int, seed: int, watch: Watch, side: Side = "right"
) -> PopulationTable:
    """What every target takes in every one of ``patients`` drawn with ``seed``, lesions as shapes."""
    targets = recipe_targets(mode)
    drawn = Population().draw(patients, seed=seed)
    takes, stops, owners, levels = [], np.zeros(len(targets) + 1), [], []
    table = figures("safety")
    lethal, cut_mm = ISOTHERMS_C.index(table["lethal.isotherm"].value), table["transection.length"].value
    for number in range(patients):
        watch.proceed(number / patients)
        ground = drawn[number].ground
        nerves = [nerve for nerve in ground.nerves if nerve.side == side]
        first = np.concatenate([[0], np.cumsum([len(nerve.points_mm) for nerve in nerves])]).astype(np.int64)
        points = np.concatenate([nerve.points_mm for nerve in nerves])
        view = np.ascontiguousarray(ground.frame.axes)
        hits = np.zeros((len(targets) + 1, len(nerves)), dtype=bool)
        for n, application in enumerate(_carried_out(ground, side, electrode, mode, targets)):
            if application is None:
                continue
            plan = Plan(side=side, technique="candidate", applications=(application,))
            if breaks_a_limit(application, ground, side):
                stops[n] += 1.0 / patients
                continue
            hits[n] = shape_lesions(plan).judged(points, first, view, lethal)[:, 1] >= cut_mm
        takes.append(hits)
        owners += [number] * len(nerves)
        levels += [nerve.level for nerve in nerves]
    return PopulationTable(targets, np.concatenate(takes, axis=1), stops, np.array(owners), tuple(levels))


def _carried_out(
    ground: VirtualGround, side: Side, electrode: Electrode, mode: Mode, targets: Sequence[RecipeTarget]
) -> list[Application | None]:
    protocol = electrode.protocol_for(mode)
    numbers = {"set_c": protocol.set_c, "time_s": protocol.time_s, "ramp_s": protocol.ramp_s}
    site = Site(ground, side, electrode, {**numbers, "standoff_mm": standoff_mm(electrode)}, _LEVELS)
    apertures = {aperture.level: aperture for aperture in site.apertures()}
    found = [target_application(site, apertures, mode, target) for target in targets]
    single: Mode = "monopolar" if mode == "bipolar" else mode
    l5 = l5_application(site, single, electrode.protocol_for(single))
    return [*found, l5[0] if l5 else None]


def best_recipe(
    table: PopulationTable,
    electrode: Electrode,
    mode: Mode,
    applications: int,
    patients: int,
    watch: Watch,
    objective: Objective | None = None,
) -> RecipeFound:
    """The best recipe of at most so many ``applications``, the L5 lesion among them, and its certificate over the patients of the table."""
    takes = table.takes
    judge = Judge.of(objective or Objective(), table.patients.astype(np.int64), table.levels)
    count = len(takes)
    of = np.stack([np.arange(count), np.full(count, -1)], axis=1)
    budget = Budget(applications, None, np.ones(count), 0.0, of)
    deeper = takes.sum(axis=1).astype(float)
    choice = best_choice(judge, takes, budget, deeper, max(1.0, watch.left_s), 0.001, watch.cancelled)
    chosen = [table.targets[n] for n in choice.chosen if n < len(table.targets)]
    l5 = len(table.targets) in choice.chosen
    recipe = Recipe(
        f"optimised-{mode}-{len(choice.chosen)}",
        f"Optimised over a population, {mode}, {len(choice.chosen)} applications",
        f"The best single recipe over {patients} virtual patients, lesions as shapes",
        mode,
        electrode.name,
        electrode.protocol_for(mode),
        standoff_mm(electrode),
        tuple(sorted(chosen, key=lambda target: (target.level, target.clock_h))),
        l5,
    )
    return RecipeFound(recipe, choice, patients, float(table.stops[choice.chosen].mean()) if choice.chosen else 0.0)
