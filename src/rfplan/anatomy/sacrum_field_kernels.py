"""Compiled field of the parametric sacrum at one point of its curved axis: the bone of ``sacrum_body``, ``sacrum_dorsum``,
``sacrum_processes`` and ``sacrum_canals``, many times as fast; a test holds the two against each other.

``f`` is a form that ``virtual_ground_kernels.filled_form`` filled; x is taken as its size; mm.
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from rfplan.anatomy.bell_kernels import gauss, logistic, plain
from rfplan.anatomy.blend_kernels import both, union
from rfplan.anatomy.sacrum_back_kernels import dorsal_height
from rfplan.anatomy.sacrum_border_kernels import dorsal_border
from rfplan.anatomy.sacrum_form_kernels import (
    APEX,
    BORDER_FIRST,
    BORDER_LAST,
    CANAL_FLOOR,
    ENDPLATE_SLOPE,
    LEVELS,
    NODES,
    VENTRAL_MID,
    VENTRAL_S,
    WHOLE,
    to_axis,
)  # fmt: skip
from rfplan.anatomy.sacrum_processes_kernels import (
    articular,
    articular_away,
    crest_away,
    horns,
    horns_away,
    median_crest,
    without_canal,
)  # fmt: skip
from rfplan.anatomy.sacrum_rows_kernels import AT_FRONT, AT_HALF, AT_HEIGHTS, BEGIN_MM, read, row_at
from rfplan.anatomy.sacrum_side_kernels import side
from rfplan.anatomy.sacrum_texture_kernels import roughness
from rfplan.anatomy.sacrum_tunnel_kernels import without_tunnels
from rfplan.anatomy.sacrum_vector import STATION_NAMES, column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_S, _BREADTH, _AP, _PLATE = len(STATION_NAMES), column("breadth"), column("endplate_ap"), column("endplate_width")
_LEAN, _VENTRAL_LEAN = column("side.lean"), column("side.ventral_lean")
_RECESS, _RIDGE, _DISH = column("auricular.recess"), column("ridge.height"), column("endplate_dish")
_PROFILE = column("profile.half_width.top")
_MID_1, _FLOOR_1 = _PROFILE + VENTRAL_MID * _S + 2, _PROFILE + CANAL_FLOOR * _S + 2
_TINY = 16.0
_RIM_ROUNDED_MM = 1.1


@plain
def _side(f: FloatArray, s: float, inside: float, t: float, half_width: float) -> float:
    first, last = f[WHOLE + BORDER_FIRST], f[WHOLE + BORDER_LAST]
    edge = dorsal_border(f, min(max((s - first) / (last - first), 0.0), 1.0))
    return side(f, s, inside, t, half_width, logistic(t - edge, 0.0, 0.9))


@plain
def _ventral(f: FloatArray, x: float, row: int, rest: float, half_width: float, least: float) -> float:
    """Height of the front of the bone; where it is below ``least`` with all its ridges, that without them."""
    middle, edge = read(f, row, rest, AT_FRONT), read(f, row, rest, AT_FRONT + 1)
    share = min(max((x - 0.25 * half_width) / (0.68 * half_width), 0.0), 1.3)
    height = middle + (edge - middle) * share * sqrt(share)
    if height + 0.4 * f[_RIDGE] >= least:
        fade = x * x / (14.0 * 14.0)
        height += f[_RIDGE] * (0.4 - read(f, row, rest, AT_FRONT + 2)) * gauss(fade * fade)
    return height


@plain
def _with_first_body(f: FloatArray, bone: float, x: float, s: float, t: float) -> float:
    """The ``bone`` with the drum of S1."""
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
    if max((max(u, v) - 1.0) * half_depth, above - 1.3 * f[_DISH] * v * v) >= bone + 4.0:
        # too far off to change it
        return bone
    reach = (u**sharp + v**sharp + 1e-12) ** (1 / sharp)
    around = (reach - 1.0) * half_depth
    hollow = (reach / 0.80) ** 6
    dish = f[_DISH] * ((exp(-hollow) if hollow < _TINY else 0.0) - 1.3 * v * v)
    return union(bone, both(both(around, above + dish, 2.0), s - end, 4.0), 4.0)


@plain
def _body(f: FloatArray, x: float, s: float, t: float, row: int, share: float) -> float:
    # what cannot change the bone here is left out: two faces blend only where they are nearer to each other than the blend
    inside, half_width = min(max(s, BEGIN_MM), f[WHOLE + APEX]), read(f, row, share, AT_HALF)
    back = (t - dorsal_height(f, x, inside, row, share, half_width)) * 0.9
    ventral = _ventral(f, x, row, share, half_width, t + (back - 3.0) / 0.9)
    arch = both(back, (ventral - t) * 0.9, 3.0)
    depth = min(max((t + 4.0) / 25.0, -1.3), 1.3)
    lean = max(f[_LEAN], f[_VENTRAL_LEAN], 0.0) * depth * depth
    if (x - half_width * (1.0 - lean) + f[_RECESS]) * 0.92 >= arch - 2.0:
        arch = both(arch, (x - _side(f, s, inside, t, half_width)) * 0.92, 2.0)
    arch = both(arch, s - f[WHOLE + APEX] - 0.5 + 0.010 * x * x, 4.0)
    wing = min(max((x - 32.0) / 14.0, 0.0), 1.0)
    wing = wing * wing * (3.0 - 2.0 * wing)
    top = 4.5 - (4.0 + 0.07 * t) * wing + 0.018 * max(x - 46.0, 0.0) ** 2
    if (top + 5.5 - s) * 0.9 >= arch - 5.5:
        top += 5.5 * logistic(t, 11.0, 2.0) * (1.0 - logistic(x, 31.5, 1.2))
    bone = both(arch, (top - s) * 0.9, 5.5)
    # below the drum of S1, and behind it, it is no part of the bone's surface
    if s - f[LEVELS + VENTRAL_S] - 3.0 < bone + 4.0 and t - _floor_of_first(f, s, t) < bone + 4.0:
        bone = _with_first_body(f, bone, x, s, t)
    return bone + roughness(f, x, s, t)


@plain
def _floor_of_first(f: FloatArray, s: float, t: float) -> float:
    """Height of the back of the body of S1: what is farther behind it than the blend is not changed by it."""
    lean = f[WHOLE + ENDPLATE_SLOPE]
    half_plate = 0.5 * f[_AP] / sqrt(1.0 + lean * lean) + _RIM_ROUNDED_MM
    along = min(max((s - lean * t) / (f[LEVELS + VENTRAL_S] + 3.0), -0.1), 1.2)
    floor: float = f[_FLOOR_1] + (half_plate - f[_FLOOR_1]) * (1.0 - along)
    return floor


@plain
def sacrum_field(f: FloatArray, x: float, s: float, t: float, with_foramina: bool) -> float:
    """Approximate signed distance to the bone, negative inside; without its foramina they are filled up."""
    row, share = row_at(f, s)
    solid = _body(f, x, s, t, row, share)
    if crest_away(f, x, s, t, read(f, row, share, AT_HEIGHTS)) < solid + 5.0:
        solid = union(solid, median_crest(f, x, s, t), 5.0)
    if articular_away(f, x, s) < solid + 4.0:
        solid = union(solid, articular(f, x, s, t), 4.0)
    if horns_away(f, x, s) < solid + 3.0:
        solid = union(solid, horns(f, x, s, t), 3.0)
    solid = without_canal(f, solid, x, s, t, row, share)
    return without_tunnels(f, solid, x, s, t) if with_foramina else solid


@kernel
def field_at(f: FloatArray, points: FloatArray, with_foramina: bool) -> FloatArray:
    """(n,) field at (n, 3) points in the coordinates of the chart (lateral, caudal, height)."""
    result = np.empty(points.shape[0])
    k = NODES // 2
    for n in range(points.shape[0]):
        s, t, k = to_axis(f, points[n, 1], points[n, 2], k)
        result[n] = sacrum_field(f, abs(points[n, 0]), s, t, with_foramina)
    return result
