"""Needles with their tip at a place and a free way to the skin: the directions from which an operator can come."""

from __future__ import annotations

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


def clear_needle(patient: Treatable, tip_mm: FloatArray, axis: FloatArray, electrode: Electrode) -> Needle | None:
    """The needle at exactly this pose; None where its shaft passes through bone or does not come out through the skin."""
    longest_mm = figures("techniques")["common.longest_shaft_mm"].value
    room = spare_room_mm(patient, tip_mm, axis[None], electrode.radius_mm, electrode.tip_mm)
    entry = patient.skin.entry_mm(tip_mm, axis, longest_mm) if room[0] >= 0.0 else None
    return None if entry is None else Needle(electrode, tip_mm, axis, entry)
