"""Every figure of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from rfplan.anatomy.sides import Side
from rfplan.report.study_dose import draw_dose
from rfplan.report.study_figures import draw_study
from rfplan.report.study_maps import draw_density, draw_missed
from rfplan.report.study_tornado import draw_tornado
from rfplan.study.branch_map import branch_maps
from rfplan.study.design import StudyDesign
from rfplan.study.parts import Parts
from rfplan.study.tally import CRITERIA, StudyTally


def draw_gallery(
    folder: Path,
    design: StudyDesign,
    table: pl.DataFrame | Parts,
    study: StudyTally,
    rows: Sequence[Mapping[str, Any]],
    factors: Mapping[str, Sequence[Mapping[str, Any]]],
    criterion: str,
) -> tuple[Path, ...]:
    """Write the figures of a study to ``folder``.

    Parameters
    ----------
    table, study : its rows, all or in parts, and what was counted in them
    rows, factors : by :func:`rfplan.study.summary.strategy_rows` and :func:`rfplan.study.sensitivity.factor_rows`
    """
    from matplotlib import rc_context

    from rfplan.anatomy.reference import reference_patient

    whom = f"{design.patients:,} virtual patient{'s' if design.patients > 1 else ''}"
    title = f"{whom}, {criterion.replace('_', ' ')}, lesions {_model(design)}"
    side: Side = "left" if design.side == "left" else "right"
    reference = reference_patient()
    maps = branch_maps(design, table, f"{CRITERIA[criterion]}_bits", reference)
    # a dollar in the name of a strategy is no formula
    with rc_context({"text.parse_math": False}):
        return (
            *draw_study(folder, rows, title),
            draw_missed(folder, maps, reference, side, title),
            draw_density(folder, maps, reference, side),
            draw_dose(folder, design, study, rows, criterion, title),
            draw_tornado(folder, factors, {str(row["strategy"]): float(row["captured_mean"]) for row in rows}, title),
        )


def _model(design: StudyDesign) -> str:
    return "as shapes" if design.lesion_model == "shapes" else design.lesion_model
