"""Which branches the lesions take, by two criteria, per branch, level and course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray

Criterion = Literal["ap_projection", "transection"]
CRITERIA: Final[tuple[Criterion, Criterion]] = ("ap_projection", "transection")
"""``ap_projection``: the lethal surface overlaps the branch in the true AP view. ``transection``: a contiguous length of the branch
is inside the lethal surface in space."""

REPORTED_LEVELS: Final = ("L5", "S1", "S2", "S3")
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class NerveResult:
    """What happened to one branch.

    ``captured`` by criterion: True or False on one course; on several, the part of the courses that have this branch in which it was
    captured, and means for the lengths. ``lethal_length_mm`` inside the lethal surface in all, ``contiguous_mm`` its longest stretch,
    of ``length_mm``. ``margin_mm`` is how deep inside the lethal surface the branch's deepest point lies, or minus the gap
    between branch and surface; ``ap_margin_mm`` the same in the AP view.
    """

    name: str
    level: str
    captured: Mapping[str, float]
    lethal_length_mm: float
    margin_mm: float
    contiguous_mm: float
    ap_margin_mm: float
    length_mm: float
    courses: int

    def to_json(self) -> dict[str, Any]:
        """The entry of ``evaluation.json``."""
        return {
            "name": self.name,
            "level": self.level,
            "captured": dict(self.captured),
            "lethal_length_mm": self.lethal_length_mm,
            "margin_mm": self.margin_mm,
            "contiguous_mm": self.contiguous_mm,
            "ap_margin_mm": self.ap_margin_mm,
            "length_mm": self.length_mm,
            "courses": self.courses,
        }


@dataclass(frozen=True, slots=True)
class CriterionCoverage:
    """Totals of one criterion.

    ``captured_fraction`` mean over courses of the captured part of the branches; ``complete_fraction`` part of the courses in which
    every branch is captured; ``missed_by_level`` part of all branches of a level that was missed (0 where there are none).
    The 95 % intervals speak of the sampling of courses alone; they are None on one course.
    """

    captured_fraction: float
    complete_fraction: float
    missed_by_level: Mapping[str, float]
    captured_ci95: tuple[float, float] | None = None
    complete_ci95: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry of ``evaluation.json``."""
        entry: dict[str, Any] = {
            "captured_fraction": self.captured_fraction,
            "complete_fraction": self.complete_fraction,
            "missed_by_level": dict(self.missed_by_level),
        }
        if self.captured_ci95 is not None and self.complete_ci95 is not None:
            entry |= {"captured_ci95": list(self.captured_ci95), "complete_ci95": list(self.complete_ci95)}
        return entry


def wilson_interval(successes: float, trials: int) -> tuple[float, float]:
    """95 % score interval of a proportion.

    Source: Wilson 1927, J Am Stat Assoc 22:209.
    """
    z2 = _NORMAL_95**2
    part = successes / trials
    centre = (part + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _NORMAL_95 * np.sqrt(part * (1 - part) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def coverage_of(
    captured: BoolArray | Sequence[bool], levels: Sequence[str], course: Sequence[int], courses: int
) -> CriterionCoverage:
    """Totals of one criterion over branches of all courses.

    Parameters
    ----------
    captured, levels, course : per branch whether it was captured, its level, and the number of its course; courses in order
    """
    taken, total = [0] * courses, [0] * courses
    missed: dict[str, list[int]] = {level: [0, 0] for level in REPORTED_LEVELS}
    for hit, level, number in zip(captured, levels, course, strict=True):
        total[number] += 1
        tally = missed.setdefault(level, [0, 0])
        tally[1] += 1
        if hit:
            taken[number] += 1
        else:
            tally[0] += 1
    parts = [a / b for a, b in zip(taken, total, strict=True) if b]
    mean = sum(parts) / len(parts)
    complete = sum(1 for part in parts if part == 1.0)
    by_level = {level: (a / b if b else 0.0) for level, (a, b) in missed.items()}
    if courses == 1:
        return CriterionCoverage(mean, float(complete), by_level)
    half = _NORMAL_95 * float(np.std(parts, ddof=1)) / np.sqrt(len(parts)) if len(parts) > 1 else 1.0
    return CriterionCoverage(
        mean,
        complete / len(parts),
        by_level,
        (max(0.0, float(mean - half)), min(1.0, float(mean + half))),
        wilson_interval(complete, len(parts)),
    )


def nerve_results(
    names: Sequence[str],
    levels: Sequence[str],
    lengths_mm: Sequence[float],
    judged: FloatArray,
    captured: Mapping[str, Sequence[bool]],
    courses: int,
) -> tuple[NerveResult, ...]:
    """Results per branch; on several courses, one entry per name with means, in order of level and ordinal.

    ``judged`` (n, 4) as :meth:`rfplan.planning.packed_lesions.PackedLesions.judged` returns it.
    """
    rows = judged.tolist()
    ap, cut = captured["ap_projection"], captured["transection"]
    if courses == 1:
        return tuple(
            NerveResult(name, level, {"ap_projection": a, "transection": c}, row[0], row[2], row[1], row[3], length, 1)
            for name, level, length, row, a, c in zip(names, levels, lengths_mm, rows, ap, cut, strict=True)
        )
    members: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        members.setdefault(name, []).append(index)
    results = []
    for name in sorted(members):
        which = members[name]
        mean = judged[which].mean(axis=0).tolist()
        parts = {key: float(np.mean([hits[i] for i in which])) for key, hits in captured.items()}
        length = float(np.mean([lengths_mm[i] for i in which]))
        results.append(
            NerveResult(name, levels[which[0]], parts, mean[0], mean[2], mean[1], mean[3], length, len(which))
        )
    return tuple(results)
