"""Many plans on many virtual patients, judged with lesions as shapes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.figures import figures
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.shapes import assembled
from rfplan.planning.packed_lesions import ShapeLesions
from rfplan.study.solved_judge import Judged
from rfplan.study.treated import TreatedSides
from rfplan.study.treatment import Treatment

_FAR_MM = 1e30


def judged_with_shapes(sides: TreatedSides, treated: Sequence[Treatment]) -> Judged:
    """One strategy on each patient of ``sides``."""
    table = figures("safety")
    lethal, length_mm = ISOTHERMS_C.index(table["lethal.isotherm"].value), table["transection.length"].value
    count = len(treated)
    judged = Judged(
        np.zeros(len(sides.level), dtype=np.bool_),
        np.zeros(len(sides.level), dtype=np.bool_),
        np.full((count, 4), _FAR_MM),
        np.zeros(count, dtype=np.int64),
    )
    judged.risk[:, 3] = -_FAR_MM
    view, corner_of = np.eye(3), sides.corners
    for p, treatment in enumerate(treated):
        if not treatment.applications:
            continue
        lesions = ShapeLesions(*assembled(*treatment.shapes()))
        low, high = int(sides.branches[p]), int(sides.branches[p + 1])
        if low < high:
            found = lesions.judged(sides.points, sides.first[low : high + 1], view, lethal)
            judged.seen[low:high], judged.cut[low:high] = found[:, 3] > 0.0, found[:, 1] >= length_mm
        start, half = p * sides.tubes_each, sides.tubes_each // 2
        first = sides.tube_first[start : start + sides.tubes_each + 1]
        gaps = lesions.clearances(sides.tube_points, first, sides.tube_radii[start : start + sides.tubes_each], lethal)
        skin = np.ascontiguousarray(sides.skins[p, : sides.skin_rows[p]])
        depths = lesions.skin_depths((skin, np.zeros(3), sides.skin_axes, corner_of[p], sides.skin_spacing))
        judged.risk[p] = (
            gaps[:half, 0].min(),
            gaps[half:, 0].min(),
            depths[0],
            lesions.behind_joint(sides.joints[p], 1.0, view, lethal),
        )
    return judged
