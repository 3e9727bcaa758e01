"""The AP chart: the back of the sacrum as the operator sees it along the beam, with everything that the plan does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.mesh import Mesh
from rfplan.geometry.polyline import resample
from rfplan.planning.plan import Plan
from rfplan.report import chart_legend, palette
from rfplan.report.bone_model import bone_surfaces
from rfplan.report.branch_state import WORDS, BranchState, state_colours
from rfplan.report.camera import Camera
from rfplan.report.drawing import Drawing, Picture, text_width
from rfplan.report.labels import place, spread
from rfplan.report.outline import projected_outlines
from rfplan.report.renderer import render
from rfplan.report.scene import Scene, Surface

_WIDTH_PX = 1000.0
_SIDE_MARGIN_MM = 26.0
_TOP_MARGIN_MM = 10.0
_BOTTOM_MARGIN_MM = 9.0
_BELOW_FORAMINA_MM = 34.0
_UNDERLAY_PX_PER_UNIT = 1.5


@dataclass(frozen=True, eq=False)
class Sheet:
    """How chart millimetres become pixels: the operator looks from behind, so the patient's left is on the left."""

    frame: ApFrame
    middle_mm: tuple[float, float]
    px_per_mm: float
    width_px: float
    height_px: float

    def __call__(self, points_mm: ArrayLike) -> FloatArray:
        """(n, 2) pixels of (n, 3) patient points."""
        return self.chart(self.frame.to_chart(points_mm)[..., :2])

    def chart(self, chart_mm: ArrayLike) -> FloatArray:
        """(n, 2) pixels of (n, 2) chart coordinates lateral, caudal."""
        offset = (np.asarray(chart_mm, dtype=float) - self.middle_mm) * self.px_per_mm
        return np.stack([0.5 * self.width_px - offset[..., 0], 0.5 * self.height_px + offset[..., 1]], axis=-1)


def chart_figure(
    patient: Patient,
    plan: Plan | None = None,
    states: Mapping[str, BranchState] | None = None,
    lethal: Sequence[Mesh] = (),
    warm: Sequence[Mesh] = (),
    lethal_c: float = 50.0,
    bones: Mapping[str, Surface] | None = None,
) -> Drawing:
    """The chart as a drawing 1000 units wide.

    Parameters
    ----------
    states : what became of the branches of the plan's side, by name
    lethal, warm : closed surfaces of the lethal isotherm, ``lethal_c``, and of 45 degC
    bones : those of :func:`~rfplan.report.bone_model.bone_surfaces`, where they are at hand
    """
    sheet = _sheet(patient)
    judged = states or {}
    drawing = Drawing(sheet.width_px, sheet.height_px + chart_legend.HEIGHT_PX)
    drawing.title = "AP chart of the sacrum"
    drawing.description = _described(patient, plan, judged)
    drawing.items.append(_underlay(patient, sheet, bone_surfaces(patient) if bones is None else bones))
    _draw_lines_of_bone(drawing, sheet, patient)
    _draw_foramina(drawing, sheet, patient)
    for line in projected_outlines(warm, patient.frame):
        drawing.area(sheet.chart(line), None, palette.WARM, width=1.6, dash=(7, 4))
    for line in projected_outlines(lethal, patient.frame):
        drawing.area(sheet.chart(line), palette.LESION, palette.LESION, width=1.8, fill_opacity=0.17)
    sides: tuple[Side, ...] = (plan.side,) if plan else ("left", "right")
    paths = _draw_branches(drawing, sheet, patient, sides, judged)
    shafts = _draw_needles(drawing, sheet, plan, paths) if plan else []
    for side in sides:
        _label_branches(drawing, sheet, patient, side, judged, {**paths, **dict(enumerate(shafts))})
    _draw_sides(drawing, sheet)
    chart_legend.draw_scale_bar(drawing, sheet.px_per_mm, (34.0, sheet.height_px - 26.0))
    legend_side: Side = plan.side if plan else "right"
    dial_x = 78.0 if legend_side == "right" else sheet.width_px - 78.0
    chart_legend.draw_clock(drawing, (dial_x, sheet.height_px - 120.0))
    chart_legend.draw_legend(drawing, sheet.height_px, plan is not None, bool(judged), lethal_c)
    return drawing


def _sheet(patient: Patient) -> Sheet:
    seen = patient.frame.to_chart(patient.bones["sacrum"].vertices_mm)[:, :2]
    low, high = seen.min(axis=0), seen.max(axis=0)
    # a long coccygeal end would only make everything else smaller
    lowest = max((patient.frame.to_chart(foramen.centre_mm)[1] for foramen in patient.foramina), default=high[1])
    high[1] = min(high[1], lowest + _BELOW_FORAMINA_MM)
    width_mm = high[0] - low[0] + 2 * _SIDE_MARGIN_MM
    height_mm = high[1] - low[1] + _TOP_MARGIN_MM + _BOTTOM_MARGIN_MM
    scale = _WIDTH_PX / width_mm
    middle = (0.5 * (low[0] + high[0]), 0.5 * (low[1] - _TOP_MARGIN_MM + high[1] + _BOTTOM_MARGIN_MM))
    return Sheet(patient.frame, (float(middle[0]), float(middle[1])), scale, _WIDTH_PX, round(height_mm * scale))


def _underlay(patient: Patient, sheet: Sheet, bones: Mapping[str, Surface]) -> Picture:
    faded = tuple(
        replace(bone, opacity=0.24, edge_opacity=0.5, layer=name)
        if name.startswith("hip_")
        else replace(bone, fade=0.25 if name == "sacrum" else 0.62)
        for name, bone in bones.items()
    )
    frame = sheet.frame
    target = frame.to_patient((*sheet.middle_mm, 0.0))
    axes = np.stack([-frame.lateral, -frame.caudal, frame.posterior])
    camera = Camera(axes, target, sheet.width_px / sheet.px_per_mm, eye_mm=None)
    size = (round(sheet.width_px * _UNDERLAY_PX_PER_UNIT), round(sheet.height_px * _UNDERLAY_PX_PER_UNIT))
    image = render(Scene(faded, target[None]), camera, size)
    return Picture(image, 0.0, 0.0, sheet.width_px, sheet.height_px)


def _draw_lines_of_bone(drawing: Drawing, sheet: Sheet, patient: Patient) -> None:
    for curve in patient.curves.values():
        points = curve.points_mm[np.all(np.isfinite(curve.points_mm), axis=1)]
        if len(points) < 2:
            continue
        if curve.name.startswith("sij_posterior_line"):
            drawing.line(sheet(points), palette.JOINT, 2.6, dash=(12, 4, 2.5, 4))
        elif curve.name.startswith("lateral_crest"):
            drawing.line(sheet(points), palette.CREST, 2.0, dash=(2, 4.5))


def _draw_foramina(drawing: Drawing, sheet: Sheet, patient: Patient) -> None:
    for foramen in patient.foramina:
        if foramen.status == "absent":
            continue
        rim = sheet(foramen.rim_mm)
        estimated = foramen.status == "estimated"
        drawing.area(rim, None, palette.PAPER, width=4.0, opacity=0.7)
        drawing.area(rim, None, palette.FORAMEN, width=2.0, dash=(5, 4) if estimated else ())
        # the side towards the midline is free of branches and needles
        medial = rim[:, 0].min() if foramen.side == "right" else rim[:, 0].max()
        shift, anchor = (-7.0, "end") if foramen.side == "right" else (7.0, "start")
        drawing.text(
            (medial + shift, float(rim[:, 1].mean())),
            foramen.level,
            size=17,
            bold=True,
            anchor=anchor,
            colour=palette.FORAMEN,
        )


def _draw_branches(
    drawing: Drawing, sheet: Sheet, patient: Patient, sides: Sequence[Side], states: Mapping[str, BranchState]
) -> dict[object, FloatArray]:
    """Draw them and return the (n, 2) pixels that each covers, for labels to keep off, by side and name."""
    paths: dict[object, FloatArray] = {}
    for nerve in patient.nerves:
        if nerve.side not in sides:
            continue
        path = sheet(resample(nerve.points_mm, 0.5))
        drawing.line(path, palette.PAPER, 6.0, opacity=0.85)
        colours = state_colours(states.get(nerve.name, "unjudged"))
        drawing.line(path, colours[-1], 3.4)
        if len(colours) == 2:
            drawing.line(path, colours[0], 3.4, dash=(9, 9))
        paths[nerve.side, nerve.name] = path
    return paths


def _label_branches(
    drawing: Drawing,
    sheet: Sheet,
    patient: Patient,
    side: Side,
    states: Mapping[str, BranchState],
    paths: Mapping[object, FloatArray],
) -> None:
    """Names in a column beside the bone, each tied to its branch where the tie crosses the least."""
    nerves = patient.nerves_on(side)
    if not nerves:
        return
    out = -lateral_sign(side)  # the patient's right is on the right of the picture
    ends = [
        _tie_point(paths[side, nerve.name], out, [path for key, path in paths.items() if key != (side, nerve.name)])
        for nerve in nerves
    ]
    words = [f"{n.name} {WORDS[states[n.name]]}" if n.name in states else n.name for n in nerves]
    widest = max(text_width(word, 15, bold=True) for word in words)
    edge = sheet.width_px - 14.0 if out > 0 else 14.0
    column = edge - out * widest
    rows = spread([float(end[1]) for end in ends], 24.0, 96.0, sheet.height_px - 40.0)
    for nerve, word, end, row in zip(nerves, words, ends, rows, strict=True):
        elbow = column - out * 14.0
        drawing.line([(end[0], end[1]), (elbow, row), (column - out * 5.0, row)], palette.MUTED, 1.0)
        drawing.circle(end, 2.4, palette.MUTED)
        state = states.get(nerve.name, "unjudged")
        colour = palette.MISSED if state == "ap_only" else state_colours(state)[0]
        drawing.text((column, row), word, size=15, bold=True, colour=colour, anchor="start" if out > 0 else "end")


def _tie_point(path: FloatArray, out: int, others: Sequence[FloatArray]) -> FloatArray:
    """Where on a branch a level line to the side crosses the fewest other lines; nearer its far end if that is equal."""
    ink = np.concatenate(others) if others else np.empty((0, 2))
    best: FloatArray = path[-1]
    best_cost = np.inf
    for share in np.linspace(1.0, 0.0, 13):
        point = path[round(share * (len(path) - 1))]
        crossed = (np.abs(ink[:, 1] - point[1]) < 7.0) & ((ink[:, 0] - point[0]) * out > 4.0)
        cost = np.count_nonzero(crossed) + 2.0 * (1.0 - share)
        if cost < best_cost:
            best, best_cost = point, cost
    return best


def _draw_needles(
    drawing: Drawing, sheet: Sheet, plan: Plan, branches: Mapping[object, FloatArray]
) -> list[FloatArray]:
    """Draw them in order, numbered, and return the (n, 2) pixels that each covers."""
    box = (4.0, 4.0, sheet.width_px - 4.0, sheet.height_px - 4.0)
    poses, paths = [], []
    for needle in plan.needles:
        tip, active, entry = sheet(
            np.stack([needle.tip_mm, needle.tip_mm + needle.axis * needle.electrode.tip_mm, needle.entry_mm])
        )
        shaft = _clipped(active, entry, box)
        poses.append((tip, active, entry, shaft))
        paths.append(np.linspace(tip, shaft, 40))
    # shafts below, tips above: in a row the shafts of some lie over the tips of others
    for _, active, entry, shaft in poses:
        drawing.line([active, shaft], palette.PAPER, 3.6, opacity=0.5)
        drawing.line([active, shaft], palette.SHAFT, 1.8, opacity=0.75)
        if np.allclose(shaft, entry):
            drawing.circle(entry, 4.0, palette.PAPER, stroke=palette.SHAFT, width=1.8)
    for tip, active, _, _ in poses:
        drawing.line([tip, active], palette.INK, 7.4)
        drawing.line([tip, active], palette.TIP, 4.8)
        drawing.circle(tip, 4.0, palette.INK)
        if np.hypot(*(active - tip)) < 9.0:
            # seen end on: the gold would be hidden
            drawing.circle(tip, 6.0, palette.TIP, stroke=palette.INK, width=2.0)
    covered = np.concatenate([*branches.values(), *paths, np.empty((0, 2))])
    taken = [(tip[0] - 7.0, tip[1] - 7.0, tip[0] + 7.0, tip[1] + 7.0) for pose in poses for tip in (pose[0], pose[1])]
    medial = (-1.0 if plan.side == "right" else 1.0, 0.0)
    for number, path in enumerate(paths, start=1):
        x, y = place(path[0], (11.5, 11.5), taken, covered, box, reach=(21.0, 27.0, 34.0, 44.0, 58.0), prefer=medial)
        taken.append((x - 12, y - 12, x + 12, y + 12))
        if np.hypot(x - path[0][0], y - path[0][1]) > 24.0:
            drawing.line([path[0], (x, y)], palette.INK, 0.9)
        drawing.circle((x, y), 11.0, palette.INK, stroke=palette.PAPER, width=1.6)
        drawing.text((x, y), str(number), size=14, bold=True, colour=palette.PAPER, anchor="middle", halo=None)
    return paths


def _clipped(start: FloatArray, end: FloatArray, box: tuple[float, float, float, float]) -> FloatArray:
    """The end of a line from inside ``box``, cut where it leaves it."""
    share = 1.0
    for axis in range(2):
        step = end[axis] - start[axis]
        limit = box[2 + axis] if step > 0 else box[axis]
        if abs(step) > 1e-9:
            share = min(share, max(0.0, (limit - start[axis]) / step))
    return start + share * (end - start)


def _draw_sides(drawing: Drawing, sheet: Sheet) -> None:
    for x, mark, word, anchor in (
        (26.0, "L", "patient's left", "start"),
        (sheet.width_px - 26.0, "R", "patient's right", "end"),
    ):
        drawing.text((x, 32.0), mark, size=30, bold=True, anchor=anchor)
        drawing.text((x, 58.0), word, size=14, anchor=anchor, colour=palette.MUTED)


def _described(patient: Patient, plan: Plan | None, states: Mapping[str, BranchState]) -> str:
    text = (
        "The prone patient seen from behind along the beam of the true AP view; the patient's right is on the right. "
        "Foramina, branches, the joint line and the lateral crest are drawn over the shaded bone. "
    )
    if plan is not None:
        text += f"{len(plan.needles)} needles on the {plan.side} side. "
    if states:
        groups = [
            f"{WORDS[state]}: {', '.join(n for n, s in states.items() if s == state)}"
            for state in ("captured", "ap_only", "missed")
            if state in states.values()
        ]
        text += "Branches " + "; ".join(groups) + "."
    return text
