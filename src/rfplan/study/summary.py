"""What a study found: per strategy, and between strategies on the same patients."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

import numpy as np
import polars as pl

from rfplan.errors import InputError
from rfplan.planning.coverage import REPORTED_LEVELS, wilson_interval
from rfplan.study.columns import LEVELS, QUADRANTS
from rfplan.study.ledger import Ledger
from rfplan.study.statistics import bootstrap_interval

CRITERIA: Final = {"transection": "cut", "ap_projection": "ap"}


def study_table(ledger: Ledger) -> pl.DataFrame:
    """Every row of the finished chunks: a patient and a strategy each, patients in order."""
    tables = list(ledger.tables())
    if not tables:
        raise InputError(f"{ledger.folder}: no chunk of this study is finished; --resume goes on with it")
    return pl.concat(tables)


def captured_parts(rows: pl.DataFrame, criterion: str) -> np.ndarray:
    """(n,) captured part of the branches of each row."""
    key = CRITERIA[criterion]
    taken = sum((rows[f"{key}_{level}"] for level in LEVELS), start=pl.Series([0] * len(rows)))
    total = sum((rows[f"branches_{level}"] for level in LEVELS), start=pl.Series([0] * len(rows)))
    return np.asarray(taken.to_numpy() / np.maximum(total.to_numpy(), 1))


def strategy_rows(table: pl.DataFrame, criterion: str = "transection") -> list[dict[str, Any]]:
    """One row per strategy, in the order of the design.

    Means with 95 % bootstrap intervals, the part of patients in whom every branch is taken with its Wilson interval, and the
    part of all branches missed by level and by quadrant of exit (transection). They speak of how many patients were drawn, not of how
    well the population is known.
    """
    key = CRITERIA[criterion]
    found = []
    for name in table["strategy"].unique(maintain_order=True).to_list():
        rows = table.filter(pl.col("strategy") == name)
        parts = captured_parts(rows, criterion)
        complete = int(np.count_nonzero(parts == 1.0))
        found.append(
            {
                "strategy": name,
                "patients": len(rows),
                "criterion": criterion,
                "captured_mean": float(parts.mean()),
                "captured_ci95": list(bootstrap_interval(parts)),
                "complete": complete / len(rows),
                "complete_ci95": list(wilson_interval(complete, len(rows))),
                "missed": {level: _missed(rows, key, level) for level in REPORTED_LEVELS},
                "missed_by_quadrant": {
                    f"{level}_{quadrant}": _missed(rows, "cut", f"{level}_{quadrant}")
                    for level in LEVELS[1:4]
                    for quadrant in QUADRANTS
                },
                "applications_mean": _mean(rows, "applications"),
                "needles_mean": _mean(rows, "needles"),
                "energy_time_s_mean": _mean(rows, "energy_time_s"),
                "stop_violations": float(np.count_nonzero(rows["stop_violations"].to_numpy())) / len(rows),
            }
        )
    return found


def paired_differences(table: pl.DataFrame, criterion: str = "transection") -> list[dict[str, Any]]:
    """Every two strategies on the same patients: mean difference of the captured part with its interval, and of complete captures."""
    names = table["strategy"].unique(maintain_order=True).to_list()
    parts = {name: captured_parts(table.filter(pl.col("strategy") == name), criterion) for name in names}
    found = []
    for one, other in combinations(names, 2):
        difference = parts[one] - parts[other]
        whole = (parts[one] == 1.0).astype(float) - (parts[other] == 1.0)
        found.append(
            {
                "one": one,
                "other": other,
                "criterion": criterion,
                "patients": len(difference),
                "captured_difference": float(difference.mean()),
                "captured_difference_ci95": list(bootstrap_interval(difference)),
                "complete_difference": float(whole.mean()),
                "complete_difference_ci95": list(bootstrap_interval(whole)),
            }
        )
    return found


def _mean(rows: pl.DataFrame, column: str) -> float:
    return float(rows[column].to_numpy().mean())


def _missed(rows: pl.DataFrame, key: str, place: str) -> float:
    total = int(rows[f"branches_{place}"].sum())
    return 1.0 - int(rows[f"{key}_{place}"].sum()) / total if total else 0.0
