"""Bounds of the bone that hangs over the sacrum: they leave its distances as they are, and what they call clear is."""

import numpy as np
import pytest

from rfplan.anatomy.overhang_kernels import NEAR_MM, overhang_gap, overhang_room
from rfplan.anatomy.population import Population
from rfplan.anatomy.sheet_distance_kernels import CAUDAL_0_MM, LATERAL_0_MM, SheetBone
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.anatomy.virtual_grounds_kernels import one_bone
from rfplan.geometry.arrays import FloatArray

LOW_MM, HIGH_MM = np.array([-5.0, -50.0, -20.0]), np.array([85.0, 105.0, 85.0])


@pytest.fixture(scope="module")
def bones() -> list[SheetBone]:
    grounds = VirtualGrounds.of(Population().draw(12, 20261128))
    return [one_bone(grounds.bones, k) for k in range(len(grounds))]


def _points(seed: int, count: int) -> FloatArray:
    points: FloatArray = np.random.default_rng(seed).uniform(LOW_MM, HIGH_MM, (count, 3))
    return points


@pytest.mark.parametrize("far_mm", [1.5, 2.5, 8.0])
def test_distances_are_those_without_bounds(bones: list[SheetBone], far_mm: float) -> None:
    near = 0
    for bone in bones:
        unbound = bone._replace(
            hip_least=np.full_like(bone.hip_least, -128), vertebra_least=np.full_like(bone.vertebra_least, -128)
        )
        points = _points(1, 1500)
        gaps = np.array([overhang_gap(bone, far_mm, *point) for point in points])
        near += np.count_nonzero(gaps < far_mm)
        np.testing.assert_allclose(
            gaps, [overhang_gap(unbound, far_mm, *point) for point in points], rtol=0, atol=1e-12
        )
    assert near > 1000


def test_what_is_clear_has_no_bone_near(bones: list[SheetBone]) -> None:
    # where shafts pass that stand on the back of the sacrum; in front of the joint's lower end its outline leaps
    rng, long_ways = np.random.default_rng(2), 0
    for bone in bones:
        heights = bone.sheet[5:30, 10:75, 0]
        laterals, caudals = np.nonzero(np.isfinite(heights))
        for n in rng.integers(0, len(laterals), 1500):
            i, j = laterals[n], caudals[n]
            tip = np.array([LATERAL_0_MM + i + 5.0, CAUDAL_0_MM + j + 10.0, heights[i, j]])
            tilt, turn = np.deg2rad(60.0) * np.sqrt(rng.uniform()), rng.uniform(0.0, 2.0 * np.pi)
            axis = np.array([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)])
            point = tip + rng.uniform(0.5, 70.0) * axis
            gap, clear_mm = overhang_room(bone, NEAR_MM, *point)
            assert gap == overhang_gap(bone, NEAR_MM, *point)
            if clear_mm <= 0.0:
                continue
            assert gap == NEAR_MM
            long_ways += clear_mm > 5.0
            ways = rng.standard_normal((6, 3))
            ways *= clear_mm * rng.uniform(0.6, 1.0, (6, 1)) / np.linalg.norm(ways, axis=1, keepdims=True)
            assert all(overhang_gap(bone, NEAR_MM, *(point + way)) == NEAR_MM for way in ways)
    assert long_ways > 1000
