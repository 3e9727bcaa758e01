"""Named views: the angles at which an operator looks, found on the patient, each with how well it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side, lateral_sign, side_named
from rfplan.errors import InputError
from rfplan.fluoroscopy import view_merits as merits
from rfplan.fluoroscopy.bone_detail import QUICK_MM, bones_at
from rfplan.fluoroscopy.c_arm import CArm, Position, angles_of
from rfplan.fluoroscopy.joint_lines import joint_lines, posterior_joint
from rfplan.fluoroscopy.openings import open_area_mm2
from rfplan.fluoroscopy.view_names import ViewName, parse_view
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Plan

_CENTRE_CHART_MM: Final = (0.0, 40.0, -10.0)
"""What the usual views are centred on, in chart axes: the middle of the sacrum, with L5 and the joints around it."""
_JOINT_TURN_DEG: Final = 30.0
_JOINT_STEPS_DEG: Final = (3.0, 0.5)
_CONTRALATERAL_DEG: Final = (1, 46)
_FORAMEN_DEG: Final = (range(-20, 21, 10), range(-15, 56, 10), (5, 2))


@dataclass(frozen=True, eq=False)
class View:
    """A C-arm over a patient with the ``merit`` that the view reached; ``merit_means`` says of what, larger is better."""

    name: str
    c_arm: CArm
    merit: float
    merit_means: str
    notes: tuple[str, ...] = ()

    @property
    def lao_deg(self) -> float:
        """Angle of the receptor to the patient's left."""
        return self.c_arm.lao_deg

    @property
    def cranial_deg(self) -> float:
        """Angle of the receptor to the head."""
        return self.c_arm.cranial_deg


@dataclass(frozen=True, eq=False)
class _Request:
    """What a view is looked for on; ``geometry`` goes to every C-arm."""

    patient: Patient
    side: Side
    needles: tuple[Needle, ...]
    name: ViewName
    geometry: Mapping[str, Any]

    @property
    def position(self) -> Position:
        position: Position = self.geometry.get("position", "prone")
        return position

    def over(self, direction: FloatArray, centre_mm: FloatArray) -> CArm:
        """The C-arm whose beam runs along ``direction`` (3,) or against it, whichever has the receptor above the table."""
        above = direction[1] if self.position == "prone" else -direction[1]
        turned = direction if above >= 0.0 else -direction
        return self.at(*angles_of(turned, self.position), centre_mm)

    def at(self, lao_deg: float, cranial_deg: float, centre_mm: FloatArray) -> CArm:
        isocentre = {"isocentre_mm": centre_mm, **self.geometry}
        return CArm(lao_deg, cranial_deg, **isocentre)

    @property
    def middle_mm(self) -> FloatArray:
        return self.patient.frame.to_patient(_CENTRE_CHART_MM)

    @property
    def true_ap(self) -> CArm:
        return self.over(self.patient.frame.posterior, self.middle_mm)


def find_view(
    name: str,
    patient: Patient,
    plan: Plan | None = None,
    *,
    side: str | None = None,
    **geometry: Any,
) -> View:
    """A named view of a patient.

    Parameters
    ----------
    name : one of :data:`~rfplan.fluoroscopy.view_names.VIEW_NAMES`
    side : target of views whose name has no side; that of the plan, or right, without it
    geometry : fields of the C-arm other than its angles, such as ``size_px`` or ``position``

    Raises
    ------
    InputError : no such view; a joint, foramen or needle that is not there; angles beyond the reach of the system
    """
    parsed = parse_view(name)
    target: Side = parsed.side or (side_named(side) if side is not None else plan.side if plan is not None else "right")
    needles = plan.needles if plan is not None else ()
    return _FINDERS[parsed.kind](_Request(patient, target, needles, parsed, geometry), name.strip())


def _ap(request: _Request, name: str) -> View:
    """Straight down on the table: the spinous processes central, no tilt."""
    lao = request.true_ap.lao_deg
    arm = request.at(lao, 0.0, request.middle_mm)
    return View(name, arm, merits.midline(request.patient, arm), merits.MIDLINE)


def _true_ap(request: _Request, name: str) -> View:
    arm = request.true_ap
    return View(name, arm, merits.endplate(request.patient, arm), merits.ENDPLATE)


def _lateral(request: _Request, name: str) -> View:
    across = request.patient.frame.lateral * lateral_sign(request.side)
    lao, cranial = angles_of(across, request.position)
    arm = request.at(lao, cranial, request.middle_mm)
    return View(name, arm, merits.superposition(request.patient, arm), merits.SUPERPOSITION)


def _oblique(request: _Request, name: str) -> View:
    straight = request.true_ap
    turn = lateral_sign(request.side) * float(request.name.number or 0)
    arm = request.at(straight.lao_deg + turn, straight.cranial_deg, request.middle_mm)
    return View(name, arm, merits.edge_on(request.patient, arm), merits.EDGE_ON)


def _contralateral_oblique(request: _Request, name: str) -> View:
    """The receptor on the side opposite the target, where the beam runs along the back part of the joint: its line is sharp."""
    found = posterior_joint(request.patient, request.side)
    if found is None:
        raise _no_hip(request, name)
    places, normals = found
    straight, centre = request.true_ap.lao_deg, places.mean(axis=0)
    best: tuple[float, CArm] | None = None
    for turn in range(*_CONTRALATERAL_DEG):
        arm = request.at(straight - lateral_sign(request.side) * turn, 0.0, centre)
        merit = 1.0 - float(np.mean(np.abs(normals @ arm.beam)))
        if best is None or merit > best[0]:
            best = (merit, arm)
    assert best is not None
    return View(name, best[1], best[0], merits.GRAZING)


def _sij_overlap(request: _Request, name: str) -> View:
    lines = joint_lines(request.patient, request.side)
    if lines is None:
        raise _no_hip(request, name)
    centre = 0.5 * (lines.front_mm.mean(axis=0) + lines.back_mm.mean(axis=0))
    straight = request.true_ap.lao_deg

    def apart_mm(lao: float) -> float:
        gaps = lines.gaps_mm(request.at(lao, 0.0, centre))
        return float(gaps.mean()) if len(gaps) else np.inf

    coarse, fine = _JOINT_STEPS_DEG
    best = min(
        (straight + turn for turn in np.arange(-_JOINT_TURN_DEG, _JOINT_TURN_DEG + coarse, coarse)), key=apart_mm
    )
    best = min((best + turn for turn in np.arange(-coarse, coarse + fine, fine)), key=apart_mm)
    arm = request.at(float(best), 0.0, centre)
    return View(name, arm, merits.together(lines, arm), merits.TOGETHER)


def _no_hip(request: _Request, name: str) -> InputError:
    return InputError(
        f"view {name!r}: the patient has no hip bone near the sacrum on the {request.side}; give one with hip_{request.side}"
    )


def _foramen(request: _Request, name: str) -> View:
    """The tilt and rotation through which most of the foramen is seen open."""
    patient, level = request.patient, str(request.name.level)
    try:
        foramen = patient.foramen(level, request.side)
    except KeyError:
        raise InputError(f"view {name!r}: the patient has no foramen {level} on the {request.side}") from None
    straight = request.true_ap
    # looked for on a quick sacrum, measured on the true one
    bone, quick, reach = patient.bones["sacrum"], bones_at(patient, QUICK_MM)["sacrum"], max(foramen.diameter_mm, 5.0)
    turns, tilts, finer = _FORAMEN_DEG

    def area(lao: float, cranial: float) -> float:
        try:
            arm = request.at(lao, cranial, foramen.centre_mm)
        except InputError:
            return -1.0
        return open_area_mm2(arm, quick, foramen.centre_mm, reach)

    tried = [
        (area(straight.lao_deg + turn, float(tilt)), straight.lao_deg + turn, float(tilt))
        for turn in turns
        for tilt in tilts
    ]
    best = max(tried, key=lambda entry: entry[0])
    for step in finer if best[0] > 0.0 else ():
        around = [(best[1] + step * i, best[2] + step * j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
        best = max([best, *((area(lao, tilt), lao, tilt) for lao, tilt in around)], key=lambda entry: entry[0])
    arm = request.at(best[1], best[2], foramen.centre_mm)
    reached = open_area_mm2(arm, bone, foramen.centre_mm, reach) if best[0] > 0.0 else 0.0
    if reached == 0.0:
        # closed from every side: along its own axis it is at least thinnest
        note = f"foramen {foramen.name} cannot be seen through from any angle within reach; the view is along its axis"
        return View(name, request.over(foramen.axis, foramen.centre_mm), 0.0, merits.OPEN_AREA, (note,))
    return View(name, arm, reached, merits.OPEN_AREA)


def _down_the_barrel(request: _Request, name: str) -> View:
    number = request.name.number or 1
    if not request.needles:
        raise InputError(f"view {name!r} looks along a needle: give a plan")
    if number > len(request.needles):
        raise InputError(f"view {name!r}: the plan has {len(request.needles)} needles, numbered from 1")
    needle = request.needles[number - 1]
    try:
        arm = request.at(*angles_of(needle.axis, request.position), needle.tip_mm)
    except InputError as error:
        raise InputError(f"view {name!r}: needle {number} cannot be seen end on: {error}") from None
    return View(name, arm, merits.end_on(needle, arm), merits.END_ON)


_FINDERS: Final[Mapping[str, Callable[[_Request, str], View]]] = {
    "ap": _ap,
    "true_ap": _true_ap,
    "lateral": _lateral,
    "oblique": _oblique,
    "contralateral_oblique": _contralateral_oblique,
    "sij_overlap": _sij_overlap,
    "foramen": _foramen,
    "down_the_barrel": _down_the_barrel,
}
