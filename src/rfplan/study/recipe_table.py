"""What every place of a recipe takes in many virtual patients: the table that one recipe for all is searched on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, pairwise
from multiprocessing import get_context
from typing import Any, Final

import numpy as np

from rfplan.anatomy.innervation import Innervation
from rfplan.anatomy.population import Population
from rfplan.anatomy.population_branches import UNIFORMS, drawn_many
from rfplan.anatomy.sides import BRANCH_LEVELS, Side
from rfplan.anatomy.virtual_branches import side_branches
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.devices.electrode import Electrode, Mode
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, IntArray
from rfplan.geometry.polyline import arc_length
from rfplan.lesion.accuracy import accuracy_named
from rfplan.lesion.problem import LesionProblem
from rfplan.planning.lesion_shelf import lesion_shelf, make_ready
from rfplan.planning.optimiser.effect_table import effect_table
from rfplan.planning.optimiser.lesion_library import PlacedMaps
from rfplan.planning.optimiser.positions import standoff_mm
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.packed_patient import PackedBranches
from rfplan.planning.placed_rows import PlacedRows, numbered, placed_plan
from rfplan.planning.plan import Application, Plan
from rfplan.planning.rounding import PAIRS, Rounding
from rfplan.planning.techniques.chart_target import ChartPlaces, ChartTarget, fitted_application
from rfplan.planning.techniques.l5 import l5_application
from rfplan.planning.techniques.site import Site
from rfplan.study.columns import risk_columns
from rfplan.study.recipe_places import LEVELS, recipe_targets
from rfplan.study.solved_judge import ACCURACY, judged_with_solved, lethal_isotherm
from rfplan.study.treated import TreatedSides

COURSES: Final = 10
"""Courses of the branches in every patient: the patient's own, and others that they may follow. Bones are dear, courses are cheap, and a
recipe that knows one course of each fits that."""
_COURSE_SEED: Final = 0x5EEDC0DE
_PLACED, _SOLVED = 0.15, 0.8
"""Finished parts after places are found and lesions solved."""


@dataclass(frozen=True, eq=False)
class PopulationTable:
    """``takes`` (targets + 1, branches) of all patients, the last row the L5 lesion; ``courses`` (branches,) numbers the courses of all
    patients, ``levels`` are those of the branches.

    In patients where ``at_stop`` (targets + 1, patients) a recipe makes the lesion, as its shape keeps the limits, and the lesion breaks
    one as a study measures it: whoever carries the recipe out would harm them. Where it is ``left_out`` (targets + 1, patients) nothing
    is made, as the shape would not keep the limits, a needle has no way in or the needles of a pair touch. Shapes stay ``margin_mm``
    within the limits.
    """

    targets: tuple[ChartTarget, ...]
    takes: BoolArray
    at_stop: BoolArray
    left_out: BoolArray
    courses: IntArray
    levels: tuple[str, ...]
    margin_mm: float

    @property
    def patients(self) -> int:
        """Number of patients."""
        return int(self.at_stop.shape[1])


@dataclass(frozen=True, eq=False)
class _Placed:
    """The targets carried out in one patient: which of them are ``made`` (targets + 1,), and the lesions of those."""

    made: BoolArray
    rows: PlacedRows


def population_table(
    electrode: Electrode,
    mode: Mode,
    patients: int,
    seed: int,
    watch: Watch,
    side: Side = "right",
    courses: int = COURSES,
    workers: int = 1,
    targets: Sequence[ChartTarget] | None = None,
    pairs: Rounding = PAIRS,
    margin_mm: float | None = None,
) -> PopulationTable:
    """What the solved lesion of every target takes of ``courses`` of the branches in every one of ``patients`` drawn with ``seed``.

    Lesions are those that a study judges with (:data:`rfplan.planning.placed_rows.ASSUMPTION`), unless ``pairs`` are rounded otherwise.
    One at stop takes nothing. ``margin_mm`` is the recipes', by default that of ``anatomy/optimiser.toml``, an assumption. The same
    whatever the number of ``workers``, processes that share the patients, and before that the lesions that nobody has solved.
    """
    wanted = tuple(recipe_targets(mode) if targets is None else targets)
    margin = float(figures("optimiser")["recipe.margin"].value) if margin_mm is None else margin_mm
    place = partial(_placed_in, electrode, mode, seed, side, wanted, pairs, margin)
    with ExitStack() as stack:
        share: Callable[..., Iterable[Any]] = map
        if workers > 1:
            share = stack.enter_context(get_context("spawn").Pool(workers)).imap

        def all_of(task: Callable[[Any], Any], given: Sequence[Any], since: float, until: float) -> list[Any]:
            done = []
            for made in share(task, given):
                done.append(made)
                watch.proceed(since + (until - since) * len(done) / len(given))
            return done

        placed: list[_Placed] = all_of(place, range(patients), 0.0, _PLACED)
        all_of(_solved, _most_wanted_first(placed), _PLACED, _SOLVED)
        found = all_of(partial(_in_patient, seed, side, courses), list(enumerate(placed)), _SOLVED, 1.0)
    takes, at_stop, left_out, numbers, levels = zip(*found, strict=True)
    return PopulationTable(
        wanted,
        np.concatenate(takes, axis=1),
        np.stack(at_stop, axis=1),
        np.stack(left_out, axis=1),
        np.concatenate(numbers),
        tuple(chain.from_iterable(levels)),
        margin,
    )


def _placed_in(
    electrode: Electrode,
    mode: Mode,
    seed: int,
    side: Side,
    targets: Sequence[ChartTarget],
    pairs: Rounding,
    margin_mm: float,
    number: int,
) -> _Placed:
    ground = Population().draw(1, seed=seed, first=number)[0].ground
    found = _carried_out(ground, side, electrode, mode, targets, margin_mm)
    made = tuple([application for application in found if application is not None])
    plan = Plan(side=side, technique="candidates", applications=made)
    rows = placed_plan(plan, ground, side, accuracy_named(ACCURACY), pairs)
    return _Placed(np.array([application is not None for application in found], dtype=np.bool_), rows)


def _most_wanted_first(placed: Sequence[_Placed]) -> list[LesionProblem]:
    """The distinct problems of all patients."""
    asked = Counter(problem for entry in placed for problem in entry.rows.problems if problem is not None)
    return [problem for problem, _ in asked.most_common()]


def _solved(problem: LesionProblem) -> None:
    make_ready(problem, lethal_isotherm())


def _in_patient(
    seed: int, side: Side, courses: int, entry: tuple[int, _Placed]
) -> tuple[BoolArray, BoolArray, BoolArray, IntArray, tuple[str, ...]]:
    """What every target takes in one patient, whether it is at stop or left out, and courses and levels of the branches."""
    number, placed = entry
    ground = Population().draw(1, seed=seed, first=number)[0].ground
    rows = placed.rows
    solved, stopped = _against_limits(rows, ground)
    fine = solved & ~stopped
    made = np.flatnonzero(placed.made)
    branches = _courses(ground, courses, (seed, number))
    hits = np.zeros((len(placed.made), len(branches.levels)), dtype=np.bool_)
    if fine.any():
        hits[made[fine]] = _taken(_maps(rows, np.flatnonzero(fine)), branches)
    at_stop, left_out = np.zeros_like(placed.made), np.ones_like(placed.made)
    at_stop[made] = solved & stopped
    left_out[made] = ~solved
    return hits, at_stop, left_out, number * courses + np.array(branches.course, dtype=np.int64), branches.levels


def _carried_out(
    ground: VirtualGround,
    side: Side,
    electrode: Electrode,
    mode: Mode,
    targets: Sequence[ChartTarget],
    margin_mm: float,
) -> list[Application | None]:
    protocol = electrode.protocol_for(mode)
    numbers = {"set_c": protocol.set_c, "time_s": protocol.time_s, "ramp_s": protocol.ramp_s}
    site = Site(ground, side, electrode, {**numbers, "standoff_mm": standoff_mm(electrode)}, LEVELS)
    places = ChartPlaces.of(site)
    found = [fitted_application(places, mode, target, margin_mm) for target in targets]
    single: Mode = "monopolar" if mode == "bipolar" else mode
    l5 = l5_application(site, single, electrode.protocol_for(single))
    # made in every patient who has the groove, as in a technique
    return [*found, l5[0] if l5 else None]


def _against_limits(rows: PlacedRows, ground: VirtualGround) -> tuple[BoolArray, BoolArray]:
    """(a,) whether there is each lesion, and (a,) whether on its own it breaks one of the limits that a study measures."""
    count = len(rows.problems)
    each = [
        PlacedRows(rows.problems[n : n + 1], rows.matrices[n : n + 1], rows.offsets[n : n + 1]) for n in range(count)
    ]
    judged = judged_with_solved(TreatedSides.of(ground.grounds).times(count), [each])[0]
    return np.equal(judged.unsolved, 0), np.greater(risk_columns(judged.risk)["stop_violations"], 0)


def _maps(rows: PlacedRows, keep: IntArray) -> PlacedMaps:
    """The lesions ``keep`` of a patient in its chart."""
    distinct, which = numbered([rows.problems[n] for n in keep])
    known, maps = lesion_shelf(lethal_isotherm()).held(distinct)
    return PlacedMaps(
        maps, known[which], np.ascontiguousarray(rows.matrices[keep]), np.ascontiguousarray(rows.offsets[keep])
    )


def _courses(ground: VirtualGround, count: int, seed: tuple[int, int]) -> PackedBranches:
    """The patient's own branches and ``count`` - 1 other courses that they may follow, in the chart of the treated side."""
    home, streams = ground.grounds, [np.random.default_rng([_COURSE_SEED, *seed, k]) for k in range(1, count)]
    others = drawn_many(np.array([rng.random(UNIFORMS) for rng in streams]).reshape(-1, UNIFORMS), Innervation())
    sides = [side_branches(home)]
    for k in range(count - 1):
        drawn = replace(home.drawn, branches=others.part(k, k + 1))
        sides.append(side_branches(replace(home, drawn=drawn)))
    lines = [own.points[low:high] for own in sides for low, high in pairwise(own.first.tolist())]
    levels = tuple([BRANCH_LEVELS[n] for own in sides for n in own.level.tolist()])
    return PackedBranches(
        np.concatenate([np.empty((0, 3)), *lines]),
        np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        levels,
        levels,
        tuple([k for k, own in enumerate(sides) for _ in own.level]),
        tuple([float(arc_length(line)[-1]) for line in lines]),
        count,
    )


def _taken(lesions: PlacedMaps, branches: PackedBranches) -> BoolArray:
    cut_mm = float(figures("safety")["transection.length"].value)
    return effect_table(lesions, branches, np.eye(3), lethal_isotherm(), cut_mm, 1, lambda _: True).captured(
        "transection"
    )
