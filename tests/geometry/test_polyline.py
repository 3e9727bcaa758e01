"""Length and resampling of polylines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.geometry.polyline import arc_length, resample


def test_length_of_a_staircase():
    assert arc_length([[0, 0, 0], [3, 0, 0], [3, 4, 0]]).tolist() == [0, 3, 7]


@given(st.floats(0.1, 5.0))
def test_resampling_a_line_keeps_ends_and_length(spacing_mm):
    line = np.array([[0.0, 0, 0], [3, 0, 0], [10, 0, 0]])
    fine = resample(line, spacing_mm)
    assert np.allclose(fine[[0, -1]], line[[0, -1]])
    assert arc_length(fine)[-1] == pytest.approx(10)
    assert np.max(np.diff(arc_length(fine))) <= spacing_mm + 1e-9
