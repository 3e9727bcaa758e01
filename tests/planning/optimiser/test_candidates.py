"""Candidates: places, ways in, rows of pairs, and the published placements among them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import rfplan
from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import lateral_sign
from rfplan.lesion.accuracy import accuracy_named
from rfplan.planning.approach import spare_room_mm
from rfplan.planning.optimiser.candidates import candidates_for
from rfplan.planning.optimiser.hand import DRAWS, Hand
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.order import in_order, in_the_way
from rfplan.planning.optimiser.positions import site_of
from rfplan.planning.optimiser.rows import SPACINGS_MM, row_pairs
from rfplan.planning.placed_problem import usual_accuracy
from rfplan.planning.placed_rows import placed_plan
from rfplan.planning.plan import Application, Plan
from rfplan.planning.rounding import PAIRS, PLANS

COOLED, PAIRED = "cooled-17g-4mm", "conventional-18g-10mm"


@pytest.fixture(scope="module")
def single(reference):
    return candidates_for(reference, "right", rfplan.electrode(COOLED), "cooled", 8.0)


@pytest.fixture(scope="module")
def pairs(reference):
    return candidates_for(reference, "right", rfplan.electrode(PAIRED), "bipolar", 8.0)


def test_every_needle_comes_from_the_skin_without_passing_through_bone(reference, single, pairs):
    for found in (single, pairs):
        for application, published in zip(found.applications, found.published, strict=True):
            for needle in application.needles:
                assert 0.0 < needle.depth_mm <= (150.0 if not published else math.inf)
                assert abs(reference.skin.depth_mm(needle.entry_mm)) < 0.5
                if not published:
                    radius, tip_mm = needle.electrode.radius_mm, needle.electrode.tip_mm
                    assert spare_room_mm(reference, needle.tip_mm, needle.axis, radius, tip_mm)[0] >= 0.0


def test_the_lattice_is_on_its_side_and_reaches_every_foramen_and_l5(reference, single):
    made = [a for a, published in zip(single.applications, single.published, strict=True) if not published]
    names = {application.target.split()[0] for application in made}
    assert names == {"L5", "S1", "S2", "S3"}
    lateral = np.array([reference.frame.to_chart(a.needles[0].tip_mm)[0] for a in made])
    assert (lateral_sign("right") * lateral > 0.0).all()


def test_what_published_techniques_do_is_among_the_candidates(reference, single):
    for name in ("cooled-clockface", "cooled-classic"):
        for application in rfplan.technique(name).plan(reference, "right").applications:
            pose = application.needles[0].pose_key
            assert any(a.needles[0].pose_key == pose for a in single.applications)


def test_needles_are_numbered_by_their_pose(pairs):
    keys: dict[int, object] = {}
    for application, numbers in zip(pairs.applications, pairs.needles.tolist(), strict=True):
        for needle, number in zip(application.needles, numbers, strict=False):
            assert keys.setdefault(number, needle.pose_key) == needle.pose_key
    assert len(set(keys.values())) == len(keys)


def test_neighbours_in_a_row_share_needles_and_stand_whole_spacings_apart(reference):
    made = row_pairs(site_of(reference, "right", rfplan.electrode(PAIRED)))
    assert len(made) > 50
    uses: dict[object, int] = {}
    for application in made:
        one, other = application.needles
        assert one.axis @ other.axis == pytest.approx(1.0)
        between = other.tip_mm - one.tip_mm
        along = float(between @ one.axis)
        spacing = float(np.linalg.norm(between - along * one.axis))
        assert min(abs(spacing - wanted) for wanted in SPACINGS_MM) < 0.05
        assert along == pytest.approx(round(along), abs=1e-6)
        assert abs(along) <= 2.1
        for needle in application.needles:
            uses[needle.pose_key] = uses.get(needle.pose_key, 0) + 1
    assert max(uses.values()) == 2


def test_bipolar_takes_l5_with_one_needle(pairs):
    assert {len(application.needles) for application in pairs.applications} == {1, 2}
    assert {a.target for a in pairs.applications if len(a.needles) == 1} == {"L5"}


def test_few_lesions_serve_many_pairs(reference, pairs):
    library = LesionLibrary(reference)
    two = [a for a in pairs.applications if len(a.needles) == 2]
    of_study = [library.problem(a) for a in two]
    with library.evaluating():
        of_evaluation = [library.problem(a) for a in two]
    assert len({entry.problem for entry in of_study}) < 0.6 * len({entry.problem for entry in of_evaluation})
    for rounded, entry in zip(of_study, of_evaluation, strict=True):
        np.testing.assert_allclose(rounded.pose.offset_mm, entry.pose.offset_mm, atol=1e-9)
        one, other = rounded.problem.pair, entry.problem.pair
        assert abs(one.spacing_mm - other.spacing_mm) <= 0.5 * (PAIRS.spacing_mm + PLANS.spacing_mm)
        assert abs(one.offset_mm - abs(other.offset_mm)) <= 0.5 * (PAIRS.offset_mm + PLANS.offset_mm)


def test_the_table_is_measured_as_a_study_measures(pairs):
    """On a virtual patient: its problems and their places are those that the study asks for."""
    ground = Population().draw(1, seed=3)[0].ground
    library = LesionLibrary(ground)
    made = candidates_for(ground, "left", rfplan.electrode(PAIRED), "bipolar", 4.0)
    plan = Plan(side="left", technique="candidates", applications=made.applications)
    rows = placed_plan(plan, ground, "left", accuracy_named(usual_accuracy("plane")))
    for application, problem, matrix, offset in zip(
        made.applications, rows.problems, rows.matrices, rows.offsets, strict=True
    ):
        asked = library.problem(application)
        assert problem == (None if asked is None else asked.problem)
        if asked is not None:
            np.testing.assert_allclose(ground.frame.axes @ asked.pose.matrix, matrix, atol=1e-12)
            np.testing.assert_allclose(ground.frame.to_chart(asked.pose.offset_mm), offset, atol=1e-9)


def test_the_order_is_l5_and_then_downwards(reference, single):
    some = [single.applications[n] for n in range(0, len(single.applications), 40)]
    ordered = in_order(reference, some)
    first = [application.target == "L5" for application in ordered]
    assert first == sorted(first, reverse=True)
    rest = [reference.frame.to_chart(a.needles[0].tip_mm)[1] for a in ordered if a.target != "L5"]
    assert rest == sorted(rest)


def test_a_pair_whose_needle_stands_in_another_is_found(reference, pairs):
    row = [a for a in pairs.applications if len(a.needles) == 2]
    assert in_the_way(reference, "right", row[:1]) is None
    one = row[0].needles[0]
    collide = Application(
        "bipolar", row[0].protocol, (one, one.__class__(one.electrode, one.tip_mm + 0.3, one.axis, one.entry_mm + 0.3))
    )
    assert in_the_way(reference, "right", [collide]) == 0


def test_a_hand_without_error_does_what_is_meant_and_one_with_error_misses_shared_needles_once(reference, pairs):
    some = [a for a in pairs.applications if len(a.needles) == 2][-6:]
    assert Hand(reference, "right", None, 3).carried_out(some, 0) == tuple(some)
    hand = Hand(reference, "right", rfplan.OperatorError.usual(), 3)
    assert hand.draws == DRAWS
    moved = hand.carried_out(some, 1)
    before = {
        n.pose_key: m.pose_key
        for a, b in zip(some, moved, strict=True)
        for n, m in zip(a.needles, b.needles, strict=True)
    }
    assert all(
        before[n.pose_key] == m.pose_key
        for a, b in zip(some, moved, strict=True)
        for n, m in zip(a.needles, b.needles, strict=True)
    )
    again = hand.carried_out(some, 1)
    assert [m.pose_key for b in moved for m in b.needles] == [m.pose_key for b in again for m in b.needles]
    assert moved[0].needles[0].pose_key != hand.carried_out(some, 2)[0].needles[0].pose_key


def test_what_techniques_do_can_be_kept_out(reference, single):
    own = candidates_for(reference, "right", rfplan.electrode(COOLED), "cooled", 8.0, published=False)
    assert not own.published.any()
    assert len(own.applications) == np.count_nonzero(~single.published)
