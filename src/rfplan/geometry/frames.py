"""Changes of frame: rigid motions and mirror images, and the view frame of the true AP radiograph."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from rfplan.geometry.arrays import FloatArray, frozen, unit

_UNIT: Final = np.eye(3)
_ROUNDING: Final = 1e-6 + 1e-5 * _UNIT
"""How far the products of unit vectors at right angles may be off."""


@dataclass(frozen=True, eq=False)
class Isometry:
    """A distance-preserving map ``p -> matrix @ p + offset_mm``; a mirror image has determinant -1."""

    matrix: FloatArray = field(default_factory=lambda: np.eye(3))
    offset_mm: FloatArray = field(default_factory=lambda: np.zeros(3))

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", frozen(self.matrix))
        object.__setattr__(self, "offset_mm", frozen(self.offset_mm))
        if not np.allclose(self.matrix @ self.matrix.T, np.eye(3), atol=1e-9):
            raise ValueError("the matrix of an isometry must be orthogonal")

    @classmethod
    def rotation(cls, axis: ArrayLike, angle_deg: float, centre_mm: ArrayLike = (0.0, 0.0, 0.0)) -> Isometry:
        """Right-handed rotation by ``angle_deg`` about ``axis`` through ``centre_mm``."""
        x, y, z = unit(axis)
        skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        angle = np.deg2rad(angle_deg)
        matrix = np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * skew @ skew
        centre = np.asarray(centre_mm, dtype=float)
        return cls(matrix, centre - matrix @ centre)

    @classmethod
    def translation(cls, offset_mm: ArrayLike) -> Isometry:
        """Shift by ``offset_mm``."""
        return cls(np.eye(3), np.asarray(offset_mm, dtype=float))

    @classmethod
    def mirror_left_right(cls) -> Isometry:
        """Mirror image in the plane x = 0 of the patient frame."""
        return cls(np.diag([-1.0, 1.0, 1.0]), np.zeros(3))

    @property
    def mirrors(self) -> bool:
        """True if left and right are exchanged."""
        return bool(np.linalg.det(self.matrix) < 0)

    def points(self, points_mm: ArrayLike) -> FloatArray:
        """Images of (..., 3) points, mm."""
        return np.asarray(points_mm, dtype=float) @ self.matrix.T + self.offset_mm

    def vectors(self, vectors: ArrayLike) -> FloatArray:
        """Images of (..., 3) directions."""
        return np.asarray(vectors, dtype=float) @ self.matrix.T

    def inverse(self) -> Isometry:
        """The map back."""
        return Isometry(self.matrix.T, -self.matrix.T @ self.offset_mm)

    def after(self, first: Isometry) -> Isometry:
        """``first``, then this map."""
        return Isometry(self.matrix @ first.matrix, self.points(first.offset_mm))


@dataclass(frozen=True, eq=False)
class ApFrame:
    """The view frame of the true AP radiograph of a sacrum.

    The operator looks from behind along the S1 endplate. ``lateral`` points to the patient's left, ``caudal``
    to the feet, ``posterior`` along the beam to the operator: lateral x caudal = posterior (for a mirrored patient too:
    the axes are named by what they point to). ``origin_mm`` lies on the midline at the posterior edge of the S1 endplate.
    Chart coordinates of a point are (lateral, caudal, height), mm.
    """

    origin_mm: FloatArray
    lateral: FloatArray
    caudal: FloatArray
    posterior: FloatArray

    def __post_init__(self) -> None:
        for name in ("origin_mm", "lateral", "caudal", "posterior"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        axes = self.axes
        if not np.all(np.abs(axes @ axes.T - _UNIT) <= _ROUNDING):
            raise ValueError("the axes of an AP frame must be orthogonal unit vectors")

    @cached_property
    def axes(self) -> FloatArray:
        """(3, 3): rows are lateral, caudal, posterior."""
        return frozen([self.lateral, self.caudal, self.posterior])

    @property
    def lao_deg(self) -> float:
        """Rotation of the receptor, which is behind the prone patient, towards the patient's left."""
        return float(np.rad2deg(np.arctan2(self.posterior[0], self.posterior[1])))

    @property
    def cranial_deg(self) -> float:
        """Tilt of the receptor towards the head."""
        return float(np.rad2deg(np.arcsin(np.clip(self.posterior[2], -1.0, 1.0))))

    def to_chart(self, points_mm: ArrayLike) -> FloatArray:
        """Chart coordinates (..., 3) of patient points (..., 3), mm."""
        return (np.asarray(points_mm, dtype=float) - self.origin_mm) @ self.axes.T

    def to_patient(self, chart_mm: ArrayLike) -> FloatArray:
        """Patient points (..., 3) of chart coordinates (..., 3), mm."""
        return np.asarray(chart_mm, dtype=float) @ self.axes + self.origin_mm

    def moved(self, motion: Isometry) -> ApFrame:
        """The frame of the moved patient; the lateral axis of a mirrored one again points to its left."""
        lateral = motion.vectors(self.lateral)
        return ApFrame(
            motion.points(self.origin_mm),
            -lateral if motion.mirrors else lateral,
            motion.vectors(self.caudal),
            motion.vectors(self.posterior),
        )
