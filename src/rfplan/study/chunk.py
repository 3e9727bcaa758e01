"""A chunk of a study: some patients, all strategies, as the bytes of a Parquet file; the same wherever it is computed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import polars as pl

from rfplan.anatomy.population import DrawnPatients, Population
from rfplan.anatomy.sides import Side
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.lesion import solved
from rfplan.lesion.accuracy import accuracy_named
from rfplan.lesion.problem import LesionProblem
from rfplan.study.branch_bits import branch_bits
from rfplan.study.columns import branch_columns, risk_columns
from rfplan.study.computed import computed_plans
from rfplan.study.design import StudyDesign, design_from
from rfplan.study.patient_columns import patient_columns
from rfplan.study.plan_columns import plan_columns
from rfplan.study.shapes_judge import judged_with_shapes
from rfplan.study.solved_judge import ACCURACY, judged_with_solved, lesions_waited_s
from rfplan.study.treated import TreatedSides
from rfplan.study.treatment import PatientsToTreat, treatments


def chunk_count(design: StudyDesign) -> int:
    """Into how many chunks a study falls."""
    return -(-design.patients // design.chunk)


def chunk_table(design: StudyDesign, number: int) -> pl.DataFrame:
    """A row per patient and strategy of chunk ``number``, patients in order, strategies in the order of the design."""
    drawn, patients = _patients(design, number)
    grounds, count = patients.grounds, len(drawn)
    computed = computed_plans(design, grounds, patients.side, patients.seeds)
    treated = [
        treatments(strategy, patients, design.error_of(strategy), computed.get(strategy.name))
        for strategy in design.strategies
    ]
    sides = TreatedSides.of(grounds)
    if design.lesion_model == solved.LABEL:
        accuracy = accuracy_named(ACCURACY)
        judged = judged_with_solved(sides, [own.lesions(accuracy) for own in treated])
    else:
        judged = [judged_with_shapes(sides, own) for own in treated]
    who, owner = patient_columns(grounds), np.repeat(np.arange(count), np.diff(sides.branches))
    by_strategy = [
        {
            "patient": drawn.index,
            "strategy": np.full(count, strategy.name),
            "female": drawn.female,
            "bmi": drawn.of("body.bmi"),
            **who,
            "applications": own.applications,
            "needles": own.needles,
            "energy_time_s": own.energy_time_s,
            **plan_columns(own.planned, own.made),
            "ap_bits": branch_bits(sides.branches, found.seen),
            "cut_bits": branch_bits(sides.branches, found.cut),
            **branch_columns(owner, sides.level, sides.upper, found.seen, found.cut, count),
            **risk_columns(found.risk),
            "applications_unsolved": found.unsolved,
        }
        for strategy, own, found in zip(design.strategies, treated, judged, strict=True)
    ]
    # the strategies of a patient beside each other
    rows = {name: np.stack([columns[name] for columns in by_strategy], axis=1).ravel() for name in by_strategy[0]}
    accuracy_used = ACCURACY if design.lesion_model == solved.LABEL else None
    return pl.DataFrame(rows).with_columns(
        pl.lit(design.lesion_model).alias("lesion_model"),
        pl.lit(accuracy_used, dtype=pl.String).alias("lesion_accuracy"),
    )


def chunk_problems(design: StudyDesign, number: int) -> list[LesionProblem]:
    """The distinct lesions that chunk ``number`` asks the solver for, but those of plans which are still to be computed."""
    _, patients = _patients(design, number)
    accuracy = accuracy_named(ACCURACY)
    placed = [
        treatments(strategy, patients, design.error_of(strategy)).lesions(accuracy)
        for strategy in design.strategies
        if strategy.optimise is None
    ]
    return list(dict.fromkeys(problem for own in placed for problem in own.problems))


def _patients(design: StudyDesign, number: int) -> tuple[DrawnPatients, PatientsToTreat]:
    first = number * design.chunk
    drawn = Population(design.innervation).draw(min(design.chunk, design.patients - first), design.seed, first)
    side: Side = "left" if design.side == "left" else "right"
    seeds = [(design.seed, index) for index in drawn.index.tolist()]
    return drawn, PatientsToTreat(VirtualGrounds.of(drawn), side, seeds)


def chunk_bytes(document: dict[str, Any], number: int) -> bytes:
    """The Parquet file of a chunk of the study with the design ``document``."""
    buffer = io.BytesIO()
    chunk_table(design_from(document), number).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def chunk_job(document: dict[str, Any], number: int) -> tuple[bytes, float]:
    """:func:`chunk_bytes`, and how many seconds of it went by until the lesions were solved."""
    before = lesions_waited_s()
    return chunk_bytes(document, number), lesions_waited_s() - before
