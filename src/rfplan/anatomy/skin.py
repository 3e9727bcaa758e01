"""The skin of the back as a height field, and where a needle crosses it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.skin_kernels import entry_along
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.frames import Isometry


@dataclass(frozen=True, eq=False)
class SkinSurface:
    """Height of the skin over a coronal plane behind the pelvis.

    ``origin_mm`` (3,) and ``axes`` (3, 3), rows lateral (patient's left), caudal and outward, unit and orthogonal;
    node (i, j) is at ``lateral_0_mm + i spacing_mm``, ``caudal_0_mm + j spacing_mm``; ``height_mm`` (ni, nj), finite.
    ``status`` is ``estimated`` where the depth comes from the population prior.
    """

    origin_mm: FloatArray
    axes: FloatArray
    spacing_mm: float
    lateral_0_mm: float
    caudal_0_mm: float
    height_mm: FloatArray
    status: str = "estimated"

    def __post_init__(self) -> None:
        for name in ("origin_mm", "axes", "height_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def depth_mm(self, points_mm: ArrayLike) -> FloatArray:
        """(...,) depth of (..., 3) points below the skin along its outward axis; negative outside the body."""
        local = (np.asarray(points_mm, dtype=float) - self.origin_mm) @ self.axes.T
        u = np.clip((local[..., 0] - self.lateral_0_mm) / self.spacing_mm, 0, self.height_mm.shape[0] - 1.000001)
        v = np.clip((local[..., 1] - self.caudal_0_mm) / self.spacing_mm, 0, self.height_mm.shape[1] - 1.000001)
        i, j = np.floor(u).astype(int), np.floor(v).astype(int)
        s, t = u - i, v - j
        grid = self.height_mm
        height = (
            grid[i, j] * (1 - s) * (1 - t)
            + grid[i + 1, j] * s * (1 - t)
            + grid[i, j + 1] * (1 - s) * t
            + grid[i + 1, j + 1] * s * t
        )
        depth: FloatArray = height - local[..., 2]
        return depth

    def entry_mm(self, tip_mm: ArrayLike, axis: ArrayLike, longest_mm: float = 250.0) -> FloatArray | None:
        """Where the line from ``tip_mm`` along ``axis`` (towards the hub) leaves the body; None if it does not."""
        along = entry_along(
            self.height_mm,
            self.axes @ (np.asarray(tip_mm, dtype=float) - self.origin_mm),
            self.axes @ np.asarray(axis, dtype=float),
            self.lateral_0_mm,
            self.caudal_0_mm,
            self.spacing_mm,
            float(longest_mm),
        )
        return None if along < 0.0 else np.asarray(tip_mm, dtype=float) + along * np.asarray(axis, dtype=float)

    def moved(self, motion: Isometry) -> SkinSurface:
        """The skin of the moved patient; a mirror image reverses the lateral axis."""
        axes = motion.vectors(self.axes)
        if not motion.mirrors:
            return SkinSurface(
                motion.points(self.origin_mm),
                axes,
                self.spacing_mm,
                self.lateral_0_mm,
                self.caudal_0_mm,
                self.height_mm,
                self.status,
            )
        axes[0] = -axes[0]
        last = self.lateral_0_mm + (self.height_mm.shape[0] - 1) * self.spacing_mm
        return SkinSurface(
            motion.points(self.origin_mm),
            axes,
            self.spacing_mm,
            -last,
            self.caudal_0_mm,
            self.height_mm[::-1],
            self.status,
        )
