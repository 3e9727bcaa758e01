"""Compiled processes of the parametric sacrum, and its canal: median crest, articular process of S1, horns of the hiatus.

Of each a bound tells at little cost where it is too far off to change the bone.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from rfplan.anatomy.bell_kernels import gauss, plain
from rfplan.anatomy.blend_kernels import both, union
from rfplan.anatomy.sacrum_form_kernels import (
    ALONG,
    APEX,
    CENTRE,
    CUBICS,
    DORSAL,
    LAMINA,
    LEVELS,
    RISE,
    RISE_AT,
    STATIONS,
    WHOLE,
    cell_of,
    cubic,
)  # fmt: skip
from rfplan.anatomy.sacrum_rows_kernels import AT_CANAL, HEAD, HIGHEST_CREST, HORN_END, HORN_START, read
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray

_NOTCH, _HIATUS_LENGTH, _HIATUS_WIDTH = column("canal_notch_width"), column("hiatus.length"), column("hiatus.width")
_TIP, _EAR = column("articular.lateral"), column("articular.width")
UP = np.array([0.0, -0.62, 0.785])
FACING = np.array([-0.72, 0.545, 0.43]) / np.sqrt(0.72**2 + 0.545**2 + 0.43**2)
ACROSS = np.cross(UP, FACING)
POST_MM, _POST_END_MM, _HORN_MM, _HORN_END_MM = 4.8, 3.2, 3.2, 2.7
_THICKEST_CREST_MM = 1.9 + 0.9 + 1.0 + 0.8 + 0.6
"""Half thickness of the median crest at its top with all that it is widened by."""
_BLENDED_MM = 1.25
_CANAL_BLENDED_MM = 0.5
_WIDEST = 0.5 * (0.62 + 0.38 * 1.2)
"""Half width of the hiatus where it is widest, as a share of its stated width."""


@plain
def _capsule(
    x: float, s: float, t: float, ax: float, as_: float, at: float, bx: float, bs: float, bt: float, r: float, q: float
) -> float:
    dx, ds, dt = bx - ax, bs - as_, bt - at
    share = ((x - ax) * dx + (s - as_) * ds + (t - at) * dt) / (dx * dx + ds * ds + dt * dt)
    share = min(max(share, 0.0), 1.0)
    return (
        sqrt((x - ax - share * dx) ** 2 + (s - as_ - share * ds) ** 2 + (t - at - share * dt) ** 2)
        - r
        - share * (q - r)
    )


@plain
def crest_away(f: FloatArray, x: float, s: float, t: float, lamina: float) -> float:
    """What the median crest is away at least; ``lamina`` is the height of the lamina there."""
    below = max(min(lamina + f[HEAD + HIGHEST_CREST] - t, 30.0) - 5.0, 0.0)
    aside: float = (x - _THICKEST_CREST_MM - 0.012 * below * below) * 0.9
    away: float = max(aside, f[RISE_AT] - s, s - f[RISE_AT + 11])
    return away


@plain
def median_crest(f: FloatArray, x: float, s: float, t: float) -> float:
    """Field of the median crest."""
    inside = min(max(s, f[RISE_AT + 0]), f[RISE_AT + 11])
    cell = cell_of(f, RISE_AT, 12, inside)
    u, c = inside - f[RISE_AT + cell], RISE + 4 * cell
    at = cell_of(f, STATIONS, 8, inside)
    low = cubic(f, CUBICS + 28 * LAMINA + 4 * at, inside - f[STATIONS + at])
    top = low + cubic(f, c, u)
    slope = f[c + 1] + u * (2.0 * f[c + 2] + 3.0 * u * f[c + 3])
    below = min(max(top - t, 0.0), 30.0)
    half = 1.9 + 0.9 * gauss(((below - 2.0) / 2.0) ** 2) + 0.012 * max(below - 5.0, 0.0) ** 2
    half += 1.0 * gauss(((s - f[RISE_AT + 3]) / 4.0) ** 2) + 0.8 * gauss(((s - f[RISE_AT + 6]) / 4.0) ** 2)
    half += 0.6 * gauss(((s - f[RISE_AT + 9]) / 4.0) ** 2)
    blade = both((x - half) * 0.9, (t - top) / sqrt(1.0 + slope * slope), 2.6)
    field: float = max(blade, max(max(f[RISE_AT + 0] - s, s - f[RISE_AT + 11]), low - 3.5 - t))
    return field


@plain
def articular_away(f: FloatArray, x: float, s: float) -> float:
    """What the articular process is away at least from a place, whatever its height."""
    radii = 0.5 * f[_EAR], 0.5 * f[_EAR + 1], 0.5 * f[_EAR + 2]
    thin, thick = min(radii[0], radii[1], radii[2]), max(radii[0], radii[1], radii[2])
    aside, beyond = x - f[_TIP], max(s - f[_TIP + 1] + radii[1] * UP[1], 0.0)
    ear = (sqrt(aside * aside + beyond * beyond) / thick - 1.0) * thin
    other = 0.68 * f[LEVELS + CENTRE]
    lowest = max(f[LEVELS + ALONG] - 3.0, f[_TIP + 1] - (radii[1] + 4.0) * UP[1])
    post: float = max(s - lowest, x - max(f[_TIP], other), min(f[_TIP], other) - x) - POST_MM
    away: float = min(ear, post) - _BLENDED_MM
    return away


@plain
def ear_middle(f: FloatArray) -> tuple[float, float, float]:
    """Middle (x, s, t) of the ear of the articular process."""
    ru = 0.5 * f[_EAR + 1]
    return f[_TIP], f[_TIP + 1] - ru * UP[1], f[_TIP + 2] - ru * UP[2]


@plain
def post_ends(f: FloatArray) -> tuple[float, float, float, float, float, float]:
    """Upper and lower end (x, s, t) of the post that carries the ear."""
    cx, cs, ct = ear_middle(f)
    x, s, t = 0.68 * f[LEVELS + CENTRE], f[LEVELS + ALONG] - 3.0, f[LEVELS + DORSAL] + 1.0
    return cx, cs - 4.0 * UP[1], ct - 4.0 * UP[2], x, s, t


@plain
def articular(f: FloatArray, x: float, s: float, t: float) -> float:
    """Field of the superior articular process of S1."""
    rx, ru, rf = 0.5 * f[_EAR], 0.5 * f[_EAR + 1], 0.5 * f[_EAR + 2]
    cx, cs, ct = ear_middle(f)
    dx, ds, dt = x - cx, s - cs, t - ct
    a = (dx * ACROSS[0] + ds * ACROSS[1] + dt * ACROSS[2]) / rx
    b = (dx * UP[0] + ds * UP[1] + dt * UP[2]) / ru
    c = (dx * FACING[0] + ds * FACING[1] + dt * FACING[2]) / rf
    reach = sqrt(a * a + b * b + c * c)
    slope = sqrt((a / rx) ** 2 + (b / ru) ** 2 + (c / rf) ** 2)
    ear = reach * (reach - 1.0) / max(slope, 1e-6)
    kx, ks, kt = dx - 17.5 * FACING[0], ds - 17.5 * FACING[1] - 3.0 * UP[1], dt - 17.5 * FACING[2] - 3.0 * UP[2]
    ear = both(ear, 15.0 - sqrt(kx * kx + ks * ks + kt * kt), 1.5)
    ax, as_, at, bx, bs, bt = post_ends(f)
    post = _capsule(x, s, t, ax, as_, at, bx, bs, bt, POST_MM, _POST_END_MM)
    return union(ear, post, 5.0)


@plain
def horns_away(f: FloatArray, x: float, s: float) -> float:
    """What the horns of the hiatus are away at least."""
    away: float = max(f[WHOLE + APEX] - 20.0 - s, x - 0.5 * f[_HIATUS_WIDTH] - 2.5) - _HORN_MM
    return away


@plain
def horns(f: FloatArray, x: float, s: float, t: float) -> float:
    """Field of the horns on both sides of the hiatus."""
    apex, wide = f[WHOLE + APEX], 0.5 * f[_HIATUS_WIDTH]
    return _capsule(
        x, s, t, wide + 2.5, apex - 20.0, f[HEAD + HORN_START], wide + 0.8, apex - 9.5, f[HEAD + HORN_END], _HORN_MM, _HORN_END_MM
    )  # fmt: skip


@plain
def without_canal(f: FloatArray, solid: float, x: float, s: float, t: float, row: int, share: float) -> float:
    """Field of the bone ``solid`` with the canal, its notch and its hiatus taken away; ``row`` and ``share`` as of the back."""
    roof, clear = read(f, row, share, AT_CANAL + 1), 2.0 + _CANAL_BLENDED_MM - solid
    # behind the roof and beside both openings, as most places are
    if t - roof >= clear and 0.95 * (x - 0.5 * f[_NOTCH]) >= clear and x - _WIDEST * f[_HIATUS_WIDTH] >= clear:
        return solid
    floor = read(f, row, share, AT_CANAL)
    top, start = f[LEVELS + ALONG] - 8.0, f[WHOLE + APEX] - f[_HIATUS_LENGTH]
    taper = 0.5 * f[_HIATUS_WIDTH] * (0.62 + 0.38 * min(max((s - start) / f[_HIATUS_LENGTH], 0.0), 1.2))
    notch_x, notch_s = (x - 0.5 * f[_NOTCH]) * 0.95, (s - top + 0.045 * x * x) * 0.75
    hiatus_x, hiatus_s = x - taper, (start - s + 0.06 * x * x) * 0.9
    opened = max(min(max(notch_x, notch_s), max(hiatus_x, hiatus_s)), floor - t)
    if min(max(floor - t, t - roof), opened) >= clear:
        return solid
    rise = (roof + 2.0 - floor) / read(f, row, share, AT_CANAL + 2)
    slant = (t - roof - 2.0 + rise * x) / sqrt(1.0 + rise * rise)
    canal = both(both(floor - t, t - roof, 2.5), slant, 3.0)
    opening = both(min(both(notch_x, notch_s, 5.0), both(hiatus_x, hiatus_s, 4.0)), floor - t, 2.0)
    return both(solid, -union(canal, opening, 2.0), 2.0)
