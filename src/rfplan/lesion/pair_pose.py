"""How the two needles of a bipolar pair stand to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.geometry.frames import Isometry
from rfplan.lesion.surroundings import within

_SPACING_MM = (0.0, 60.0)
_OFFSET_MM = (-40.0, 40.0)
_SPLAY_DEG = (-90.0, 90.0)
_TWIST_DEG = (-90.0, 90.0)
_SHAFT_MM = 60.0


@dataclass(frozen=True)
class PairPose:
    """Two needles in a frame of their own: origin half-way between the tip ends, z the mean of the axes (towards the hubs), x from the
    first tip end to the second.

    ``spacing_mm`` of the tip ends across z and ``offset_mm`` along it (positive: the second is nearer to the hubs);
    ``splay_deg`` is the angle by which the axes part towards the hubs in the x-z plane, ``twist_deg`` the angle between them
    seen along x, positive where the second leans to +y. These four describe any two needles.
    """

    spacing_mm: float
    offset_mm: float = 0.0
    splay_deg: float = 0.0
    twist_deg: float = 0.0

    def __post_init__(self) -> None:
        within("--bipolar-spacing-mm", self.spacing_mm, _SPACING_MM, "mm")
        within("--bipolar-offset-mm", self.offset_mm, _OFFSET_MM, "mm")
        within("--bipolar-splay-deg", self.splay_deg, _SPLAY_DEG, "degrees")
        within("--bipolar-twist-deg", self.twist_deg, _TWIST_DEG, "degrees")

    @property
    def parallel(self) -> bool:
        """True where the axes are."""
        return self.splay_deg == 0.0 and self.twist_deg == 0.0

    @property
    def tips_mm(self) -> FloatArray:
        """(2, 3) tip ends."""
        half = 0.5 * np.array([self.spacing_mm, 0.0, self.offset_mm])
        return np.stack([-half, half])

    @property
    def axes(self) -> FloatArray:
        """(2, 3) unit vectors towards the hubs."""
        lean = np.tan(np.deg2rad(0.5 * np.array([self.splay_deg, self.twist_deg])))
        return np.stack([unit(np.array([-lean[0], -lean[1], 1.0])), unit(np.array([lean[0], lean[1], 1.0]))])

    def nearest_mm(self, active_mm: float) -> float:
        """Smallest distance of the two axes from the tip ends up the shafts, at least over the active tip."""
        t = np.linspace(0.0, max(_SHAFT_MM, active_mm), 241)
        first, second = (tip + t[:, None] * axis for tip, axis in zip(self.tips_mm, self.axes, strict=True))
        gaps = np.linalg.norm(first[:, None] - second[None], axis=-1)
        return float(gaps.min())


def pair_of(tips_mm: FloatArray, axes: FloatArray) -> tuple[PairPose, Isometry]:
    """The pose of two needles to each other, and the map from their frame to that of ``tips_mm`` (2, 3) and ``axes`` (2, 3).

    Raises
    ------
    InputError : the needles point against each other, or one tip lies straight behind the other
    """
    first, second = unit(axes[0]), unit(axes[1])
    if first @ second < 0.02:
        raise InputError("the two needles of a pair stand at a right angle or point against each other")
    z = unit(first + second)
    between = np.asarray(tips_mm[1] - tips_mm[0], dtype=float)
    offset = float(between @ z)
    across = between - offset * z
    spacing = float(np.linalg.norm(across))
    if spacing < 1e-6:
        raise InputError("the tip of one needle of a pair lies straight behind that of the other")
    x = across / spacing
    frame = Isometry(np.stack([x, np.cross(z, x), z], axis=1), 0.5 * np.asarray(tips_mm[0] + tips_mm[1], dtype=float))
    lean = frame.inverse().vectors(second)
    splay, twist = np.rad2deg(2.0 * np.arctan2(lean[:2], lean[2]))
    return PairPose(spacing, offset, float(splay), float(twist)), frame
