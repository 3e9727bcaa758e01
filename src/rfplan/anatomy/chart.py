"""The back of the sacrum as a map, as an operator thinks in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.bridge import bridge
from rfplan.anatomy.chart_kernels import height_map
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh

_MARGIN_MM = 6.0


@dataclass(frozen=True, eq=False)
class DorsalChart:
    """Height of the back of the sacrum over the plane of the true AP view.

    ``frame`` is the view; node (i, j) of the grid is at ``lateral_0_mm + i spacing_mm``, ``caudal_0_mm + j spacing_mm``.
    ``seen_mm`` (ni, nj) is the height of the bone nearest to the operator, NaN where the beam passes it (beside it or
    through a foramen). ``bridged_mm`` (ni, nj) is the smooth surface on which nerves and techniques are drawn: foramina and
    pits are bridged flush with their rims, elsewhere it keeps within 0.4 mm of the bone, NaN only beside the bone.
    """

    frame: ApFrame
    spacing_mm: float
    lateral_0_mm: float
    caudal_0_mm: float
    seen_mm: FloatArray
    bridged_mm: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "seen_mm", frozen(self.seen_mm))
        object.__setattr__(self, "bridged_mm", frozen(self.bridged_mm))

    @classmethod
    def of(cls, sacrum: Mesh, frame: ApFrame, spacing_mm: float = 0.5) -> DorsalChart:
        """The chart of a sacrum seen in ``frame``."""
        chart_points = frame.to_chart(sacrum.vertices_mm)
        # the grid is symmetric about the midline, so that the chart of a mirror image is the mirrored chart
        half = 2 * int(np.ceil((np.abs(chart_points[:, 0]).max() + _MARGIN_MM) / (2.0 * spacing_mm)))
        lowest, highest = chart_points[:, 1].min() - _MARGIN_MM, chart_points[:, 1].max() + _MARGIN_MM
        first = int(np.floor(lowest / spacing_mm))
        rows = int(np.ceil(highest / spacing_mm)) - first + 1
        lateral_0, caudal_0 = -half * spacing_mm, first * spacing_mm
        seen = height_map(chart_points, sacrum.faces, lateral_0, caudal_0, spacing_mm, 2 * half + 1, rows)
        return cls(frame, spacing_mm, lateral_0, caudal_0, seen, bridge(seen, spacing_mm))

    def height_mm(self, lateral_mm: ArrayLike, caudal_mm: ArrayLike) -> FloatArray:
        """Height of the bridged surface (bilinear), mm; NaN beside the bone."""
        return self._sample(self.bridged_mm, lateral_mm, caudal_mm)

    def normal(self, lateral_mm: ArrayLike, caudal_mm: ArrayLike) -> FloatArray:
        """(..., 3) unit normal of the bridged surface towards the operator, in the patient frame."""
        step = self.spacing_mm
        lateral, caudal = np.broadcast_arrays(np.asarray(lateral_mm, float), np.asarray(caudal_mm, float))
        slope_l = (self.height_mm(lateral + step, caudal) - self.height_mm(lateral - step, caudal)) / (2 * step)
        slope_c = (self.height_mm(lateral, caudal + step) - self.height_mm(lateral, caudal - step)) / (2 * step)
        normals = np.stack([-slope_l, -slope_c, np.ones_like(slope_l)], axis=-1)
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        return normals @ self.frame.axes

    def point_mm(self, lateral_mm: ArrayLike, caudal_mm: ArrayLike, above_mm: ArrayLike = 0.0) -> FloatArray:
        """(..., 3) patient points on the bridged surface, lifted by ``above_mm`` along its normal."""
        lateral, caudal = np.broadcast_arrays(np.asarray(lateral_mm, float), np.asarray(caudal_mm, float))
        height = self.height_mm(lateral, caudal)
        points = self.frame.to_patient(np.stack([lateral, caudal, height], axis=-1))
        lift = np.asarray(above_mm, dtype=float)
        if not np.any(lift):
            return points
        return points + lift[..., None] * self.normal(lateral, caudal)

    def on_bone(self, lateral_mm: ArrayLike, caudal_mm: ArrayLike) -> np.ndarray:
        """True where the bridged surface exists."""
        return np.isfinite(self.height_mm(lateral_mm, caudal_mm))

    def moved(self, motion: Isometry) -> DorsalChart:
        """The chart of the moved patient; a mirror image reverses the lateral axis."""
        frame = self.frame.moved(motion)
        if not motion.mirrors:
            return replace(self, frame=frame)
        last = self.lateral_0_mm + (self.seen_mm.shape[0] - 1) * self.spacing_mm
        return replace(
            self,
            frame=frame,
            lateral_0_mm=-last,
            seen_mm=self.seen_mm[::-1],
            bridged_mm=self.bridged_mm[::-1],
        )

    def _sample(self, grid: FloatArray, lateral_mm: ArrayLike, caudal_mm: ArrayLike) -> FloatArray:
        u = (np.asarray(lateral_mm, dtype=float) - self.lateral_0_mm) / self.spacing_mm
        v = (np.asarray(caudal_mm, dtype=float) - self.caudal_0_mm) / self.spacing_mm
        inside = (u >= 0) & (v >= 0) & (u <= grid.shape[0] - 1) & (v <= grid.shape[1] - 1)
        i = np.clip(np.floor(np.where(inside, u, 0)).astype(int), 0, grid.shape[0] - 2)
        j = np.clip(np.floor(np.where(inside, v, 0)).astype(int), 0, grid.shape[1] - 2)
        s, t = u - i, v - j
        value = (
            grid[i, j] * (1 - s) * (1 - t)
            + grid[i + 1, j] * s * (1 - t)
            + grid[i, j + 1] * (1 - s) * t
            + grid[i + 1, j + 1] * s * t
        )
        return np.where(inside, value, np.nan)
