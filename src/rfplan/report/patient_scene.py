"""The patient, the plan and its lesions as a scene."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from rfplan.anatomy.nerve import Nerve
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.geometry.mesh import Mesh
from rfplan.geometry.polyline import resample
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Plan
from rfplan.report import palette
from rfplan.report.bone_model import bone_surfaces
from rfplan.report.branch_state import BranchState, state_colours
from rfplan.report.scene import Scene, Surface
from rfplan.report.tubes import tube

_NERVE_DRAWN_MM = 1.7
SHAFT_SHOWN_MM: Final = 46.0
"""Length of needle that is drawn; the rest would only make the bone smaller."""


def patient_scene(
    patient: Patient,
    plan: Plan | None = None,
    states: Mapping[str, BranchState] | None = None,
    lesions: Sequence[Mesh] = (),
    side: Side | None = None,
    ghosts: Collection[str] = (),
    bones: Mapping[str, Surface] | None = None,
) -> Scene:
    """Bones, branches, needles and lesions.

    Parameters
    ----------
    states : what became of the branches of ``side``, by name; others are drawn as not judged
    lesions : closed surfaces of the lethal isotherm, drawn as glass
    side : only the branches of this side; both without it
    ghosts : names of bones that are drawn as glass, so that they hide nothing
    bones : those of :func:`~rfplan.report.bone_model.bone_surfaces`, where they are at hand
    """
    solid = bone_surfaces(patient) if bones is None else bones
    surfaces = [
        replace(bone, opacity=0.16, edge_opacity=0.55, layer=name) if name in ghosts else bone
        for name, bone in solid.items()
    ]
    for nerve in patient.nerves:
        if side is None or nerve.side == side:
            surfaces.extend(_branch(nerve, (states or {}).get(nerve.name, "unjudged")))
    framed = [solid["sacrum"].mesh.vertices_mm]
    if plan is not None:
        for needle in plan.needles:
            surfaces.extend(needle_surfaces(needle))
            framed.append(_shown_shaft(needle))
    surfaces += [Surface(mesh, palette.LESION, opacity=0.22, edge_opacity=0.85, layer="lesion") for mesh in lesions]
    return Scene(tuple(surfaces), np.concatenate(framed))


def _branch(nerve: Nerve, state: BranchState) -> list[Surface]:
    radius = 0.5 * max(nerve.diameter_mm, _NERVE_DRAWN_MM)
    points = resample(nerve.points_mm, 0.6)
    colours = state_colours(state)
    if len(colours) == 1:
        return [Surface(tube(points, radius), colours[0], gloss=0.12, through_glass=True)]
    return [
        Surface(tube(points[start : start + 6], radius), colours[n % 2], gloss=0.12, through_glass=True)
        for n, start in enumerate(range(0, len(points) - 1, 5))
    ]


def needle_surfaces(needle: Needle) -> list[Surface]:
    """Insulated shaft in grey and active tip in gold, at true thickness."""
    radius = 0.5 * needle.electrode.diameter_mm
    end = max(needle.depth_mm, needle.electrode.tip_mm + 1.0)
    out = needle.tip_mm + needle.axis * min(end, SHAFT_SHOWN_MM)
    surfaces = []
    for start in needle.electrode.contacts_mm:
        base = needle.tip_mm + needle.axis * (start + radius)
        top = needle.tip_mm + needle.axis * (start + needle.electrode.tip_mm)
        surfaces.append(
            Surface(
                tube(np.stack([base, top]), radius * 1.06),
                palette.TIP,
                gloss=0.45,
                sharpness=24.0,
                through_glass=True,
            )
        )
    shaft = tube(np.stack([needle.tip_mm + needle.axis * radius, out]), radius)
    surfaces.append(Surface(shaft, palette.SHAFT, gloss=0.40, sharpness=24.0))
    return surfaces


def _shown_shaft(needle: Needle) -> np.ndarray:
    reach = min(needle.depth_mm, SHAFT_SHOWN_MM)
    return np.stack([needle.tip_mm, needle.tip_mm + reach * needle.axis])
