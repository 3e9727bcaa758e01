"""Compiled field of the parametric sacrum at one point of its curved axis: the bone of ``sacrum_body``, ``sacrum_dorsum``,
``sacrum_processes`` and ``sacrum_canals``, many times as fast; a test holds the two against each other.

``f`` is a form that ``sacrum_form_kernels.lay_out`` filled; x is taken as its size; mm.
"""

from __future__ import annotations

from math import cos, exp, pi, sin, sqrt

import numpy as np

from rfplan.anatomy.sacrum_form_kernels import (
    ALAR_RIM,
    ALONG,
    APEX,
    BORDER,
    BORDER_FIRST,
    BORDER_LAST,
    CANAL_FLOOR,
    CANAL_HALF,
    CANAL_ROOF,
    CENTRE,
    CREST,
    CUBICS,
    DORSAL,
    DORSAL_EDGE,
    ENDPLATE_SLOPE,
    FLOOR,
    FORAMEN_LINE,
    HALF_WIDTH,
    INTERMEDIATE,
    LAMINA,
    LATERAL_CREST,
    LEVELS,
    NODES,
    RISE,
    RISE_AT,
    ROOF,
    SHARES,
    STATIONS,
    VENTRAL_EDGE,
    VENTRAL_MID,
    VENTRAL_S,
    VENTRAL_T,
    VENTRAL_X,
    WHOLE,
    WIDTH_FACTOR,
    along_levels,
    cell_of,
    crest_lateral,
    cubic,
    to_axis,
)  # fmt: skip
from rfplan.anatomy.sacrum_vector import STATION_NAMES, column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_WAVES = np.array(
    [
        [0.80, 0.55, 0.23, 19.0, 0.4],
        [-0.48, 0.82, 0.31, 16.0, 2.1],
        [0.35, -0.30, 0.89, 14.0, 4.4],
        [0.62, 0.30, -0.72, 12.0, 1.2],
        [0.15, 0.97, 0.19, 13.1, 5.3],
        [0.93, -0.36, 0.08, 10.4, 3.3],
    ]
)
_S, _BREADTH, _AP, _PLATE = len(STATION_NAMES), column("breadth"), column("endplate_ap"), column("endplate_width")
_LEAN, _UPRIGHT, _VENTRAL_LEAN = column("side.lean"), column("side.upright"), column("side.ventral_lean")
_CORNER, _RECESS, _RIDGE, _DISH = (
    column("side.corner"),
    column("auricular.recess"),
    column("ridge.height"),
    column("endplate_dish"),
)
_FOSSA, _ROUGH, _NOTCH = column("fossa.depth"), column("roughness"), column("canal_notch_width")
_HIATUS_LENGTH, _HIATUS_WIDTH = column("hiatus.length"), column("hiatus.width")
_TUBERCLE, _WIDTH, _HEIGHT = column("tubercle.S1.height"), column("foramen.S1.width"), column("foramen.S1.height")
_SLOPE, _LOW_WIDTH, _LOW_HEIGHT = column("foramen.S1.slope"), column("ventral.S1.width"), column("ventral.S1.height")
_TIP, _EAR = column("articular.lateral"), column("articular.width")
_PROFILE = column("profile.half_width.top")
_MID_1, _FLOOR_1 = _PROFILE + VENTRAL_MID * _S + 2, _PROFILE + CANAL_FLOOR * _S + 2
_UP = np.array([0.0, -0.62, 0.785])
_FACING = np.array([-0.72, 0.545, 0.43]) / np.sqrt(0.72**2 + 0.545**2 + 0.43**2)
_ACROSS = np.cross(_UP, _FACING)
_TINY = 16.0
_FAR = 1e3
_ROUNDED_MM = 0.4
_RIM_ROUNDED_MM = 1.1
_WIDEST_CREST_MM = 13.0


@kernel
def _union(a: float, b: float, blend: float) -> float:
    overlap = blend - abs(a - b)
    low = min(a, b)
    return low - overlap * overlap / (4.0 * blend) if overlap > 0.0 else low


@kernel
def _both(a: float, b: float, blend: float) -> float:
    overlap = blend - abs(a - b)
    high = max(a, b)
    return high + overlap * overlap / (4.0 * blend) if overlap > 0.0 else high


@kernel
def _step(value: float, at: float, width: float) -> float:
    u = (value - at) / width
    u = min(max(u, -30.0), 30.0)
    return 1.0 / (1.0 + exp(-u))


@kernel
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


@kernel
def _bump(u: float, v: float, sharp: float) -> float:
    reach = u * u + v * v
    if sharp != 1.0:
        reach = reach**sharp if reach < 75.0 else _TINY
    return exp(-reach) if reach < _TINY else 0.0


@kernel
def dorsal_height(f: FloatArray, x: float, s: float, half_width: float) -> float:
    """Height of the back of the bone over the axis, without processes and holes."""
    cell = cell_of(f, STATIONS, 8, s)
    u = s - f[STATIONS + cell]
    crest = min(crest_lateral(f, s), 0.86 * half_width)
    line = min(along_levels(f, s, CENTRE), 0.75 * crest)
    knots = (0.0, 0.62 * line, line, crest, crest + 0.6 * (half_width - crest), half_width)
    at = CUBICS + 4 * cell
    heights = (
        cubic(f, at + 28 * LAMINA, u), cubic(f, at + 28 * INTERMEDIATE, u), cubic(f, at + 28 * FORAMEN_LINE, u),
        cubic(f, at + 28 * LATERAL_CREST, u), cubic(f, at + 28 * ALAR_RIM, u), cubic(f, at + 28 * DORSAL_EDGE, u),
    )  # fmt: skip
    i = 0
    while i < 4 and x >= knots[i + 1]:
        i += 1
    h = knots[i + 1] - knots[i]
    rise = (heights[i + 1] - heights[i]) / h
    left = right = 0.0
    if i > 0:
        w = knots[i] - knots[i - 1]
        left = ((heights[i] - heights[i - 1]) / w * h + rise * w) / (w + h)
    if i < 4:
        w = knots[i + 2] - knots[i + 1]
        right = (rise * w + (heights[i + 2] - heights[i + 1]) / w * h) / (h + w)
    else:
        right = rise
    a, b = heights[i], heights[i + 1]
    q = min(max((x - knots[i]) / h, 0.0), 1.6)
    if q > 1.0:
        height = b + (q - 1.0) * right * h
    else:
        height = (
            ((2 * q - 3) * q * q + 1) * a
            + ((q - 2) * q + 1) * q * left * h
            + (3 - 2 * q) * q * q * b
            + (q - 1) * q * q * right * h
        )
    for n in range(4):
        along = s - f[LEVELS + 10 * n + ALONG]
        if along < -22.0 or along > 34.0:
            continue
        centre, reach = f[LEVELS + 10 * n + CENTRE], f[LEVELS + 10 * n + CREST]
        rough, wide, tall = f[_TUBERCLE + n], f[_WIDTH + n], f[_HEIGHT + n]
        height += 1.05 * rough * _bump((x - reach) / 4.6, (along - 1.0) / 5.2, 0.65)
        height -= 0.45 * rough * _bump((x - reach - 1.0) / 5.5, (along - 11.0) / 4.5, 1.0)
        height += 0.45 * rough * _bump((x - 0.62 * centre) / 3.2, (along - 5.0) / 4.2, 0.8)
        height -= 0.13 * tall * _bump((x - centre - 1.0) / wide, along / (0.75 * tall), 1.0)
        height += 0.8 * _bump(x / (0.8 * centre), (along + 2.0) / 4.5, 1.0)
    height -= f[_FOSSA] * _bump((x - 0.35 * f[_BREADTH]) / 6.5, (s - f[LEVELS + ALONG] + 15.0) / 8.0, 1.0)
    result: float = height
    return result


@kernel
def _side(f: FloatArray, s: float, inside: float, t: float, half_width: float) -> float:
    depth = min(max((t + 4.0) / 25.0, -1.3), 1.3)
    lean = f[_VENTRAL_LEAN]
    if depth > 0:
        lean = f[_LEAN] - f[_UPRIGHT] * (1.0 - _step(s, 22.0, 5.0))
    first, last = f[WHOLE + BORDER_FIRST], f[WHOLE + BORDER_LAST]
    share = min(max((s - first) / (last - first), 0.0), 1.0)
    cell = 0
    while cell < 5 and share >= SHARES[cell + 1]:
        cell += 1
    edge = cubic(f, BORDER + 4 * cell, share - SHARES[cell])
    recess = f[_RECESS] * _step(t - edge, 0.0, 0.9) * _step(s, 8.0, 2.0)
    recess *= (1.0 - _step(inside, f[STATIONS + 4] - 4.0, 3.0)) * _step(t, -10.0, 1.5)
    corner = 0.0
    for n in range(1, 4):
        share = 0.45 if n == 1 else 1.0 if n == 2 else 0.55
        corner += share * f[_CORNER] * _bump((s - f[LEVELS + 10 * n + ALONG] + 8.0) / 4.0, (t - 2.0) / 6.0, 1.0)
    lateral: float = half_width * (1.0 - lean * depth * depth) + corner - recess
    return lateral


@kernel
def _ventral(f: FloatArray, x: float, s: float, half_width: float, least: float) -> float:
    """Height of the front of the bone; where it is below ``least`` with all its ridges, that without them."""
    cell = cell_of(f, STATIONS, 8, s)
    u = s - f[STATIONS + cell]
    middle, edge = cubic(f, CUBICS + 28 * VENTRAL_MID + 4 * cell, u), cubic(f, CUBICS + 28 * VENTRAL_EDGE + 4 * cell, u)
    share = min(max((x - 0.25 * half_width) / (0.68 * half_width), 0.0), 1.3)
    height = middle + (edge - middle) * share * sqrt(share)
    fade = (x / 14.0) ** 4
    if fade < _TINY and height + 0.4 * f[_RIDGE] >= least:
        ridges = 0.0
        for n in range(4):
            ridges += (1.0 - 0.2 * n) * _bump((s - f[LEVELS + 10 * n + VENTRAL_S]) / 3.0, 0.0, 1.0)
        height += f[_RIDGE] * (0.4 - ridges) * exp(-fade)
    return height


@kernel
def _first_body(f: FloatArray, x: float, s: float, t: float) -> float:
    lean = f[WHOLE + ENDPLATE_SLOPE]
    cosine = 1.0 / sqrt(1.0 + lean * lean)
    above = (lean * t - s) * cosine
    half_plate = 0.5 * f[_AP] * cosine + _RIM_ROUNDED_MM
    end = f[LEVELS + VENTRAL_S] + 3.0
    along = min(max((s - lean * t) / end, -0.1), 1.2)
    waist = (1.0 - min(max(along, 0.0), 1.0)) ** 1.4
    ventral = f[_MID_1] + 0.6 - (half_plate + f[_MID_1] + 0.6) * waist
    floor = f[_FLOOR_1] + (half_plate - f[_FLOOR_1]) * (1.0 - along)
    middle, half_depth = 0.5 * (ventral + floor), 0.5 * (floor - ventral)
    half_width = 0.5 * f[_PLATE] * (1.0 - 0.16 * along)
    sharp = 2.4 if t > middle else 2.1
    u, v = abs((t - middle) / half_depth), x / half_width
    reach = (u**sharp + v**sharp + 1e-12) ** (1 / sharp)
    side = (reach - 1.0) * half_depth
    hollow = (reach / 0.80) ** 6
    dish = f[_DISH] * ((exp(-hollow) if hollow < _TINY else 0.0) - 1.3 * v * v)
    return _both(_both(side, above + dish, 2.0), s - end, 4.0)


@kernel
def _roughness(f: FloatArray, x: float, s: float, t: float) -> float:
    waves = 0.0
    for k in range(6):
        waves += sin((_WAVES[k, 0] * x + _WAVES[k, 1] * s + _WAVES[k, 2] * t) * (2 * pi / _WAVES[k, 3]) + _WAVES[k, 4])
    back = 0.35 + 0.65 * _step(t, 4.0, 3.0)
    change: float = f[_ROUGH] * waves / sqrt(6.0) * back * (1.0 - exp(-((x / 7.0) ** 2)))
    return change


@kernel
def _body(f: FloatArray, x: float, s: float, t: float, inside: float, half_width: float) -> float:
    # what cannot change the bone here is left out: two faces blend only where they are nearer to each other than the blend
    dorsal = dorsal_height(f, x, inside, half_width)
    back = (t - dorsal) * 0.9
    ventral = _ventral(f, x, inside, half_width, t + (back - 3.0) / 0.9)
    arch = _both(back, (ventral - t) * 0.9, 3.0)
    depth = min(max((t + 4.0) / 25.0, -1.3), 1.3)
    lean = max(f[_LEAN], f[_VENTRAL_LEAN], 0.0) * depth * depth
    if (x - half_width * (1.0 - lean) + f[_RECESS]) * 0.92 >= arch - 2.0:
        arch = _both(arch, (x - _side(f, s, inside, t, half_width)) * 0.92, 2.0)
    arch = _both(arch, s - f[WHOLE + APEX] - 0.5 + 0.010 * x * x, 4.0)
    wing = min(max((x - 32.0) / 14.0, 0.0), 1.0)
    wing = wing * wing * (3.0 - 2.0 * wing)
    top = 4.5 - (4.0 + 0.07 * t) * wing + 0.018 * max(x - 46.0, 0.0) ** 2
    if (top + 5.5 - s) * 0.9 >= arch - 5.5:
        top += 5.5 * _step(t, 11.0, 2.0) * (1.0 - _step(x, 31.5, 1.2))
    bone = _both(arch, (top - s) * 0.9, 5.5)
    # below the drum of S1, and behind it, it is no part of the bone's surface
    if s - f[LEVELS + VENTRAL_S] - 3.0 < bone + 4.0 and t - _floor_of_first(f, s, t) < bone + 4.0:
        bone = _union(bone, _first_body(f, x, s, t), 4.0)
    return bone + _roughness(f, x, s, t)


@kernel
def _floor_of_first(f: FloatArray, s: float, t: float) -> float:
    """Height of the back of the body of S1: what is farther behind it than the blend is not changed by it."""
    lean = f[WHOLE + ENDPLATE_SLOPE]
    half_plate = 0.5 * f[_AP] / sqrt(1.0 + lean * lean) + _RIM_ROUNDED_MM
    along = min(max((s - lean * t) / (f[LEVELS + VENTRAL_S] + 3.0), -0.1), 1.2)
    floor: float = f[_FLOOR_1] + (half_plate - f[_FLOOR_1]) * (1.0 - along)
    return floor


@kernel
def _median_crest(f: FloatArray, x: float, s: float, t: float, lamina: float) -> float:
    inside = min(max(s, f[RISE_AT + 0]), f[RISE_AT + 11])
    cell = cell_of(f, RISE_AT, 12, inside)
    u, c = inside - f[RISE_AT + cell], RISE + 4 * cell
    at = cell_of(f, STATIONS, 8, inside)
    low = cubic(f, CUBICS + 28 * LAMINA + 4 * at, inside - f[STATIONS + at])
    top = low + cubic(f, c, u)
    slope = f[c + 1] + u * (2.0 * f[c + 2] + 3.0 * u * f[c + 3])
    below = min(max(top - t, 0.0), 30.0)
    half = 1.9 + 0.9 * exp(-(((below - 2.0) / 2.0) ** 2)) + 0.012 * max(below - 5.0, 0.0) ** 2
    half += 1.0 * _bump((s - f[RISE_AT + 3]) / 4.0, 0.0, 1.0) + 0.8 * _bump((s - f[RISE_AT + 6]) / 4.0, 0.0, 1.0)
    half += 0.6 * _bump((s - f[RISE_AT + 9]) / 4.0, 0.0, 1.0)
    blade = _both((x - half) * 0.9, (t - top) / sqrt(1.0 + slope * slope), 2.6)
    field: float = max(blade, max(max(f[RISE_AT + 0] - s, s - f[RISE_AT + 11]), low - 3.5 - t))
    return field


@kernel
def _articular(f: FloatArray, x: float, s: float, t: float) -> float:
    rx, ru, rf = 0.5 * f[_EAR], 0.5 * f[_EAR + 1], 0.5 * f[_EAR + 2]
    cx, cs, ct = f[_TIP], f[_TIP + 1] - ru * _UP[1], f[_TIP + 2] - ru * _UP[2]
    dx, ds, dt = x - cx, s - cs, t - ct
    a = (dx * _ACROSS[0] + ds * _ACROSS[1] + dt * _ACROSS[2]) / rx
    b = (dx * _UP[0] + ds * _UP[1] + dt * _UP[2]) / ru
    c = (dx * _FACING[0] + ds * _FACING[1] + dt * _FACING[2]) / rf
    reach = sqrt(a * a + b * b + c * c)
    slope = sqrt((a / rx) ** 2 + (b / ru) ** 2 + (c / rf) ** 2)
    ear = reach * (reach - 1.0) / max(slope, 1e-6)
    kx, ks, kt = dx - 17.5 * _FACING[0], ds - 17.5 * _FACING[1] - 3.0 * _UP[1], dt - 17.5 * _FACING[2] - 3.0 * _UP[2]
    ear = _both(ear, 15.0 - sqrt(kx * kx + ks * ks + kt * kt), 1.5)
    post = _capsule(
        x, s, t, cx, cs - 4.0 * _UP[1], ct - 4.0 * _UP[2], 0.68 * f[LEVELS + CENTRE], f[LEVELS + ALONG] - 3.0, f[LEVELS + DORSAL] + 1.0,
        4.8, 3.2,
    )  # fmt: skip
    return _union(ear, post, 5.0)


@kernel
def _below_articular(f: FloatArray, s: float) -> float:
    """What the articular process is away at least from what lies caudal of it."""
    radii = 0.5 * f[_EAR], 0.5 * f[_EAR + 1], 0.5 * f[_EAR + 2]
    thin, thick = min(radii[0], radii[1], radii[2]), max(radii[0], radii[1], radii[2])
    ear = (max(s - f[_TIP + 1] + radii[1] * _UP[1], 0.0) / thick - 1.0) * thin
    lowest = max(f[LEVELS + ALONG] - 3.0, f[_TIP + 1] - (radii[1] + 4.0) * _UP[1])
    away: float = min(ear, s - lowest - 4.8) - 1.25
    return away


@kernel
def _cornua(f: FloatArray, x: float, s: float, t: float) -> float:
    apex, wide = f[WHOLE + APEX], 0.5 * f[_HIATUS_WIDTH]
    one, other = cell_of(f, STATIONS, 8, apex - 20.0), cell_of(f, STATIONS, 8, apex - 9.5)
    start = cubic(f, CUBICS + 28 * LAMINA + 4 * one, apex - 20.0 - f[STATIONS + one]) - 2.6
    end = cubic(f, CUBICS + 28 * LAMINA + 4 * other, apex - 9.5 - f[STATIONS + other]) + 0.6
    return _capsule(x, s, t, wide + 2.5, apex - 20.0, start, wide + 0.8, apex - 9.5, end, 3.2, 2.7)


@kernel
def _canal(f: FloatArray, x: float, s: float, t: float) -> float:
    inside = min(max(s, 0.0), f[WHOLE + APEX])
    cell = cell_of(f, STATIONS, 8, inside)
    u = inside - f[STATIONS + cell]
    floor, roof, half = (
        cubic(f, CUBICS + 28 * CANAL_FLOOR + 4 * cell, u),
        cubic(f, CUBICS + 28 * CANAL_ROOF + 4 * cell, u),
        cubic(f, CUBICS + 28 * CANAL_HALF + 4 * cell, u),
    )
    rise = (roof + 2.0 - floor) / half
    slant = (t - floor - rise * (half - x)) / sqrt(1.0 + rise * rise)
    canal = _both(_both(floor - t, t - roof, 2.5), slant, 3.0)
    top = f[LEVELS + ALONG] - 8.0
    notch = _both((x - 0.5 * f[_NOTCH]) * 0.95, (s - top + 0.045 * x * x) * 0.75, 5.0)
    start = f[WHOLE + APEX] - f[_HIATUS_LENGTH]
    taper = 0.5 * f[_HIATUS_WIDTH] * (0.62 + 0.38 * min(max((s - start) / f[_HIATUS_LENGTH], 0.0), 1.2))
    hiatus = _both(x - taper, (start - s + 0.06 * x * x) * 0.9, 4.0)
    return _union(canal, _both(min(notch, hiatus), floor - t, 2.0), 2.0)


@kernel
def _between(t: float, knots: tuple[float, ...], at: tuple[float, ...]) -> float:
    if t <= knots[0]:
        return at[0]
    for k in range(4):
        if t <= knots[k + 1]:
            return at[k] + (t - knots[k]) / (knots[k + 1] - knots[k]) * (at[k + 1] - at[k])
    return at[4]


@kernel
def tunnel_field(f: FloatArray, n: int, x: float, s: float, t: float) -> float:
    """Field of the tunnel of one level with its way into the canal."""
    centre, along, dorsal = f[LEVELS + 10 * n + CENTRE], f[LEVELS + 10 * n + ALONG], f[LEVELS + 10 * n + DORSAL]
    lateral, rise, ventral = (
        f[LEVELS + 10 * n + VENTRAL_X],
        f[LEVELS + 10 * n + VENTRAL_S],
        f[LEVELS + 10 * n + VENTRAL_T],
    )
    floor, slope, height = f[LEVELS + 10 * n + FLOOR], f[_SLOPE + n], f[_HEIGHT + n]
    knots = (ventral - 12.0, ventral - 1.0, floor - 1.0, dorsal - 2.0, dorsal + 6.0)
    upper_x, upper_s = 0.5 * f[_WIDTH + n] - _ROUNDED_MM, 0.5 * height - 1.7 * _ROUNDED_MM
    lower_x, lower_s = 0.5 * f[_LOW_WIDTH + n] - _ROUNDED_MM, 0.5 * f[_LOW_HEIGHT + n] - _ROUNDED_MM
    radius_x = _between(t, knots, (1.9 * lower_x, lower_x, 1.25 * upper_x, upper_x, upper_x + 0.6))
    radius_s = _between(t, knots, (1.2 * lower_s, lower_s, 1.1 * upper_s, upper_s, upper_s + 0.6))
    middle_x = _between(t, knots, (lateral + 6.5, lateral, centre - 1.0, centre, centre + 2.0))
    turn = along + slope * (floor - 1.0 - dorsal)
    middle_s = _between(t, knots, (rise - 2.0, rise, turn, along - 2.0 * slope, along + 6.0 * slope))
    u, v = (x - middle_x) / radius_x, (s - middle_s) / radius_s
    square = u * u + v * v + 0.05
    two = (u * u - v * v) * cos(1.1 + 0.7 * n) + 2 * u * v * sin(1.1 + 0.7 * n)
    three = u * (u * u - 3 * v * v) * cos(0.6 + n) + v * (3 * u * u - v * v) * sin(0.6 + n)
    uneven = 1.0 + 0.07 * two / square + 0.07 * three / (square * sqrt(square))
    tunnel = (sqrt(u * u + v * v) * uneven - 1.0) * min(radius_x, radius_s)
    flat = min(3.0, 0.36 * (f[LEVELS + 10 * n + ROOF] - floor))
    at = along + slope * (floor + flat - dorsal)
    p, q = (s - at) / (0.5 * height), (t - floor - flat) / flat
    passage = (sqrt(p * p + q * q) - 1.0) * flat
    passage = _both(_both(passage, x - centre, 1.0), 4.0 - x, 1.0)
    return _union(tunnel, passage, 2.0)


@kernel
def sacrum_field(f: FloatArray, x: float, s: float, t: float, with_foramina: bool) -> float:
    """Approximate signed distance to the bone, negative inside; without its foramina they are filled up."""
    inside = min(max(s, f[STATIONS + 0] - 8.0), f[WHOLE + APEX])
    cell = cell_of(f, STATIONS, 8, inside)
    half_width = cubic(f, CUBICS + 28 * HALF_WIDTH + 4 * cell, inside - f[STATIONS + cell]) * f[WHOLE + WIDTH_FACTOR]
    solid = _body(f, x, s, t, inside, half_width)
    if (x - _WIDEST_CREST_MM) * 0.9 < solid + 5.0:
        solid = _union(solid, _median_crest(f, x, s, t, 0.0), 5.0)
    if _below_articular(f, s) < solid + 4.0:
        solid = _union(solid, _articular(f, x, s, t), 4.0)
    if f[WHOLE + APEX] - 23.2 - s < solid + 3.0:
        solid = _union(solid, _cornua(f, x, s, t), 3.0)
    solid = _both(solid, -_canal(f, x, s, t), 2.0)
    if with_foramina:
        holes = _FAR
        for n in range(4):
            holes = _union(holes, tunnel_field(f, n, x, s, t), 1.5)
        solid = _both(solid, -holes, 1.4)
    return solid


@kernel
def field_at(f: FloatArray, points: FloatArray, with_foramina: bool) -> FloatArray:
    """(n,) field at (n, 3) points in the coordinates of the chart (lateral, caudal, height)."""
    result = np.empty(points.shape[0])
    k = NODES // 2
    for n in range(points.shape[0]):
        s, t, k = to_axis(f, points[n, 1], points[n, 2], k)
        result[n] = sacrum_field(f, abs(points[n, 0]), s, t, with_foramina)
    return result
