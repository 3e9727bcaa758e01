"""What a study needs of the lesion solver is counted and solved before its patients are judged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from rfplan.planning import lesion_shelf
from rfplan.study import lesions_ahead
from rfplan.study.chunk import chunk_problems
from rfplan.study.design import checked, design_from
from rfplan.study.lesions_ahead import solve_ahead

DESIGN = checked(
    design_from(
        {"strategies": [{"technique": "cooled-clockface"}, {"technique": "optimised"}], "patients": 6, "chunk": 2}
    )
)


@pytest.fixture
def empty_shelf(tmp_path, monkeypatch):
    monkeypatch.setattr(lesion_shelf, "_folder", lambda: tmp_path)
    return tmp_path


def test_all_that_is_missing_is_counted_then_solved_and_not_again(empty_shelf):
    told = []
    document, chunks = DESIGN.to_json(), [0, 1, 2]
    wanted = {problem for number in chunks for problem in chunk_problems(DESIGN, number)}
    with ThreadPoolExecutor(2) as pool:
        solve_ahead(pool, 2, document, chunks, told.append)
        assert [(entry.what, entry.total) for entry in told] == [("lesions", len(wanted))] * (len(wanted) + 1)
        assert [entry.done for entry in told] == list(range(len(wanted) + 1))
        assert told[0].left_s > 0.0
        assert told[-1].left_s == 0.0
        assert len(list(empty_shelf.glob("*.npz"))) == len(wanted)
        assert lesion_shelf.never_solved(list(wanted), lesions_ahead.lethal_isotherm()) == []
        told.clear()
        solve_ahead(pool, 2, document, chunks, told.append)
    assert told == []


def test_chunks_are_not_asked_where_the_first_ones_lack_nothing(empty_shelf, monkeypatch):
    asked, own = [], lesions_ahead.chunk_problems

    def spied(design, number):
        asked.append(number)
        return own(design, number)

    monkeypatch.setattr(lesions_ahead, "chunk_problems", spied)
    with ThreadPoolExecutor(1) as pool:
        solve_ahead(pool, 1, DESIGN.to_json(), [0, 1, 2], lambda _: None)
        assert sorted(asked) == [0, 1, 2]
        asked.clear()
        solve_ahead(pool, 1, DESIGN.to_json(), [0, 1, 2], lambda _: None)
        assert asked == [0]
        asked.clear()
        # there is nothing left to do
        solve_ahead(pool, 1, DESIGN.to_json(), [], lambda _: None)
        assert asked == []
