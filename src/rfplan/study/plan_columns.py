"""Columns of the table that say how a strategy came out as needles and lesions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.plan import Plan


def plan_columns(planned: Sequence[Plan], carried_out: Sequence[Plan]) -> dict[str, FloatArray]:
    """(p,) numbers of each plan, by column; NaN where a plan has too few needles to tell.

    ``catalogue_width_mm``, mean over the applications of the width of the lethal isotherm that the catalogue gives for electrode and
    setting, whatever model judges; ``spacing_mm``, mean distance of a tip from the nearest other as planned; ``tip_error_mm`` and
    ``axis_error_deg``, means over the needles of how far they stand from where they were planned.
    """
    rows = [_row(plan, done) for plan, done in zip(planned, carried_out, strict=True)]
    names = ("catalogue_width_mm", "spacing_mm", "tip_error_mm", "axis_error_deg")
    held = np.array(rows, dtype=np.float32).reshape(-1, len(names))
    return {name: held[:, n].copy() for n, name in enumerate(names)}


def _row(plan: Plan, done: Plan) -> tuple[float, float, float, float]:
    nothing = float("nan")
    if not plan.applications:
        return nothing, nothing, nothing, nothing
    widths = [
        _width_mm(application.mode, application.protocol, application.needles[0].electrode)
        for application in plan.applications
    ]
    needles = plan.needles
    tips = np.array([needle.tip_mm for needle in needles])
    spacing = nothing
    if len(tips) > 1:
        apart = np.sqrt(((tips[:, None] - tips) ** 2).sum(axis=2))
        np.fill_diagonal(apart, np.inf)
        spacing = float(apart.min(axis=1).mean())
    width = sum(widths) / len(widths)
    if done is plan:
        return width, spacing, 0.0, 0.0
    moved = done.needles
    off = np.array([needle.tip_mm for needle in moved]) - tips
    turn = np.array([one.axis @ other.axis for one, other in zip(needles, moved, strict=True)])
    return (
        width,
        spacing,
        float(np.sqrt((off**2).sum(axis=1)).mean()),
        float(np.degrees(np.arccos(np.clip(turn, -1.0, 1.0))).mean()),
    )


@lru_cache(maxsize=256)
def _width_mm(mode: Mode, protocol: Protocol, electrode: Electrode) -> float:
    try:
        return electrode.shape_for(mode).at(figures("safety")["lethal.isotherm"].value, protocol).width_mm
    except InputError:
        return float("nan")
