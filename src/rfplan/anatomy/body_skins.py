"""The skins of many backs at once: the height fields that :func:`rfplan.anatomy.body_skin.skin_over` estimates one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.back_form import (
    SPACING_MM,
    bridged_profiles,
    half_width_at,
    known,
    prior_depth_mm,
    profile_knots,
    prone_axes,
    rounding,
    skin_grid,
    trunk_mm,
)
from rfplan.anatomy.skin import SkinSurface
from rfplan.anatomy.skin_kernels import fill_both_halves
from rfplan.geometry.arrays import FloatArray, IntArray

_TOGETHER = 8
"""Bodies whose grids fit into the nearest memory."""


@dataclass(frozen=True, eq=False)
class Skins:
    """Skins of p backs: ``height_mm`` (p, ni, nj), of which the first ``rows`` (p,) count, node (0, 0) at ``corners_mm`` (p, 2) lateral and
    caudal; ``origins_mm`` (p, 3) and ``axes`` (p, 3, 3), rows lateral, caudal and outward, place them in their patients."""

    origins_mm: FloatArray
    axes: FloatArray
    corners_mm: FloatArray
    height_mm: FloatArray
    rows: IntArray
    spacing_mm: float = SPACING_MM

    def __getitem__(self, k: int) -> SkinSurface:
        lateral_0, caudal_0 = self.corners_mm[k].tolist()
        height = self.height_mm[k, : self.rows[k]]
        return SkinSurface(self.origins_mm[k], self.axes[k], self.spacing_mm, lateral_0, caudal_0, height)

    def depth_mm(self, points_mm: FloatArray) -> FloatArray:
        """(p, n) depth of points (p, n, 3), some in each patient, below its skin; see :meth:`SkinSurface.depth_mm`."""
        local = (points_mm - self.origins_mm[:, None]) @ self.axes.swapaxes(1, 2)
        place = (local[..., :2] - self.corners_mm[:, None]) / self.spacing_mm
        u = np.clip(place[..., 0], 0, (self.rows - 1.000001)[:, None])
        v = np.clip(place[..., 1], 0, self.height_mm.shape[2] - 1.000001)
        i, j = np.floor(u).astype(int), np.floor(v).astype(int)
        s, t, own = u - i, v - j, np.arange(len(self.rows))[:, None]
        grid = self.height_mm
        height = (
            grid[own, i, j] * (1 - s) * (1 - t)
            + grid[own, i + 1, j] * s * (1 - t)
            + grid[own, i, j + 1] * (1 - s) * t
            + grid[own, i + 1, j + 1] * s * t
        )
        return np.asarray(height - local[..., 2])


def skins_over(
    origins_mm: FloatArray,
    view_axes: FloatArray,
    levels: Sequence[str],
    centres_mm: FloatArray,
    bmi: FloatArray,
    female: FloatArray,
    residual_mm: FloatArray,
) -> Skins:
    """The skins of p backs at the depths of the population prior.

    Parameters
    ----------
    origins_mm (p, 3), view_axes (p, 3, 3) : true AP views of the sacra
    levels, centres_mm (p, n, 3), residual_mm (p, n) : foramina of one side, and how much deeper than the prior says they lie
    bmi, female : (p,) body mass index, kg/m2; 1 for women, 0 for men
    """
    table, count = known(), len(bmi)
    axes = prone_axes(view_axes[:, 0], view_axes[:, 1], view_axes[:, 2])
    local = (centres_mm - origins_mm[:, None]) @ axes.swapaxes(1, 2)
    depths = [prior_depth_mm(level, bmi, female, residual_mm[:, n]) for n, level in enumerate(levels)]
    knots, heights = profile_knots(local[..., 1], local[..., 2] + np.stack(depths, axis=1))
    beside, seat = np.abs(local[..., 0]).mean(axis=1), local[:, -1, 1] + 75.0
    half_width, thickness = trunk_mm(bmi)
    waist, rise, cleft = (table[name].value for name in ("trunk.waist", "buttock.rise", "buttock.cleft"))
    grids = [skin_grid(width) for width in half_width.tolist()]
    rows, caudal = np.array([len(lateral) for lateral, _ in grids]), grids[0][1]
    profiles = bridged_profiles(knots, heights, caudal)
    # both halves are alike
    half = SPACING_MM * np.arange(rows.max() // 2 + 1)
    height = np.zeros((count, rows.max(), len(caudal)))
    for start in range(0, count, _TOGETHER):
        own = slice(start, start + _TOGETHER)
        width, thick, low = half_width_at(half_width[own, None], waist, caudal), thickness[own, None], seat[own, None]
        middle = rounding(beside[own, None], caudal, width, thick, low, rise, cleft)
        across = rounding(half[:, None], caudal, width[:, None], thick[:, None], low[:, None], rise, cleft)
        fill_both_halves(across, profiles[own] - middle, rows[own], height[own])
    corners = np.array([[lateral[0], caudal[0]] for lateral, _ in grids])
    return Skins(origins_mm, axes, corners, height, rows)
