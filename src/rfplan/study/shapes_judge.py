"""Many plans on many virtual patients, judged with lesions as shapes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.shapes import assembled
from rfplan.planning.packed_lesions import ShapeLesions
from rfplan.planning.plan import Plan
from rfplan.study.solved_judge import Judged
from rfplan.study.treated import TreatedSides

_FAR_MM = 1e30


def judged_with_shapes(
    sides: TreatedSides, grounds: Sequence[VirtualGround], plans: Sequence[Plan], side: Side
) -> Judged:
    """One strategy, a plan for each patient of ``sides``."""
    table = figures("safety")
    lethal, length_mm = ISOTHERMS_C.index(table["lethal.isotherm"].value), table["transection.length"].value
    count = len(plans)
    judged = Judged(
        np.zeros(len(sides.level), dtype=np.bool_),
        np.zeros(len(sides.level), dtype=np.bool_),
        np.full((count, 4), _FAR_MM),
        np.zeros(count, dtype=np.int64),
    )
    judged.risk[:, 3] = -_FAR_MM
    view, corner_of = np.eye(3), sides.corners
    for p, (plan, ground) in enumerate(zip(plans, grounds, strict=True)):
        if not plan.applications:
            continue
        lesions = _in_chart(plan, ground, side)
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
            lesions.beyond_line(sides.joints[p], 1.0, view, lethal),
        )
    return judged


def _in_chart(plan: Plan, ground: VirtualGround, side: Side) -> ShapeLesions:
    to_side = ground.frame.axes * np.array([[lateral_sign(side)], [1.0], [1.0]])

    def place(point: FloatArray) -> FloatArray:
        return np.asarray(to_side @ (point - ground.frame.origin_mm))

    return ShapeLesions(
        *assembled(
            [
                (entry.mode, entry.protocol, tuple([needle.electrode for needle in entry.needles]))
                for entry in plan.applications
            ],
            [[place(needle.tip_mm) for needle in entry.needles] for entry in plan.applications],
            [[to_side @ needle.axis for needle in entry.needles] for entry in plan.applications],
        )
    )
