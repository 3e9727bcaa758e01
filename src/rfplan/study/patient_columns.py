"""Columns of the table that say who was treated: what may decide how many branches a strategy takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.anatomy.virtual_patient import VirtualPatient
from rfplan.geometry.arrays import FloatArray

_LEVELS = ("S1", "S2", "S3")


def patient_columns(patients: Sequence[VirtualPatient]) -> dict[str, FloatArray]:
    """(p,) factors of each patient, whose sides are alike, by column; lengths in mm, angles in degrees, NaN where a level has no branch.

    ``skin_depth_mm`` over the foramina S1 to S3; ``sacrum_length_mm``, ``sacrum_breadth_mm``; ``foramen_spacing_mm``, mean from S1 to S2
    and S2 to S3; ``foramen_lateral_mm``, mean distance of S1 to S3 from the midline; ``branch_depth_mm``, mean height of the lateral
    branches over the bone; ``exit_S1_deg`` and so on, mean clock angle of the exits; ``l5_shift_mm`` of the L5 ramus from its groove.
    """
    rows = [_factors(patient) for patient in patients]
    return {name: np.array([row[name] for row in rows], dtype=np.float32) for name in rows[0]}


def _factors(patient: VirtualPatient) -> dict[str, float]:
    values, ground = patient.values, patient.ground
    # straight from the rims: a foramen with all that belongs to it takes longer than its place
    centres = ground.frame.to_patient(ground.side_mm[4][: len(_LEVELS)].mean(axis=1))
    lateral = [traits for traits in patient.traits if traits.level != "L5"]
    exits = {level: [traits.clock_deg for traits in lateral if traits.level == level] for level in _LEVELS}
    return {
        "skin_depth_mm": float(ground.skin.depth_mm(centres).mean()),
        "sacrum_length_mm": values["sacrum.length"],
        "sacrum_breadth_mm": values["sacrum.breadth"],
        "foramen_spacing_mm": _mean([values[f"sacrum.foramen.{level}.spacing"] for level in _LEVELS[1:]]),
        "foramen_lateral_mm": _mean([values[f"sacrum.foramen.{level}.lateral"] for level in _LEVELS]),
        "branch_depth_mm": _mean([traits.depth_mm for traits in lateral]),
        **{f"exit_{level}_deg": _mean(exits[level]) for level in _LEVELS},
        "l5_shift_mm": _mean([traits.shift_mm for traits in patient.traits if traits.level == "L5"]),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
