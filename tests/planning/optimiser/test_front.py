"""What more applications and needles buy: the points of the front."""

import pytest

from rfplan.planning.optimiser import front as fronts
from rfplan.planning.optimiser.request import Request, device_of
from rfplan.planning.optimiser.search import Choice
from rfplan.planning.optimiser.watch import Watch


class Chains:
    """Stands for what was prepared: three pairs in a chain, which share needles, and two pairs apart that take more than any two of it."""

    def __init__(self):
        self.asked = []
        self.library = self

    def evaluating(self):
        from contextlib import nullcontext

        return nullcontext()

    def choice(self, applications, needles, watch):
        self.asked.append((applications, needles))
        best = {1: [0], 2: [0, 3], 3: [0, 1, 3]}[min(applications, 3)]
        used = {1: 2, 2: 4, 3: 5}[len(best)]
        if needles is not None and needles < used:
            best = {4: [0, 3], 3: [0, 1], 2: [0]}.get(needles, [])[:applications]
        return Choice(best, 0.1 * len(best), 1.0, "optimal", 0.0), self

    @property
    def applications(self):
        return [0, 1, 2, 3]


@pytest.fixture
def found(monkeypatch):
    chains = Chains()

    class Judged:
        def coverage(self, library, applications):
            return {}

    class Placed:
        def __init__(self, applications):
            # neighbours of the chain share a needle; the last stands apart
            self.needles = {needle for n in applications for needle in ((n, n + 1) if n < 3 else (7, 8))}

    monkeypatch.setattr(fronts, "prepare", lambda *_: chains)
    monkeypatch.setattr(fronts, "unseen_trial", lambda *_: Judged())
    monkeypatch.setattr(fronts, "plan_of", lambda patient, side, applications: Placed(applications))
    monkeypatch.setattr(fronts, "minutes_of", lambda applications: 1.0 * len(applications))
    device, mode = device_of(None, "bipolar")
    points = fronts.optimised_points(None, "right", Request(device, mode, 6), Watch(float("inf")))
    return points, chains.asked


def test_for_every_number_of_applications_the_best_with_fewer_needles_is_found_too(found):
    points, _ = found
    assert [(point.applications, point.needles) for point in points] == [(1, 2), (2, 4), (2, 3), (3, 5)]


def test_the_search_ends_where_more_applications_and_fewer_needles_add_nothing(found):
    _, asked = found
    assert max(applications for applications, _ in asked) == 4
    assert len(asked) == len(set(asked))
