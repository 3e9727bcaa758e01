"""What the judgement of many patients needs of each: branches, canals, roots, joint and skin of the treated side, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.body_skin import prone_axes_in_view
from rfplan.anatomy.sides import LEVELS
from rfplan.anatomy.virtual_branches import side_branches
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
    def of(cls, grounds: Sequence[VirtualGround]) -> TreatedSides:
        """The arrays of either side of ``grounds``, whose sides are alike."""
        drawn = [side_branches(ground) for ground in grounds]
        tubes: list[FloatArray] = []
        radii: list[float] = []
        root = figures("safety")["ventral_root.radius"].value
        for ground in grounds:
            rims, diameters, canals = ground.side_mm[4:7]
            lines = np.concatenate([rims.mean(axis=1)[:, None], canals], axis=1)
            tubes += [*lines, *lines[:, [-1, -1]]]
            radii += [*(0.5 * diameters).tolist(), *[root] * len(diameters)]
        skins = [ground.skin for ground in grounds]
        rows = np.array([len(skin.height_mm) for skin in skins])
        heights = np.zeros((len(skins), rows.max(), skins[0].height_mm.shape[1]))
        for held, skin in zip(heights, skins, strict=True):
            held[: len(skin.height_mm)] = skin.height_mm
        return cls(
            *_stacked([line for own in drawn for line in own.lines]),
            np.concatenate([[0], np.cumsum([len(own.lines) for own in drawn])]).astype(np.int64),
            np.array([BRANCH_LEVELS.index(t.level) for own in drawn for t in own.traits], dtype=np.int64),
            np.array([t.clock_deg < 90.0 for own in drawn for t in own.traits], dtype=np.bool_),
            *_stacked(tubes),
            np.array(radii),
            2 * len(LEVELS),
            np.ascontiguousarray(np.stack([ground.side_mm[7][:, :2] for ground in grounds])),
            heights,
            rows,
            prone_axes_in_view(),
            np.array([[skin.lateral_0_mm, skin.caudal_0_mm] for skin in skins]),
            float(skins[0].spacing_mm),
        )


def _stacked(lines: Sequence[FloatArray]) -> tuple[FloatArray, IntArray]:
    first = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    return (np.concatenate(lines) if len(lines) else np.empty((0, 3))), first
