"""The safety table of a plan on a patient."""

from __future__ import annotations

import math

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.treatable import Treatable
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.evaluation_kernels import bone_along_shafts, needle_clearances, shaft_gaps
from rfplan.planning.packed_lesions import PackedLesions
from rfplan.planning.packed_patient import PackedPatient
from rfplan.planning.packed_plan import PackedPlan
from rfplan.planning.safety import SafetyRow, row

_FAR_MM = 1e20
_SHAFT_STEP_MM = 0.25
_BODY_C = 37.0
_ESTIMATED = "position of the foramen is estimated"
_NOT_REACHED = "below 45 degC"


def safety_table(
    patient: Treatable, home: PackedPatient, plan: PackedPlan, lesions: PackedLesions, side: Side, lethal: int
) -> tuple[SafetyRow, ...]:
    """Every check, in the order of :data:`rfplan.planning.safety.TITLES` within foramina, skin, needles and joint.

    ``lethal`` is the position of the lethal isotherm in ``ISOTHERMS_C``.
    """
    table = [*_foramina(home, plan, lesions, lethal), *_skin(home, lesions)]
    if len(plan.tips):
        table += _needles(patient, home, plan)
    table += _joint(home, lesions, side, lethal)
    return tuple(table)


def _mm(value: float) -> float:
    return value if abs(value) < _FAR_MM else math.copysign(math.inf, value)


def _isotherm(count: int) -> tuple[float, str]:
    return (ISOTHERMS_C[count - 1], "") if count else (_BODY_C, _NOT_REACHED)


def _notes(*notes: str) -> str:
    return "; ".join([note for note in notes if note])


def _foramina(home: PackedPatient, plan: PackedPlan, lesions: PackedLesions, lethal: int) -> list[SafetyRow]:
    count = len(home.foramina)
    reached = lesions.clearances(home.tubes, home.tube_first, home.tube_radii, lethal).tolist()
    gaps, which = needle_clearances(
        home.tubes, home.tube_first[: count + 1], home.tube_radii, plan.tips, plan.active_ends, plan.radii
    )
    needles = zip(gaps.tolist(), which.tolist(), strict=True)
    table = []
    for n, (name, (gap, needle)) in enumerate(zip(home.foramina, needles, strict=True)):
        known = _ESTIMATED if home.estimated[n] else ""
        hot, below = _isotherm(int(reached[n][1]))
        root_hot, root_below = _isotherm(int(reached[count + n][1]))
        table.append(row("canal_distance", name, _mm(reached[n][0]), known))
        table.append(row("canal_isotherm", name, hot, _notes(below, known)))
        nearest = plan.labels[needle] if needle >= 0 else ""
        table.append(row("needle_to_canal", name, _mm(gap), _notes(nearest, known)))
        table.append(row("ventral_root_distance", name, _mm(reached[count + n][0]), known))
        table.append(row("ventral_root_isotherm", name, root_hot, _notes(root_below, known)))
    return table


def _skin(home: PackedPatient, lesions: PackedLesions) -> list[SafetyRow]:
    depths = lesions.skin_depths(home.skin).tolist()
    hot, below = _isotherm(sum(1 for depth in depths if depth <= 0.0))
    return [row("skin_distance", "skin", _mm(depths[0])), row("skin_isotherm", "skin", hot, below)]


def _needles(patient: Treatable, home: PackedPatient, plan: PackedPlan) -> list[SafetyRow]:
    field = patient.bone_distance
    along = _bone_along(patient, home, plan, figures("safety")["bone.tolerance"].value).tolist()
    local = patient.frame.to_chart(plan.tips)
    below = (patient.chart.height_mm(local[:, 0], local[:, 1]) - local[:, 2]).tolist()
    table = []
    for label, (in_bone, off_bone), depth in zip(plan.labels, along, below, strict=True):
        table.append(row("needle_in_bone", label, in_bone))
        table.append(row("tip_off_bone", label, off_bone, "or farther" if off_bone >= field.band_mm else ""))
        if math.isfinite(depth):
            table.append(row("tip_below_dorsal_bone", label, depth))
    gap, one, other = shaft_gaps(plan.tips, plan.hubs, plan.radii, plan.probe, plan.since, plan.until)
    if one >= 0:
        table.append(row("needle_to_needle", f"{plan.labels[one]} and {plan.labels[other]}", gap))
    return table


def _bone_along(patient: Treatable, home: PackedPatient, plan: PackedPlan, tolerance_mm: float) -> FloatArray:
    """(n, 2) length of shafts in bone and distance of tips from it, as :func:`bone_along_shafts` gives them."""
    if isinstance(patient, Patient):
        field = patient.bone_distance
        return bone_along_shafts(
            field.values_mm,
            field.origin_mm,
            float(field.spacing_mm),
            float(field.band_mm),
            plan.tips @ home.to_grid + home.grid_offset_mm,
            plan.hubs @ home.to_grid + home.grid_offset_mm,
            tolerance_mm,
        )
    found = np.empty((len(plan.tips), 2))
    for n, (tip, hub) in enumerate(zip(plan.tips, plan.hubs, strict=True)):
        length = float(np.linalg.norm(hub - tip))
        steps = max(1, round(length / _SHAFT_STEP_MM))
        gaps = patient.bone_distance(tip + np.linspace(0.0, 1.0, steps + 1)[:, None] * (hub - tip))
        over = -gaps - tolerance_mm
        a, b = over[:-1], over[1:]
        # linear between samples
        part = np.maximum(np.maximum(a, b), 0.0) / np.maximum(np.abs(a) + np.abs(b), 1e-12)
        found[n] = length / steps * float(np.where((a > 0.0) & (b > 0.0), 1.0, part).sum()), gaps[0]
    return found


def _joint(home: PackedPatient, lesions: PackedLesions, side: Side, lethal: int) -> list[SafetyRow]:
    line = home.joint.get(side)
    if line is None:
        return []
    past = lesions.behind_joint(line, float(lateral_sign(side)), home.view, lethal)
    if past < -_FAR_MM:
        return [row("beyond_joint_line", side, -math.inf, "no lesion")]
    return [row("beyond_joint_line", side, past)]
