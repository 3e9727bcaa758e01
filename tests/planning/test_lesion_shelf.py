"""Lesions on the shelf of a process: solved once on a machine, numbered, bounded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import rfplan
from rfplan.devices.protocol import Protocol
from rfplan.errors import ConvergenceError
from rfplan.lesion.accuracy import accuracy_named
from rfplan.lesion.lesion_map import lesion_map
from rfplan.lesion.map_table import map_table
from rfplan.lesion.problem import LesionProblem, problem_of
from rfplan.planning import lesion_shelf
from rfplan.planning.lesion_shelf import LesionShelf
from strategies import SpheroidField

LETHAL = 1


def asked(set_c: float) -> LesionProblem:
    return problem_of(rfplan.electrode("conventional-20g-10mm"), Protocol(set_c, 90.0), accuracy_named("fast"))


class Lesion:
    """Stands for a solved lesion whose size tells what was asked."""

    def __init__(self, problem: LesionProblem) -> None:
        self.field = SpheroidField(0.05 * problem.protocol.set_c, 6.0)


@pytest.fixture
def solved(monkeypatch, tmp_path):
    """Problems that were solved, in their order, with an empty cache folder."""
    calls: list[LesionProblem] = []

    def solve(problem: LesionProblem) -> Lesion:
        calls.append(problem)
        if problem.protocol.set_c > 94.0:
            raise ConvergenceError("no")
        return Lesion(problem)

    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(lesion_shelf, "kept_lesion", solve)
    return calls


def test_equal_problems_are_solved_once_and_a_second_process_reads_them(solved):
    shelf, problems = LesionShelf(LETHAL), [asked(80.0), asked(90.0), asked(80.0)]
    assert shelf.numbers(problems).tolist() == [0, 1, 0]
    assert len(solved) == 2
    other = LesionShelf(LETHAL)
    assert other.numbers(problems[1:]).tolist() == [0, 1]
    assert len(solved) == 2


def test_the_table_holds_what_the_map_says(solved):
    shelf = LesionShelf(LETHAL)
    numbers = shelf.numbers([asked(70.0), asked(80.0), asked(90.0)])
    for number, set_c in zip(numbers, (70.0, 80.0, 90.0), strict=True):
        alone, head = map_table([lesion_map(Lesion(asked(set_c)).field)]), shelf.table.heads[number, LETHAL]
        own = alone.heads[0, LETHAL]
        assert head[1:4].tolist() == own[1:4].tolist()
        np.testing.assert_array_equal(shelf.table.vertices[head[4] : head[5]], alone.vertices[own[4] : own[5]])
        np.testing.assert_array_equal(
            shelf.table.faces[head[8] : head[9]] - head[4], alone.faces[own[8] : own[9]] - own[4]
        )
        size = int(np.prod(own[1:4]))
        np.testing.assert_array_equal(
            shelf.table.values[head[0] : head[0] + size], alone.values[own[0] : own[0] + size]
        )
        np.testing.assert_allclose(shelf.table.balls[number, 0], alone.balls[0, 0])


def test_what_cannot_be_solved_has_no_number_and_is_not_tried_again(solved):
    shelf = LesionShelf(LETHAL)
    assert shelf.numbers([asked(95.0), asked(80.0)]).tolist() == [-1, 0]
    assert LesionShelf(LETHAL).numbers([asked(95.0)]).tolist() == [-1]
    assert len(solved) == 2


def test_what_was_used_last_is_kept_when_it_grows_too_large(solved, monkeypatch):
    shelf = LesionShelf(LETHAL)
    for set_c in (70.0, 71.0, 72.0, 73.0, 74.0, 95.0):
        shelf.numbers([asked(set_c)])
    # five are a little too many, and in half of that there is room for two
    shelf.largest_bytes = sum(part.nbytes for part in shelf.table) - 1
    before = shelf.table
    number = shelf.numbers([asked(70.0)])[0]
    assert shelf.numbers([asked(80.0)]).tolist() == [2]
    read = []
    monkeypatch.setattr(lesion_shelf, "_read", lambda path: read.append(path))
    kept = shelf.numbers([asked(74.0), asked(70.0), asked(80.0), asked(95.0)])
    assert kept.tolist() == [0, 1, 2, -1]
    assert not read
    for part, values in (("origins", 1), ("balls", 1)):
        np.testing.assert_array_equal(getattr(shelf.table, part)[kept[values]], getattr(before, part)[number])
    assert len(solved) == 7


def test_it_is_emptied_before_it_grows_too_large(solved):
    shelf = LesionShelf(LETHAL, largest_bytes=1)
    assert shelf.numbers([asked(70.0), asked(80.0)]).tolist() == [0, 1]
    assert shelf.numbers([asked(80.0), asked(90.0)]).tolist() == [0, 1]
    assert len(shelf.table.heads) == 2
    assert len(solved) == 3


def test_two_at_once_solve_nothing_twice(solved):
    problems = [asked(60.0 + n) for n in range(8)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda order: LesionShelf(LETHAL).numbers(order).tolist(), [problems, problems[::-1]]))
    assert len(solved) == 8
    assert [sorted(numbers) for numbers in found] == [list(range(8))] * 2


def test_what_was_handed_out_stays_when_the_shelf_is_emptied(solved):
    shelf = LesionShelf(LETHAL, largest_bytes=1)
    numbers, table = shelf.held([asked(70.0)])
    ball = table.balls[numbers[0], LETHAL].copy()
    shelf.held([asked(90.0)])
    np.testing.assert_array_equal(table.balls[numbers[0], LETHAL], ball)


def test_a_damaged_file_is_made_anew(solved, tmp_path):
    LesionShelf(LETHAL).numbers([asked(80.0)])
    (path,) = (tmp_path / "judging").glob("*.npz")
    path.write_bytes(path.read_bytes()[:200])
    assert LesionShelf(LETHAL).numbers([asked(80.0)]).tolist() == [0]
    assert len(solved) == 2
