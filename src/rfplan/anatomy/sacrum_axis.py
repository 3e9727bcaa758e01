"""The curved axis of the sacrum: coordinates along and across the fused bodies."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.sacrum_axis_kernels import project
from rfplan.geometry.arrays import FloatArray

_STEP_MM = 0.25
_BEYOND_MM = 70.0


@dataclass(frozen=True, eq=False)
class SacralAxis:
    """A plane curve in the median plane, from the centre of the S1 endplate down through the bodies.

    ``start_mm`` (2,) is its origin in (y, z); the tangent there points ``heading_deg`` below the posterior
    direction and turns evenly by ``turn_deg`` more, with no kink, between ``bend_start_mm`` and ``bend_end_mm``. It is straight beyond.
    Axis coordinates of a point are (x, s, t): patient left, distance along the curve and distance dorsal to it, mm.
    """

    start_mm: FloatArray
    heading_deg: float
    turn_deg: float
    bend_start_mm: float
    bend_end_mm: float
    _along: FloatArray = field(init=False, repr=False)
    _points: FloatArray = field(init=False, repr=False)
    _tangents: FloatArray = field(init=False, repr=False)
    _bends: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        along = np.arange(-_BEYOND_MM, self.bend_end_mm + 2 * _BEYOND_MM, _STEP_MM)
        middle = 0.5 * (along[1:] + along[:-1])
        tangent = self._tangent(middle)
        points = np.concatenate([[[0.0, 0.0]], np.cumsum(tangent * _STEP_MM, axis=0)])
        origin = np.array([np.interp(0.0, along, points[:, axis]) for axis in range(2)])
        object.__setattr__(self, "_along", along)
        object.__setattr__(self, "_points", points - origin + np.asarray(self.start_mm))
        object.__setattr__(self, "_tangents", self._tangent(along))
        object.__setattr__(self, "_bends", self._curvature(along) * _STEP_MM)

    def heading_at_deg(self, along_mm: ArrayLike) -> FloatArray:
        """Angle of the tangent below the posterior direction at ``along_mm``."""
        share = (np.asarray(along_mm, float) - self.bend_start_mm) / (self.bend_end_mm - self.bend_start_mm)
        share = np.clip(share, 0.0, 1.0)
        return np.asarray(self.heading_deg + self.turn_deg * share * share * (3.0 - 2.0 * share))

    def _tangent(self, along_mm: ArrayLike) -> FloatArray:
        angle = np.deg2rad(self.heading_at_deg(along_mm))
        return np.stack([np.cos(angle), -np.sin(angle)], axis=-1)

    def _curvature(self, along_mm: FloatArray) -> FloatArray:
        length = self.bend_end_mm - self.bend_start_mm
        share = np.clip((along_mm - self.bend_start_mm) / length, 0.0, 1.0)
        return np.asarray(np.deg2rad(self.turn_deg) * 6.0 * share * (1.0 - share) / length)

    def to_axis(self, points_mm: ArrayLike) -> FloatArray:
        """(n, 3) axis coordinates (x, s, t) of (n, 3) patient points."""
        points = np.asarray(points_mm, dtype=float)
        along, dorsal = project(np.ascontiguousarray(points[:, 1:]), self._points, self._tangents, self._bends)
        return np.stack([points[:, 0], self._along[0] + _STEP_MM * along, dorsal], axis=-1)

    def to_patient(self, axis_mm: ArrayLike) -> FloatArray:
        """(..., 3) patient points of (..., 3) axis coordinates."""
        coordinates = np.asarray(axis_mm, dtype=float)
        along, dorsal = coordinates[..., 1], coordinates[..., 2]
        base = np.stack([np.interp(along, self._along, self._points[:, axis]) for axis in range(2)], axis=-1)
        tangent = self._tangent(along)
        normal = np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1)
        plane = base + dorsal[..., None] * normal
        return np.concatenate([coordinates[..., :1], plane], axis=-1)

    def directions(self, along_mm: ArrayLike, vectors: ArrayLike) -> FloatArray:
        """(..., 3) patient vectors of (..., 3) vectors in the axes (x, along, dorsal) at ``along_mm``."""
        components = np.asarray(vectors, dtype=float)
        tangent = self._tangent(along_mm)
        normal = np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1)
        plane = components[..., 1:2] * tangent + components[..., 2:3] * normal
        return np.concatenate([components[..., :1], plane], axis=-1)
