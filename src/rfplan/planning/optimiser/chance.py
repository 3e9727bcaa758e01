"""A limit on the part of people in whom a choice may break a hard safety limit: a chance constraint over people that were drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Chance:
    """``stops`` (candidates, people): in whom a candidate is at stop. A choice is at stop wherever one of its candidates is, as no limit
    concerns two lesions together, and may be in at most ``most`` of the people.
    """

    stops: BoolArray
    most: int

    def of(self, candidates: IntArray) -> Chance:
        """The same for some of the candidates."""
        return Chance(self.stops[candidates], self.most)

    def count(self, chosen: list[int]) -> int:
        """People in whom a choice is at stop."""
        return int(self.stops[chosen].any(axis=0).sum())

    def allowed(self, chosen: list[int], more: int) -> bool:
        """True where ``more`` may join those chosen."""
        return self.count([*chosen, more]) <= self.most

    @property
    def alike(self) -> tuple[BoolArray, FloatArray]:
        """(candidates, groups) people in whom the same candidates are at stop, put together, and the number of each group; without those
        in whom none is."""
        found, people = np.unique(self.stops, axis=1, return_counts=True)
        some = found.any(axis=0)
        return found[:, some], people[some].astype(np.float64)
