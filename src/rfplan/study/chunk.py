"""A chunk of a study: some patients, all strategies, as the bytes of a Parquet file; the same wherever it is computed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from rfplan.anatomy.population import Population
from rfplan.anatomy.sides import Side
from rfplan.anatomy.virtual_patient import VirtualPatient
from rfplan.lesion import solved
from rfplan.lesion.accuracy import accuracy_named
from rfplan.planning.operator_error import displaced
from rfplan.planning.placed_rows import placed_rows
from rfplan.planning.plan import Plan
from rfplan.planning.techniques import technique
from rfplan.study.branch_bits import branch_bits
from rfplan.study.columns import branch_columns, risk_columns
from rfplan.study.design import Strategy, StudyDesign, design_from
from rfplan.study.patient_columns import patient_columns
from rfplan.study.plan_columns import NeedlePoses, plan_columns
from rfplan.study.shapes_judge import judged_with_shapes
from rfplan.study.solved_judge import ACCURACY, judged_with_solved
from rfplan.study.treated import TreatedSides


def chunk_count(design: StudyDesign) -> int:
    """Into how many chunks a study falls."""
    return -(-design.patients // design.chunk)


def chunk_table(design: StudyDesign, number: int) -> pl.DataFrame:
    """A row per patient and strategy of chunk ``number``, patients in order, strategies in the order of the design."""
    first = number * design.chunk
    patients = list(Population(design.innervation).draw(min(design.chunk, design.patients - first), design.seed, first))
    grounds = [patient.ground for patient in patients]
    side: Side = "left" if design.side == "left" else "right"
    planned = [_planned(design, strategy, patients, side) for strategy in design.strategies]
    plans = [
        _carried_out(design, strategy, patients, row) for strategy, row in zip(design.strategies, planned, strict=True)
    ]
    sides = TreatedSides.of(grounds, side)
    if design.lesion_model == solved.LABEL:
        accuracy = accuracy_named(ACCURACY)
        judged = judged_with_solved(
            sides,
            [
                [placed_rows(plan, ground, side, accuracy) for plan, ground in zip(row, grounds, strict=True)]
                for row in plans
            ],
        )
    else:
        judged = [judged_with_shapes(sides, grounds, row, side) for row in plans]
    who = patient_columns(patients, side)
    count, owner = len(patients), np.repeat(np.arange(len(patients)), np.diff(sides.branches))
    frames = []
    for strategy, meant, row, found in zip(design.strategies, planned, plans, judged, strict=True):
        columns = {
            "patient": np.arange(first, first + count),
            "strategy": [strategy.name] * count,
            "female": [patient.female for patient in patients],
            "bmi": [patient.bmi for patient in patients],
            **who,
            "applications": [len(plan.applications) for plan in row],
            "needles": [len(plan.needles) for plan in row],
            "energy_time_s": [plan.energy_time_s for plan in row],
            **plan_columns([NeedlePoses.of(plan) for plan in meant], [NeedlePoses.of(plan) for plan in row]),
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


def _planned(design: StudyDesign, strategy: Strategy, patients: Sequence[VirtualPatient], side: Side) -> list[Plan]:
    recipe = technique(strategy.technique)
    return [recipe.plan(patient.ground, side, strategy.electrode, **strategy.options) for patient in patients]


def _carried_out(
    design: StudyDesign, strategy: Strategy, patients: Sequence[VirtualPatient], planned: list[Plan]
) -> list[Plan]:
    error = design.error_of(strategy)
    if error is None:
        return planned
    # strategies share the draws of one patient, so that they differ by what they are
    return [
        displaced(plan, patient.ground, error, (design.seed, patient.index))
        for plan, patient in zip(planned, patients, strict=True)
    ]


def chunk_bytes(document: dict[str, Any], number: int) -> bytes:
    """The Parquet file of a chunk of the study with the design ``document``; what workers are asked for."""
    buffer = io.BytesIO()
    chunk_table(design_from(document), number).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()
