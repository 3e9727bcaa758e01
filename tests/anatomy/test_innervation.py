"""Numbers of branches and their traits against the figures they are drawn from."""

import numpy as np
import pytest

from rfplan.anatomy.innervation import Innervation, drawn_branches, typical_branches
from rfplan.figures import figures

N = 4000


@pytest.fixture(scope="module")
def drawn():
    everything = Innervation(l5=True, s4=True)
    return [drawn_branches(np.random.default_rng([7, k]), everything) for k in range(N)]


@pytest.mark.parametrize("level", ["S1", "S2", "S3", "S4"])
def test_mean_number_of_branches(drawn, level):
    counts = np.array([sum(branch.level == level for branch in branches) for branches in drawn])
    figure = figures("nerves")[f"count.{level}"]
    assert counts.mean() == pytest.approx(figure.value, abs=4 * counts.std() / np.sqrt(N))


def test_s3_is_absent_as_often_as_published(drawn):
    absent = np.mean([all(branch.level != "S3" for branch in branches) for branches in drawn])
    assert absent == pytest.approx(figures("nerves")["absent.S3"].value, abs=0.02)


@pytest.mark.parametrize("level", ["S1", "S2", "S3"])
def test_course_angles(drawn, level):
    angles = np.array([b.angle_deg for branches in drawn for b in branches if b.level == level])
    figure = figures("nerves")[f"angle.{level}"]
    assert angles.mean() == pytest.approx(figure.value, abs=1.0)
    assert angles.std() == pytest.approx(figure.sd, rel=0.1)


def test_depth_is_lognormal_with_the_stated_median_and_bound(drawn):
    depths = np.array([b.depth_mm for branches in drawn for b in branches if b.level != "L5"])
    figure = figures("nerves")["depth.lateral_branch"]
    assert np.median(depths) == pytest.approx(figure.value, rel=0.05)
    assert np.mean(depths < figure.high) == pytest.approx(0.95, abs=0.01)


def test_clock_angles_stay_lateral(drawn):
    clocks = [b.clock_deg for branches in drawn for b in branches]
    assert min(clocks) >= 0
    assert max(clocks) <= 180


def test_ordinals_count_from_cranial(drawn):
    for branches in drawn[:200]:
        for level in ("S1", "S2", "S3"):
            clocks = [b.clock_deg for b in branches if b.level == level]
            assert clocks == sorted(clocks)


def test_a_switch_changes_no_other_level():
    with_s4 = drawn_branches(np.random.default_rng(11), Innervation(l5=False, s4=True))
    without = drawn_branches(np.random.default_rng(11), Innervation(l5=False, s4=False))
    assert [b for b in with_s4 if b.level != "S4"] == list(without)


def test_typical_set():
    levels = [branch.level for branch in typical_branches()]
    assert levels == ["L5", "S1", "S1", "S2", "S2", "S3", "S3"]
