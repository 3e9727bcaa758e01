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
    """(6 n, 15) rods of the needles, for :func:`rfplan.fluoroscopy.rod_kernels.add_rods`.

    Weights are what the needle attenuates more than what it replaces: muscle under the skin, air outside.
    """
    kept = separate(needles)
    if not kept:
        return np.empty((0, ROD_COLUMNS))
    table = figures("fluoroscopy")
    tips, axes = (np.array([getattr(needle, name) for needle in kept]) for name in ("tip_mm", "axis"))
    skin = np.array([needle.depth_mm for needle in kept])
    radius = np.array([needle.electrode.radius_mm for needle in kept])
    bare = np.minimum([needle.electrode.tip_mm for needle in kept], skin)
    hub = np.array([shaft_length_mm(needle) for needle in kept])
    sleeve = radius + table["needle.insulation_thickness"].value
    hub_radius = np.full(len(kept), table["needle.hub_radius"].value)
    steel, plastic, muscle = attenuation.steel, attenuation.plastic, attenuation.muscle
    bevel, uncut = _bevel(tips, axes, radius), np.concatenate([axes, tips - 10.0 * axes], axis=1)
    pieces = (
        (np.zeros(len(kept)), bare, radius, steel - muscle, bevel),
        (bare, skin, radius, steel - plastic, uncut),
        (bare, skin, sleeve, plastic - muscle, uncut),
        (skin, hub, radius, steel - plastic, uncut),
        (skin, hub, sleeve, plastic, uncut),
        (hub, hub + table["needle.hub_length"].value, hub_radius, plastic, uncut),
    )
    rows = np.empty((len(pieces), len(kept), ROD_COLUMNS))
    for piece, (start, end, thick, weight, cut) in zip(rows, pieces, strict=True):
        piece[:, :3] = tips + start[:, None] * axes
        piece[:, 3:6], piece[:, 6], piece[:, 7], piece[:, 8], piece[:, 9:] = axes, end - start, thick, weight, cut
    return rows.reshape(-1, ROD_COLUMNS)


def separate(needles: Sequence[Needle]) -> list[Needle]:
    """One needle for every shaft: the contacts of a probe are needles of a plan, but only one piece of steel, that of the deepest."""
    ordered = sorted(needles, key=lambda one: -one.depth_mm)
    if len(ordered) < 2:
        return ordered
    tips, axes = (np.array([getattr(needle, name) for needle in ordered]) for name in ("tip_mm", "axis"))
    apart = tips[None] - tips[:, None]
    off = apart - np.einsum("ijk,ik->ij", apart, axes)[..., None] * axes[:, None]
    same = (axes @ axes.T >= _SAME_DIRECTION) & (np.einsum("ijk,ijk->ij", off, off) < _SAME_LINE_MM**2)
    kept: list[int] = []
    for number in range(len(ordered)):
        if not same[number, kept].any():
            kept.append(number)
    return [ordered[number] for number in kept]


def same_shaft(one: Needle, other: Needle) -> bool:
    """Whether two needles of a plan lie on one line in one direction, as the contacts of a probe do."""
    return len(separate([one, other])) == 1


def shaft_length_mm(needle: Needle) -> float:
    """From the tip end to the hub."""
    return next((length for length in SHAFTS_MM if length >= needle.depth_mm + 5.0), needle.depth_mm + 10.0)


def _bevel(tips: FloatArray, axes: FloatArray, radius: FloatArray) -> FloatArray:
    """(n, 6) normal and point of the plane that sharpens each tip: through the tip end, on one side of the shaft."""
    lean = math.radians(figures("fluoroscopy")["needle.bevel"].value)
    sideways = np.cross(axes, np.eye(3)[np.argmin(np.abs(axes), axis=1)])
    sideways /= np.linalg.norm(sideways, axis=1, keepdims=True)
    normals = math.sin(lean) * axes + math.cos(lean) * sideways
    return np.concatenate([normals, tips + radius[:, None] * sideways], axis=1)
