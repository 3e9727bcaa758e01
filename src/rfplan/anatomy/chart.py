"""The back of the sacrum as a map, as an operator thinks in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from rfplan.anatomy.chart_kernels import height_map
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.frames import ApFrame, Isometry
from rfplan.geometry.mesh import Mesh

_MARGIN_MM = 6.0
_BRIDGED_SIGMA_MM = 1.5


@dataclass(frozen=True, eq=False)
class DorsalChart:
    """Height of the back of the sacrum over the plane of the true AP view.

    ``frame`` is the view; node (i, j) of the grid is at ``lateral_0_mm + i spacing_mm``, ``caudal_0_mm + j spacing_mm``.
    ``seen_mm`` (ni, nj) is the height of the bone nearest to the operator, NaN where the beam passes it (beside it or
    through a foramen). ``bridged_mm`` (ni, nj) is the smooth surface on which nerves and techniques are drawn: foramina and
    pits are bridged, small roughness is smoothed, NaN only beside the bone.
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
        low = chart_points[:, :2].min(axis=0) - _MARGIN_MM
        counts = np.ceil((chart_points[:, :2].max(axis=0) + _MARGIN_MM - low) / spacing_mm).astype(int) + 1
        seen = height_map(chart_points, sacrum.faces, low[0], low[1], spacing_mm, counts[0], counts[1])
        bridged = _bridge(seen, spacing_mm)
        return cls(frame, spacing_mm, float(low[0]), float(low[1]), seen, bridged)

    def height_mm(self, lateral_mm: ArrayLike, caudal_mm: ArrayLike) -> FloatArray:
        """Height of the bridged surface (bilinear), mm; NaN beside the bone."""
        return self._sample(self.bridged_mm, lateral_mm, caudal_mm)

    def normal(self, lateral_mm: ArrayLike, caudal_mm: ArrayLike) -> FloatArray:
        """(..., 3) unit normal of the bridged surface towards the operator, in the patient frame."""
        step = self.spacing_mm
        lateral, caudal = np.broadcast_arrays(np.asarray(lateral_mm, float), np.asarray(caudal_mm, float))
        slope_l = (self.height_mm(lateral + step, caudal) - self.height_mm(lateral - step, caudal)) / (
            2 * step
        )
        slope_c = (self.height_mm(lateral, caudal + step) - self.height_mm(lateral, caudal - step)) / (
            2 * step
        )
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


def _bridge(seen_mm: FloatArray, spacing_mm: float) -> FloatArray:
    """Fill holes and narrow pits of a height map and smooth it; NaN beside the bone is kept."""
    bone = np.isfinite(seen_mm)
    outline = ndimage.binary_fill_holes(bone)
    low = np.nanmin(seen_mm) - 1.0
    reach = int(round(6.0 / spacing_mm))
    disc = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) <= reach
    closed = ndimage.grey_closing(np.where(bone, seen_mm, low), footprint=disc)
    # closing raises narrow valleys too; keep the true height except where it is a pit or a hole
    pit = (closed - np.where(bone, seen_mm, low)) > 4.0
    known = outline & bone & ~ndimage.binary_dilation(pit, iterations=2)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    filled = np.where(known, seen_mm, np.where(bone | outline, closed, seen_mm[tuple(nearest)]))
    filled = np.where(np.isfinite(filled), filled, low)
    sigma = _BRIDGED_SIGMA_MM / spacing_mm
    weight = ndimage.gaussian_filter(outline.astype(float), sigma)
    smooth = ndimage.gaussian_filter(np.where(outline, filled, 0.0), sigma) / np.maximum(weight, 1e-9)
    return np.where(outline, smooth, np.nan)
