"""Whether lesions, taken as shapes, break a hard limit: for recipes, which are carried out on thousands of patients."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.treatable import Treatable
from rfplan.figures import figures
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.packed_lesions import shape_lesions
from rfplan.planning.plan import Application, Plan
from rfplan.planning.safety import limits


def breaks_a_limit(application: Application, patient: Treatable, side: Side) -> bool:
    """True where the lesion of an application is at stop against canal, ventral root, skin or joint line."""
    plan = Plan(side=side, technique="candidate", applications=(application,))
    lesions, table, known = shape_lesions(plan), figures("safety"), limits()
    lethal = ISOTHERMS_C.index(table["lethal.isotherm"].value)
    own = [foramen for foramen in patient.foramina if foramen.side == side and foramen.status != "absent"]
    if own:
        lines = [foramen.canal_mm for foramen in own] + [np.stack([foramen.ventral_mm] * 2) for foramen in own]
        first = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
        radii = np.array([f.diameter_mm / 2 for f in own] + [table["ventral_root.radius"].value] * len(own))
        gaps = lesions.clearances(np.concatenate(lines), first, radii, lethal)[:, 0]
        if known["canal_distance"].status(float(gaps[: len(own)].min())) == "stop":
            return True
        if known["ventral_root_distance"].status(float(gaps[len(own) :].min())) == "stop":
            return True
    skin, axes = patient.skin, np.ascontiguousarray(patient.frame.axes)
    corner = np.array([skin.lateral_0_mm, skin.caudal_0_mm])
    depth = lesions.skin_depths((skin.height_mm, skin.origin_mm, skin.axes, corner, float(skin.spacing_mm)))[0]
    if known["skin_distance"].status(float(depth)) == "stop":
        return True
    curve = patient.curves.get(f"sij_posterior_line_{side}")
    if curve is None:
        return False
    line = np.ascontiguousarray((curve.points_mm @ axes.T)[:, :2])
    past = lesions.behind_joint(line, float(lateral_sign(side)), axes, lethal)
    return known["beyond_joint_line"].status(float(past)) == "stop"
