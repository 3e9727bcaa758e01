"""Pairs that share needles are moved as chains, and needle by needle."""

from itertools import pairwise

import numpy as np
import pytest

import rfplan
from rfplan.lesion.pair_pose import pair_of
from rfplan.planning.optimiser import refine
from rfplan.planning.optimiser.chains import chain_moves, chains_of, needle_moves
from rfplan.planning.optimiser.hand import Hand
from rfplan.planning.optimiser.hard_limits import broken_limits
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.objective import Judge, Objective
from rfplan.planning.optimiser.order import in_the_way
from rfplan.planning.optimiser.positions import site_of
from rfplan.planning.optimiser.refine import effect_of, refined
from rfplan.planning.optimiser.rows import row_pairs
from rfplan.planning.optimiser.trial import Trial
from rfplan.planning.optimiser.watch import Watch
from rfplan.planning.packed_patient import packed_branches

DEVICE = rfplan.electrode("conventional-18g-10mm")
COURSES, SEED = 40, 6


@pytest.fixture(scope="module")
def site(reference):
    return site_of(reference, "right", DEVICE)


@pytest.fixture(scope="module")
def row(site):
    """Two pairs that share their middle needle, two that stand apart."""
    every = row_pairs(site)
    for one, two in pairwise(every):
        if one.needles[1].pose_key == two.needles[0].pose_key and one.target.startswith("S2"):
            mine = {needle.pose_key for pair in (one, two) for needle in pair.needles}
            far = next(pair for pair in every if not mine & {needle.pose_key for needle in pair.needles})
            return [one, two, far]
    raise AssertionError("no chain")


def geometry(application):
    tips = np.array([needle.tip_mm for needle in application.needles])
    axes = np.array([needle.axis for needle in application.needles])
    pose, _ = pair_of(tips, axes)
    return pose.spacing_mm, pose.offset_mm, pose.splay_deg, pose.twist_deg


def test_pairs_that_share_needles_are_one_chain(row):
    first, second = chains_of(row)
    assert first.members == (0, 1)
    assert [len(uses) for uses in first.needles] == [1, 2, 1]
    assert second.members == (2,)
    assert chains_of([]) == ()


@pytest.mark.parametrize(("step_mm", "turn_deg"), [(2.0, 8.0), (0.5, 2.0)])
def test_a_chain_moves_as_one_body(site, row, step_mm, turn_deg):
    chain = chains_of(row)[0]
    moves = list(chain_moves(row, chain, site, step_mm, turn_deg))
    assert len(moves) > 6
    for moved in moves:
        assert moved[2] is row[2]
        assert moved[0].needles[1].pose_key == moved[1].needles[0].pose_key
        for before, after in zip(row[:2], moved[:2], strict=True):
            assert geometry(after) == pytest.approx(geometry(before), abs=1e-6)
            for needle in after.needles:
                assert site.patient.bone_distance(needle.tip_mm) > 0.2
        assert moved[0].needles[0].pose_key != row[0].needles[0].pose_key


def test_one_needle_moves_for_all_pairs_that_it_serves(site, row):
    chain = chains_of(row)[0]
    moves = list(needle_moves(row, chain.needles[1], site, 1.0))
    assert moves
    for moved in moves:
        assert moved[0].needles[0] is row[0].needles[0]
        assert moved[1].needles[1] is row[1].needles[1]
        assert moved[0].needles[1].pose_key == moved[1].needles[0].pose_key
        shift = moved[0].needles[1].tip_mm - row[0].needles[1].tip_mm
        # a millimetre, and no more drawn back than a free way needs
        assert 0.9 < np.linalg.norm(shift) < np.hypot(1.0, 3.0) + 1e-9


def test_a_chain_that_stands_badly_comes_out_better_and_safe(reference, site, row, monkeypatch):
    monkeypatch.setattr(refine, "_MOST_NEW", 4)
    monkeypatch.setattr(refine, "_ROUNDS", 1)
    plan = row[:2]
    library = LesionLibrary(reference)
    trial = Trial(reference, packed_branches(reference, "right", COURSES, SEED), Hand(reference, "right", None, SEED))
    judge = Judge.of(Objective(), trial.courses, trial.branches.levels)
    library.solve([library.problem(application).problem for application in plan], 1, lambda _: True)
    before = len(library)
    moved = refined(plan, site, trial, library, judge, Watch(1e9))
    assert len(library) <= before + 4
    old, new = (effect_of(trial, library, judge, made) for made in (plan, moved))
    assert new.score(judge, trial.length_mm, moved) > old.score(judge, trial.length_mm, plan)
    assert judge.value(new.captured) >= judge.value(old.captured)
    assert moved[0].needles[1].pose_key == moved[1].needles[0].pose_key
    lesions = library.placed([library.problem(application) for application in moved])
    assert broken_limits(reference, "right", moved, lesions, trial.lethal) == [None, None]
    assert in_the_way(reference, "right", moved) is None
