"""A patient is the same alone and among many; the skins of many backs are those of each."""

from __future__ import annotations

import numpy as np
import pytest

from rfplan.anatomy.body_skin import LevelPlace, skin_over
from rfplan.anatomy.population import Population
from rfplan.anatomy.sacrum_vector import column
from rfplan.anatomy.virtual_branches import side_branches
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.anatomy.virtual_grounds_kernels import lay_grounds

DRAWN = Population().draw(9, 21)


@pytest.fixture(scope="module")
def grounds():
    return VirtualGrounds.of(DRAWN)


def test_ground_is_the_same_alone_and_among_many(grounds):
    for k in (0, 5, 8):
        alone, among = DRAWN[k].ground, grounds[k]
        assert (alone.name, alone.bmi, alone.female, alone.traits) == (
            among.name,
            among.bmi,
            among.female,
            among.traits,
        )
        assert alone.provenance == among.provenance == DRAWN[k].provenance
        np.testing.assert_array_equal(alone.frame.origin_mm, among.frame.origin_mm)
        np.testing.assert_array_equal(alone.frame.axes, among.frame.axes)
        np.testing.assert_array_equal(alone.chart.seen_mm, among.chart.seen_mm)
        np.testing.assert_array_equal(alone.skin.height_mm, among.skin.height_mm)
        assert (alone.skin.lateral_0_mm, alone.skin.caudal_0_mm) == (among.skin.lateral_0_mm, among.skin.caudal_0_mm)
        for one, other in zip(alone.foramina, among.foramina, strict=True):
            np.testing.assert_array_equal(one.rim_mm, other.rim_mm)
            np.testing.assert_array_equal(one.canal_mm, other.canal_mm)
        points = among.foramina[0].rim_mm + np.array([[8.0, 6.0, 0.0]])
        for part in ("bone_distance", "bone_around"):
            np.testing.assert_array_equal(getattr(alone, part)(points), getattr(among, part)(points))


def test_branches_are_the_same_alone_and_among_many(grounds):
    many = side_branches(grounds)
    for k in (0, 5, 8):
        one = side_branches(VirtualGrounds.of(DRAWN.part(k, k + 1)))
        low, high = many.branches[k : k + 2]
        np.testing.assert_array_equal(one.points, many.points[many.first[low] : many.first[high]])
        np.testing.assert_array_equal(one.clock_deg, many.clock_deg[low:high])


def test_skins_are_those_estimated_one_by_one(grounds):
    for k, ground in enumerate(grounds):
        patient = DRAWN[k]
        places = [LevelPlace(level, ground.foramen(level, "left").centre_mm) for level in ("S1", "S2", "S3")]
        skin = skin_over(
            ground.frame, places, bmi=patient.bmi, female=patient.female, residual_mm=patient.skin_residual_mm
        )
        assert (skin.lateral_0_mm, skin.caudal_0_mm) == (ground.skin.lateral_0_mm, ground.skin.caudal_0_mm)
        np.testing.assert_allclose(ground.skin.height_mm, skin.height_mm, atol=1e-9)
        np.testing.assert_allclose(ground.skin.axes, skin.axes, atol=1e-12)


def test_depths_under_many_skins_are_those_under_each(grounds):
    points = grounds.places_mm + np.array([3.0, -2.0, 11.0])
    depths = grounds.skins.depth_mm(points)
    for k, ground in enumerate(grounds):
        np.testing.assert_allclose(depths[k], ground.skin.depth_mm(points[k]), atol=1e-9)


def test_a_sheet_may_be_larger_than_usual():
    """Not a sacrum that anyone has: so broad that its sheet outgrows the arrays."""
    broad = DRAWN.sacra[:3].copy()
    broad[:, column("breadth")] = 320.0
    gaps = np.full(3, 2.0)
    laid = lay_grounds(broad, gaps)
    assert laid.first[-1] > 3 * 8000
    for k in range(3):
        one = lay_grounds(broad[k : k + 1], gaps[:1])
        np.testing.assert_array_equal(one.shapes[0], laid.shapes[k])
        for part in ("held", "smooth"):
            own = getattr(laid, part)[laid.first[k] : laid.first[k + 1]]
            np.testing.assert_array_equal(getattr(one, part), own)


@pytest.mark.parametrize("k", [-1, 9])
def test_there_are_only_those_that_were_drawn(grounds, k):
    with pytest.raises(IndexError):
        grounds[k]
    with pytest.raises(IndexError):
        DRAWN[k]
