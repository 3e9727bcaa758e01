"""Two needles to each other: the four numbers, and back."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rfplan import InputError
from rfplan.lesion.pair_pose import PairPose, pair_of

sys.path.insert(0, str(Path(__file__).parents[1]))
from strategies import numbers, rigid_motions


@st.composite
def poses(draw):
    return PairPose(
        draw(numbers(0.5, 40.0)), draw(numbers(-20.0, 20.0)), draw(numbers(-60.0, 60.0)), draw(numbers(-60.0, 60.0))
    )


@given(poses(), rigid_motions())
def test_a_pose_moved_anywhere_is_found_again(pose, motion):
    assume(pose.axes[0] @ pose.axes[1] > 0.05)
    found, frame = pair_of(motion.points(pose.tips_mm), motion.vectors(pose.axes))
    for name in ("spacing_mm", "offset_mm", "splay_deg", "twist_deg"):
        assert getattr(found, name) == pytest.approx(getattr(pose, name), abs=1e-6), name
    assert frame.points(found.tips_mm) == pytest.approx(motion.points(pose.tips_mm), abs=1e-6)
    assert frame.vectors(found.axes) == pytest.approx(motion.vectors(pose.axes), abs=1e-8)


@given(poses())
def test_the_frame_is_half_way_between_the_needles(pose):
    assert pose.tips_mm.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
    mean = pose.axes.sum(axis=0)
    assert mean / np.linalg.norm(mean) == pytest.approx([0.0, 0.0, 1.0], abs=1e-12)
    assert np.linalg.norm(pose.axes, axis=1) == pytest.approx(1.0)


@given(numbers(1.0, 40.0), numbers(-20.0, 20.0), numbers(-80.0, 80.0))
def test_splay_is_the_angle_between_the_axes(spacing, offset, splay):
    pose = PairPose(spacing, offset, splay)
    angle = np.rad2deg(np.arctan2(np.linalg.norm(np.cross(*pose.axes)), pose.axes[0] @ pose.axes[1]))
    assert angle == pytest.approx(abs(splay), abs=1e-6)
    # parting towards the hubs where it is positive
    apart = [np.diff(pose.tips_mm + t * pose.axes, axis=0)[0, 0] for t in (0.0, 10.0)]
    assert np.sign(apart[1] - apart[0]) == np.sign(splay) or abs(splay) < 1e-6


def test_nearest_distance_of_crossing_needles():
    # 10 mm apart, leaning towards each other so that the axes meet 20 mm above the tips
    pose = PairPose(10.0, 0.0, -2.0 * np.rad2deg(np.arctan(5.0 / 20.0)))
    assert pose.nearest_mm(10.0) == pytest.approx(0.0, abs=0.1)
    assert PairPose(10.0).nearest_mm(10.0) == pytest.approx(10.0)


@pytest.mark.parametrize("axes", [[[0, 0, 1], [0, 0, -1]], [[0, 0, 1], [1, 0, 0]]])
def test_needles_against_each_other_are_no_pair(axes):
    with pytest.raises(InputError, match="point against each other"):
        pair_of(np.array([[0.0, 0.0, 0.0], [5.0, 0.0, 0.0]]), np.array(axes, dtype=float))


def test_one_tip_behind_the_other_is_no_pair():
    with pytest.raises(InputError, match="straight behind"):
        pair_of(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 5.0]]), np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]))
