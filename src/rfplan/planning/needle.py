"""An electrode at a pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.devices.electrode import Electrode
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.frames import Isometry

_FARTHEST_MM = 1e6  # a kilometre: beyond it a double no longer holds a thousandth of a millimetre well


@dataclass(frozen=True, eq=False)
class Needle:
    """``tip_mm`` (3,) tip end; ``axis`` (3,) unit vector from the tip along the shaft to the hub; ``entry_mm`` (3,) skin entry.

    In the needle's own frame the tip end is the origin and +z runs along the shaft towards the hub.
    """

    electrode: Electrode
    tip_mm: FloatArray
    axis: FloatArray
    entry_mm: FloatArray

    def __post_init__(self) -> None:
        for name in ("tip_mm", "axis", "entry_mm"):
            values = frozen(getattr(self, name))
            if values.shape != (3,) or not np.all(np.isfinite(values)):
                raise InputError(f"needle {name} must be three finite numbers")
            object.__setattr__(self, name, values)
        farthest = max(float(np.abs(self.tip_mm).max()), float(np.abs(self.entry_mm).max()))
        if farthest > _FARTHEST_MM:
            raise InputError(
                f"a needle lies {farthest:.3g} mm from the origin; at most {_FARTHEST_MM:,.0f} mm is accepted"
            )
        length = float(np.linalg.norm(self.axis))
        if abs(length - 1.0) > 1e-6:
            raise InputError(f"needle axis must be a unit vector; its length is {length:.6g}")

    @property
    def depth_mm(self) -> float:
        """Length of shaft under the skin."""
        return float(np.linalg.norm(self.entry_mm - self.tip_mm))

    @property
    def pose_key(self) -> tuple[object, ...]:
        """Equal for needles that are one: the same electrode at the same pose, but for rounding."""
        tip, axis = self.tip_mm.tolist(), self.axis.tolist()
        return (self.electrode.name, *(round(x, 6) for x in tip), *(round(x, 8) for x in axis))

    def moved(self, motion: Isometry) -> Needle:
        """The needle after ``motion``."""
        return Needle(
            self.electrode,
            motion.points(self.tip_mm),
            motion.vectors(self.axis),
            motion.points(self.entry_mm),
        )
