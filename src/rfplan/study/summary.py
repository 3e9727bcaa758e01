"""What a study found: per strategy, and between strategies on the same patients."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from rfplan.errors import InputError
from rfplan.planning.coverage import REPORTED_LEVELS, wilson_interval
from rfplan.study.columns import LEVELS, QUADRANTS
from rfplan.study.ledger import Ledger
from rfplan.study.statistics import bootstrap_interval
from rfplan.study.tally import CRITERIA, StrategyTally, StudyTally, on_side

__all__ = ["CRITERIA", "captured_parts", "paired_differences", "strategy_rows", "study_table"]


def study_table(ledger: Ledger) -> pl.DataFrame:
    """Every row of the finished chunks, held at once: a patient and a strategy each, patients in order."""
    tables = list(ledger.tables())
    if not tables:
        raise InputError(f"{ledger.folder}: no chunk of this study is finished; --resume goes on with it")
    return pl.concat(tables)


def captured_parts(rows: pl.DataFrame, criterion: str) -> np.ndarray:
    """(n,) captured part of the branches of each row."""
    return np.asarray(on_side(rows, CRITERIA[criterion]) / np.maximum(on_side(rows, "branches"), 1))


def strategy_rows(study: StudyTally | pl.DataFrame, criterion: str = "transection") -> list[dict[str, Any]]:
    """One row per strategy of a study that was counted, or of its table, in the order of the design.

    Means with 95 % bootstrap intervals, the part of patients in whom every branch is taken with its Wilson interval, how many
    ``branches`` there are, and the part of them missed by level, and by quadrant of exit where the criterion is transection, the only
    one that a table counts by quadrant. They speak of how many patients were drawn, not of how well the population is known.
    """
    return [_row(name, entry, criterion) for name, entry in _counted(study).strategies.items()]


def paired_differences(study: StudyTally | pl.DataFrame, criterion: str = "transection") -> list[dict[str, Any]]:
    """Every two strategies on the same patients: mean difference of the captured part with its interval, and of complete captures."""
    found = []
    for (one, other), pair in _counted(study).pairs.items():
        parts, complete = pair.differences(criterion)
        found.append(
            {
                "one": one,
                "other": other,
                "criterion": criterion,
                "patients": parts.size,
                "captured_difference": parts.mean,
                "captured_difference_ci95": list(bootstrap_interval(parts)),
                "complete_difference": complete.mean,
                "complete_difference_ci95": list(bootstrap_interval(complete)),
            }
        )
    return found


def _counted(study: StudyTally | pl.DataFrame) -> StudyTally:
    return study if isinstance(study, StudyTally) else StudyTally.of(study)


def _row(name: str, entry: StrategyTally, criterion: str) -> dict[str, Any]:
    parts, people, key = entry.parts(criterion), entry.patients, CRITERIA[criterion]
    complete = parts.count_of(1.0)
    levels = [level for level in LEVELS if level in REPORTED_LEVELS or entry.sums[f"branches_{level}"]]
    quadrants = [f"{level}_{quadrant}" for level in levels if level != "L5" for quadrant in QUADRANTS]
    by_quadrant = {"missed_by_quadrant": {place: entry.missed(key, place) for place in quadrants}}
    return {
        "strategy": name,
        "patients": people,
        "criterion": criterion,
        "captured_mean": parts.mean,
        "captured_ci95": list(bootstrap_interval(parts)),
        "complete": complete / people,
        "complete_ci95": list(wilson_interval(complete, people)),
        "branches": {place: int(entry.sums[f"branches_{place}"]) for place in (*levels, *quadrants)},
        "missed": {level: entry.missed(key, level) for level in levels},
        **(by_quadrant if key == "cut" else {}),
        "applications_mean": entry.mean("applications"),
        "needles_mean": entry.mean("needles"),
        "energy_time_s_mean": entry.mean("energy_time_s"),
        "stop_violations": entry.stopped / people,
    }
