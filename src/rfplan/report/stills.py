"""Pictures of the patient from a named view, with needle numbers and the letters of the sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import SIDES, Side, lateral_sign
from rfplan.geometry.mesh import Mesh
from rfplan.planning.plan import Plan
from rfplan.report import palette
from rfplan.report.branch_state import BranchState
from rfplan.report.camera import Camera, named_camera
from rfplan.report.chart_legend import draw_still_legend
from rfplan.report.drawing import Drawing, Picture
from rfplan.report.labels import place
from rfplan.report.patient_scene import SHAFT_SHOWN_MM, patient_scene
from rfplan.report.renderer import render
from rfplan.report.scene import Surface

_UNIT_PX = 800.0
_STRIP_PX = 46.0
_SHORT_PX = 60.0
_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))


def still(
    patient: Patient,
    view: str,
    plan: Plan | None = None,
    states: Mapping[str, BranchState] | None = None,
    lesions: Sequence[Mesh] = (),
    size_px: tuple[int, int] = (800, 600),
    legend: bool = False,
    lethal_c: float = 50.0,
    bones: Mapping[str, Surface] | None = None,
) -> np.ndarray:
    """(height, width, 3) bytes: the scene from ``view`` with its labels.

    ``legend`` adds a strip under the picture that says what the colours mean, within ``size_px``; ``lethal_c`` is the isotherm
    of ``lesions``, degC; ``bones`` are those of :func:`~rfplan.report.bone_model.bone_surfaces`, where they are at hand.

    Raises
    ------
    InputError : no such view
    """
    side: Side = plan.side if plan else "right"
    camera = named_camera(view, patient, side)
    ghosts = _in_the_way(patient, camera, plan.side if plan else None)
    scene = patient_scene(patient, plan, states, lesions, plan.side if plan else None, ghosts, bones)
    zoom = size_px[0] / _UNIT_PX
    strip = round(_STRIP_PX * zoom) if legend else 0
    inner_px = (size_px[0], size_px[1] - strip)
    camera = camera.framing(scene.framed_mm, inner_px[0] / inner_px[1])
    drawing = Drawing(_UNIT_PX, inner_px[1] / zoom)
    drawing.items.append(Picture(render(scene, camera, inner_px), 0, 0, drawing.width, drawing.height))
    if plan is not None:
        _number_needles(drawing, camera, plan)
    _letter_sides(drawing, camera)
    if legend:
        drawing.height = size_px[1] / zoom
        draw_still_legend(drawing, inner_px[1] / zoom, _STRIP_PX, plan is not None, bool(states), lethal_c)
    return drawing.image(zoom)


def _in_the_way(patient: Patient, camera: Camera, treated: Side | None) -> tuple[str, ...]:
    """The hip bone between the viewer and the sacrum: that of the treated side, or without one that of a lateral view."""
    found: list[str] = []
    for side in SIDES:
        towards = float(camera.axes[2] @ patient.frame.lateral) * lateral_sign(side)
        if towards > (0.15 if side == treated else 0.8):
            found.append(f"hip_{side}")
    return tuple(found)


def _number_needles(drawing: Drawing, camera: Camera, plan: Plan) -> None:
    """Numbers beside the outer ends of the shafts, off all shafts."""
    size = (round(drawing.width), round(drawing.height))
    box = (14.0, 14.0, drawing.width - 14.0, drawing.height - 14.0)
    shafts = [
        camera.to_pixels(
            needle.tip_mm + np.linspace(0.0, min(needle.depth_mm, SHAFT_SHOWN_MM), 60)[:, None] * needle.axis,
            size,
        )
        for needle in plan.needles
    ]
    ink = np.concatenate([*shafts, np.empty((0, 2))])
    taken: list[tuple[float, float, float, float]] = []
    for number, shaft in enumerate(shafts, start=1):
        end = (float(np.clip(shaft[-1, 0], box[0], box[2])), float(np.clip(shaft[-1, 1], box[1], box[3])))
        outward = shaft[-1] - shaft[0]
        length = float(np.hypot(*outward))
        reach: tuple[float, ...]
        if length > _SHORT_PX:
            prefer, reach = 2.0 * outward / length, (15.0, 24.0, 36.0, 50.0)
        else:
            # nearly end on: beside the row of needles, towards the middle of the picture
            prefer, reach = np.array([2.0 * np.sign(0.5 * drawing.width - end[0]), 0.0]), (27.0, 36.0, 48.0)
        x, y = place(end, (11.0, 11.0), taken, ink, box, reach, (float(prefer[0]), float(prefer[1])))
        taken.append((x - 12, y - 12, x + 12, y + 12))
        drawing.line([end, (x, y)], palette.INK, 1.1)
        drawing.circle((x, y), 12.0, palette.INK, stroke=palette.PAPER, width=1.4)
        drawing.text((x, y), str(number), size=15.5, bold=True, colour=palette.PAPER, anchor="middle", halo=None)


def _letter_sides(drawing: Drawing, camera: Camera) -> None:
    """The letters that radiographs carry: what lies beyond each edge of the picture."""
    middle_x, middle_y = 0.5 * drawing.width, 0.5 * drawing.height
    for direction, at in (
        (-camera.axes[0], (20.0, middle_y)),
        (camera.axes[0], (drawing.width - 20.0, middle_y)),
        (camera.axes[1], (middle_x, 18.0)),
        (-camera.axes[1], (middle_x, drawing.height - 18.0)),
    ):
        drawing.text(at, side_letters(direction), size=20, bold=True, anchor="middle", colour=palette.MUTED)


def side_letters(direction: np.ndarray) -> str:
    """R, L, A, P, H or F, or two of them with the stronger first, of a direction in the patient frame (LPS)."""
    order = np.argsort(-np.abs(direction))
    letters = [_LETTERS[axis][int(direction[axis] > 0)] for axis in order if abs(direction[axis]) > 0.35]
    return "".join(letters[:2])
