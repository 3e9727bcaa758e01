"""Whether lesions, taken as shapes, break a hard limit: for recipes, which are carried out on thousands of patients."""

from __future__ import annotations

from typing import Final

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.treatable import Treatable
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.plan import Application, Plan
from rfplan.planning.safety import limits

CHECKS: Final = ("canal_distance", "ventral_root_distance", "skin_distance", "beyond_joint_line")
"""Limits of distance that a lesion as a shape is held to."""


def breaks_a_limit(application: Application, patient: Treatable, side: Side, margin_mm: float = 0.0) -> bool:
    """True where the lesion of an application, or one ``margin_mm`` nearer, is at stop against canal, ventral root, skin or joint line."""
    known = limits()
    for check, distance in zip(CHECKS, shape_distances_mm(application, patient, side).tolist(), strict=True):
        nearer = distance - margin_mm if known[check].sense == "below" else distance + margin_mm
        if known[check].status(nearer) == "stop":
            return True
    return False


def shape_distances_mm(application: Application, patient: Treatable, side: Side) -> FloatArray:
    """(4,) how near the lesion of an application comes, in the order of :data:`CHECKS`; infinitely far from what the patient has not."""
    plan = Plan(side=side, technique="candidate", applications=(application,))
    lesions, table = shape_lesions(plan), figures("safety")
    lethal = ISOTHERMS_C.index(table["lethal.isotherm"].value)
    found = np.array([np.inf, np.inf, np.inf, -np.inf])
    own = [foramen for foramen in patient.foramina if foramen.side == side and foramen.status != "absent"]
    if own:
        lines = [foramen.canal_mm for foramen in own] + [np.stack([foramen.ventral_mm] * 2) for foramen in own]
        first = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
        radii = np.array([f.diameter_mm / 2 for f in own] + [table["ventral_root.radius"].value] * len(own))
        gaps = lesions.clearances(np.concatenate(lines), first, radii, lethal)[:, 0]
        found[:2] = gaps[: len(own)].min(), gaps[len(own) :].min()
    skin, axes = patient.skin, np.ascontiguousarray(patient.frame.axes)
    corner = np.array([skin.lateral_0_mm, skin.caudal_0_mm])
    found[2] = lesions.skin_depths((skin.height_mm, skin.origin_mm, skin.axes, corner, float(skin.spacing_mm)))[0]
    curve = patient.curves.get(f"sij_posterior_line_{side}")
    if curve is not None:
        line = np.ascontiguousarray((curve.points_mm @ axes.T)[:, :2])
        found[3] = lesions.behind_joint(line, float(lateral_sign(side)), axes, lethal)
    return found
