"""Metal bodies as they stand in a grid, and the plane of bone beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rfplan.errors import InputError
from rfplan.geometry.arrays import BoolArray, FloatArray, frozen, unit
from rfplan.geometry.frames import Isometry
from rfplan.lesion.metal_body import MetalBody


@dataclass(frozen=True, eq=False)
class PlacedBody:
    """A ``body`` with its tip end at ``tip_mm`` (3,) and ``axis`` (3,) towards the hub; ``volts`` for 1 V between electrodes.

    ``sensed``: it has a thermocouple. ``cooled``: coolant flows in it.
    """

    body: MetalBody
    tip_mm: FloatArray
    axis: FloatArray
    volts: float = 1.0
    sensed: bool = True
    cooled: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "tip_mm", frozen(self.tip_mm))
        object.__setattr__(self, "axis", frozen(np.asarray(self.axis) / np.linalg.norm(self.axis)))

    def own(self, points_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(...,) distance from the axis line, and position along it from the tip end."""
        away = points_mm - self.tip_mm
        along = away @ self.axis
        across = np.sqrt(np.maximum((away**2).sum(axis=-1) - along**2, 0.0))
        return across, along

    def distance_mm(self, points_mm: FloatArray) -> FloatArray:
        """(...,) signed distance of (..., 3) points; negative in the metal."""
        return self.body.distance_mm(*self.own(points_mm))

    def active(self, points_mm: FloatArray) -> BoolArray:
        """(...,) whether the metal at (..., 3) points is active."""
        return np.asarray(self.body.is_active(self.own(points_mm)[1]), dtype=bool)

    @property
    def thermocouple_mm(self) -> FloatArray:
        """(3,) the first on the axis."""
        return np.asarray(self.tip_mm + self.body.thermocouple_mm * self.axis)

    @property
    def thermocouples_mm(self) -> FloatArray:
        """(n, 3) all on the axis."""
        return np.asarray(self.tip_mm + np.array(self.body.thermocouples_mm)[:, None] * self.axis)


@dataclass(frozen=True, eq=False)
class BonePlane:
    """Bone on the far side of a plane: ``normal`` (3,) points out of the bone, ``offset_mm`` is normal . x on its surface."""

    normal: FloatArray
    offset_mm: float

    def height_mm(self, points_mm: FloatArray) -> FloatArray:
        """(...,) distance of (..., 3) points above the surface; negative in the bone."""
        return np.asarray(points_mm @ np.asarray(self.normal) - self.offset_mm)


def bone_beside(body: MetalBody, gap_mm: float, angle_deg: float) -> BonePlane:
    """The plane at ``angle_deg`` to a needle along z with its tip end at 0, ``gap_mm`` from the needle's nearest point, towards -x."""
    angle = np.deg2rad(angle_deg)
    normal = np.array([np.cos(angle), 0.0, np.sin(angle)])
    normal[np.abs(normal) < 1e-12] = 0.0
    centre = np.array([0.0, 0.0, body.radius_mm])
    return BonePlane(normal, float(normal @ centre) - body.radius_mm - gap_mm)


def needle_pose(tip_mm: ArrayLike, axis: ArrayLike) -> Isometry:
    """The map from the needle's frame to that in which its tip end and the direction to its hub are given."""
    z = unit(axis)
    if not np.isfinite(z).all():
        raise InputError(f"the needle's axis is {np.asarray(axis).tolist()}; it must have a length")
    helper = np.eye(3)[int(np.argmin(np.abs(z)))]
    x = unit(np.cross(helper, z))
    return Isometry(np.stack([x, np.cross(z, x), z], axis=1), np.asarray(tip_mm, dtype=float))
