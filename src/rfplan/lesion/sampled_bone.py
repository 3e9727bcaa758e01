"""A surface of bone of any form, as samples of the signed distance from it in the frame of a lesion."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, frozen


@dataclass(frozen=True, eq=False)
class SampledBone:
    """Signed distance from bone, mm, negative inside: node (i, j, k) is at ``origin_mm`` (3,) + ``spacing_mm`` (i, j, k).

    Outside the samples the distance is that of the nearest node: a lesion feels only what is near it.
    """

    origin_mm: FloatArray
    spacing_mm: float
    height_mm_at: NDArray[np.float32]

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin_mm", frozen(self.origin_mm))
        object.__setattr__(self, "height_mm_at", frozen(self.height_mm_at, np.float32))
        if self.height_mm_at.ndim != 3 or not np.isfinite(self.height_mm_at).all():
            raise InputError("the samples of a bone's surface must be finite numbers on a grid in three dimensions")

    @classmethod
    def of(cls, height_mm: Callable[[FloatArray], FloatArray], reach_mm: float, spacing_mm: float = 0.8) -> SampledBone:
        """Samples of a function of (..., 3) points within ``reach_mm`` of the frame's origin along every axis."""
        count = int(np.ceil(2.0 * reach_mm / spacing_mm)) + 1
        origin = np.full(3, -0.5 * (count - 1) * spacing_mm)
        line = origin[0] + spacing_mm * np.arange(count)
        nodes = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1)
        return cls(origin, spacing_mm, np.asarray(height_mm(nodes), dtype=np.float32))

    def height_mm(self, points_mm: FloatArray) -> FloatArray:
        """(...,) distance of (..., 3) points above the surface; negative in the bone."""
        points = np.asarray(points_mm, dtype=float)
        places = (points - self.origin_mm) / self.spacing_mm
        flat = places.reshape(-1, 3).T
        values = ndimage.map_coordinates(self.height_mm_at, flat, order=1, mode="nearest", output=float)
        return np.asarray(values.reshape(points.shape[:-1]))

    @cached_property
    def digest(self) -> str:
        """Short digest of the samples, which stands for them in the description of a problem."""
        total = hashlib.sha256(np.ascontiguousarray(self.height_mm_at).tobytes())
        total.update(repr((self.origin_mm.tolist(), self.spacing_mm, self.height_mm_at.shape)).encode())
        return total.hexdigest()[:32]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SampledBone) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)
