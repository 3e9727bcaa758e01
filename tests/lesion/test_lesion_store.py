"""The store of solved lesions."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import rfplan
from rfplan import Surroundings, solve_lesion
from rfplan.lesion import store
from rfplan.lesion.accuracy import ACCURACIES
from rfplan.lesion.pair_pose import PairPose
from rfplan.lesion.problem import problem_of

NEEDLE = rfplan.electrode("conventional-18g-10mm")
PROBLEM = problem_of(NEEDLE, NEEDLE.protocol, ACCURACIES["fast"])


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "cache"))


def test_asked_twice_it_answers_from_disk():
    first, second = (solve_lesion(NEEDLE, accuracy="fast") for _ in range(2))
    assert not first.stored
    assert second.stored
    assert np.array_equal(first.field.values["end_c"], second.field.values["end_c"])
    assert second.to_json() == {**first.to_json(), "stored": True}
    state = store.store_state()
    assert state.lesions == 1
    assert state.size_bytes > 1000


def test_asked_otherwise_it_solves():
    solve_lesion(NEEDLE, accuracy="fast")
    assert not solve_lesion(NEEDLE, accuracy="fast", stored=False).stored
    assert not solve_lesion(NEEDLE, surroundings=Surroundings(perfusion=False), accuracy="fast").stored


def test_other_physics_accuracy_or_code_is_another_key(monkeypatch):
    keys = {store.problem_digest(PROBLEM)}
    for changes in (
        {"diameter_mm": 1.0},
        {"accuracy": ACCURACIES["standard"]},
        {"surroundings": Surroundings(bone_gap_mm=1.0)},
        {"pair": PairPose(9.0)},
    ):
        keys.add(store.problem_digest(dataclasses.replace(PROBLEM, **changes)))
    monkeypatch.setattr(store, "code_digest", lambda: "other code")
    keys.add(store.problem_digest(PROBLEM))
    assert len(keys) == 6


def test_a_broken_entry_is_solved_again():
    store.kept_lesion(PROBLEM)
    path = next(store.store_folder().glob("*.npz"))
    path.write_bytes(path.read_bytes()[:500])
    assert not store.kept_lesion(PROBLEM).stored
    assert store.kept_lesion(PROBLEM).stored


def test_it_stays_within_its_bounds(monkeypatch):
    store.kept_lesion(PROBLEM)
    one = store.store_state().size_bytes
    monkeypatch.setattr(store, "LARGEST_BYTES", int(2.5 * one))
    for diameter in (0.8, 1.0, 1.2, 1.4):
        store.kept_lesion(dataclasses.replace(PROBLEM, diameter_mm=diameter))
    state = store.store_state()
    assert 1 <= state.lesions <= 3
    assert state.size_bytes <= 2.5 * one


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "file"))
    assert solve_lesion(NEEDLE, accuracy="fast").status == "converged"


def test_several_at_once_agree():
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: store.kept_lesion(PROBLEM).size(50.0), range(6)))
    assert len(set(answers)) == 1
    assert store.store_state().lesions == 1
