"""Many plans on many virtual patients, judged with lesions as shapes."""

from __future__ import annotations

import numpy as np

from rfplan.figures import figures
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.planning.many_shapes_kernels import judge_many_shapes
from rfplan.study.solved_judge import Judged
from rfplan.study.treated import TreatedSides
from rfplan.study.treatment import Treatments


def judged_with_shapes(sides: TreatedSides, treated: Treatments) -> Judged:
    """One strategy on each patient of ``sides``."""
    table = figures("safety")
    lethal, length_mm = ISOTHERMS_C.index(table["lethal.isotherm"].value), table["transection.length"].value
    count = len(treated.applications)
    lesions = np.concatenate([[0], np.cumsum(treated.applications)]).astype(np.int64)
    judged = Judged(
        np.zeros(len(sides.level), dtype=np.bool_),
        np.zeros(len(sides.level), dtype=np.bool_),
        np.zeros((count, 4)),
        np.zeros(count, dtype=np.int64),
    )
    judge_many_shapes(
        sides.points, sides.first, sides.branches, sides.tube_points, sides.tube_first, sides.tube_radii, sides.tubes_each, sides.joints,
        sides.skins, sides.skin_rows, sides.skin_axes, sides.corners, sides.skin_spacing, *treated.shapes(), lesions, lethal, length_mm,
        judged.seen, judged.cut, judged.risk,
    )  # fmt: skip
    return judged
