"""One recipe for all: the places round the foramina that together take the most branches over many virtual patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import Side
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.devices.electrode import Electrode, Mode
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.lesion import shapes, solved
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.optimiser.hand import Hand
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.objective import Judge, Objective
from rfplan.planning.optimiser.positions import standoff_mm
from rfplan.planning.optimiser.programme import Budget
from rfplan.planning.optimiser.search import Choice, best_choice
from rfplan.planning.optimiser.trial import Trial
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.packed_patient import PackedBranches, packed_branches
from rfplan.planning.plan import Application, Plan
from rfplan.planning.shape_limits import breaks_a_limit
from rfplan.planning.techniques.chart_recipe import Recipe
from rfplan.planning.techniques.chart_target import (
    ChartPlaces,
    ChartTarget,
    RecipeTarget,
    RowTarget,
    fitted_application,
)
from rfplan.planning.techniques.l5 import l5_application
from rfplan.planning.techniques.site import Site

CLOCK_H: Final = tuple(np.arange(0.5, 6.6, 0.5).tolist())
EDGES_MM: Final = (5.5, 7.5, 10.0)
LEAPFROG_EDGE_MM: Final = 5.0
"""How far from the edge bipolar-leapfrog puts its needles."""
ROW_GAPS: Final = (4, 5, 6, 7, 8)
ROW_OFFSETS_MM: Final = (8.0, 10.0, 12.0)
"""Rows like that of the palisade, which runs 10 mm out, in gaps of 8 to 14 mm."""
TILTS_DEG: Final = ((0.0, 0.0), (0.0, 40.0))
_LEVELS = ("S1", "S2", "S3")
_LESION_WORDS: Final = {shapes.LABEL: "as shapes", solved.LABEL: "solved beside bone"}


@dataclass(frozen=True, eq=False)
class PopulationTable:
    """``takes`` (targets + 1, branches) of all patients, the last row the L5 lesion; ``missing`` (targets + 1,) part of patients in which a
    target is left out, as its lesion would break a hard limit or a needle has no way in; ``patients`` (branches,) and ``levels`` of the
    branches; ``lesion_model`` says which lesions took them.
    """

    targets: tuple[ChartTarget, ...]
    takes: BoolArray
    missing: FloatArray
    patients: FloatArray
    levels: tuple[str, ...]
    lesion_model: str


@dataclass(frozen=True, eq=False)
class RecipeFound:
    """The ``recipe``, and the ``choice`` that it is: its value and bound over the patients that it was found on.

    ``left_out`` is the part of its applications that are left out.
    """

    recipe: Recipe
    choice: Choice
    patients: int
    left_out: float


def recipe_targets(mode: Mode) -> tuple[ChartTarget, ...]:
    """Places to choose from: clock positions round S1 to S3 at three distances from the edge, from two directions.

    Of pairs both needles are at the same distance, one or two hours apart, or bridge two foramina; beside them stand the strips of
    bipolar-leapfrog, and every gap of rows like that of the palisade.
    """
    found: list[ChartTarget] = []
    pairs = mode == "bipolar"
    for level, below in zip(_LEVELS, (*_LEVELS[1:], None), strict=True):
        for edge in (LEAPFROG_EDGE_MM, *EDGES_MM) if pairs else EDGES_MM:
            if pairs:
                for hours in CLOCK_H:
                    for step in (1.0, 2.0):
                        if hours + step <= 6.5:
                            found.append(RecipeTarget(level, hours, edge, 0.0, 0.0, hours + step, edge))
                if below is not None:
                    found += [RecipeTarget(level, 5.0, edge, 0.0, 0.0, h, edge, below) for h in (0.5, 1.5)]
            else:
                found += [RecipeTarget(level, hours, edge, *tilt) for hours in CLOCK_H for tilt in TILTS_DEG]
    if pairs:
        found += [
            RowTarget(gap, gaps, offset) for offset in ROW_OFFSETS_MM for gaps in ROW_GAPS for gap in range(1, gaps + 1)
        ]
    return tuple(found)


def population_table(
    electrode: Electrode, mode: Mode, patients: int, seed: int, watch: Watch, side: Side = "right"
) -> PopulationTable:
    """What every target takes in every one of ``patients`` drawn with ``seed``: single needles with solved lesions, pairs with shapes.

    The pairs of many patients are thousands of distinct problems of seconds each.
    """
    targets = recipe_targets(mode)
    drawn = Population().draw(patients, seed=seed)
    takes, missing, owners, levels = [], np.zeros(len(targets) + 1), [], list[str]()
    for number in range(patients):
        watch.proceed(number / patients)
        ground = drawn[number].ground
        made = _carried_out(ground, side, electrode, mode, targets)
        own = packed_branches(ground, side, 1, 0)
        hits = _taken_shapes(made, ground, side, own) if mode == "bipolar" else _taken_solved(made, ground, side, own)
        missing += [application is None for application in made]
        takes.append(hits)
        owners += [number] * len(own.names)
        levels += own.levels
    return PopulationTable(
        targets, np.concatenate(takes, axis=1), missing / patients, np.array(owners), tuple(levels), lesion_model(mode)
    )


def lesion_model(mode: Mode) -> str:
    """The lesions with which recipes of a mode are searched."""
    return shapes.LABEL if mode == "bipolar" else solved.LABEL


def _taken_shapes(
    made: Sequence[Application | None], ground: VirtualGround, side: Side, own: PackedBranches
) -> BoolArray:
    table, view = figures("safety"), np.ascontiguousarray(ground.frame.axes)
    lethal, cut_mm = ISOTHERMS_C.index(table["lethal.isotherm"].value), table["transection.length"].value
    hits = np.zeros((len(made), len(own.names)), dtype=bool)
    for n, application in enumerate(made):
        if application is not None:
            plan = Plan(side=side, technique="candidate", applications=(application,))
            hits[n] = shape_lesions(plan).judged(own.points, own.first, view, lethal)[:, 1] >= cut_mm
    return hits


def _taken_solved(
    made: Sequence[Application | None], ground: VirtualGround, side: Side, own: PackedBranches
) -> BoolArray:
    library, trial = LesionLibrary(ground), Trial(ground, own, Hand(ground, side, None, 0))
    asked = {n: library.problem(application) for n, application in enumerate(made) if application is not None}
    known = {n: entry for n, entry in asked.items() if entry is not None}
    library.solve([entry.problem for entry in known.values()], 1, lambda _: True)
    held = {n: entry for n, entry in known.items() if library.holds(entry.problem)}
    hits = np.zeros((len(made), len(own.names)), dtype=bool)
    if held:
        found = trial.table(library, [list(held.values())], 1, lambda _: True)
        hits[list(held)] = found.captured("transection")
    return hits


def _down_the_bone(target: ChartTarget) -> tuple[bool, str, float]:
    """Places on clocks by level and hour, then those of rows."""
    if isinstance(target, RowTarget):
        return True, "", target.row_gap / target.row_gaps
    return False, target.level, target.clock_h


def _carried_out(
    ground: VirtualGround, side: Side, electrode: Electrode, mode: Mode, targets: Sequence[ChartTarget]
) -> list[Application | None]:
    protocol = electrode.protocol_for(mode)
    numbers = {"set_c": protocol.set_c, "time_s": protocol.time_s, "ramp_s": protocol.ramp_s}
    site = Site(ground, side, electrode, {**numbers, "standoff_mm": standoff_mm(electrode)}, _LEVELS)
    places = ChartPlaces.of(site)
    found = [fitted_application(places, mode, target) for target in targets]
    single: Mode = "monopolar" if mode == "bipolar" else mode
    l5 = l5_application(site, single, electrode.protocol_for(single))
    safe = bool(l5) and not breaks_a_limit(l5[0], ground, side)
    return [*found, l5[0] if safe else None]


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
    while len(choice.chosen) > 1 and not watch.over:
        # no more than are useful: another set may do the same with fewer, and what adds nothing here adds nothing elsewhere but by chance
        smaller = replace(budget, applications=len(choice.chosen) - 1)
        fewer = best_choice(judge, takes, smaller, deeper, max(1.0, watch.left_s), 0.001, watch.cancelled)
        if fewer.objective < choice.objective - 1e-9:
            break
        choice = replace(fewer, bound=choice.bound, status=choice.status)
    chosen = [table.targets[n] for n in choice.chosen if n < len(table.targets)]
    l5 = len(table.targets) in choice.chosen
    recipe = Recipe(
        f"optimised-{mode}-{len(choice.chosen)}",
        f"Optimised over a population, {mode}, {len(choice.chosen)} applications",
        f"The best single recipe over {patients} virtual patients, lesions {_LESION_WORDS[table.lesion_model]}",
        mode,
        electrode.name,
        electrode.protocol_for(mode),
        standoff_mm(electrode),
        tuple(sorted(chosen, key=_down_the_bone)),
        l5,
    )
    return RecipeFound(recipe, choice, patients, float(table.missing[choice.chosen].mean()) if choice.chosen else 0.0)
