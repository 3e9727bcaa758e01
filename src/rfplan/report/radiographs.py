"""Radiographs of a plan for its report: the two in which an operator checks the needles, and a contact sheet of standard views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.errors import InputError
from rfplan.fluoroscopy import view_merits as merits
from rfplan.fluoroscopy.bone_detail import QUICK_MM
from rfplan.fluoroscopy.overlay import angle_text
from rfplan.fluoroscopy.radiograph import Radiograph
from rfplan.fluoroscopy.views import View, find_view
from rfplan.planning.plan import Plan
from rfplan.report.drawing import Drawing, Picture, png_bytes

CHECKED: Final = ("true_ap", "lateral")
_CHECKED_PX: Final = 512
_SHEET_PX: Final = 300
_LINE_PX: Final = 40.0
_GAP_PX: Final = 8.0
_COLUMNS: Final = 3
_MERITS: Final = {
    merits.MIDLINE: "midline",
    merits.EDGE_ON: "endplate",
    merits.GRAZING: "along joint",
    merits.TOGETHER: "lines together",
    merits.END_ON: "end on",
}
"""What a view of the contact sheet reached, in a word; 1 is best."""


@dataclass(frozen=True, eq=False)
class XrayPicture:
    """A radiograph of the report: its name, what it is, and the (h, w, 3) bytes of its picture."""

    name: str
    title: str
    image: np.ndarray
    warnings: tuple[str, ...] = ()

    @property
    def png(self) -> bytes:
        """The picture as a file."""
        return png_bytes(self.image)


def sheet_views(plan: Plan) -> tuple[str, ...]:
    """Views of the contact sheet."""
    side = plan.side
    return (
        "ap",
        f"oblique_{side}_20",
        f"contralateral_oblique_{side}",
        f"sij_overlap_{side}",
        f"foramen_S1_{side}",
        "down_the_barrel_1",
    )


def radiographs_of(patient: Patient, plan: Plan) -> list[XrayPicture]:
    """All radiographs of a report: those in which needles are checked, and the contact sheet. A view that cannot be taken is left out."""
    sheet = contact_sheet(patient, plan)
    return [*checked_pictures(patient, plan), *([sheet] if sheet else [])]


def checked_pictures(patient: Patient, plan: Plan) -> list[XrayPicture]:
    """The needles in true AP and lateral, their tips numbered."""
    found = []
    for name in CHECKED:
        try:
            view, taken = _taken(patient, plan, name, _CHECKED_PX)
        except InputError:
            continue
        title = f"{view_words(view)}, {angle_text(view.c_arm)}"
        found.append(XrayPicture(name, title, taken.marked(needles=True), taken.warnings))
    return found


def contact_sheet(patient: Patient, plan: Plan) -> XrayPicture | None:
    """The standard views side by side, each with its angles and what it reached; those that the patient has no bones for are left out."""
    cells = []
    for name in sheet_views(plan):
        try:
            view, taken = _taken(patient, plan, name, _SHEET_PX)
        except InputError:
            continue
        cells.append((view, taken.marked()))
    if not cells:
        return None
    rows = -(-len(cells) // _COLUMNS)
    across, down = _SHEET_PX + _GAP_PX, _SHEET_PX + _LINE_PX + _GAP_PX
    drawing = Drawing(_COLUMNS * across - _GAP_PX, rows * down - _GAP_PX)
    for number, (view, image) in enumerate(cells):
        left, top = (number % _COLUMNS) * across, (number // _COLUMNS) * down
        drawing.items.append(Picture(image, left, top + _LINE_PX, _SHEET_PX, _SHEET_PX))
        drawing.text((left, top + 11), view_words(view), size=13.5, bold=True)
        drawing.text((left, top + 28), f"{angle_text(view.c_arm)};  {_merit(view)}", size=12)
    return XrayPicture("contact_sheet", ", ".join(view_words(view) for view, _ in cells), drawing.image(1.0, 1))


def view_words(view: View) -> str:
    """What a clinician calls the view."""
    words = view.name.replace("_", " ").replace("true ap", "true AP").replace("sij", "SIJ")
    return "AP" if words == "ap" else words[:1].upper() + words[1:]


def _merit(view: View) -> str:
    if view.merit_means == merits.OPEN_AREA:
        return f"open {view.merit:.0f} mm²"
    return f"{_MERITS.get(view.merit_means, 'merit')} {view.merit:.2f}"


def _taken(patient: Patient, plan: Plan, name: str, size_px: int) -> tuple[View, Radiograph]:
    view = find_view(name, patient, plan, size_px=size_px)
    return view, view.c_arm.expose(patient, plan, detail_mm=QUICK_MM)
