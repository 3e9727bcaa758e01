"""Plans as JSON files, read strictly: what is not understood is refused with its place in the file."""

from __future__ import annotations

import math
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.devices.catalogue import electrode
from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.json_file import load_json, write_json
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Application, Plan
from rfplan.planning.plan_document import (
    SCHEMA,
    ApplicationDocument,
    NeedleDocument,
    plan_document,
)

_UNIT_TOLERANCE: Final = 1e-6
_ALIKE: Final = 0.88
"""Likeness (difflib) from which a name is taken for a misspelt one: a letter or two of ten."""


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The document ``plan.json`` of ``plan``; floats keep every digit, so that reading it gives the same plan."""
    return {
        "schema": SCHEMA,
        "frame": "LPS",
        "unit": "mm",
        "patient": dict(plan.patient),
        "side": plan.side,
        "technique": plan.technique,
        "applications": [_application_to_json(application) for application in plan.applications],
        "notes": list(plan.notes),
    }


def save_plan(plan: Plan, path: str | Path) -> None:
    """Write ``plan.json`` at ``path``, complete or not at all; InputError where it cannot be written."""
    write_json(plan_to_json(plan), Path(path))


def load_plan(path: str | Path, patient: Patient | None = None) -> Plan:
    """The plan in a file.

    Parameters
    ----------
    patient : gives the skin entry of needles for which the file has none

    Raises
    ------
    InputError : names the file and the place in it, such as ``applications[0].needles[1].axis``, the value and what is accepted
    """
    return plan_from_json(load_json(Path(path)), str(path), patient)


def plan_from_json(document: Any, origin: str = "plan", patient: Patient | None = None) -> Plan:
    """The plan of a parsed JSON ``document``; ``origin`` names it in messages. See :func:`load_plan`."""
    record = plan_document(document, origin)
    _refuse_misspelt(record.technique, origin)
    applications = tuple(
        _application(entry, f"{origin}: applications[{n}]", patient) for n, entry in enumerate(record.applications)
    )
    return Plan(record.side, record.technique, applications, dict(record.patient), tuple(record.notes))


def check_plan(document: Any, origin: str = "plan") -> None:
    """Refuse what is wrong with a plan whoever the patient is, before work goes into the patient; see :func:`load_plan`."""
    record = plan_document(document, origin)
    _refuse_misspelt(record.technique, origin)
    for n, entry in enumerate(record.applications):
        _protocol(entry, f"{origin}: applications[{n}]")
        for m, needle in enumerate(entry.needles):
            _device_and_pose(needle, entry, f"{origin}: applications[{n}].needles[{m}]")


def _application_to_json(application: Application) -> dict[str, Any]:
    protocol = application.protocol
    entry: dict[str, Any] = {
        "mode": application.mode,
        "protocol": {"set_c": protocol.set_c, "time_s": protocol.time_s, "ramp_s": protocol.ramp_s},
        "needles": [
            {
                "electrode": needle.electrode.name,
                "tip_mm": needle.tip_mm.tolist(),
                "axis": needle.axis.tolist(),
                "entry_mm": needle.entry_mm.tolist(),
            }
            for needle in application.needles
        ],
    }
    if application.target:
        entry["target"] = application.target
    return entry


def _application(entry: ApplicationDocument, place: str, patient: Patient | None) -> Application:
    protocol = _protocol(entry, place)
    needles = tuple(_needle(needle, entry, f"{place}.needles[{n}]", patient) for n, needle in enumerate(entry.needles))
    if len(needles) == 2 and math.dist(needles[0].tip_mm, needles[1].tip_mm) < 1e-6:
        raise InputError(f"{place}.needles: both needles of a bipolar application are at the same place")
    return Application(entry.mode, protocol, needles, entry.target)


def _refuse_misspelt(technique: str, origin: str) -> None:
    """A plan may follow no technique, and then calls itself what it likes; but not almost like one."""
    from rfplan.planning.techniques import techniques

    names = [recipe.name for recipe in techniques()]
    near = get_close_matches(technique.strip().lower().replace("_", "-").replace(" ", "-"), names, 1, _ALIKE)
    if near and technique not in names:
        raise InputError(
            f"{origin}: technique {technique!r} is not known; did you mean {near[0]!r}? Known are: {', '.join(names)}; "
            "a plan that follows none of them may have any name that is not nearly one of theirs"
        )


def _protocol(entry: ApplicationDocument, place: str) -> Protocol:
    """The setting of an application that has as many needles as its mode takes."""
    wanted = 2 if entry.mode == "bipolar" else 1
    if len(entry.needles) != wanted:
        raise InputError(
            f"{place}.needles has {len(entry.needles)} needle(s); a {entry.mode} application takes {wanted}"
        )
    try:
        return Protocol(entry.protocol.set_c, entry.protocol.time_s, entry.protocol.ramp_s)
    except InputError as error:
        raise InputError(f"{place}.protocol: {error}") from error


def _needle(entry: NeedleDocument, within: ApplicationDocument, place: str, patient: Patient | None) -> Needle:
    device, tip, axis = _device_and_pose(entry, within, place)
    _refuse_far(tip, f"{place}.tip_mm", patient)
    if entry.entry_mm is not None:
        skin = np.array(entry.entry_mm)
        _refuse_far(skin, f"{place}.entry_mm", patient)
        return Needle(device, tip, axis, skin)
    return Needle(device, tip, axis, _entry(tip, axis, place, patient))


def _refuse_far(point_mm: FloatArray, place: str, patient: Patient | None) -> None:
    """A needle metres away is in another frame or unit, and no shaft or picture of that length is worth computing."""
    if patient is None:
        return
    away = math.hypot(*patient.frame.to_chart(point_mm).tolist())
    farthest = figures("import_limits")["needle.farthest"].value
    if not away <= farthest:
        shown = f"{away:,.0f}" if away < 1e9 else f"{away:.3g}"
        raise InputError(
            f"{place} is {point_mm.tolist()}, {shown} mm from the sacrum of patient {patient.name!r}; at most {farthest:,.0f} mm "
            "is accepted: positions are LPS, mm, with the origin of the patient's bones"
        )


def _device_and_pose(
    entry: NeedleDocument, within: ApplicationDocument, place: str
) -> tuple[Electrode, FloatArray, FloatArray]:
    try:
        device = electrode(entry.electrode)
    except InputError as error:
        raise InputError(f"{place}.electrode: {error}") from error
    if within.mode not in device.modes:
        raise InputError(
            f"{place}.electrode: {device.name!r} cannot be used in mode {within.mode!r}; "
            f"accepted for it: {', '.join(device.modes)}"
        )
    tip, axis = np.array(entry.tip_mm), np.array(entry.axis)
    length = math.sqrt(float(axis @ axis))
    if abs(length - 1.0) > _UNIT_TOLERANCE:
        normed = (
            f", such as {[round(value, 9) for value in (axis / length).tolist()]}" if 0.0 < length < math.inf else ""
        )
        raise InputError(
            f"{place}.axis is {list(entry.axis)}, of length {length:.6g}; it must be a unit vector{normed}"
        )
    return device, tip, axis


def _entry(tip_mm: FloatArray, axis: FloatArray, place: str, patient: Patient | None) -> FloatArray:
    if patient is None:
        raise InputError(f"{place}.entry_mm is missing; give it, or read the plan together with a patient")
    found = patient.skin.entry_mm(tip_mm, axis)
    if found is None:
        raise InputError(
            f"{place}: entry_mm is missing and cannot be found, as the needle does not leave the skin of patient "
            f"{patient.name!r} along its axis; give entry_mm, or correct tip_mm and axis"
        )
    return found
