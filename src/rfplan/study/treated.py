"""What the judgement of many patients needs of each: branches, canals, roots, joint and skin of the treated side, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rfplan.anatomy.body_skin import prone_axes_in_view
from rfplan.anatomy.virtual_branches import side_branches
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.figures import figures
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray

_Kind = TypeVar("_Kind", bound=np.generic)


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
    def of(cls, grounds: VirtualGrounds) -> TreatedSides:
        """The arrays of either side of ``grounds``, whose sides are alike."""
        drawn, laid, skins = side_branches(grounds), grounds.laid, grounds.skins
        count, each = laid.diameters.shape
        canals = np.concatenate([laid.rims.mean(axis=2)[:, :, None], laid.canals], axis=2)
        # a root is a point: a line from where its canal ends to the same place
        long, short = canals.shape[2], 2
        sizes = np.tile(np.repeat([long, short], each), count)
        roots = np.repeat(canals[:, :, -1:], short, axis=2)
        points = np.concatenate([canals.reshape(count, -1, 3), roots.reshape(count, -1, 3)], axis=1).reshape(-1, 3)
        root = np.full((count, each), figures("safety")["ventral_root.radius"].value)
        return cls(
            drawn.points,
            drawn.first,
            drawn.branches,
            drawn.level,
            drawn.clock_deg < 90.0,
            points,
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.concatenate([0.5 * laid.diameters, root], axis=1).ravel(),
            2 * each,
            np.ascontiguousarray(laid.joints[:, :, :2]),
            skins.height_mm,
            skins.rows,
            prone_axes_in_view(),
            skins.corners_mm,
            skins.spacing_mm,
        )

    def times(self, count: int) -> TreatedSides:
        """Every patient of these ``count`` times, all of them one time after the other."""
        return replace(
            self,
            points=_again(self.points, count),
            first=_starts_again(self.first, count),
            branches=_starts_again(self.branches, count),
            level=_again(self.level, count),
            upper=_again(self.upper, count),
            tube_points=_again(self.tube_points, count),
            tube_first=_starts_again(self.tube_first, count),
            tube_radii=_again(self.tube_radii, count),
            joints=_again(self.joints, count),
            skins=_again(self.skins, count),
            skin_rows=_again(self.skin_rows, count),
            corners=_again(self.corners, count),
        )


def _again(values: NDArray[_Kind], count: int) -> NDArray[_Kind]:
    return np.concatenate([values] * count)


def _starts_again(starts: IntArray, count: int) -> IntArray:
    """Starts (n + 1,) of what follows itself ``count`` times."""
    shifted = starts[:-1] + starts[-1] * np.arange(count)[:, None]
    return np.append(shifted.ravel(), starts[-1] * count).astype(np.int64)
