"""Solving one lesion at standard accuracy, without the store; and an answer from the store."""

from __future__ import annotations

from pathlib import Path

import pytest

import rfplan
from rfplan import Surroundings
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.pair_pose import PairPose
from rfplan.lesion.problem import LesionProblem, problem_of
from rfplan.lesion.solve import solve_problem
from rfplan.lesion.store import kept_lesion


def problem(
    name: str,
    mode: str,
    surroundings: Surroundings | None = None,
    pair: PairPose | float | None = None,
    accuracy: str = "standard",
) -> LesionProblem:
    electrode = rfplan.electrode(name)
    return problem_of(electrode, electrode.protocol_for(mode), ACCURACIES[accuracy], surroundings, pair=pair)


ON_BONE = Surroundings(bone_gap_mm=0.5)
CASES = {
    "needle": problem("conventional-18g-10mm", "monopolar"),
    "cooled": problem("cooled-17g-4mm", "cooled"),
    "bone-in-front": problem("conventional-18g-10mm", "monopolar", Surroundings(bone_gap_mm=1.0)),
    "bone-beside": problem("conventional-18g-10mm", "monopolar", Surroundings(bone_gap_mm=0.5, bone_angle_deg=0.0)),
    "pair": problem("conventional-20g-10mm", "bipolar", pair=10.0),
    "octree-pair-on-bone-fast": problem("conventional-20g-10mm", "bipolar", ON_BONE, 10.0, "fast"),
    "octree-pair-on-bone": problem("conventional-20g-10mm", "bipolar", ON_BONE, 10.0),
    "octree-splayed-pair": problem("conventional-20g-10mm", "bipolar", pair=PairPose(8.0, 3.0, 15.0)),
    "octree-tines": problem("tined-17g", "monopolar"),
}


@pytest.mark.parametrize("name", CASES)
def test_solve(benchmark, name: str) -> None:
    assert benchmark.pedantic(solve_problem, (CASES[name],), rounds=4, warmup_rounds=1).status in (
        "converged",
        "boiling",
    )


@pytest.mark.parametrize("name", ["needle", "bone-beside", "octree-pair-on-bone"])
def test_stored_answer(benchmark, tmp_path: Path, monkeypatch, name: str) -> None:
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path))
    kept_lesion(CASES[name])
    assert benchmark(kept_lesion, CASES[name]).stored
