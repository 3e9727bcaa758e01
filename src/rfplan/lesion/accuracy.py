"""How finely a lesion is resolved in space and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rfplan.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Accuracy:
    """Grid and steps.

    ``across_radius`` cells from the needle's axis to its surface, ``growth`` ratio of neighbouring cells away from it;
    ``first_step_s`` right after every change of the generator, growing to ``step_s``; ``far_mm`` distance of the outer
    boundary from the electrode.
    """

    name: str
    across_radius: float
    growth: float
    largest_mm: float
    first_step_s: float
    step_s: float
    far_mm: float = 60.0

    def refined(self, space: float = 1.0, time: float = 1.0) -> Accuracy:
        """The same with cells ``space`` times and steps ``time`` times smaller, for convergence studies."""
        return Accuracy(
            f"{self.name} / {space:g} / {time:g}",
            self.across_radius * space,
            self.growth ** (1.0 / space),
            self.largest_mm / space,
            self.first_step_s / time,
            self.step_s / time,
            self.far_mm,
        )


ACCURACIES: Final[Mapping[str, Accuracy]] = {
    "fast": Accuracy("fast", 4, 1.35, 12.0, 2.0, 20.0),
    "standard": Accuracy("standard", 8, 1.2, 8.0, 1.5, 16.0),
    "fine": Accuracy("fine", 16, 1.08, 4.0, 0.5, 6.0),
}


def accuracy_named(name: str) -> Accuracy:
    """One of :data:`ACCURACIES`; InputError with a suggestion where there is none of that name."""
    if name not in ACCURACIES:
        meant = did_you_mean(name, ACCURACIES)
        raise InputError(f"--accuracy {name!r} is not known;{meant} accepted: {', '.join(ACCURACIES)}")
    return ACCURACIES[name]
