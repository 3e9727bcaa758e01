"""The two lines that the sacroiliac joint shows: the front and back margin of where sacrum and ilium face each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.geometry.arrays import FloatArray

_GAP_MM = 4.0
_BIN_MM = 2.0
_LEAST_POINTS = 60
_LOWER_PART = 0.4
_BACK_MM = 10.0


@dataclass(frozen=True, eq=False)
class JointLines:
    """``front_mm`` and ``back_mm`` (n, 3) margins of the lower part of one joint, point by point at the same height."""

    front_mm: FloatArray
    back_mm: FloatArray

    def gaps_mm(self, c_arm: CArm) -> FloatArray:
        """(n,) distance from left to right between the two lines on the picture, in the plane of the isocentre."""
        front, back = c_arm.project(self.front_mm), c_arm.project(self.back_mm)
        order = np.argsort(front[:, 1])
        rows = back[:, 1]
        level = (rows >= front[order[0], 1]) & (rows <= front[order[-1], 1])
        columns = np.interp(rows[level], front[order, 1], front[order, 0])
        return np.asarray(np.abs(columns - back[level, 0]) * c_arm.isocentre_pixel_mm)


def joint_lines(patient: Patient, side: Side) -> JointLines | None:
    """The lines of the lower part of the joint of one side; None where the hip bone is not there or not near."""
    facing = _facing(patient, side)
    if facing is None:
        return None
    close = facing[0]
    height = close[:, 2]
    low, high = np.quantile(height, [0.005, 0.995])
    front, back = [], []
    for level in np.arange(low, low + _LOWER_PART * (high - low), _BIN_MM):
        near = close[np.abs(height - level) < _BIN_MM]
        if len(near) >= 4:
            order = np.argsort(near[:, 1])
            few = max(1, len(near) // 12)
            front.append(near[order[:few]].mean(axis=0))
            back.append(near[order[-few:]].mean(axis=0))
    return JointLines(np.array(front), np.array(back)) if len(front) >= 4 else None


def posterior_joint(patient: Patient, side: Side) -> tuple[FloatArray, FloatArray] | None:
    """(n, 3) points of the sacrum along the back margin of the joint of one side, and its (n, 3) normals there."""
    facing = _facing(patient, side)
    if facing is None:
        return None
    close, normals = facing
    level = np.round(close[:, 2] / _BIN_MM).astype(int)
    level -= level.min()
    hindmost = np.full(level.max() + 1, -np.inf)
    np.maximum.at(hindmost, level, close[:, 1])
    back = close[:, 1] > hindmost[level] - _BACK_MM
    return close[back], normals[back]


def _facing(patient: Patient, side: Side) -> tuple[FloatArray, FloatArray] | None:
    """Points (n, 3) of the sacrum that face the hip bone of one side closely, and their normals."""
    from scipy.spatial import cKDTree

    hip = patient.bones.get(f"hip_{side}")
    if hip is None:
        return None
    sacrum = patient.bones["sacrum"]
    own = lateral_sign(side) * patient.frame.to_chart(sacrum.vertices_mm)[:, 0] > 15.0
    vertices = sacrum.vertices_mm[own]
    close = cKDTree(hip.vertices_mm).query(vertices, distance_upper_bound=_GAP_MM + 3.0)[0] < _GAP_MM
    if np.count_nonzero(close) < _LEAST_POINTS:
        return None
    return vertices[close], sacrum.vertex_normals[own][close]
