"""Tines: thin active rods that leave the tip of a cannula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rfplan.devices.electrode import Electrode
from rfplan.geometry.arrays import FloatArray


@dataclass(frozen=True)
class Tine:
    """A rod from ``root_mm`` to ``tip_mm`` (3 numbers each, in the needle's frame) of ``diameter_mm``, active over its whole length."""

    root_mm: tuple[float, float, float]
    tip_mm: tuple[float, float, float]
    diameter_mm: float

    @property
    def length_mm(self) -> float:
        """From root to tip."""
        return float(np.linalg.norm(np.subtract(self.tip_mm, self.root_mm)))

    @property
    def towards_root(self) -> FloatArray:
        """(3,) unit vector from the tip to the root."""
        return np.subtract(self.root_mm, self.tip_mm) / self.length_mm

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"root_mm": list(self.root_mm), "tip_mm": list(self.tip_mm), "diameter_mm": self.diameter_mm}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Tine:
        """What :meth:`to_json` wrote; KeyError or TypeError where it is not."""
        root, tip = (tuple(float(x) for x in document[key]) for key in ("root_mm", "tip_mm"))
        return cls((root[0], root[1], root[2]), (tip[0], tip[1], tip[2]), float(document["diameter_mm"]))


def tines_of(electrode: Electrode) -> tuple[Tine, ...]:
    """The tines of ``electrode`` in its frame: from the axis where the round end begins, evenly around it, spread forward."""
    spread = np.deg2rad(electrode.tine_spread_deg)
    found = []
    for n in range(electrode.tines):
        turn = 2.0 * np.pi * n / electrode.tines
        way = np.array([np.sin(spread) * np.cos(turn), np.sin(spread) * np.sin(turn), -np.cos(spread)])
        root = np.array([0.0, 0.0, electrode.radius_mm])
        # the length counts from the surface of the round end
        tip = root + (electrode.radius_mm + electrode.tine_length_mm) * way
        found.append(
            Tine(
                (float(root[0]), float(root[1]), float(root[2])),
                (float(tip[0]), float(tip[1]), float(tip[2])),
                electrode.tine_diameter_mm,
            )
        )
    return tuple(found)
