"""A dorsal foramen as the operator sees it: its edge in the AP view, with a clock on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.sides import Side, clock_direction, lateral_sign
from rfplan.anatomy.treatable import Treatable
from rfplan.geometry.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Aperture:
    """Edge of a dorsal aperture on the chart: ``centre`` (2,) and ``rim`` (k, 2) as (lateral, caudal), mm."""

    level: str
    side: Side
    centre: FloatArray
    rim: FloatArray

    @classmethod
    def of(cls, patient: Treatable, level: str, side: Side) -> Aperture:
        """The aperture of a foramen that the patient has."""
        foramen = patient.foramen(level, side)
        to_chart = patient.frame.to_chart
        return cls(level, side, to_chart(foramen.centre_mm)[:2], to_chart(foramen.rim_mm)[:, :2])

    def edge_mm(self, hours: float) -> float:
        """Distance from the centre to the edge in a clock direction (of the right side, mirrored on the left)."""
        direction = clock_direction(hours, self.side)
        start = self.rim - self.centre
        step = np.roll(start, -1, axis=0) - start
        # centre + t direction = start + u step
        across = direction[0] * step[:, 1] - direction[1] * step[:, 0]
        safe = np.where(np.abs(across) < 1e-12, np.nan, across)
        t = (start[:, 0] * step[:, 1] - start[:, 1] * step[:, 0]) / safe
        u = (start[:, 0] * direction[1] - start[:, 1] * direction[0]) / safe
        hits = t[(u >= -1e-9) & (u <= 1 + 1e-9) & (t > 0)]
        if len(hits):
            return float(hits.max())
        return float(np.linalg.norm(start, axis=1).mean())

    def from_edge(self, hours: float, distance_mm: float) -> FloatArray:
        """(2,) chart point at a clock position, ``distance_mm`` outside the edge."""
        return self.from_centre(hours, self.edge_mm(hours) + distance_mm)

    def from_centre(self, hours: float, distance_mm: float) -> FloatArray:
        """(2,) chart point at a clock position, ``distance_mm`` from the centre."""
        return self.centre + distance_mm * clock_direction(hours, self.side)

    def gap_mm(self, point: FloatArray) -> float:
        """Distance from a chart point (2,) to the nearest edge of the aperture; 0 or less inside."""
        start = self.rim
        step = np.roll(start, -1, axis=0) - start
        share = np.clip(((point - start) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-12), 0, 1)
        nearest = float(np.linalg.norm(start + share[:, None] * step - point, axis=1).min())
        away = point - self.centre
        hours = float(np.rad2deg(np.arctan2(lateral_sign(self.side) * away[0], -away[1]))) / 30.0
        return nearest if np.linalg.norm(away) >= self.edge_mm(hours) else -nearest

    @property
    def cranial_mm(self) -> float:
        """Caudal coordinate of the highest point of the edge."""
        return float(self.rim[:, 1].min())

    @property
    def caudal_mm(self) -> float:
        """Caudal coordinate of the lowest point of the edge."""
        return float(self.rim[:, 1].max())

    @property
    def lateral_mm(self) -> float:
        """Distance from the midline of the outermost point of the edge."""
        return float((lateral_sign(self.side) * self.rim[:, 0]).max())
