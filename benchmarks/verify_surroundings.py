"""The part of the verification page on layers, fluid and several contacts; ``verify_lesions.py`` writes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

import rfplan
from rfplan import Depot, Protocol, SolvedLesion, Surroundings, TissueLayer, solve_lesion
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.axisymmetric import AxisymmetricSystem, axisymmetric_grid
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.scene import Ball, Scene
from rfplan.lesion.tissue import Tissue, tissue

MUSCLE = dataclasses.replace(tissue("muscle").bloodless(), conductivity_slope_k=0.0)
UP = np.array([0.0, 0.0, 1.0])

# W, L and beyond tip at 50 degC, W at 60 degC, ohm, degC at which what is between contacts joins: NGSolve, its finer mesh
PEER = {
    "fat from 5 mm up": (9.614, 14.515, 3.120, 6.089, 121.530, None),
    "0.5 ml of saline at the tip end": (11.687, 17.245, 4.323, 7.094, 42.370, None),
    "bone at 1 mm, 0.5 ml of saline at 2 mm, fat from 12 mm up": (17.040, 16.201, 1.000, 11.269, 66.165, None),
    "strip probe, contact 1 against 2": (11.989, 38.365, 3.273, 8.305, 106.143, 71.306),
    "strip probe, contacts 1 and 2 against 3": (12.617, 56.350, 0.600, 8.868, 89.626, 45.973),
}


def _around(name: str) -> Surroundings:
    if name.startswith("fat"):
        return Surroundings(layers=(TissueLayer("fat", 5.0),))
    if name.startswith("0.5"):
        return Surroundings(depot=Depot("saline", 0.5))
    return Surroundings(bone_gap_mm=1.0, layers=(TissueLayer("fat", 12.0),), depot=Depot("saline", 0.5, 2.0))


def _solved(name: str, accuracy: str) -> SolvedLesion:
    if name.startswith("strip"):
        contacts = (0, 1) if name.endswith("1 against 2") else (0, 1, 2)
        probe = rfplan.electrode("strip-tripolar")
        return solve_lesion(
            probe, Protocol(85.0, 90.0), accuracy=accuracy, contacts=contacts, between_contacts=True, stored=False
        )
    needle = rfplan.electrode("conventional-18g-10mm")
    return solve_lesion(needle, Protocol(80.0, 90.0), _around(name), accuracy, stored=False)


def _ohm(scene: Scene, a: float, growth: float) -> float:
    body = MetalBody(a, ((0.0, 2.0 * a),), end_mm=a, conducts_heat=False)
    accuracy = dataclasses.replace(ACCURACIES["standard"], far_mm=3000.0, largest_mm=1e9, growth=growth)
    made = AxisymmetricSystem(axisymmetric_grid(body, accuracy, scene.floors_mm[1:], scene.balls), body, scene)
    return 1.0 / made.joule(np.full(made.grid.shape, 37.0))[1]


def _conducting(sigma: float) -> Tissue:
    return dataclasses.replace(MUSCLE, conductivity_s_m=sigma)


def closed_forms_around() -> Iterator[tuple[str, float, float]]:
    """(what, closed form, ours)."""
    a, radius, outer = 0.635, 4.92, 0.4425
    for sigma, name in ((4.5, "saline 3 %"), (1.85, "saline"), (0.01, "glucose")):
        scene = Scene(
            (), (MUSCLE, _conducting(sigma)), (True, True), (-np.inf,), UP, (Ball(np.array([0.0, 0.0, a]), radius),)
        )
        exact = (1.0 / a - 1.0 / radius) / (4e-3 * np.pi * sigma) + 1.0 / (4e-3 * np.pi * outer * radius)
        yield f"sphere of 0.635 mm in 0.5 ml of {name}, ohm", round(exact, 3), _ohm(scene, a, 1.16)
    a, thick = 0.25, 10.0
    for sigma, name in ((0.0437, "fat"), (1.85, "saline")):
        kappa = (outer - sigma) / (outer + sigma)
        exact = (1.0 / a - 2.0 * np.log(1.0 - kappa) / thick) / (4e-3 * np.pi * outer)
        tissues = (_conducting(sigma), MUSCLE, _conducting(sigma))
        scene = Scene((), tissues, (True,) * 3, (-np.inf, a - 0.5 * thick, a + 0.5 * thick), UP)
        yield f"sphere of 0.25 mm in 10 mm of muscle between {name}, ohm", round(exact, 3), _ohm(scene, a, 1.08)


def section() -> Iterator[str]:
    """The lines of the section."""
    yield from (
        "",
        "## Independent finite elements, layers, fluid and several contacts",
        "",
        "18 gauge, 10 mm tip, 80 degC 90 s, and the strip probe (1.5 mm thick, contacts of 10 mm every 20 mm), 85 degC 90 s, with current "
        "between contacts; perfused, from 37 degC. NGSolve of second order, 54,000 to 114,000 unknowns, elements of 0.004 mm at the ends "
        "of the active parts (`benchmarks/peers/ngsolve_surroundings.py`). `joins at` is the highest isotherm that joins all contacts.",
        "",
        "| case | code | W50 | L50 | beyond tip | W60 | ohm | joins at |",
        "|---|---|---|---|---|---|---|---|",
    )
    for name, (*given, joined) in PEER.items():
        yield _row(name, "NGSolve", given, joined)
        for accuracy in ACCURACIES:
            lesion = _solved(name, accuracy)
            a, b = lesion.size(50.0), lesion.size(60.0)
            ours = [a.width_mm, a.length_mm, a.beyond_tip_mm, b.width_mm, float(lesion.history.impedance_ohm[-1])]
            joins = None if lesion.pair is None else lesion.pair.confluent_at_c
            yield _row(name, f"`{accuracy}`", ours, joins)


def _row(name: str, code: str, values: list[float], joined: float | None) -> str:
    told = " | ".join(f"{value:.2f}" for value in values)
    return f"| {name} | {code} | {told} | {'' if joined is None else f'{joined:.1f}'} |"
