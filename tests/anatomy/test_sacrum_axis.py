from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.anatomy.sacrum_axis import SacralAxis

AXIS = SacralAxis(np.array([-20.0, 30.0]), 38.0, 41.0, 20.0, 108.0)


@given(st.floats(-50, 50), st.floats(-20, 110), st.floats(-28, 40))
def test_there_and_back(x, s, t):
    point = AXIS.to_patient(np.array([x, s, t]))
    assert AXIS.to_axis(point[None])[0] == pytest.approx([x, s, t], abs=5e-3)


def test_starts_where_it_is_told_and_turns_as_it_is_told():
    assert AXIS.to_patient(np.zeros(3)) == pytest.approx([0.0, -20.0, 30.0], abs=1e-9)
    assert AXIS.heading_at_deg(-5.0) == pytest.approx(38.0)
    assert AXIS.heading_at_deg(120.0) == pytest.approx(79.0)
    along = AXIS.directions(0.0, np.array([0.0, 1.0, 0.0]))
    assert along == pytest.approx([0.0, np.cos(np.deg2rad(38)), -np.sin(np.deg2rad(38))])


def test_distance_off_the_axis_is_the_true_one():
    points = np.random.default_rng(5).uniform([-40, -30, -40], [40, 45, 50], (200, 3))
    found = AXIS.to_axis(points)
    curve = AXIS.to_patient(np.column_stack([np.zeros(40001), np.linspace(-60, 160, 40001), np.zeros(40001)]))
    for point, (_, _, dorsal) in zip(points, found, strict=True):
        true = np.linalg.norm(curve[:, 1:] - point[1:], axis=1).min()
        assert abs(dorsal) == pytest.approx(true, abs=2e-2)
