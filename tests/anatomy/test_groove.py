"""The groove of L5: a steady landmark and line, a ramus that stays in the groove, a seat for the needle."""

import numpy as np
import pytest

from rfplan.anatomy.groove_kernels import course_along_groove, groove_line, groove_seat
from rfplan.anatomy.sacrum_parameters import sacrum_parameters
from rfplan.anatomy.sacrum_vector import sacrum_vector
from rfplan.anatomy.skyline_kernels import groove_base
from rfplan.anatomy.virtual_ground_kernels import filled_form

STEP_MM, LATERAL_0, CAUDAL_0 = 0.5, 0.0, -15.0
BASE = np.array([29.0, 3.0])
BELOW, HALF, HIGHEST, STEEPEST = 12.0, 5.0, 2.0, float(np.tan(np.radians(60.0)))


def chart(wall_mm=27.5, rough=None):
    """Heights over a groove: the wall of the process medially, a flat floor of 5 mm, then the ala; the bone ends cranially at 0."""
    lateral = LATERAL_0 + STEP_MM * np.arange(121)
    caudal = CAUDAL_0 + STEP_MM * np.arange(101)
    across = np.where(lateral < wall_mm, 12.0, 0.4 * np.maximum(lateral - wall_mm - 5.0, 0.0))
    heights = across[:, None] + 0.1 * caudal[None, :]
    heights[:, caudal < 0.0] = np.nan
    return heights if rough is None else heights + rough * np.random.default_rng(4).standard_normal(heights.shape)


def of(grid, sign=1.0):
    return (grid, LATERAL_0, CAUDAL_0, STEP_MM, sign)


def test_the_line_runs_in_the_middle_of_a_flat_floor_and_hardly_feels_roughness():
    smooth = groove_line(*of(chart()), BASE, BELOW, HALF)
    assert len(smooth) == 25
    # the floor reaches from 27.5 to 32.5
    assert np.all((smooth > 28.5) & (smooth < 32.0))
    rough = groove_line(*of(chart(rough=0.3)), BASE, BELOW, HALF)
    # a lowest place would be anywhere on the floor
    assert np.abs(rough - smooth).max() < 0.5
    lowest = np.nanargmin(chart(rough=0.3)[55:65, 36:61], axis=0)
    assert np.ptp(lowest) * STEP_MM > 2.0


def test_a_ramus_beside_the_line_stays_in_the_groove():
    out = np.empty((60, 2))
    grid = chart()

    def course(shift):
        count = course_along_groove(*of(grid), BASE, 8.0, BELOW, HALF, HIGHEST, shift, out)
        return out[:count].copy()

    middle = course(0.0)
    # from where the bone begins to the end that was asked for
    assert middle[0, 1] == pytest.approx(0.0) and middle[-1, 1] == pytest.approx(15.0)
    np.testing.assert_allclose(course(1.0) - middle, np.tile([1.0, 0.0], (len(middle), 1)), atol=1e-9)
    # towards the process it comes to its foot and no farther
    far, farther = course(-4.0), course(-9.0)
    assert far[:, 0].min() > 27.0
    np.testing.assert_allclose(far, farther, atol=0.05)


def test_the_seat_is_on_the_line_abreast_of_the_landmark_or_behind_a_cliff():
    point = np.empty(3)
    assert groove_seat(*of(chart()), BASE, BELOW, HALF, STEEPEST, point)
    line = groove_line(*of(chart()), BASE, BELOW, HALF)
    np.testing.assert_allclose(point, [line[0], BASE[1], 0.1 * BASE[1]], atol=1e-6)
    cliff = chart()
    caudal = CAUDAL_0 + STEP_MM * np.arange(cliff.shape[1])
    cliff -= 4.0 * np.maximum(5.0 - caudal, 0.0)
    assert groove_seat(*of(cliff), BASE, BELOW, HALF, STEEPEST, point)
    assert 4.0 < point[1] <= 5.0
    assert not groove_seat(*of(np.full_like(cliff, np.nan)), BASE, BELOW, HALF, STEEPEST, point)


def test_the_landmark_moves_no_farther_than_the_bone_does():
    usual = sacrum_vector(sacrum_parameters().values)
    base, moved = np.empty(3), np.empty(3)
    groove_base(filled_form(usual), base)
    rng = np.random.default_rng(1)
    for _ in range(20):
        # a fiftieth of a per cent: hundredths of a millimetre
        groove_base(filled_form(usual * (1.0 + 2e-4 * rng.standard_normal(len(usual)))), moved)
        assert np.abs(moved - base).max() < 0.1
