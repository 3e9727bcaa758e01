"""The head end of a sacrum: superior articular processes, the groove beside them and the tops of the alae."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from rfplan.anatomy.chart_kernels import height_map
from rfplan.anatomy.landmarks import Landmark
from rfplan.anatomy.sides import SIDES, lateral_sign
from rfplan.anatomy.skyline_kernels import FOOT_MM, RISE_MM
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.mesh import Mesh

_STEP_MM = 0.5
_LATERAL_MM, _HEIGHT_MM = 64.0, (-25.0, 30.0)
_PROCESS_LATERAL_MM, _PROCESS_HEIGHT_MM = (10.0, 34.0), 3.0
_BEHIND_MM = 0.0
_NOTCH_REACH_MM, _ALA_REACH_MM = 18.0, 14.0
_CLEAR_MM = 1.5
_LEVEL_MM = 1.5


def find_head_end(sacrum: Mesh, frame: ApFrame) -> dict[str, Landmark]:
    """``s1_sap``, ``s1_sap_base`` and ``ala`` of both sides, patient LPS, mm.

    The process is the highest point (towards the head, across the beam) behind the endplate; the groove is the notch lateral
    to it in the skyline that the operator sees, where the process ends; the top of the ala is the next peak of that skyline. Where
    the notch is shallower than 1.5 mm the three are marked ``estimated``.
    """
    points = frame.to_chart(sacrum.vertices_mm)
    half = int(_LATERAL_MM / _STEP_MM)
    rows = int((_HEIGHT_MM[1] - _HEIGHT_MM[0]) / _STEP_MM) + 1
    # the bone as seen from the head: lateral and height span the picture, cranial is up; the exchange of axes mirrors it
    crown = height_map(
        np.column_stack([points[:, 0], points[:, 2], -points[:, 1]]),
        sacrum.faces,
        -_LATERAL_MM,
        _HEIGHT_MM[0],
        _STEP_MM,
        2 * half + 1,
        rows,
    )
    marks: dict[str, Landmark] = {}
    for side in SIDES:
        one = crown[half:] if lateral_sign(side) > 0 else crown[half::-1]
        found = _peaks(np.where(np.isfinite(one), one, -np.inf))
        for name, (point, confidence) in found.items():
            place = point * np.array([lateral_sign(side), 1.0, 1.0])
            status = "found" if confidence > 0 else "estimated"
            key = f"{name}_{side}"
            marks[key] = Landmark(key, frame.to_patient(place), status, confidence or 0.2)  # type: ignore[arg-type]
    return marks


def _peaks(crown: FloatArray) -> dict[str, tuple[FloatArray, float]]:
    """Chart points (on a left side) and confidences by name; ``crown`` (n, m) cranial extent over (lateral, height)."""
    lateral = _STEP_MM * np.arange(crown.shape[0])
    height = _HEIGHT_MM[0] + _STEP_MM * np.arange(crown.shape[1])
    low, high = _PROCESS_LATERAL_MM
    window = ((lateral > low) & (lateral < high))[:, None] & (height > _PROCESS_HEIGHT_MM)
    i, j = np.unravel_index(int(np.argmax(np.where(window, crown, -np.inf))), crown.shape)
    tip, tip_height = int(i), float(height[j])
    behind = np.where(height > _BEHIND_MM, crown, -np.inf)
    skyline = ndimage.median_filter(behind.max(axis=1), size=3, mode="nearest")
    stretch = skyline[tip : tip + int(_NOTCH_REACH_MM / _STEP_MM)]
    lowest = int(np.argmin(np.where(np.isfinite(stretch), stretch, np.inf)))
    notch = tip + lowest
    # the floor of the notch may be flat: it begins at the flank of the process, which is steep
    level = float(stretch[lowest]) + RISE_MM
    flank = float(np.argmax(stretch <= level))
    if flank > 0.0:
        inner, outer = stretch[int(flank) - 1], stretch[int(flank)]
        flank -= float((level - outer) / (inner - outer)) if np.isfinite(inner) else 0.0
    foot = (tip + flank) * _STEP_MM + FOOT_MM
    top = notch + int(np.argmax(skyline[notch : notch + int(_ALA_REACH_MM / _STEP_MM)]))
    depth = min(float(skyline[tip] - skyline[notch]), float(skyline[top] - skyline[notch]) + _CLEAR_MM)
    confidence = float(np.clip(depth / 8.0, 0.3, 0.9)) if depth > _CLEAR_MM else 0.0

    def on_skyline(out_mm: float) -> FloatArray:
        # of a floor that runs level from front to back, the end that the operator sees
        index = round(out_mm / _STEP_MM)
        back = int(np.flatnonzero(behind[index] > behind[index].max() - _LEVEL_MM)[-1])
        return np.array([out_mm, -float(behind[index, back]), float(height[back])])

    tip_point = np.array([lateral[tip], -float(crown[tip, j]), tip_height])
    return {
        "s1_sap": (tip_point, confidence),
        "s1_sap_base": (on_skyline(foot), confidence),
        "ala": (on_skyline(float(lateral[top])), confidence),
    }
