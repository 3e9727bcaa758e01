"""Sizes of a sampled region, where bone cuts it and where not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfplan.lesion.block import block_of
from rfplan.lesion.placed_body import BonePlane

RADIUS = 4.0
REACH = np.array([5.0, 5.0, 5.0])


def warm(points):
    """Straight in the distance from the origin: 50 degC on a ball of 4 mm."""
    return 50.0 + 8.0 * (RADIUS - np.linalg.norm(points, axis=-1))


def size(bone):
    block = block_of(warm, -REACH, REACH, bone)
    return block.size(50.0, 0.0, np.zeros(block.values.shape))


def test_a_whole_ball():
    found = size(None)
    assert (found.width_mm, found.length_mm, found.beyond_tip_mm) == pytest.approx((8.0, 8.0, 4.0), abs=0.02)
    assert found.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * RADIUS**3, rel=0.01)


@settings(max_examples=30, deadline=None)
@given(st.floats(20.0, 75.0), st.floats(0.0, 360.0), st.floats(-2.0, 2.0))
def test_the_rim_on_a_slanted_bone_is_found(lean, turn, offset):
    # the lowest point of the part of a ball above a slanted plane lies on the rim, unless the ball's own lowest point does
    lean, turn = np.deg2rad(lean), np.deg2rad(turn)
    normal = np.array([np.sin(lean) * np.cos(turn), np.sin(lean) * np.sin(turn), np.cos(lean)])
    found = size(BonePlane(normal, offset))
    rim = np.sqrt(RADIUS**2 - offset**2)
    lowest = -RADIUS if -RADIUS * normal[2] >= offset else offset * normal[2] - rim * np.sin(lean)
    highest = RADIUS if RADIUS * normal[2] >= offset else offset * normal[2] + rim * np.sin(lean)
    # straight lines between samples 0.35 mm apart
    assert found.beyond_tip_mm == pytest.approx(max(0.0, -lowest), abs=0.035)
    assert found.length_mm == pytest.approx(highest - lowest, abs=0.05)
