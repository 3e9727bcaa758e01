"""Needles as analytic cylinders: steel, its sleeve behind the active tip, and the hub outside the body."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from rfplan.figures import figures
from rfplan.fluoroscopy.attenuation import Attenuation
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.needle import Needle

SHAFTS_MM = (54.0, 100.0, 145.0, 200.0, 250.0)
"""Lengths in which needles come; one that is long enough is taken."""
ROD_COLUMNS = 15
_SAME_DIRECTION, _SAME_LINE_MM = 1.0 - 1e-6, 0.2


def rods_of(needles: Sequence[Needle], attenuation: Attenuation) -> FloatArray:
    """(n, 15) rods of the needles, for :func:`rfplan.fluoroscopy.rod_kernels.add_rods`.

    Weights are what the needle attenuates more than what it replaces: muscle under the skin, air outside.
    """
    rows = [row for needle in separate(needles) for row in _rods(needle, attenuation)]
    return np.array(rows, dtype=float).reshape(-1, ROD_COLUMNS)


def separate(needles: Sequence[Needle]) -> list[Needle]:
    """One needle for every shaft: the contacts of a probe are needles of a plan, but only one piece of steel, that of the deepest."""
    kept: list[Needle] = []
    for needle in sorted(needles, key=lambda one: -one.depth_mm):
        if not any(same_shaft(needle, other) for other in kept):
            kept.append(needle)
    return kept


def same_shaft(one: Needle, other: Needle) -> bool:
    """Whether two needles of a plan lie on one line in one direction, as the contacts of a probe do."""
    if float(one.axis @ other.axis) < _SAME_DIRECTION:
        return False
    apart = other.tip_mm - one.tip_mm
    return float(np.linalg.norm(apart - (apart @ one.axis) * one.axis)) < _SAME_LINE_MM


def shaft_length_mm(needle: Needle) -> float:
    """From the tip end to the hub."""
    return next((length for length in SHAFTS_MM if length >= needle.depth_mm + 5.0), needle.depth_mm + 10.0)


def _rods(needle: Needle, attenuation: Attenuation) -> list[FloatArray]:
    table = figures("fluoroscopy")
    radius = needle.electrode.radius_mm
    sleeve = radius + table["needle.insulation_thickness"].value
    hub_radius, hub_length = table["needle.hub_radius"].value, table["needle.hub_length"].value
    bare = min(needle.electrode.tip_mm, needle.depth_mm)
    skin, hub = needle.depth_mm, shaft_length_mm(needle)
    steel, plastic, muscle = attenuation.steel, attenuation.plastic, attenuation.muscle
    bevel = _bevel(needle)
    uncut = (*needle.axis, *(needle.tip_mm - 10.0 * needle.axis))

    def rod(start: float, end: float, radius_mm: float, weight: float, cut: tuple[float, ...] = uncut) -> FloatArray:
        return np.array([*(needle.tip_mm + start * needle.axis), *needle.axis, end - start, radius_mm, weight, *cut])

    return [
        rod(0.0, bare, radius, steel - muscle, bevel),
        rod(bare, skin, radius, steel - plastic),
        rod(bare, skin, sleeve, plastic - muscle),
        rod(skin, hub, radius, steel - plastic),
        rod(skin, hub, sleeve, plastic),
        rod(hub, hub + hub_length, hub_radius, plastic),
    ]


def _bevel(needle: Needle) -> tuple[float, ...]:
    """Normal and point of the plane that sharpens the tip: through the tip end, on one side of the shaft."""
    lean = math.radians(figures("fluoroscopy")["needle.bevel"].value)
    least = int(np.argmin(np.abs(needle.axis)))
    sideways = np.cross(needle.axis, np.eye(3)[least])
    sideways /= np.linalg.norm(sideways)
    normal = math.sin(lean) * needle.axis + math.cos(lean) * sideways
    return (*normal, *(needle.tip_mm + needle.electrode.radius_mm * sideways))
