"""Columns of the table that say how a strategy came out as needles and lesions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.planning.many_needles import ManyNeedles
from rfplan.planning.plan import Plan
from rfplan.study.columns import mean_there


@dataclass(frozen=True, eq=False)
class NeedlePoses:
    """The needles of p patients: ``tips`` (p, m, 3) and unit ``axes`` (p, m, 3), in any frame, of which the first ``counts`` (p,) of each
    count; ``widths_mm`` (p,) of their lesions on the mean."""

    tips: FloatArray
    axes: FloatArray
    counts: IntArray
    widths_mm: FloatArray

    @classmethod
    def of(cls, made: ManyNeedles | Sequence[Plan]) -> NeedlePoses:
        """Those of plans, or of what a compiled recipe places."""
        if isinstance(made, ManyNeedles):
            return cls(made.tips, made.axes, made.counts[:, 0], _recipe_widths_mm(made))
        needles = [plan.needles for plan in made]
        counts = np.array([len(own) for own in needles], dtype=np.int64)
        tips, axes = np.zeros((2, len(made), int(counts.max(initial=0)), 3))
        for p, own in enumerate(needles):
            if own:
                tips[p, : len(own)], axes[p, : len(own)] = [n.tip_mm for n in own], [n.axis for n in own]
        return cls(tips, axes, counts, np.array([_plan_width_mm(plan) for plan in made], dtype=float))


def plan_columns(
    planned: ManyNeedles | Sequence[Plan], carried_out: ManyNeedles | Sequence[Plan]
) -> dict[str, FloatArray]:
    """:func:`pose_columns` of what was planned and what became of it."""
    meant = NeedlePoses.of(planned)
    return pose_columns(meant, meant if carried_out is planned else NeedlePoses.of(carried_out))


def pose_columns(planned: NeedlePoses, carried_out: NeedlePoses) -> dict[str, FloatArray]:
    """(p,) numbers of each plan, by column; NaN where a plan has too few needles to tell.

    ``catalogue_width_mm``, mean over the applications of the width of the lethal isotherm that the catalogue gives for electrode and
    setting, whatever model judges; ``spacing_mm``, mean distance of a tip from the nearest other as planned; ``tip_error_mm`` and
    ``axis_error_deg``, means over the needles of how far they stand from where they were planned.
    """
    tips, axes = planned.tips, planned.axes
    there = np.arange(tips.shape[1]) < planned.counts[:, None]
    apart = np.sqrt(((tips[:, :, None] - tips[:, None]) ** 2).sum(axis=3))
    apart[:, np.eye(there.shape[1], dtype=np.bool_)] = np.inf
    apart[~(there[:, :, None] & there[:, None])] = np.inf
    least = apart.min(axis=2, initial=np.inf)
    off = np.sqrt(((carried_out.tips - tips) ** 2).sum(axis=2))
    # from the chord: exact for needles that were not turned, where the cosine is only known to rounding
    turn = np.degrees(2.0 * np.arcsin(np.clip(0.5 * np.sqrt(((carried_out.axes - axes) ** 2).sum(axis=2)), 0.0, 1.0)))
    columns = {
        "catalogue_width_mm": planned.widths_mm,
        "spacing_mm": mean_there(np.where(np.isfinite(least), least, np.nan), there),
        "tip_error_mm": mean_there(off, there),
        "axis_error_deg": mean_there(turn, there),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


@lru_cache(maxsize=256)
def catalogue_width_mm(mode: Mode, protocol: Protocol, electrode: Electrode) -> float:
    """Width of the lethal isotherm by the catalogue; NaN for a mode that it knows no lesion of."""
    try:
        return electrode.shape_for(mode).at(figures("safety")["lethal.isotherm"].value, protocol).width_mm
    except InputError:
        return float("nan")


def _plan_width_mm(plan: Plan) -> float:
    """Mean over the applications of a plan; all needles of a technique are of one kind."""
    counts = Counter((entry.mode, entry.protocol) for entry in plan.applications)
    if not counts:
        return float("nan")
    total = sum(count * catalogue_width_mm(*setting, plan.needles[0].electrode) for setting, count in counts.items())
    return total / counts.total()


def _recipe_widths_mm(made: ManyNeedles) -> FloatArray:
    first, rest = (catalogue_width_mm(*setting, made.electrode) for setting in zip(*made.settings, strict=True))
    _, count, at_l5 = made.counts.T
    # what there is none of may have no width
    total = np.where(at_l5 > 0, at_l5 * first, 0.0) + np.where(count > at_l5, (count - at_l5) * rest, 0.0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
