"""The plane of bone that a needle lies beside: the one whose distances from its active tip are those of the patient's bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.planning.needle import Needle

_ALONG = np.linspace(0.0, 1.0, 9)
_STEP_MM = 1.0
_FLAT = 1e-6


@dataclass(frozen=True, eq=False)
class BoneNear:
    """``normal`` (3,) unit vector out of the bone; ``middle_mm`` height of the middle of the active tip's axis above the plane.

    ``depth_mm`` is how far the axis of the active tip reaches into the patient's bone at most, 0 where it stays out.
    """

    normal: FloatArray
    middle_mm: float
    depth_mm: float


def bone_near(patient: Patient, needle: Needle) -> BoneNear | None:
    """The plane beside ``needle``; None where the bone is farther off than its distance is known (8 mm).

    Along the active tip, the distance from a plane is a straight line: it is fitted to that from the bone, the nearest places
    counting most. Round the needle, the bone lies where it does on the mean.
    """
    field, active_mm = patient.bone_distance, needle.electrode.tip_mm
    along = active_mm * (_ALONG - 0.5)
    places = needle.tip_mm + active_mm * _ALONG[:, None] * needle.axis
    steps = _STEP_MM * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])
    values = field(places[:, None] + steps)
    away = values[:, 0]
    # down to nothing where the distance is no longer known, so that rounding decides nothing
    weight = np.maximum(0.0, 1.0 - away / field.band_mm) / (1.0 + np.maximum(away, 0.0)) ** 2
    if weight.max() < _FLAT:
        return None
    weight /= weight.sum()
    out = weight @ (values[:, 1:4] - values[:, 4:7])
    mean_mm, at = float(weight @ away), float(weight @ along)
    spread = float(weight @ (along - at) ** 2)
    slope = (
        float(weight @ ((along - at) * (away - mean_mm))) / spread if spread > _FLAT else float(unit(out) @ needle.axis)
    )
    lean = min(1.0, max(-1.0, slope))
    across = out - (out @ needle.axis) * needle.axis
    size = float(np.linalg.norm(across))
    if size < _FLAT:
        # straight on to the bone: no direction round the needle is nearer than another
        across = np.cross(needle.axis, np.eye(3)[int(np.argmin(np.abs(needle.axis)))])
        size = float(np.linalg.norm(across))
    normal = lean * needle.axis + np.sqrt(1.0 - lean**2) * across / size
    return BoneNear(normal, mean_mm - lean * at, max(0.0, -float(away.min())))
