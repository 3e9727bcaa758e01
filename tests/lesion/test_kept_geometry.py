"""Maps and surfaces of lesions kept in memory and in the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rfplan
from rfplan import solve_lesion
from rfplan.geometry.frames import Isometry
from rfplan.lesion import kept_geometry as module
from rfplan.lesion import store
from rfplan.lesion.kept_geometry import kept_map, kept_surface
from rfplan.lesion.lesion_map import LesionMap, SurfaceMap
from rfplan.lesion.solved_file import load_lesion, save_lesion
from rfplan.lesion.surroundings import Surroundings

NEEDLE = rfplan.electrode("conventional-18g-10mm")


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "cache"))


def files() -> list[Path]:
    return sorted(store.store_folder().glob("*.map"))


def same(one: LesionMap, other: LesionMap) -> bool:
    return all(
        (a is None and b is None)
        or (
            a is not None
            and b is not None
            and all(np.array_equal(vars(a)[x], vars(b)[x]) for x in SurfaceMap.__annotations__)
        )
        for a, b in zip(one.surfaces, other.surfaces, strict=True)
    )


def test_it_is_held_while_the_field_lives_wherever_the_lesion_is_placed():
    lesion = solve_lesion(NEEDLE, accuracy="fast")
    made = kept_map(lesion.field)
    assert kept_map(lesion.at([10.0, 20.0, 30.0], [0.0, 0.6, 0.8]).field) is made
    assert kept_map(replace(lesion, pose=Isometry.translation([1.0, 2.0, 3.0])).field) is made


def test_a_second_process_reads_it(monkeypatch):
    made = kept_map(solve_lesion(NEEDLE, accuracy="fast").field)
    assert len(files()) == 1
    monkeypatch.setattr(module, "lesion_map", lambda field: pytest.fail("made again"))
    assert same(kept_map(solve_lesion(NEEDLE, accuracy="fast").field), made)
    state = store.store_state()
    assert state.lesions == 1
    assert state.size_bytes > files()[0].stat().st_size


def test_surfaces_are_kept_too_and_placed_with_the_lesion(monkeypatch):
    lesion = solve_lesion(NEEDLE, accuracy="fast")
    made = [kept_surface(lesion, isotherm) for isotherm in (45.0, 60.0)]
    place = ([10.0, 20.0, 30.0], [0.0, 0.6, 0.8])
    again = solve_lesion(NEEDLE, accuracy="fast").at(*place)
    true = [lesion.at(*place).surface(isotherm) for isotherm in (45.0, 60.0)]
    monkeypatch.setattr(type(lesion.field), "surface", lambda *_: pytest.fail("made again"))
    for isotherm, own, expected in zip((45.0, 60.0), made, true, strict=True):
        found = kept_surface(again, isotherm)
        assert found is not None
        assert expected is not None
        assert own is not None
        assert np.array_equal(found.vertices_mm, expected.vertices_mm)
        assert np.array_equal(found.faces, own.faces)
    assert store.store_state().lesions == 1


def test_a_cold_lesion_has_a_map_without_surfaces():
    cold = solve_lesion(NEEDLE, replace(NEEDLE.protocol, set_c=42.0), accuracy="fast")
    assert kept_map(cold.field).surfaces == (None,) * 4
    again = solve_lesion(NEEDLE, replace(NEEDLE.protocol, set_c=42.0), accuracy="fast")
    assert kept_map(again.field).surfaces == (None,) * 4
    assert kept_surface(cold, 45.0) is None
    assert kept_surface(again, 45.0) is None


def test_other_values_another_grid_or_other_code_is_another_map(tmp_path, monkeypatch):
    lesion = solve_lesion(NEEDLE, accuracy="fast")
    kept_map(lesion.field)
    kept_map(load_lesion(save_lesion(lesion, tmp_path / "a.npz")[0]).field)
    assert len(files()) == 1
    kept_map(replace(lesion.field, values={**lesion.field.values, "end_c": lesion.field.values["end_c"] + 0.01}))
    assert len(files()) == 2
    kept_map(solve_lesion(NEEDLE, surroundings=Surroundings(bone_gap_mm=1.0), accuracy="fast").field)
    assert len(files()) == 3
    monkeypatch.setattr(module, "code_digest", lambda: "other code")
    kept_map(solve_lesion(NEEDLE, accuracy="fast").field)
    assert len(files()) == 4


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", None])
def test_a_broken_entry_is_made_again(content: bytes | None):
    made = kept_map(solve_lesion(NEEDLE, accuracy="fast").field)
    (path,) = files()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert same(kept_map(solve_lesion(NEEDLE, accuracy="fast").field), made)
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "file"))
    assert kept_map(solve_lesion(NEEDLE, accuracy="fast").field).surfaces[0] is not None
