"""The plane of bone that a needle lies beside: the one whose distances from its active tip are those of the patient's bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.treatable import Treatable
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.needle import Needle
from rfplan.planning.tip_plane_kernels import PLACES, STEP_MM, plane_beside

_ALONG = np.linspace(0.0, 1.0, PLACES)
_PROBES = STEP_MM * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])


@dataclass(frozen=True, eq=False)
class BoneNear:
    """``normal`` (3,) unit vector out of the bone; ``middle_mm`` height of the middle of the active tip's axis above the plane.

    ``depth_mm`` is how far the axis of the active tip reaches into the patient's bone at most, 0 where it stays out.
    """

    normal: FloatArray
    middle_mm: float
    depth_mm: float


def bone_near(patient: Treatable, needle: Needle) -> BoneNear | None:
    """The plane beside ``needle``; None where the bone is farther off than its distance is known (8 mm).

    Along the active tip, the distance from a plane is a straight line: it is fitted to that from the bone, the nearest places
    counting most. Round the needle, the bone lies where it does on the mean.
    """
    field = patient.bone_around if isinstance(patient, VirtualGround) else patient.bone_distance
    active_mm = needle.electrode.tip_mm
    places = needle.tip_mm + active_mm * _ALONG[:, None] * needle.axis
    normal = np.empty(3)
    there, middle_mm, depth_mm = plane_beside(
        field(places[:, None] + _PROBES), np.eye(3), needle.axis, active_mm, float(field.band_mm), normal
    )
    return BoneNear(normal, middle_mm, depth_mm) if there else None
