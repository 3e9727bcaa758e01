"""What the judgement of many patients needs of each: branches, canals, roots, joint and skin of the treated side, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.sides import LEVELS, Side, lateral_sign
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.study.columns import LEVELS as BRANCH_LEVELS


@dataclass(frozen=True, eq=False)
class TreatedSides:
    """p patients in their charts, lateral away from the midline.

    Branches of patient p are ``branches[p]:branches[p + 1]`` of ``points`` (n, 3) split at ``first``; ``level`` (b,) and ``upper`` (b,) as
    :func:`rfplan.study.columns.branch_columns` takes them. Of each patient there are ``tubes_each`` tubes: canals, then ventral roots.
    ``skins`` (p, ni, nj) heights over the axes ``skin_axes`` (3, 3), of which ``skin_rows`` (p,) rows count, from ``corners`` (p, 2) on.
    """

    points: FloatArray
    first: IntArray
    branches: IntArray
    level: IntArray
    upper: BoolArray
    tube_points: FloatArray
    tube_first: IntArray
    tube_radii: FloatArray
    tubes_each: int
    joints: FloatArray
    skins: FloatArray
    skin_rows: IntArray
    skin_axes: FloatArray
    corners: FloatArray
    skin_spacing: float

    @classmethod
    def of(cls, grounds: Sequence[VirtualGround], side: Side) -> TreatedSides:
        """The arrays of ``grounds``."""
        sign = np.array([lateral_sign(side), 1.0, 1.0])
        lines: list[FloatArray] = []
        branches, level, upper = [0], [], []
        tubes: list[FloatArray] = []
        radii = []
        root = figures("safety")["ventral_root.radius"].value
        for ground in grounds:
            clocks = {f"{traits.level}.{traits.ordinal}": traits.clock_deg for traits in ground.traits}
            own = ground.nerves_on(side)
            lines += [ground.frame.to_chart(nerve.points_mm) * sign for nerve in own]
            level += [BRANCH_LEVELS.index(nerve.level) for nerve in own]
            upper += [clocks[nerve.name] < 90.0 for nerve in own]
            branches.append(len(lines))
            foramina = [ground.foramen(name, side) for name in LEVELS]
            canals = [ground.frame.to_chart(foramen.canal_mm) * sign for foramen in foramina]
            tubes += [*canals, *(canal[[-1, -1]] for canal in canals)]
            radii += [foramen.diameter_mm / 2 for foramen in foramina] + [root] * len(foramina)
        skins = [ground.skin for ground in grounds]
        rows = np.array([len(skin.height_mm) for skin in skins])
        heights = np.zeros((len(skins), rows.max(), skins[0].height_mm.shape[1]))
        for held, skin in zip(heights, skins, strict=True):
            held[: len(skin.height_mm)] = skin.height_mm[:: int(sign[0])]
        return cls(
            *_stacked(lines),
            np.array(branches),
            np.array(level, dtype=np.int64),
            np.array(upper, dtype=np.bool_),
            *_stacked(tubes),
            np.array(radii),
            2 * len(LEVELS),
            np.stack(
                [
                    ground.frame.to_chart(ground.curves[f"sij_posterior_line_{side}"].points_mm)[:, :2] * sign[:2]
                    for ground in grounds
                ]
            ),
            heights,
            rows,
            np.ascontiguousarray(skins[0].axes @ grounds[0].frame.axes.T),
            np.array([[skin.lateral_0_mm, skin.caudal_0_mm] for skin in skins]),
            float(skins[0].spacing_mm),
        )


def _stacked(lines: Sequence[FloatArray]) -> tuple[FloatArray, IntArray]:
    first = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    return (np.concatenate(lines) if len(lines) else np.empty((0, 3))), first
