"""How well a view does what it is taken for; every figure of merit is larger where the view is better."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.joint_lines import JointLines
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.needle import Needle

MIDLINE: Final = "cosine of the angle between the beam and the midsagittal plane"
ENDPLATE: Final = "how nearly edge-on the S1 endplate and the midsagittal plane are seen, 1 at best"
EDGE_ON: Final = "how nearly edge-on the S1 endplate is still seen, 1 at best"
SUPERPOSITION: Final = (
    "how nearly paired landmarks lie on each other, 1 at best, 0.5 where they are 10 mm apart on average"
)
GRAZING: Final = "how nearly the beam runs along the back part of the joint, 1 at best"
TOGETHER: Final = "share of the lower joint whose front and back line lie within 2 mm of each other"
OPEN_AREA: Final = "area through which one sees the foramen open, mm2"
END_ON: Final = "1 less the length of the needle on the picture over its true length"
_TOGETHER_MM = 2.0
_HALF_MM = 10.0
_ENDPLATE_HALF_MM = 16.0

_ENDPLATES: WeakKeyDictionary[Patient, FloatArray | None] = WeakKeyDictionary()


def midline(patient: Patient, c_arm: CArm) -> float:
    """See :data:`MIDLINE`."""
    return float(np.sqrt(max(0.0, 1.0 - float(c_arm.beam @ patient.frame.lateral) ** 2)))


def endplate(patient: Patient, c_arm: CArm) -> float:
    """See :data:`ENDPLATE`."""
    return edge_on(patient, c_arm) * midline(patient, c_arm)


def edge_on(patient: Patient, c_arm: CArm) -> float:
    """See :data:`EDGE_ON`: by the mean normal of the endplate's faces, not the frame that the view was taken from."""
    if patient not in _ENDPLATES:
        _ENDPLATES[patient] = _endplate_normal(patient)
    normal = _ENDPLATES[patient]
    return 0.0 if normal is None else 1.0 - abs(float(normal @ c_arm.beam))


def _endplate_normal(patient: Patient) -> FloatArray | None:
    """(3,) mean normal of the faces of the S1 endplate; None where there are none."""
    frame, sacrum = patient.frame, patient.bones["sacrum"]
    triangles = sacrum.triangles_mm
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    facing = normals @ -frame.caudal > 0.75 * np.linalg.norm(normals, axis=1)
    normals, chart = normals[facing], frame.to_chart(triangles[facing].mean(axis=1))
    depth = 30.0
    if "promontory" in patient.landmarks:
        depth = max(10.0, -float(frame.to_chart(patient.landmarks["promontory"].position_mm)[2]))
    on = (np.abs(chart[:, 0]) < _ENDPLATE_HALF_MM) & (np.abs(chart[:, 1]) < 6.0)
    on &= (chart[:, 2] < -0.1 * depth) & (chart[:, 2] > -0.9 * depth)
    mean = normals[on].sum(axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length > 0.0 else None


def superposition(patient: Patient, c_arm: CArm) -> float:
    """See :data:`SUPERPOSITION`."""
    marks = {name: mark.position_mm for name, mark in patient.landmarks.items()}
    marks |= {
        f"{foramen.level}_{foramen.side}": foramen.centre_mm
        for foramen in patient.foramina
        if foramen.status != "absent"
    }
    pairs = [
        (place, marks[name[:-4] + "right"])
        for name, place in marks.items()
        if name.endswith("_left") and name[:-4] + "right" in marks
    ]
    if not pairs:
        return abs(float(c_arm.beam @ patient.frame.lateral))
    apart = c_arm.project(np.array([one for one, _ in pairs])) - c_arm.project(np.array([other for _, other in pairs]))
    mean_mm = float(np.mean(np.hypot(apart[:, 0], apart[:, 1]))) * c_arm.isocentre_pixel_mm
    return _HALF_MM / (_HALF_MM + mean_mm)


def together(lines: JointLines, c_arm: CArm) -> float:
    """See :data:`TOGETHER`."""
    gaps = lines.gaps_mm(c_arm)
    return float(np.mean(gaps < _TOGETHER_MM)) if len(gaps) else 0.0


def end_on(needle: Needle, c_arm: CArm) -> float:
    """See :data:`END_ON`."""
    ends = c_arm.project(np.stack([needle.tip_mm, needle.entry_mm]))
    length_mm = float(np.hypot(*(ends[1] - ends[0]))) * c_arm.isocentre_pixel_mm
    return max(0.0, 1.0 - length_mm / max(needle.depth_mm, 1e-6))
