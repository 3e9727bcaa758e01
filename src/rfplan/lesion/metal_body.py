"""The metal in the tissue: where it is, and which part of its surface is active."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import FloatArray


@dataclass(frozen=True)
class MetalBody:
    """A round bar whose lower end is a hemisphere, in its own frame: tip end at z = 0, shaft towards +z.

    ``radius_mm``; ``active_mm`` lists (from, to) along z where the surface carries current; the rest is insulated. ``end_mm`` is
    the z of the centre of the upper hemisphere: inf for a needle, ``radius_mm`` for a sphere. ``conducts_heat`` is False only
    for closed forms with an adiabatic electrode. ``part_volts``, one per active part, where they are not all at the same
    potential: contacts of one probe between which the current flows.
    """

    radius_mm: float
    active_mm: tuple[tuple[float, float], ...]
    end_mm: float = np.inf
    conducts_heat: bool = True
    part_volts: tuple[float, ...] = ()

    def distance_mm(self, across_mm: FloatArray, along_mm: FloatArray) -> FloatArray:
        """Signed distance of points given across and along the axis; negative in the metal."""
        past = along_mm - np.clip(along_mm, self.radius_mm, self.end_mm)
        return np.asarray(np.hypot(across_mm, past) - self.radius_mm)

    def is_active(self, along_mm: FloatArray) -> FloatArray:
        """Where the surface carries current, by position along the axis."""
        inside = np.zeros(np.shape(along_mm), dtype=bool)
        for low, high in self.active_mm:
            inside |= (along_mm >= low) & (along_mm <= high)
        return np.asarray(inside)

    def volts(self, along_mm: FloatArray) -> FloatArray:
        """Potential of the active parts, for 1 V between electrodes, by position along the axis; 0 elsewhere."""
        volts = np.zeros(np.shape(along_mm))
        for (low, high), part in zip(self.active_mm, self.part_volts or (1.0,) * len(self.active_mm), strict=True):
            volts[(along_mm >= low) & (along_mm <= high)] = part
        return volts

    @property
    def ends(self) -> int:
        """How many ends of active parts there are on the surface; the very tip and the far end of a body that ends are none."""
        return len(self._ends())

    def shifted_ends_mm(self, shift_mm: Sequence[float]) -> list[float]:
        """Ends of the active parts on the surface, from the tip, each moved outward by one of ``shift_mm``."""
        return [end + way * shift for (end, way), shift in zip(self._ends(), shift_mm, strict=True)]

    def _ends(self) -> list[tuple[float, float]]:
        lower = [(low, -1.0) for low, _ in self.active_mm if low > 0.0]
        return sorted(lower + [(high, 1.0) for _, high in self.active_mm if high < self.end_mm + self.radius_mm])

    @property
    def thermocouple_mm(self) -> float:
        """Place of the first thermocouple on the axis."""
        return self.thermocouples_mm[0]

    @property
    def thermocouples_mm(self) -> tuple[float, ...]:
        """Places on the axis, one per active part: where the round end begins; of a contact farther up, as far above its lower end."""
        return tuple(low + self.radius_mm for low, _ in self.active_mm)

    @property
    def active_volume_mm3(self) -> float:
        """Volume of the metal behind the active surface."""
        return float(sum(self._volume_below(high) - self._volume_below(low) for low, high in self.active_mm))

    def _volume_below(self, z: float) -> float:
        a = self.radius_mm
        dome = min(max(z, 0.0), a)
        volume = np.pi * dome**2 * (a - dome / 3.0)
        straight = np.pi * a**2 * max(0.0, min(z, self.end_mm) - a)
        over = min(max(z - self.end_mm, 0.0), a)
        return float(volume + straight + np.pi * (a**2 * over - over**3 / 3.0))
