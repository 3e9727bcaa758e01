"""The two lines that the sacroiliac joint shows: the front and back margin of where sacrum and ilium face each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.geometry.arrays import FloatArray

_GAP_MM: Final = 4.0
_BIN_MM: Final = 2.0
_STEP_MM: Final = 1.0
_LEAST_POINTS: Final = 60
_LEAST_LEVELS: Final = 4
_LOWER_MM: Final = 10.0
"""Height of the lower part of the joint, whose lines are brought together: the lowest centimetre, into which needles go. An assumption:
higher up the joint is twisted, in some people so much that no angle brings its lines together."""
_BACK_MM: Final = 10.0

_FACING: WeakKeyDictionary[Patient, dict[Side, tuple[FloatArray, FloatArray] | None]] = WeakKeyDictionary()


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
    low = float(np.quantile(height, 0.005))
    front, back = [], []
    for level in np.arange(low, low + _LOWER_MM, _STEP_MM):
        near = close[np.abs(height - level) < _BIN_MM]
        if len(near) >= 4:
            order = np.argsort(near[:, 1])
            few = max(1, len(near) // 12)
            front.append(near[order[:few]].mean(axis=0))
            back.append(near[order[-few:]].mean(axis=0))
    return JointLines(np.array(front), np.array(back)) if len(front) >= _LEAST_LEVELS else None


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
    """Points (n, 3) of the sacrum that face the hip bone of one side closely, and their normals; looked for once."""
    kept = _FACING.setdefault(patient, {})
    if side not in kept:
        kept[side] = _found_facing(patient, side)
    return kept[side]


def _found_facing(patient: Patient, side: Side) -> tuple[FloatArray, FloatArray] | None:
    from scipy.spatial import cKDTree

    hip = patient.bones.get(f"hip_{side}")
    if hip is None:
        return None
    sacrum = patient.bones["sacrum"]
    reach = _GAP_MM + 3.0
    own = lateral_sign(side) * patient.frame.to_chart(sacrum.vertices_mm)[:, 0] > 15.0
    own &= _in_box(sacrum.vertices_mm, hip.bounds_mm, reach)
    vertices = sacrum.vertices_mm[own]
    if len(vertices) < _LEAST_POINTS:
        return None
    ilium = hip.vertices_mm[_in_box(hip.vertices_mm, np.stack([vertices.min(axis=0), vertices.max(axis=0)]), reach)]
    if len(ilium) == 0:
        return None
    close = cKDTree(ilium).query(vertices, distance_upper_bound=reach)[0] < _GAP_MM
    if np.count_nonzero(close) < _LEAST_POINTS:
        return None
    return vertices[close], sacrum.vertex_normals[own][close]


def _in_box(points_mm: FloatArray, bounds_mm: FloatArray, margin_mm: float) -> np.ndarray:
    """(n,) whether points (n, 3) lie within ``margin_mm`` of a box (2, 3)."""
    return np.asarray(np.all((points_mm > bounds_mm[0] - margin_mm) & (points_mm < bounds_mm[1] + margin_mm), axis=1))
