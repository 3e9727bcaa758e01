"""Labels keep their distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.report.labels import place, spread
from strategies import numbers


@given(st.lists(numbers(0.0, 400.0), max_size=12), numbers(5.0, 30.0))
def test_spread_labels_keep_order_and_distance(wanted: list[float], spacing: float) -> None:
    rows = spread(wanted, spacing, 0.0, 500.0)
    order = np.argsort(wanted, kind="stable")
    assert np.all(np.diff(rows[order]) >= spacing - 1e-9)
    assert np.all(rows >= -1e-9)


@given(st.lists(st.integers(0, 20), unique=True, max_size=8))
def test_labels_with_room_stay_where_they_are(steps: list[int]) -> None:
    wanted = [20.0 * step for step in steps]
    np.testing.assert_allclose(spread(wanted, 20.0, 0.0, 400.0), wanted)


def test_colliding_labels_share_the_move() -> None:
    assert spread([100.0, 100.0], 20.0, 0.0, 400.0) == pytest.approx([90.0, 110.0])


def test_labels_stay_above_the_floor() -> None:
    assert spread([395.0, 398.0, 399.0], 20.0, 0.0, 400.0) == pytest.approx([360.0, 380.0, 400.0])


def test_a_label_avoids_what_is_there() -> None:
    taken: list[tuple[float, float, float, float]] = []
    for _ in range(6):
        x, y = place((100.0, 100.0), (10.0, 10.0), taken, np.empty((0, 2)), (0.0, 0.0, 200.0, 200.0))
        box = (x - 10.0, y - 10.0, x + 10.0, y + 10.0)
        assert not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)
        taken.append(box)


@pytest.mark.parametrize("prefer", [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0)])
def test_the_preferred_direction_wins_among_equals(prefer: tuple[float, float]) -> None:
    x, y = place((100.0, 100.0), (5.0, 5.0), [], np.empty((0, 2)), (0.0, 0.0, 200.0, 200.0), prefer=prefer)
    assert np.array([x - 100.0, y - 100.0]) @ prefer == pytest.approx(20.0)


def test_a_label_stays_in_the_picture_and_off_the_lines() -> None:
    ink = np.column_stack([np.full(60, 24.0), np.linspace(0.0, 60.0, 60)])
    x, y = place((3.0, 30.0), (8.0, 8.0), [], ink, (0.0, 0.0, 60.0, 60.0), prefer=(-1.0, 0.0))
    assert 8.0 <= x <= 52.0
    assert 8.0 <= y <= 52.0
    assert abs(x - 24.0) > 8.0
