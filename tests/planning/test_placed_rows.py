"""What many virtual patients ask of the solver: the same as one patient asks, and of pairs, their mirror images."""

from __future__ import annotations

import numpy as np
import pytest

from rfplan.anatomy.population import Population
from rfplan.anatomy.virtual_branches import side_branches
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.lesion.accuracy import accuracy_named
from rfplan.planning.placed_problem import placed_problem
from rfplan.planning.placed_rows import numbered, placed_many, placed_plan
from rfplan.planning.rounding import PAIRS
from rfplan.planning.techniques import technique
from rfplan.planning.virtual_recipes import VirtualRecipe, side_grounds

FAST = accuracy_named("fast")
GROUNDS = VirtualGrounds.of(Population().draw(4, 12))
SIDES = side_grounds(GROUNDS)


def _placed(name):
    """Needles of a technique, and of each ground the problems, matrices and offsets of its lesions."""
    made = VirtualRecipe.of(name, None, {}).needles(SIDES)
    found = placed_many(made, GROUNDS, FAST)
    problems = [found.problems[n] if n >= 0 else None for n in found.which.tolist()]
    parts = [slice(low, high) for low, high in zip(found.first[:-1], found.first[1:], strict=True)]
    return made, [(problems[own], found.matrices[own], found.offsets[own]) for own in parts]


@pytest.mark.parametrize("name", ["cooled-clockface", "conventional-periforaminal"])
def test_single_needles_ask_what_a_plan_asks(name):
    """On the left: there the chart of the side is a motion of the patient, without a mirror."""
    for ground, (problems, matrices, offsets) in zip(GROUNDS, _placed(name)[1], strict=True):
        plan = technique(name).plan(ground, "left")
        # the steps by which the normal is found lie along other axes: what is rounded may fall to the other side now and then
        asked = [placed_problem(entry, ground, "plane", FAST, plan.needles) for entry in plan.applications]
        alike = [placed.problem == problem for placed, problem in zip(asked, problems, strict=True)]
        assert np.mean(alike) >= 0.85
        for placed, matrix, offset in zip(asked, matrices, offsets, strict=True):
            np.testing.assert_allclose(
                ground.frame.axes @ (placed.pose.offset_mm - ground.frame.origin_mm), offset, atol=1e-6
            )
            np.testing.assert_allclose((ground.frame.axes @ placed.pose.matrix)[:, 2], matrix[:, 2], atol=1e-6)


def test_pairs_are_solved_as_one_of_two_mirror_images_and_stand_where_their_needles_do():
    made, rows = _placed("palisade")
    for tips, pairs, (_, applications, _), (problems, matrices, offsets) in zip(
        made.tips, made.pairs, made.counts, rows, strict=True
    ):
        for (one, other), problem, matrix, offset in zip(
            pairs[:applications].tolist(), problems, matrices, offsets, strict=True
        ):
            if other < 0:
                continue
            pair = problem.pair
            assert pair.offset_mm >= 0.0
            assert pair.spacing_mm % PAIRS.spacing_mm == 0.0
            assert (
                problem.surroundings.bone_gap_mm is None or problem.surroundings.bone_angle_deg % PAIRS.angle_deg == 0
            )
            # rounding moves either tip by half of what it changes
            placed = offset + pair.tips_mm @ matrix.T
            least = min(np.abs(placed - tips[list(order)]).max() for order in ((one, other), (other, one)))
            assert least < 0.25 + 0.5 + 1e-6


def test_a_plan_of_another_technique_asks_for_its_contacts():
    ground = GROUNDS[1]
    plan = technique("strip-probe").plan(ground, "right")
    rows = placed_plan(plan, ground, "right", FAST)
    assert len(rows.problems) == len(plan.applications)
    asked = [problem for problem in rows.problems if problem is not None]
    assert len(asked) >= len(plan.applications) - 1
    for problem, application in zip(rows.problems, plan.applications, strict=True):
        if problem is not None:
            assert problem.bipolar == (application.mode == "bipolar")


def test_equal_problems_have_one_number():
    problems, _, _ = _placed("cooled-classic")[1][0]
    distinct, which = numbered([*problems, None, *problems])
    assert which[len(problems)] == -1
    assert [distinct[n] for n in which[: len(problems)]] == problems
    assert len(distinct) == len(set(problems))


@pytest.mark.parametrize("side", ["left", "right"])
def test_branches_of_a_side_are_those_of_the_patient(side):
    drawn, sign = side_branches(GROUNDS), np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    for k, ground in enumerate(GROUNDS):
        own, numbers = ground.nerves_on(side), range(*drawn.branches[k : k + 2])
        assert len(own) == len(numbers)
        for b, nerve in zip(numbers, own, strict=True):
            assert (("L5", "S1", "S2", "S3", "S4")[drawn.level[b]], drawn.ordinal[b]) == (nerve.level, nerve.ordinal)
            line = drawn.points[drawn.first[b] : drawn.first[b + 1]]
            np.testing.assert_allclose(line * sign, ground.frame.to_chart(nerve.points_mm), atol=1e-9)
