"""Branches drawn on the reference patient."""

from itertools import pairwise

import numpy as np
import pytest

from rfplan.anatomy.innervation import Innervation
from rfplan.anatomy.nerves import courses, nerves_on
from rfplan.anatomy.sides import SIDES, lateral_sign
from rfplan.figures import figures
from rfplan.geometry.frames import Isometry


@pytest.mark.parametrize("side", SIDES)
def test_typical_branches_of_each_side(reference, side):
    assert [nerve.name for nerve in reference.nerves_on(side)] == [
        "L5.1",
        "S1.1",
        "S1.2",
        "S2.1",
        "S2.2",
        "S3.1",
        "S3.2",
    ]


def test_lateral_branches_leave_the_rim_of_their_foramen(reference):
    for nerve in reference.nerves:
        if nerve.level == "L5":
            continue
        rim = reference.frame.to_chart(reference.foramen(nerve.level, nerve.side).rim_mm)[:, :2]
        start = reference.frame.to_chart(nerve.points_mm[0])[:2]
        assert np.min(np.linalg.norm(rim - start, axis=1)) < 2.0, nerve.name


def test_lateral_branches_run_away_from_the_midline(reference):
    for nerve in reference.nerves:
        if nerve.level == "L5":
            continue
        lateral = reference.frame.to_chart(nerve.points_mm)[:, 0] * lateral_sign(nerve.side)
        assert lateral[-1] > lateral[0] + 3.0


@pytest.mark.parametrize("level", ["S1", "S2", "S3"])
def test_branches_run_as_published_8_mm_lateral_of_the_foramen(reference, level):
    """Mean of many courses within two standard errors of the published mean over 20 joints, in the true AP view."""
    angles = []
    for nerve in (n for drawn in courses(reference, 150, 4) for n in drawn if (n.level, n.side) == (level, "left")):
        path = reference.frame.to_chart(nerve.points_mm)
        edge_mm = reference.frame.to_chart(reference.foramen(level, "left").rim_mm)[:, 0].max()
        past = np.flatnonzero(path[:, 0] >= edge_mm + 8.0)
        if len(past) == 0:
            continue  # it ends before
        run = path[past[0]] - path[past[0] - 1]
        angles.append(np.rad2deg(np.arctan2(run[0], run[1])))
    published = figures("nerves")[f"angle.{level}"]
    assert published.sd is not None
    assert published.n is not None
    assert len(angles) > 100
    assert np.mean(angles) == pytest.approx(published.value, abs=2.0 * published.sd / np.sqrt(published.n))


def test_branches_lie_over_the_bone_and_not_far_from_it(reference):
    for nerve in reference.nerves:
        over = reference.bone_distance(nerve.points_mm)
        assert np.median(over) < 4.0, nerve.name
        assert np.mean(over > -0.3) > 0.9, nerve.name


def test_branches_of_s1_and_s2_end_at_the_joint_line(reference):
    for nerve in reference.nerves:
        if nerve.level not in ("S1", "S2"):
            continue
        line = reference.frame.to_chart(reference.curves[f"sij_posterior_line_{nerve.side}"].points_mm)[:, :2]
        end = reference.frame.to_chart(nerve.points_mm[-1])[:2]
        dense = np.concatenate([np.linspace(a, b, 20) for a, b in pairwise(line)])
        assert np.min(np.linalg.norm(dense - end, axis=1)) < 3.0, nerve.name


def test_a_course_depends_on_seed_and_number_alone(reference):
    few, many = courses(reference, 2, 5), courses(reference, 4, 5)
    for a, b in zip(few, many, strict=False):
        assert [n.name for n in a] == [n.name for n in b]
        assert all(np.array_equal(p.points_mm, q.points_mm) for p, q in zip(a, b, strict=True))
    other = courses(reference, 2, 6)
    assert any(not np.array_equal(p.points_mm, q.points_mm) for p, q in zip(few[0], other[0], strict=False))


def test_s4_is_a_switch(reference):
    drawn = nerves_on(
        reference.chart, reference.foramina, reference.landmarks, reference.curves, None, Innervation(l5=False, s4=True)
    )
    levels = {nerve.level for nerve in drawn}
    assert "S4" in levels
    assert "L5" not in levels


def test_courses_of_the_mirror_image_are_mirrored(reference):
    mirror = Isometry.mirror_left_right()
    ours, theirs = courses(reference, 2, 3), courses(reference.moved(mirror), 2, 3)
    for a, b in zip(ours, theirs, strict=True):
        left = {n.name: n for n in a if n.side == "left"}
        right = {n.name: n for n in b if n.side == "right"}
        assert left.keys() == right.keys()
        for name, nerve in left.items():
            assert np.allclose(mirror.points(nerve.points_mm), right[name].points_mm, atol=1e-9)
