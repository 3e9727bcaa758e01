"""What decides how many branches a strategy takes: mean capture among the patients lowest and highest in each factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.study.statistics import bootstrap_interval
from rfplan.study.summary import captured_parts

FACTORS: Final[Mapping[str, str]] = {
    "female": "sex: men, women",
    "bmi": "body mass index, kg/m²",
    "skin_depth_mm": "skin to foramina, mm",
    "sacrum_length_mm": "length of the sacrum, mm",
    "sacrum_breadth_mm": "breadth of the sacrum, mm",
    "foramen_spacing_mm": "between foramina, mm",
    "foramen_lateral_mm": "foramina from midline, mm",
    "branch_depth_mm": "branches over the bone, mm",
    "exit_S1_deg": "exit at S1, degrees",
    "exit_S2_deg": "exit at S2, degrees",
    "exit_S3_deg": "exit at S3, degrees",
    "l5_shift_mm": "L5 beside its groove, mm",
    "branches": "number of branches",
    "tip_error_mm": "tips off plan, mm",
    "axis_error_deg": "shafts off plan, degrees",
}
"""Columns of the table that may decide, and what they are called."""

_PART: Final = 0.2
_LEAST: Final = 10


@dataclass(frozen=True)
class Influence:
    """Mean captured part among the fifth of the patients lowest and highest in ``factor``, with 95 % bootstrap intervals.

    The fifths end at ``low_to`` and begin at ``high_from``; equal values stay together, so that a fifth may be more than a fifth.
    ``difference`` is high less low, its interval from the standard errors of both.
    """

    factor: str
    low_to: float
    high_from: float
    low: float
    low_ci95: tuple[float, float]
    high: float
    high_ci95: tuple[float, float]
    difference: float
    difference_ci95: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def influences(rows: pl.DataFrame, criterion: str) -> list[Influence]:
    """Every factor that differs between the patients of one strategy's ``rows``, in the order of :data:`FACTORS`."""
    parts = captured_parts(rows, criterion)
    found = []
    for factor in FACTORS:
        values = _values(rows, factor)
        known = np.isfinite(values)
        low, high = _fifths(values, known)
        if min(low.sum(), high.sum()) < _LEAST or not known.any():
            continue
        low_ci95, high_ci95 = bootstrap_interval(parts[low], 1), bootstrap_interval(parts[high], 2)
        difference = float(parts[high].mean() - parts[low].mean())
        found.append(
            Influence(
                factor,
                float(values[low].max()),
                float(values[high].min()),
                float(parts[low].mean()),
                low_ci95,
                float(parts[high].mean()),
                high_ci95,
                difference,
                _of_difference(difference, parts[low], parts[high]),
            )
        )
    return found


def factor_rows(table: pl.DataFrame, criterion: str) -> dict[str, list[dict[str, Any]]]:
    """The influences of every strategy, by its name, as plain numbers."""
    return {
        str(name): [entry.to_json() for entry in influences(table.filter(pl.col("strategy") == name), criterion)]
        for name in table["strategy"].unique(maintain_order=True)
    }


def _values(rows: pl.DataFrame, factor: str) -> FloatArray:
    if factor == "branches":
        levels = [name for name in rows.columns if name.startswith("branches_") and name.count("_") == 1]
        return np.asarray(sum(rows[name].to_numpy() for name in levels), dtype=float)
    if factor not in rows.columns:
        return np.full(len(rows), np.nan)
    return rows[factor].cast(pl.Float64).to_numpy()


def _fifths(values: FloatArray, known: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Who is in the lowest and the highest fifth; nobody where they would overlap."""
    nobody = np.zeros(len(values), dtype=np.bool_)
    if not known.any():
        return nobody, nobody
    low, high = np.quantile(values[known], [_PART, 1.0 - _PART], method="nearest")
    return (nobody, nobody) if low >= high else (known & (values <= low), known & (values >= high))


def _of_difference(difference: float, low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """95 % interval of a difference of two means of other people each (Welch's standard error, normal)."""
    error = float(np.sqrt(low.var(ddof=1) / len(low) + high.var(ddof=1) / len(high)))
    return difference - 1.96 * error, difference + 1.96 * error
