"""Columns of the table that say how a strategy came out as needles and lesions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.plan import Plan
from rfplan.planning.virtual_recipes import NeedleRows


@dataclass(frozen=True, eq=False)
class NeedlePoses:
    """The needles of one patient: ``tips`` (n, 3) and unit ``axes`` (n, 3), in any frame; ``width_mm`` of its lesions on the mean."""

    tips: FloatArray
    axes: FloatArray
    width_mm: float

    @classmethod
    def of(cls, made: NeedleRows | Plan) -> NeedlePoses:
        """Those of a plan, or of what a compiled recipe places."""
        if isinstance(made, NeedleRows):
            return cls(
                made.tips, made.axes, _mean_width_mm(made.electrode, zip(made.modes, made.protocols, strict=True))
            )
        needles = made.needles
        return cls(
            np.array([needle.tip_mm for needle in needles]).reshape(-1, 3),
            np.array([needle.axis for needle in needles]).reshape(-1, 3),
            _mean_width_mm(
                needles[0].electrode if needles else None, ((entry.mode, entry.protocol) for entry in made.applications)
            ),
        )


def plan_columns(
    planned: Sequence[NeedleRows | Plan], carried_out: Sequence[NeedleRows | Plan]
) -> dict[str, FloatArray]:
    """:func:`pose_columns` of what was planned and what became of it."""
    meant = [NeedlePoses.of(made) for made in planned]
    done = [
        poses if was is made else NeedlePoses.of(made)
        for poses, was, made in zip(meant, planned, carried_out, strict=True)
    ]
    return pose_columns(meant, done)


def pose_columns(planned: Sequence[NeedlePoses], carried_out: Sequence[NeedlePoses]) -> dict[str, FloatArray]:
    """(p,) numbers of each plan, by column; NaN where a plan has too few needles to tell.

    ``catalogue_width_mm``, mean over the applications of the width of the lethal isotherm that the catalogue gives for electrode and
    setting, whatever model judges; ``spacing_mm``, mean distance of a tip from the nearest other as planned; ``tip_error_mm`` and
    ``axis_error_deg``, means over the needles of how far they stand from where they were planned.
    """
    counts = np.array([len(poses.tips) for poses in planned])
    there = np.arange(max(counts.max(initial=0), 1)) < counts[:, None]
    tips, axes = (_padded([getattr(poses, part) for poses in planned], there) for part in ("tips", "axes"))
    done_tips, done_axes = (
        _padded([getattr(poses, part) for poses in carried_out], there) for part in ("tips", "axes")
    )
    apart = np.sqrt(((tips[:, :, None] - tips[:, None]) ** 2).sum(axis=3))
    apart[:, np.eye(there.shape[1], dtype=np.bool_)] = np.inf
    apart[~(there[:, :, None] & there[:, None])] = np.inf
    nearest = np.where(np.isfinite(apart.min(axis=2)), apart.min(axis=2), np.nan)
    off = np.sqrt(((done_tips - tips) ** 2).sum(axis=2))
    # from the chord: exact for needles that were not turned, where the cosine is only known to rounding
    turn = np.degrees(2.0 * np.arcsin(np.clip(0.5 * np.sqrt(((done_axes - axes) ** 2).sum(axis=2)), 0.0, 1.0)))
    columns = {
        "catalogue_width_mm": np.array([poses.width_mm for poses in planned]),
        "spacing_mm": _mean(nearest, there),
        "tip_error_mm": _mean(off, there),
        "axis_error_deg": _mean(turn, there),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


@lru_cache(maxsize=256)
def catalogue_width_mm(mode: Mode, protocol: Protocol, electrode: Electrode) -> float:
    """Width of the lethal isotherm by the catalogue; NaN for a mode that it knows no lesion of."""
    try:
        return electrode.shape_for(mode).at(figures("safety")["lethal.isotherm"].value, protocol).width_mm
    except InputError:
        return float("nan")


def _mean_width_mm(electrode: Electrode | None, settings: Iterable[tuple[Mode, Protocol]]) -> float:
    """Of applications with one electrode in these settings; all needles of a technique are of one kind."""
    counts = Counter(settings)
    if electrode is None or not counts:
        return float("nan")
    total = sum(count * catalogue_width_mm(*setting, electrode) for setting, count in counts.items())
    return total / counts.total()


def _padded(rows: Sequence[FloatArray], there: np.ndarray) -> FloatArray:
    padded = np.zeros((*there.shape, 3))
    padded[there] = np.concatenate(rows) if len(rows) else np.empty((0, 3))
    return padded


def _mean(values: FloatArray, there: np.ndarray) -> FloatArray:
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
