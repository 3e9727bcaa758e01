"""Polylines in space: length and even resampling."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rfplan.geometry.arrays import FloatArray


def arc_length(points_mm: ArrayLike) -> FloatArray:
    """(n,) distance along the (n, 3) polyline from its first point, mm."""
    points = np.asarray(points_mm, dtype=float)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def resample(points_mm: ArrayLike, spacing_mm: float) -> FloatArray:
    """The polyline at even steps of at most ``spacing_mm``, ends kept; (m, 3)."""
    points = np.asarray(points_mm, dtype=float)
    along = arc_length(points)
    count = max(2, int(np.ceil(along[-1] / spacing_mm)) + 1)
    wanted = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(wanted, along, points[:, axis]) for axis in range(points.shape[1])], axis=1)
