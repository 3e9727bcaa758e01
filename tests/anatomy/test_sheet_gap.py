"""Distances from a dorsal sheet: what is left out to be quick changes none, and membranes over foramina are harmonic."""

import numpy as np
import pytest
from scipy.ndimage import correlate1d

from rfplan.anatomy.bridged_sheet_kernels import bridge_over
from rfplan.anatomy.sheet_gap_kernels import TOP, gap_to_sheet, sheet_of
from rfplan.anatomy.smoothed_sheet_kernels import smoothed


@pytest.fixture(scope="module")
def heights():
    """A back with a cliff, and nothing beside its edge."""
    i, j = np.meshgrid(np.arange(30.0), np.arange(40.0), indexing="ij")
    height = 6.0 * np.tanh((i - 12.0) / 1.5) + 2.0 * np.sin(0.4 * j)
    height[(i - 15.0) ** 2 + (j - 20.0) ** 2 > 16.0**2] = np.nan
    return height


@pytest.mark.parametrize("far", [2.5, 8.0])
def test_tops_and_what_is_enough_change_no_distance(heights, far):
    sheet = sheet_of(heights, 1.0, far)
    asked_all = sheet.copy()
    asked_all[..., TOP] = 1e9
    points = np.random.default_rng(5).uniform([-3, -3, -12], [33, 43, 14], (4000, 3))
    seen = 0
    for x, y, z in points:
        gap = gap_to_sheet(sheet, 0.0, 0.0, 1.0, far, -1.0, x, y, z)[0]
        assert gap == gap_to_sheet(asked_all, 0.0, 0.0, 1.0, far, -1.0, x, y, z)[0]
        quick = gap_to_sheet(sheet, 0.0, 0.0, 1.0, far, 1.0, x, y, z)[0]
        assert quick == gap if gap >= 1.0 else quick < 1.0
        seen += gap < far
    assert seen > 200


def test_slopes_are_those_of_the_neighbours_that_there_are():
    i, j = np.meshgrid(np.arange(6.0), np.arange(9.0), indexing="ij")
    heights = 0.3 * i - 0.2 * j
    heights[2, 3:5] = np.nan
    heights[4, 5], heights[4, 7], heights[3, 6], heights[5, 6] = 4 * [np.nan]
    sheet = sheet_of(heights, 0.5, 2.5)
    there = np.isfinite(heights)
    wide = np.pad(there, 1)
    for way, slope, near in (
        (1, 0.6, wide[2:, 1:-1] | wide[:-2, 1:-1]),
        (2, -0.4, wide[1:-1, 2:] | wide[1:-1, :-2]),
    ):
        np.testing.assert_allclose(sheet[..., way], np.where(there & near, slope, 0.0), atol=1e-12)
        assert np.any(there & ~near)
    assert np.array_equal(np.isfinite(sheet[..., 0]), there)


def test_membranes_over_foramina_are_harmonic(heights):
    turn = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    rims = np.array(
        [[[x + 3.0 * np.sin(a), y - 3.0 * np.cos(a), 0.0] for a in turn] for x, y in ((17.0, 14.0), (19.0, 27.0))]
    )
    pitted = heights.copy()
    pitted[16:19, 13:16] -= 5.0
    held, smooth = bridge_over(pitted, 0.0, 0.0, 1.0, rims)
    for rim in rims:
        i, j = np.rint(rim[:, :2].mean(axis=0)).astype(int)
        for p in range(i - 2, i + 3):
            for q in range(j - 2, j + 3):
                mean = 0.25 * (held[p - 1, q] + held[p + 1, q] + held[p, q - 1] + held[p, q + 1])
                assert held[p, q] == pytest.approx(mean, abs=1e-9)
    assert np.array_equal(np.isfinite(held), np.isfinite(pitted))
    assert np.isfinite(smooth[np.isfinite(held)]).all()


def test_smoothing_is_a_mean_of_what_is_known_and_no_farther_off_than_it_may_be(heights):
    known = np.isfinite(heights)
    weights = np.exp(-0.5 * (np.arange(-4, 5) / 1.2) ** 2)

    def spread(field):
        return correlate1d(correlate1d(field, weights, 0, mode="constant"), weights, 1, mode="constant")

    mean = spread(np.where(known, heights, 0.0)) / np.where(known, spread(known.astype(float)), 1.0)
    opened = np.zeros(heights.shape, dtype=bool)
    opened[10:16] = True
    wanted = np.where(opened, mean, np.clip(mean, heights - 0.4, heights + 0.4))
    found = smoothed(heights, opened, 1.0)
    np.testing.assert_allclose(found[known], wanted[known], atol=1e-12)
    assert np.isnan(found[~known]).all()
    assert np.any(np.abs(mean - heights)[known & ~opened] > 0.4)
