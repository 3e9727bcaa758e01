"""Lazy greedy search: quick, never worse than 63 per cent of the best mean, and the start of the programme."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.planning.optimiser.chance import Chance

Allowed = Callable[[list[int], int], bool]


def lazy_greedy(takes: BoolArray, worth: FloatArray, most: int, allowed: Allowed | None = None) -> list[int]:
    """At most ``most`` candidates, each the one that adds most ``worth`` (branches,) by what it ``takes`` (candidates, branches).

    ``allowed`` says whether one may join those chosen; one that may not is passed over. Gains only fall as others are chosen, so a
    candidate is looked at again only while it is on top. Of equals the first is taken.

    Source: Minoux 1978, Optimization Techniques, Springer, p. 234; Nemhauser et al. 1978, Math Program 14:265.
    """
    left = worth.astype(np.float64).copy()
    gains = takes.astype(np.float64) @ left
    heap = [(-gain, n) for n, gain in enumerate(gains.tolist()) if gain > 0.0]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap and len(chosen) < most:
        _, top = heapq.heappop(heap)
        gain = float(left[takes[top]].sum())
        if gain <= 1e-12 or (allowed is not None and not allowed(chosen, top)):
            continue
        if heap and (-gain, top) > heap[0]:
            heapq.heappush(heap, (-gain, top))
            continue
        chosen.append(top)
        left[takes[top]] = 0.0
    return chosen


def within_needles(needles: IntArray, most: int | None) -> Allowed | None:
    """Allows candidates while the distinct ``needles`` (c, 2) of all chosen are at most ``most``; None where there is no limit."""
    if most is None:
        return None

    def allowed(chosen: list[int], more: int) -> bool:
        used = needles[[*chosen, more]].ravel()
        return len(np.unique(used[used >= 0])) <= most

    return allowed


def both_allow(needles: Allowed | None, chance: Chance | None) -> Allowed | None:
    """Allows what ``needles`` and ``chance`` do."""
    if needles is None or chance is None:
        return needles if chance is None else chance.allowed
    return lambda chosen, more: needles(chosen, more) and chance.allowed(chosen, more)
