"""Strategies of a design that differ in one quantity only: what a dose-response curve can be drawn along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rfplan.study.design import Strategy, StudyDesign

OPERATOR: Final = "operator"
"""The quantity of a series over the operator's error along the bone."""
_LEAST: Final = 3


@dataclass(frozen=True)
class Series:
    """Strategies ``names`` (n,) of ``technique`` at rising ``values`` (n,) of ``quantity``.

    The quantity is an option of the recipe, or :data:`OPERATOR`.
    """

    technique: str
    quantity: str
    values: tuple[float, ...]
    names: tuple[str, ...]


def series_of(design: StudyDesign) -> list[Series]:
    """Every series of at least three strategies.

    Strategies of one technique and electrode are a series of a quantity where it differs between all of them; another option that
    changes along with it, such as the least number of needles, does not break it.
    """
    found: list[Series] = []
    groups: dict[tuple[object, ...], list[Strategy]] = {}
    for strategy in design.strategies:
        key = (strategy.kind, tuple(sorted(strategy.numbers.items())))
        groups.setdefault(key, []).append(strategy)
    for group in groups.values():
        along = [design.error_of(strategy) for strategy in group]
        found += _series(OPERATOR, group, [0.0 if error is None else error.along_bone_mm for error in along])
    groups = {}
    for strategy in design.strategies:
        groups.setdefault((strategy.kind, design.error_of(strategy)), []).append(strategy)
    for group in groups.values():
        options = dict.fromkeys(name for strategy in group for name in strategy.numbers)
        for name in options:
            if all(name in strategy.numbers for strategy in group):
                found += _series(name, group, [strategy.numbers[name] for strategy in group])
    return found


def _series(quantity: str, group: Sequence[Strategy], values: Sequence[float]) -> list[Series]:
    if len(group) < _LEAST or len(set(values)) < len(values):
        return []
    order = sorted(range(len(group)), key=values.__getitem__)
    return [
        Series(
            group[0].technique,
            quantity,
            tuple(values[k] for k in order),
            tuple(group[k].name for k in order),
        )
    ]
