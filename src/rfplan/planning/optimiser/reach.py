"""Needles with their tip at a place and a free way to the skin: the directions from which an operator can come."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.anatomy.treatable import Treatable
from rfplan.devices.electrode import Electrode
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.approach import spare_room_mm
from rfplan.planning.needle import Needle

_LIFTS_MM = np.arange(0.0, 3.01, 0.5)


def reaching_needles(
    patient: Treatable, tip_mm: FloatArray, directions: FloatArray, electrode: Electrode
) -> list[Needle | None]:
    """One needle per direction (n, 3) with its tip at ``tip_mm`` (3,) or, where bone is in the way, up to 3 mm off along the beam.

    None where every such shaft passes through bone or leaves the skin beyond the longest cannula. Along its active tip a shaft
    may touch the bone; beyond that it keeps the clearance of ``techniques.toml``.
    """
    found: list[Needle | None] = [None] * len(directions)
    longest_mm = figures("techniques")["common.longest_shaft_mm"].value
    left = np.arange(len(directions))
    for lift in _LIFTS_MM:
        if len(left) == 0:
            break
        tip = tip_mm + lift * patient.frame.posterior
        room = spare_room_mm(patient, tip, directions[left], electrode.radius_mm, electrode.tip_mm)
        for number in left[room >= 0.0].tolist():
            entry = patient.skin.entry_mm(tip, directions[number], longest_mm)
            if entry is not None:
                found[number] = Needle(electrode, tip, directions[number], entry)
        left = left[room < 0.0]
    return found


def distinct_needles(needles: Sequence[Needle]) -> list[Needle]:
    """The needles without those that stand where an earlier one does."""
    return list({needle.pose_key: needle for needle in reversed(needles)}.values())[::-1]
