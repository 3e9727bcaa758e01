"""The part of the verification page on arrangements without symmetry; ``verify_lesions.py`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import rfplan
from rfplan import Protocol, SolvedLesion, Surroundings, solve_lesion
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.problem import problem_of
from rfplan.lesion.solve import solve_problem
from rfplan.lesion.solve_octree import solve_octree

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "lesion"))
from test_arrangements_finite_elements import FINITE_ELEMENTS, SAID

NAMES = {
    "splayed": "20 gauge pair, 8 mm apart, offset 3 mm, splayed by 15 degrees",
    "twisted": "20 gauge pair, 8 mm apart, offset 3 mm, splayed by 15 and twisted by 10 degrees",
    "lying": "20 gauge pair, 10 mm apart, along bone 0.5 mm off",
    "upright": "20 gauge pair, 10 mm apart, 0.5 mm above bone",
    "tined": "tined 17 gauge",
    "depot": "18 gauge at 30 degrees to bone, 0.5 mm off, 0.5 ml of saline",
    "fat": "18 gauge at 30 degrees to bone, 0.5 mm off, fat from 4 mm up",
}
SYMMETRIC = {
    "18 gauge, free": ("conventional-18g-10mm", Protocol(80.0, 90.0), None, None),
    "cooled 17 gauge, free": ("cooled-17g-4mm", Protocol(60.0, 150.0), None, None),
    "18 gauge along bone": (
        "conventional-18g-10mm",
        Protocol(80.0, 90.0),
        Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0),
        None,
    ),
    "20 gauge pair, 10 mm apart": ("conventional-20g-10mm", Protocol(90.0, 180.0), None, 10.0),
}


def section() -> Iterator[str]:
    """The lines of the section."""
    yield from (
        "",
        "## Arrangements without symmetry: the octree",
        "",
        "NGSolve of second order in space, BDF2 in time, elements of 0.3 mm on the metal, sizes and control of its own "
        "(`benchmarks/peers/ngsolve_arrangements.py`). With 0.45 mm its sizes change by 0.03 mm or less (fluid: W45 by 0.05); of the "
        "splayed pair one mesh was run, of the twisted one that of 0.45 mm.",
        "",
        "| case | code | W45 | W50 | L50 | beyond tip | W60 | ohm | half-way, degC |",
        "|---|---|---|---|---|---|---|---|---|",
    )
    for name, found in FINITE_ELEMENTS.items():
        at_50 = found.sizes_mm[50.0]
        given = [found.sizes_mm[45.0][0], *at_50, found.sizes_mm[60.0][0], found.impedance_ohm]
        yield _row(NAMES[name], "NGSolve", given, found.midpoint_c)
        electrode, protocol, around = SAID[name]
        for accuracy in ("fast", "standard"):
            yield _ours(NAMES[name], solve_lesion(electrode, protocol, accuracy=accuracy, stored=False, **around))
    yield from (
        "",
        "Fluxes between leaves of two sizes, and through faces beside which fluid, fat or bone runs aslant, are those of two "
        "centres plus what the last answer says that they lack. At `standard` sizes are within 0.09 mm of NGSolve and the "
        "impedance is at most 0.9 % high, at `fast` 0.16 mm and 1.5 %.",
        "",
        "The twisted pair is meshed without a mirror plane. Its mesh needs care: curving coarse elements on a needle can turn them "
        "inside out, and in a first mesh one such element at a tip made a hundredth of all heat, the thermocouple beside it 6 degC too "
        "warm and the lesion 0.57 mm too narrow. The script now refuses meshes with folded elements.",
        "",
        "The same solver where the symmetric grids apply, against those:",
        "",
        "| case | code | W45 | W50 | L50 | beyond tip | W60 | ohm | half-way, degC |",
        "|---|---|---|---|---|---|---|---|---|",
    )
    for name, (electrode, protocol, around, pair) in SYMMETRIC.items():
        asked = {
            accuracy: problem_of(rfplan.electrode(electrode), protocol, ACCURACIES[accuracy], around, pair=pair)
            for accuracy in ("fast", "standard")
        }
        yield _ours(name, solve_problem(asked["standard"]), "symmetric, `standard`")
        for accuracy, problem in asked.items():
            yield _ours(name, solve_octree(problem), f"octree, `{accuracy}`")


def _ours(name: str, lesion: SolvedLesion, code: str = "") -> str:
    at_50 = lesion.size(50.0)
    values = [
        lesion.size(45.0).width_mm,
        at_50.width_mm,
        at_50.length_mm,
        at_50.beyond_tip_mm,
        lesion.size(60.0).width_mm,
        float(lesion.history.impedance_ohm[-1]),
    ]
    between = None if lesion.pair is None else lesion.pair.midpoint_c
    return _row(name, code or f"`{lesion.problem.accuracy.name}`", values, between)


def _row(name: str, code: str, values: list[float], between_c: float | None) -> str:
    told = " | ".join(f"{value:.2f}" for value in values)
    return f"| {name} | {code} | {told} | {'' if between_c is None else f'{between_c:.1f}'} |"
