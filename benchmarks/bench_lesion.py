"""Solving one lesion at standard accuracy, without the store; and an answer from the store."""

from __future__ import annotations

from pathlib import Path

import pytest

import rfplan
from rfplan import Surroundings
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.problem import LesionProblem, problem_of
from rfplan.lesion.solve import solve_problem
from rfplan.lesion.store import kept_lesion


def problem(name: str, mode: str, surroundings: Surroundings | None = None, pair: float | None = None) -> LesionProblem:
    electrode = rfplan.electrode(name)
    return problem_of(electrode, electrode.protocol_for(mode), ACCURACIES["standard"], surroundings, pair=pair)


CASES = {
    "needle": problem("conventional-18g-10mm", "monopolar"),
    "cooled": problem("cooled-17g-4mm", "cooled"),
    "bone-in-front": problem("conventional-18g-10mm", "monopolar", Surroundings(bone_gap_mm=1.0)),
    "bone-beside": problem("conventional-18g-10mm", "monopolar", Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0)),
    "pair": problem("conventional-20g-10mm", "bipolar", pair=10.0),
}


@pytest.mark.parametrize("name", CASES)
def test_solve(benchmark, name: str) -> None:
    assert benchmark.pedantic(solve_problem, (CASES[name],), rounds=4, warmup_rounds=1).status == "converged"


def test_stored_answer(benchmark, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path))
    kept_lesion(CASES["bone-beside"])
    assert benchmark(kept_lesion, CASES["bone-beside"]).stored
