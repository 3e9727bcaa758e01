"""What the applications of a plan for a virtual patient ask of the lesion solver, as arrays; many plans are put together from these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.problem import LesionProblem
from rfplan.planning.beside_kernels import KEY, PLACES, PROBES, STEP_MM, planes_beside, problems_beside
from rfplan.planning.placed_problem import placed_problem, problem_of_key
from rfplan.planning.plan import Application, Plan
from rfplan.planning.rounding import PAIRS, SINGLES

ASSUMPTION: Final = (
    "Lesions are solved in plane-bone surroundings: perfused muscle beside a plane at the distances that the bone has from the active "
    f"tips. Single needles: {SINGLES.said} Pairs: {PAIRS.said} Two needles that touch make no lesion. Neighbouring lesions do not warm "
    "each other, and the generator's control is ideal."
)
"""What has to be said wherever a study with solved lesions is shown."""

_PROBES: Final = STEP_MM * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])
_ALONG: Final = np.linspace(0.0, 1.0, PLACES)


@dataclass(frozen=True, eq=False)
class PlacedRows:
    """Where the lesions of a plan stand, in the chart of the treated side, whose lateral axis points away from the midline.

    ``problems`` (a,), None where an application makes no lesion; ``matrices`` (a, 3, 3) and ``offsets`` (a, 3) take the frame of the
    lesion to the chart.
    """

    problems: tuple[LesionProblem | None, ...]
    matrices: FloatArray
    offsets: FloatArray


def placed_rows(plan: Plan, ground: VirtualGround, side: Side, accuracy: Accuracy) -> PlacedRows:
    """The lesions of ``plan``, each beside the plane of bone at its needles."""
    count = len(plan.applications)
    problems: list[LesionProblem | None] = [None] * count
    matrices, offsets = np.zeros((count, 3, 3)), np.zeros((count, 3))
    to_side = ground.frame.axes * np.array([[lateral_sign(side)], [1.0], [1.0]])
    plain = []
    for number, application in enumerate(plan.applications):
        if len(application.needles[0].electrode.contacts_mm) == 1:
            plain.append(number)
            continue
        # contacts of one probe: as for one patient
        placed = placed_problem(application, ground, "plane", accuracy, plan.needles, SINGLES)
        problems[number] = placed.problem
        matrices[number] = to_side @ placed.pose.matrix
        offsets[number] = to_side @ (placed.pose.offset_mm - ground.frame.origin_mm)
    if plain:
        chosen = [plan.applications[number] for number in plain]
        keys, good = _keys(chosen, ground, to_side, plain, matrices, offsets)
        for row, application in enumerate(chosen):
            if good[row]:
                electrode = application.needles[0].electrode
                problems[plain[row]] = _problem(electrode, application.protocol, accuracy, tuple(keys[row].tolist()))
    return PlacedRows(tuple(problems), matrices, offsets)


def _keys(
    applications: Sequence[Application],
    ground: VirtualGround,
    to_side: FloatArray,
    rows: Sequence[int],
    matrices: FloatArray,
    offsets: FloatArray,
) -> tuple[FloatArray, BoolArray]:
    """Names of the rounded problems, and which of them are any; fills the places."""
    used = [needle for application in applications for needle in application.needles]
    tips = (np.array([needle.tip_mm for needle in used]) - ground.frame.origin_mm) @ to_side.T
    axes = np.array([needle.axis for needle in used]) @ to_side.T
    active = np.array([needle.electrode.tip_mm for needle in used])
    radii = np.array([needle.electrode.radius_mm for needle in used])
    places = tips[:, None] + active[:, None, None] * _ALONG[:, None] * axes[:, None]
    field = ground.bone_around
    values = field.in_chart((places[:, :, None] + _PROBES).reshape(-1, 3)).reshape(-1, PLACES, PROBES)
    has, normals, middles = np.zeros(len(used), dtype=np.bool_), np.zeros((len(used), 3)), np.zeros(len(used))
    planes_beside(values, axes, active, field.band_mm, has, normals, middles)
    needles = np.full((len(applications), 2), -1)
    at = 0
    for row, application in enumerate(applications):
        for n in range(len(application.needles)):
            needles[row, n] = at
            at += 1
    keys, good = np.empty((len(applications), KEY)), np.zeros(len(applications), dtype=np.bool_)
    for rounding, chosen in ((SINGLES, needles[:, 1] < 0), (PAIRS, needles[:, 1] >= 0)):
        which = np.flatnonzero(chosen)
        if len(which):
            held = (np.empty((len(which), KEY)), np.empty((len(which), 3, 3)), np.empty((len(which), 3)))
            fine = np.zeros(len(which), dtype=np.bool_)
            problems_beside(
                has, normals, middles, tips, axes, radii, active, np.ascontiguousarray(needles[which]), rounding.row, *held, fine
            )  # fmt: skip
            keys[which], good[which] = held[0], fine
            there = np.asarray(rows)[which]
            matrices[there], offsets[there] = held[1], held[2]
    return keys, good


@lru_cache(maxsize=20_000)
def _problem(
    electrode: Electrode, protocol: Protocol, accuracy: Accuracy, key: tuple[float, ...]
) -> LesionProblem | None:
    """The problem of that name; None where the two needles of a pair touch, between which no current heats tissue."""
    try:
        return problem_of_key(np.array(key), electrode, protocol, accuracy)
    except InputError:
        return None


def numbered(problems: Sequence[LesionProblem | None]) -> tuple[tuple[LesionProblem, ...], IntArray]:
    """The distinct problems, and (n,) which of them each is, -1 for none."""
    places: dict[int, int] = {}
    distinct: list[LesionProblem] = []
    which = np.full(len(problems), -1, dtype=np.int64)
    for n, problem in enumerate(problems):
        if problem is None:
            continue
        # equal problems come from one cache, and comparing them all would take longer than judging them
        if id(problem) not in places:
            places[id(problem)] = len(distinct)
            distinct.append(problem)
        which[n] = places[id(problem)]
    return tuple(distinct), which
