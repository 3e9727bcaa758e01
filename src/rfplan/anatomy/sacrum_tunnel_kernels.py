"""Compiled tunnels of the parametric sacrum: one of each level from the back to the front, with its way into the canal."""

from __future__ import annotations

from math import cos, sin, sqrt

import numpy as np

from rfplan.anatomy.bell_kernels import plain
from rfplan.anatomy.blend_kernels import both, union
from rfplan.anatomy.sacrum_form_kernels import (
    ALONG,
    CENTRE,
    DORSAL,
    FLOOR,
    LEVELS,
    ROOF,
    VENTRAL_S,
    VENTRAL_T,
    VENTRAL_X,
)  # fmt: skip
from rfplan.anatomy.sacrum_rows_kernels import (
    BOUNDS,
    HEAD,
    HIGH_S,
    HIGH_X,
    LOW_S,
    LOW_X,
    NARROWEST,
    PASSAGE_FLAT,
    PASSAGE_S,
    ROUNDED_MM,
    WIDEST_S,
    WIDEST_X,
)  # fmt: skip
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray

_WIDTH, _HEIGHT, _SLOPE = column("foramen.S1.width"), column("foramen.S1.height"), column("foramen.S1.slope")
_LOW_WIDTH, _LOW_HEIGHT = column("ventral.S1.width"), column("ventral.S1.height")
_UNEVEN = 0.07
_SECOND = np.array([[cos(1.1 + 0.7 * n), sin(1.1 + 0.7 * n)] for n in range(4)])
_THIRD = np.array([[cos(0.6 + n), sin(0.6 + n)] for n in range(4)])
_BLENDS_MM = 0.9
"""What roundings lower the field of a tunnel and of its neighbours together at most."""


@plain
def _between(t: float, knots: tuple[float, ...], at: tuple[float, ...]) -> float:
    if t <= knots[0]:
        return at[0]
    for k in range(4):
        if t <= knots[k + 1]:
            return at[k] + (t - knots[k]) / (knots[k + 1] - knots[k]) * (at[k + 1] - at[k])
    return at[4]


@plain
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
    upper_x, upper_s = 0.5 * f[_WIDTH + n] - ROUNDED_MM, 0.5 * height - 1.7 * ROUNDED_MM
    lower_x, lower_s = 0.5 * f[_LOW_WIDTH + n] - ROUNDED_MM, 0.5 * f[_LOW_HEIGHT + n] - ROUNDED_MM
    radius_x = _between(t, knots, (1.9 * lower_x, lower_x, 1.25 * upper_x, upper_x, upper_x + 0.6))
    radius_s = _between(t, knots, (1.2 * lower_s, lower_s, 1.1 * upper_s, upper_s, upper_s + 0.6))
    middle_x = _between(t, knots, (lateral + 6.5, lateral, centre - 1.0, centre, centre + 2.0))
    turn = along + slope * (floor - 1.0 - dorsal)
    middle_s = _between(t, knots, (rise - 2.0, rise, turn, along - 2.0 * slope, along + 6.0 * slope))
    u, v = (x - middle_x) / radius_x, (s - middle_s) / radius_s
    square = u * u + v * v + 0.05
    two = (u * u - v * v) * _SECOND[n, 0] + 2 * u * v * _SECOND[n, 1]
    three = u * (u * u - 3 * v * v) * _THIRD[n, 0] + v * (3 * u * u - v * v) * _THIRD[n, 1]
    uneven = 1.0 + _UNEVEN * two / square + _UNEVEN * three / (square * sqrt(square))
    tunnel = (sqrt(u * u + v * v) * uneven - 1.0) * min(radius_x, radius_s)
    flat = min(3.0, 0.36 * (f[LEVELS + 10 * n + ROOF] - floor))
    at = along + slope * (floor + flat - dorsal)
    p, q = (s - at) / (0.5 * height), (t - floor - flat) / flat
    passage = (sqrt(p * p + q * q) - 1.0) * flat
    passage = both(both(passage, x - centre, 1.0), 4.0 - x, 1.0)
    return union(tunnel, passage, 2.0)


@plain
def _is_nearer(f: FloatArray, n: int, x: float, s: float, than: float) -> bool:
    """Whether the field of a tunnel can be below a value at a place; where not, it need not be asked."""
    level, bound = LEVELS + 10 * n, HEAD + BOUNDS + 9 * n
    beside = max(f[bound + LOW_X] - x, x - f[bound + HIGH_X])
    beyond = max(f[bound + LOW_S] - s, s - f[bound + HIGH_S])
    away = (1.0 - 2.0 * _UNEVEN) * max(beside / f[bound + WIDEST_X], beyond / f[bound + WIDEST_S]) - 1.0
    if away <= 0.0 or away * f[bound + NARROWEST] < than:
        return True
    off = (abs(s - f[bound + PASSAGE_S]) / (0.5 * f[_HEIGHT + n]) - 1.0) * f[bound + PASSAGE_FLAT]
    return bool(max(off, x - f[level + CENTRE], 4.0 - x) < than)


@plain
def without_tunnels(f: FloatArray, solid: float, x: float, s: float, t: float) -> float:
    """Field of the bone ``solid`` with its four tunnels bored."""
    holes, reach = 1e3, 1.4 - solid + _BLENDS_MM
    for n in range(4):
        if _is_nearer(f, n, x, s, reach):
            holes = union(holes, tunnel_field(f, n, x, s, t), 1.5)
    return both(solid, -holes, 1.4)
