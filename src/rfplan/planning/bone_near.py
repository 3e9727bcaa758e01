"""The plane of bone that a needle lies beside: tangent to the bone nearest its active tip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.planning.needle import Needle

_ALONG = np.linspace(0.0, 1.0, 9)
_STEP_MM = 1.0


@dataclass(frozen=True, eq=False)
class BoneNear:
    """``normal`` (3,) unit vector out of the bone; ``middle_mm`` height of the middle of the active tip's axis above the plane.

    ``depth_mm`` is how far the axis of the active tip reaches into the patient's bone at most, 0 where it stays out.
    """

    normal: FloatArray
    middle_mm: float
    depth_mm: float


def bone_near(patient: Patient, needle: Needle) -> BoneNear | None:
    """The plane beside ``needle``; None where the bone is farther off than its distance is known (8 mm)."""
    active_mm = needle.electrode.tip_mm
    places = needle.tip_mm + active_mm * _ALONG[:, None] * needle.axis
    away = patient.bone_distance(places)
    nearest = int(np.argmin(away))
    if away[nearest] >= patient.bone_distance.band_mm:
        return None
    around = places[nearest] + _STEP_MM * np.concatenate([np.eye(3), -np.eye(3)])
    values = patient.bone_distance(around)
    slope = values[:3] - values[3:]
    if not np.any(slope):
        return None
    normal = unit(slope)
    middle = needle.tip_mm + 0.5 * active_mm * needle.axis
    height = float((middle - places[nearest]) @ normal + away[nearest])
    return BoneNear(normal, height, max(0.0, -float(away[nearest])))
