"""A chunk of a study: some patients, all strategies, as the bytes of a Parquet file; the same wherever it is computed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import polars as pl

from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import Side
from rfplan.lesion import solved
from rfplan.lesion.accuracy import accuracy_named
from rfplan.study.branch_bits import branch_bits
from rfplan.study.columns import branch_columns, risk_columns
from rfplan.study.computed import computed_plans
from rfplan.study.design import StudyDesign, design_from
from rfplan.study.patient_columns import patient_columns
from rfplan.study.plan_columns import plan_columns
from rfplan.study.shapes_judge import judged_with_shapes
from rfplan.study.solved_judge import ACCURACY, judged_with_solved, lesions_waited_s
from rfplan.study.treated import TreatedSides
from rfplan.study.treatment import GroundToTreat, lesions, treatments


def chunk_count(design: StudyDesign) -> int:
    """Into how many chunks a study falls."""
    return -(-design.patients // design.chunk)


def chunk_table(design: StudyDesign, number: int) -> pl.DataFrame:
    """A row per patient and strategy of chunk ``number``, patients in order, strategies in the order of the design."""
    first = number * design.chunk
    patients = list(Population(design.innervation).draw(min(design.chunk, design.patients - first), design.seed, first))
    grounds = [patient.ground for patient in patients]
    side: Side = "left" if design.side == "left" else "right"
    seeds = [(design.seed, patient.index) for patient in patients]
    to_treat = [GroundToTreat.of(ground) for ground in grounds]
    computed = computed_plans(design, grounds, side, seeds)
    treated = [
        treatments(strategy, to_treat, side, design.error_of(strategy), seeds, computed.get(strategy.name))
        for strategy in design.strategies
    ]
    sides = TreatedSides.of(grounds)
    if design.lesion_model == solved.LABEL:
        accuracy = accuracy_named(ACCURACY)
        judged = judged_with_solved(sides, [lesions(row, accuracy) for row in treated])
    else:
        judged = [judged_with_shapes(sides, row) for row in treated]
    who = patient_columns(patients)
    count, owner = len(patients), np.repeat(np.arange(len(patients)), np.diff(sides.branches))
    frames = []
    for strategy, row, found in zip(design.strategies, treated, judged, strict=True):
        columns = {
            "patient": np.arange(first, first + count),
            "strategy": [strategy.name] * count,
            "female": [patient.female for patient in patients],
            "bmi": [patient.bmi for patient in patients],
            **who,
            "applications": [entry.applications for entry in row],
            "needles": [entry.needles for entry in row],
            "energy_time_s": [float(entry.energy_time_s) for entry in row],
            **plan_columns([entry.planned for entry in row], [entry.made for entry in row]),
            "ap_bits": branch_bits(sides.branches, found.seen),
            "cut_bits": branch_bits(sides.branches, found.cut),
            **branch_columns(owner, sides.level, sides.upper, found.seen, found.cut, count),
            **risk_columns(found.risk),
            "applications_unsolved": found.unsolved,
            "lesion_model": [design.lesion_model] * count,
            "lesion_accuracy": [ACCURACY if design.lesion_model == solved.LABEL else None] * count,
        }
        frames.append(pl.DataFrame(columns, schema_overrides={"lesion_accuracy": pl.String}))
    order = np.arange(count * len(frames)).reshape(len(frames), count).T.ravel()
    return pl.concat(frames)[order]


def chunk_bytes(document: dict[str, Any], number: int) -> bytes:
    """The Parquet file of a chunk of the study with the design ``document``."""
    buffer = io.BytesIO()
    chunk_table(design_from(document), number).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def chunk_job(document: dict[str, Any], number: int) -> tuple[bytes, float]:
    """:func:`chunk_bytes`, and how many seconds of it went by until the lesions were solved."""
    before = lesions_waited_s()
    return chunk_bytes(document, number), lesions_waited_s() - before
