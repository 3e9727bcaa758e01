"""A chunk of a study: some patients, all strategies, as the bytes of a Parquet file; the same wherever it is computed."""

from __future__ import annotations

import io
from typing import Any

import polars as pl

from rfplan.anatomy.population import Population
from rfplan.planning.operator_error import displaced
from rfplan.planning.techniques import technique
from rfplan.study.design import StudyDesign, design_from
from rfplan.study.judge import judged_row


def chunk_count(design: StudyDesign) -> int:
    """Into how many chunks a study falls."""
    return -(-design.patients // design.chunk)


def chunk_table(design: StudyDesign, number: int) -> pl.DataFrame:
    """A row per patient and strategy of chunk ``number``, patients in order, strategies in the order of the design."""
    first = number * design.chunk
    count = min(design.chunk, design.patients - first)
    error = design.operator_error
    rows: list[dict[str, Any]] = []
    for patient in Population(design.innervation).draw(count, design.seed, first):
        ground = patient.ground
        for strategy in design.strategies:
            plan = technique(strategy.technique).plan(ground, design.side, strategy.electrode, **strategy.options)
            if error is not None:
                # strategies share the draws of one patient, so that they differ by what they are
                plan = displaced(plan, ground, error, (design.seed, patient.index))
            rows.append(
                {"patient": patient.index, "strategy": strategy.name, "female": patient.female, "bmi": patient.bmi}
                | judged_row(plan, ground, "left" if design.side == "left" else "right")
            )
    return pl.DataFrame(rows)


def chunk_bytes(document: dict[str, Any], number: int) -> bytes:
    """The Parquet file of a chunk of the study with the design ``document``; what workers are asked for."""
    buffer = io.BytesIO()
    chunk_table(design_from(document), number).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()
