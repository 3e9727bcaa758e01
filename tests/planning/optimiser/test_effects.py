"""Effects of candidates and hard limits against the judgement of plans, one by one."""

from __future__ import annotations

import numpy as np
import pytest

import rfplan
from rfplan.planning.evaluation import evaluate
from rfplan.planning.optimiser.candidates import candidates_for
from rfplan.planning.optimiser.hand import Hand
from rfplan.planning.optimiser.hard_limits import broken_limits
from rfplan.planning.optimiser.lesion_library import LesionLibrary
from rfplan.planning.optimiser.trial import Trial
from rfplan.planning.packed_patient import packed, packed_branches
from rfplan.planning.plan import Plan
from rfplan.planning.solved_lesions import packed_solved

COURSES, SEED, LETHAL = 25, 4, 1


class Scene:
    """Candidates on a coarse lattice, every seventh of them, with the table of what each does."""

    def __init__(self, patient, mode="cooled", electrode="cooled-17g-4mm"):
        self.patient = patient
        found = candidates_for(patient, "right", rfplan.electrode(electrode), mode, 9.0)
        self.library = LesionLibrary(patient)
        every = range(0, len(found.applications), 7)
        asked = {n: self.library.problem(found.applications[n]) for n in every}
        kept = [n for n, entry in asked.items() if entry is not None]
        self.asked = [asked[n] for n in kept]
        self.library.solve([entry.problem for entry in self.asked], 1, lambda _: True)
        self.applications = [found.applications[n] for n in kept]
        self.branches = packed_branches(patient, "right", COURSES, SEED)
        self.trial = Trial(patient, self.branches, Hand(patient, "right", None, SEED))
        self.lesions = self.library.placed(self.asked)

    def table(self, threads=1, proceed=lambda _: True):
        return self.trial.table(self.library, [self.asked], threads, proceed)

    def plan(self, *numbers):
        return Plan(side="right", technique="by hand", applications=tuple(self.applications[n] for n in numbers))

    def judged(self, *numbers):
        lesions = packed_solved(self.plan(*numbers), self.patient)
        return lesions.judged(self.branches.points, self.branches.first, packed(self.patient).view, LETHAL)


@pytest.fixture(scope="module")
def scene(reference):
    return Scene(reference)


@pytest.fixture(scope="module")
def table(scene):
    return scene.table()


def test_each_candidate_takes_what_the_judgement_of_its_plan_says(scene, table):
    cut, seen = table.captured("transection"), table.captured("ap_projection")
    for n in range(len(scene.applications)):
        judged = scene.judged(n)
        assert np.allclose(table.longest_mm[n], judged[:, 1], atol=1e-3)
        assert np.allclose(table.total_mm[n], judged[:, 0], atol=1e-3)
        sure = np.abs(judged[:, 1] - table.length_mm) > 1e-3
        assert (cut[n] == (judged[:, 1] >= table.length_mm))[sure].all()
        sure = np.abs(judged[:, 3]) > 0.02
        assert (seen[n] == (judged[:, 3] > 0.0))[sure].all()


def test_lesions_together_take_what_the_judgement_of_their_plan_says(scene):
    rng = np.random.default_rng(3)
    for _ in range(10):
        numbers = rng.choice(len(scene.applications), 4, replace=False).tolist()
        judged = scene.judged(*numbers)
        applications = scene.plan(*numbers).applications
        assert np.allclose(scene.trial.contiguous_mm(scene.library, applications), judged[:, 1], atol=1e-3)
        overlap = scene.trial.overlapped(scene.library, applications)
        sure = np.abs(judged[:, 3]) > 0.02
        assert (overlap == (judged[:, 3] > 0.0))[sure].all()


def test_shares_add_up_to_at_least_one_wherever_a_union_cuts(scene, table):
    """What the bound for unions rests on."""
    rng = np.random.default_rng(8)
    share, length = table.share("transection"), table.length_mm
    joined = 0
    for _ in range(150):
        numbers = rng.choice(len(scene.applications), 5, replace=False).tolist()
        stretch = scene.trial.contiguous_mm(scene.library, scene.plan(*numbers).applications)
        cut = stretch >= length
        assert (share[numbers].sum(axis=0)[cut] >= 1.0).all()
        joined += int((cut & ~table.captured("transection")[numbers].any(axis=0)).sum())
    # some branches are cut by two lesions together and by neither alone, or the test would say nothing
    assert joined > 0


def test_two_threads_fill_the_same_table(scene, table):
    other = scene.table(threads=2)
    assert np.array_equal(table.longest_mm, other.longest_mm)
    assert np.array_equal(table.total_mm, other.total_mm)
    assert np.array_equal(table.overlap, other.overlap)


def test_hard_limits_are_those_of_the_safety_table(scene):
    reasons = broken_limits(scene.patient, "right", scene.applications, scene.lesions, LETHAL)
    assert any(reasons)
    assert not all(reasons)
    for n, reason in enumerate(reasons):
        judged = evaluate(scene.plan(n), scene.patient)
        stopped = {row.check for row in judged.safety if row.status == "stop"}
        assert (reason in stopped) if reason is not None else not stopped


def test_a_hand_that_misses_is_judged_draw_by_draw(scene):
    error = rfplan.OperatorError(2.0, 1.0, 4.0)
    hand = Hand(scene.patient, "right", error, 5)
    trial = Trial(scene.patient, scene.branches, hand)
    plan = scene.plan(3, 10, 17)
    wanted = [entry.problem for part in trial.asked(scene.library, plan.applications) for entry in part]
    scene.library.solve(wanted, 1, lambda _: True)
    found = trial.contiguous_mm(scene.library, plan.applications)
    for draw in range(hand.draws):
        own = np.array(scene.branches.course) % hand.draws == draw
        moved = Plan(side="right", technique="x", applications=hand.carried_out(plan.applications, draw))
        lesions = packed_solved(moved, scene.patient)
        view = packed(scene.patient).view
        judged = lesions.judged(scene.branches.points, scene.branches.first, view, LETHAL)
        assert np.allclose(found[own], judged[own, 1], atol=1e-3)
