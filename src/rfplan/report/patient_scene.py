"""The patient, the plan and its lesions as a scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.geometry.mesh import Mesh
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Plan
from rfplan.report import palette
from rfplan.report.scene import Scene, Surface
from rfplan.report.tubes import tube

_BONE_COLOURS = {"sacrum": palette.BONE, "vertebrae_L5": palette.VERTEBRA}
_NERVE_DRAWN_MM = 1.7
_SHAFT_SHOWN_MM = 70.0


def patient_scene(
    patient: Patient,
    plan: Plan | None = None,
    captured: Mapping[str, bool] | None = None,
    lesions: Sequence[Mesh] = (),
    side: Side | None = None,
    ghost_hip: Side | None = None,
) -> Scene:
    """Bones, branches, needles and lesions.

    Parameters
    ----------
    captured : branch name -> whether the plan takes it, for the branches of the plan's side; others are drawn as not judged
    lesions : closed surfaces of the lethal isotherm, drawn as glass
    side : only the branches of this side; both without it
    ghost_hip : the hip bone of this side is drawn as glass, so that it hides nothing
    """
    surfaces = [_bone(name, mesh, ghost_hip) for name, mesh in patient.bones.items()]
    for nerve in patient.nerves:
        if side is not None and nerve.side != side:
            continue
        judged = None if captured is None else captured.get(nerve.name)
        surfaces.append(
            Surface(
                tube(nerve.points_mm, 0.5 * max(nerve.diameter_mm, _NERVE_DRAWN_MM)),
                nerve_colour(judged),
                gloss=0.12,
            )
        )
    framed = [patient.bones["sacrum"].vertices_mm]
    if plan is not None:
        for needle in plan.needles:
            surfaces.extend(needle_surfaces(needle))
            framed.append(_shown_shaft(needle))
    surfaces += [
        Surface(mesh, palette.LESION, opacity=0.30, edge_opacity=0.85, layer="lesion") for mesh in lesions
    ]
    return Scene(tuple(surfaces), np.concatenate(framed))


def nerve_colour(captured: bool | None) -> str:
    """Colour of a branch that is captured, missed, or not judged."""
    return palette.UNJUDGED if captured is None else palette.CAPTURED if captured else palette.MISSED


def needle_surfaces(needle: Needle) -> list[Surface]:
    """Insulated shaft in grey and active tip in gold, at true thickness."""
    radius = 0.5 * needle.electrode.diameter_mm
    end = max(needle.depth_mm, needle.electrode.tip_mm + 1.0)
    out = needle.tip_mm + needle.axis * min(end, _SHAFT_SHOWN_MM)
    surfaces = []
    for start in needle.electrode.contacts_mm:
        base = needle.tip_mm + needle.axis * (start + radius)
        top = needle.tip_mm + needle.axis * (start + needle.electrode.tip_mm)
        surfaces.append(
            Surface(tube(np.stack([base, top]), radius * 1.06), palette.TIP, gloss=0.45, sharpness=24.0)
        )
    shaft = tube(np.stack([needle.tip_mm + needle.axis * radius, out]), radius)
    surfaces.append(Surface(shaft, palette.SHAFT, gloss=0.40, sharpness=24.0))
    return surfaces


def _shown_shaft(needle: Needle) -> np.ndarray:
    reach = min(needle.depth_mm, 0.5 * _SHAFT_SHOWN_MM)
    return np.stack([needle.tip_mm, needle.tip_mm + reach * needle.axis])


def _bone(name: str, mesh: Mesh, ghost_hip: Side | None) -> Surface:
    if name.startswith("hip_"):
        if name == f"hip_{ghost_hip}":
            return Surface(mesh, palette.HIP, opacity=0.16, edge_opacity=0.55, layer=name)
        return Surface(mesh, palette.HIP, fade=0.12, gloss=0.03)
    return Surface(mesh, _BONE_COLOURS.get(name, palette.HIP), gloss=0.05)
