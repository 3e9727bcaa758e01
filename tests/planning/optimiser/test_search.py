"""The search against brute force: 200 small instances, 12 candidates choose 3, 30 courses."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from rfplan.errors import InputError
from rfplan.planning.optimiser.chance import Chance
from rfplan.planning.optimiser.cover import cover_of, undominated
from rfplan.planning.optimiser.greedy import lazy_greedy
from rfplan.planning.optimiser.objective import AIMS, Judge, Objective, tail_mean
from rfplan.planning.optimiser.programme import Budget
from rfplan.planning.optimiser.search import best_choice, relative_gap

CANDIDATES, MOST, COURSES, PEOPLE = 12, 3, 30, 20
LEVELS = ("L5", "S1", "S2", "S3")


class Instance:
    def __init__(self, seed, aim, needles=None, weights=None, most_at_stop=None):
        rng = np.random.default_rng([5, seed])
        self.courses = np.repeat(np.arange(COURSES), rng.integers(2, 8, COURSES))
        self.levels = rng.choice(LEVELS, len(self.courses)).tolist()
        self.takes = rng.random((CANDIDATES, len(self.courses))) < rng.uniform(0.1, 0.6)
        shared = rng.integers(0, 8, (CANDIDATES, 2))
        shared[rng.random(CANDIDATES) < 0.5, 1] = -1
        self.objective = Objective(aim, target=0.2, tail=0.25, weights=weights or {})
        self.judge = Judge.of(self.objective, self.courses, self.levels)
        cost = rng.uniform(1.0, 3.0, CANDIDATES).round(1)
        # what takes much is at stop in many, so that the limit matters
        harm = self.takes.mean(axis=1, keepdims=True) * rng.uniform(0.0, 1.0, (CANDIDATES, 1))
        self.stops = rng.random((CANDIDATES, PEOPLE)) < harm
        chance = None if most_at_stop is None else Chance(self.stops, most_at_stop)
        self.budget = Budget(MOST, needles, cost, 0.7, shared, chance)

    def needles(self, chosen):
        used = self.budget.needles_of[list(chosen)].ravel()
        return len(set(used[used >= 0].tolist()))

    def at_stop(self, chosen):
        return len({person for n in chosen for person in np.flatnonzero(self.stops[n]).tolist()})

    def allowed(self, chosen):
        if self.budget.chance is not None and self.at_stop(chosen) > self.budget.chance.most:
            return False
        return self.budget.needles is None or self.needles(chosen) <= self.budget.needles

    def value(self, chosen):
        """Counted anew, course by course."""
        weights = np.array([self.objective.weights.get(level, 1.0) for level in self.levels])
        taken = self.takes[list(chosen)].any(axis=0) if chosen else np.zeros(len(self.courses), dtype=bool)
        starts = np.flatnonzero(np.diff(self.courses, prepend=-1))
        total = np.add.reduceat(weights, starts)
        judged = total > 0
        parts = np.add.reduceat(weights * taken, starts)[judged] / total[judged]
        complete = np.logical_and.reduceat(taken | (weights == 0), starts)[judged]
        if self.objective.aim == "mean":
            return float(np.mean(parts))
        if self.objective.aim == "tail":
            return tail_mean(parts, self.objective.tail)
        if self.objective.aim == "complete":
            return float(np.mean(complete))
        if np.mean(complete) < self.objective.target - 1e-9:
            return np.inf
        if self.objective.aim == "fewest":
            return float(len(chosen))
        return float(self.budget.cost[list(chosen)].sum() + self.budget.needle_cost * self.needles(chosen))

    def best(self):
        allowed = [
            chosen
            for count in range(MOST + 1)
            for chosen in combinations(range(CANDIDATES), count)
            if self.allowed(chosen)
        ]
        return (min if self.objective.smallest else max)(self.value(chosen) for chosen in allowed)


def check(instance):
    best = instance.best()
    choice = best_choice(instance.judge, instance.takes, instance.budget)
    if not np.isfinite(best):
        assert not choice.reached
        return
    assert len(choice.chosen) <= MOST
    assert instance.value(choice.chosen) == pytest.approx(choice.objective, abs=1e-12)
    assert choice.objective == pytest.approx(best, abs=1e-9)
    if instance.objective.smallest:
        assert choice.bound <= best + 1e-9
    else:
        assert choice.bound >= best - 1e-9
    assert choice.status == "optimal"
    assert instance.allowed(choice.chosen)


@pytest.mark.parametrize("block", range(10))
def test_mean_equals_brute_force(block):
    for seed in range(20 * block, 20 * block + 20):
        check(Instance(seed, "mean"))


@pytest.mark.parametrize("aim", AIMS)
def test_every_aim_equals_brute_force(aim):
    for seed in range(15):
        check(Instance(seed, aim))


@pytest.mark.parametrize("aim", AIMS)
def test_with_few_needles_and_weights_it_equals_brute_force(aim):
    for seed in range(8):
        check(Instance(seed, aim, needles=3, weights={"L5": 0.5, "S3": 0.0}))


@pytest.mark.parametrize("most", [0, 1, 3])
def test_a_choice_that_may_be_at_stop_in_few_people_equals_brute_force(most):
    limited = 0
    for seed in range(20):
        instance = Instance(seed, "mean", most_at_stop=most)
        check(instance)
        limited += Instance(seed, "mean").best() > instance.best() + 1e-9
    assert limited > 10


@pytest.mark.parametrize("aim", AIMS)
def test_few_at_stop_and_few_needles_equal_brute_force_by_every_aim(aim):
    for seed in range(6):
        check(Instance(seed, aim, needles=3, most_at_stop=2))


def test_the_greedy_choice_is_at_stop_in_no_more_people_than_it_may():
    for seed in range(20):
        instance = Instance(seed, "mean", most_at_stop=1)
        choice = best_choice(instance.judge, instance.takes, instance.budget, certify=False)
        assert instance.at_stop(choice.chosen) <= 1


def test_a_candidate_that_takes_less_but_harms_fewer_is_not_dominated():
    takes = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]], dtype=bool)
    stops = np.array([[1, 1], [0, 0], [0, 1]], dtype=bool)
    judge = Judge.of(Objective(), np.array([0, 0, 1, 1]), ["S1"] * 4)
    budget = Budget(2, None, np.ones(3), 0.0, np.stack([np.arange(3), np.full(3, -1)], axis=1))
    assert best_choice(judge, takes, budget).chosen == [0, 2]
    few = best_choice(judge, takes, replace(budget, chance=Chance(stops, 1)))
    assert few.chosen == [1, 2]
    assert few.objective == 0.75
    assert few.bound == pytest.approx(0.75, abs=1e-6)
    assert best_choice(judge, takes, replace(budget, chance=Chance(stops, 0))).chosen == [1]


def test_a_bound_without_a_search_is_infinite():
    instance = Instance(1, "mean")
    choice = best_choice(instance.judge, instance.takes, instance.budget, certify=False)
    assert choice.status == "time_limit"
    assert choice.bound == np.inf
    assert choice.gap == np.inf
    assert 0.0 < choice.objective <= instance.best()


def test_the_greedy_choice_is_within_63_per_cent_and_needs_no_more_than_what_adds():
    for seed in range(30):
        instance = Instance(seed, "mean")
        worth = instance.judge.weights / instance.judge.count
        chosen = lazy_greedy(instance.takes, worth, MOST)
        assert instance.value(chosen) >= (1.0 - np.exp(-1.0)) * instance.best()
        # plain greedy, looked up anew in every round
        left, plain = worth.copy(), []
        for _ in range(MOST):
            gains = instance.takes @ left
            plain.append(int(np.argmax(gains)))
            left[instance.takes[plain[-1]]] = 0.0
        assert instance.value(chosen) == pytest.approx(instance.value(plain))


def test_more_applications_than_are_useful_come_out_fewer():
    takes = np.zeros((6, 12), dtype=bool)
    takes[0, :6], takes[1, 6:], takes[2, 3:9], takes[3, :3] = True, True, True, True
    judge = Judge.of(Objective(), np.repeat(np.arange(4), 3), ["S1"] * 12)
    budget = Budget(5, None, np.ones(6), 0.0, np.stack([np.arange(6), np.full(6, -1)], axis=1))
    choice = best_choice(judge, takes, budget)
    assert choice.chosen == [0, 1]
    assert choice.objective == choice.bound == 1.0


def test_a_cancelled_search_hands_back_the_greedy_choice():
    instance = Instance(3, "mean")
    choice = best_choice(instance.judge, instance.takes, instance.budget, cancelled=lambda: True)
    assert choice.status == "cancelled"
    assert choice.objective == pytest.approx(choice.greedy)
    assert choice.bound >= instance.best()


def test_dominated_candidates_are_those_that_another_replaces():
    takes = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]], dtype=bool)
    assert undominated(takes, np.zeros(5), np.array([0, 0, 0, 1, 0.0])).tolist() == [0, 3]
    # cheaper though smaller stays
    assert undominated(takes, np.array([2.0, 1.0, 1.0, 1.0, 1.0]), np.zeros(5)).tolist() == [0, 1, 2]


def test_groups_hold_what_is_alike_and_lose_nothing():
    instance = Instance(7, "mean")
    cover = cover_of(instance.judge, instance.takes, np.arange(CANDIDATES))
    assert cover.worth.sum() + cover.lost @ cover.classes == pytest.approx(1.0)
    assert cover.classes.sum() == pytest.approx(1.0)
    everything = np.zeros(cover.parts.shape[1])
    everything[cover.parts[[2, 5]].any(axis=0)] = 1.0
    assert cover.worth @ everything == pytest.approx(instance.value([2, 5]))


def test_the_tail_is_the_mean_of_the_worst_with_the_one_on_the_border_in_part():
    assert tail_mean(np.array([0.5, 0.0, 1.0, 0.25]), 0.5) == pytest.approx(0.125)
    assert tail_mean(np.array([0.5, 0.0, 1.0, 0.25]), 0.375) == pytest.approx((0.0 + 0.5 * 0.25) / 1.5)
    assert tail_mean(np.array([0.5, 0.0, 1.0, 0.25]), 1.0) == pytest.approx(0.4375)


def test_a_gap_without_a_bound_is_infinite():
    assert relative_gap(0.5, np.inf) == np.inf
    assert relative_gap(0.5, 0.55) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"aim": "meen"}, "did you mean 'mean'"),
        ({"criterion": "cut"}, "ap_projection"),
        ({"target": 0.0}, "target"),
        ({"tail": 1.5}, "tail"),
        ({"weights": {"S9": 1.0}}, "S9"),
        ({"weights": {"S1": -1.0}}, "S1"),
    ],
)
def test_wrong_objectives_are_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        Objective(**wrong)


def test_weights_of_nothing_are_refused():
    with pytest.raises(InputError, match="weight 0"):
        Judge.of(Objective(weights={"S1": 0.0}), np.zeros(2, dtype=np.int64), ["S1", "S1"])


@pytest.mark.parametrize("aim", ["mean", "complete"])
def test_a_search_that_ends_after_so_many_nodes_is_the_same_again_and_its_bound_holds(aim):
    ended = set()
    for seed in range(12):
        rng = np.random.default_rng([11, seed])
        courses = np.repeat(np.arange(60), 6)
        takes = rng.random((40, len(courses))) < 0.2
        judge = Judge.of(Objective(aim), courses, ["S1"] * len(courses))
        budget = Budget(5, None, np.ones(40), 0.0, np.stack([np.arange(40), np.full(40, -1)], axis=1))
        few = best_choice(judge, takes, budget, time_limit_s=np.inf, nodes=1)
        again = best_choice(judge, takes, budget, time_limit_s=np.inf, nodes=1)
        assert (few.chosen, few.objective, few.bound) == (again.chosen, again.objective, again.bound)
        assert few.greedy <= few.objective <= few.bound
        if seed < 2:
            best = best_choice(judge, takes, budget, time_limit_s=np.inf)
            assert best.status == "optimal"
            assert few.objective - 1e-9 <= best.objective <= few.bound + 1e-9
        ended.add(few.status)
    assert "node_limit" in ended
