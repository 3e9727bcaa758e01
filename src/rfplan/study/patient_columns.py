"""Columns of the table that say who was treated: what may decide how many branches a strategy takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rfplan.anatomy.population_branches import LEVELS
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.geometry.arrays import FloatArray
from rfplan.study.columns import mean_there

_LEVELS = ("S1", "S2", "S3")


def patient_columns(grounds: VirtualGrounds) -> dict[str, FloatArray]:
    """(p,) factors of each patient, whose sides are alike, by column; lengths in mm, angles in degrees, NaN where a level has no branch.

    ``skin_depth_mm`` over the foramina S1 to S3; ``sacrum_length_mm``, ``sacrum_breadth_mm``; ``foramen_spacing_mm``, mean from S1 to S2
    and S2 to S3; ``foramen_lateral_mm``, mean distance of S1 to S3 from the midline; ``branch_depth_mm``, mean height of the lateral
    branches over the bone; ``exit_S1_deg`` and so on, mean clock angle of the exits; ``l5_shift_mm`` of the L5 ramus from its groove.
    """
    drawn = grounds.drawn
    branches, count = drawn.branches, len(drawn)
    there = np.arange(branches.clock_deg.shape[2]) < branches.count[:, :, None]
    columns = {
        "skin_depth_mm": grounds.skins.depth_mm(grounds.places_mm[:, : len(_LEVELS)]).mean(axis=1),
        "sacrum_length_mm": drawn.of("sacrum.length"),
        "sacrum_breadth_mm": drawn.of("sacrum.breadth"),
        "foramen_spacing_mm": _of_levels(drawn.of, "sacrum.foramen.{}.spacing", _LEVELS[1:]),
        "foramen_lateral_mm": _of_levels(drawn.of, "sacrum.foramen.{}.lateral", _LEVELS),
        "branch_depth_mm": mean_there(branches.depth_mm.reshape(count, -1), there.reshape(count, -1)),
        **{
            f"exit_{level}_deg": mean_there(branches.clock_deg[:, n], there[:, n])
            for n, level in enumerate(LEVELS)
            if level in _LEVELS
        },
        "l5_shift_mm": branches.shift_mm if branches.l5 else np.full(count, np.nan),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def _of_levels(of: Callable[[str], FloatArray], name: str, levels: Sequence[str]) -> FloatArray:
    return sum((of(name.format(level)) for level in levels), np.zeros(1)) / len(levels)
