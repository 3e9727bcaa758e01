"""Compiled layout of the parametric sacrum: from its dimensions to what its field needs, in the coordinates of the chart.

A form is one row of numbers, so that kernels can pass it on at no cost. It begins with the dimensions in the order of
``sacrum_vector.NAMES``; the blocks after them begin at the offsets below. Lengths mm; s and t are positions along and dorsal to the
curved axis of the bodies.
"""

from __future__ import annotations

from math import cos, sin, sqrt, tan

import numpy as np

from rfplan.anatomy.sacrum_vector import BORDER_PLACES, NAMES, PROFILES, STATION_NAMES, column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_STATIONS, _PROFILES, _PLACES, _PEAKS = len(STATION_NAMES), len(PROFILES), len(BORDER_PLACES), 12

LEVELS = len(NAMES)
"""Offset of the four levels, ten numbers each: dorsal aperture (x, s, t), reach of the crest, ventral aperture (x, s, t), line of the
level, canal floor and roof there."""
CENTRE, ALONG, DORSAL, CREST, VENTRAL_X, VENTRAL_S, VENTRAL_T, LINE, FLOOR, ROOF = range(10)
WHOLE = LEVELS + 40
"""Offset of eight numbers of the whole bone: end of S5, first and last position of the joint surface, caudal shift of the endplate per
mm dorsal, factor from the profile to the half width, bone below S4, whether the dimensions can be met (1) or not, step of the axis."""
APEX, BORDER_FIRST, BORDER_LAST, ENDPLATE_SLOPE, WIDTH_FACTOR, ROOM, POSSIBLE, AXIS_STEP = range(8)
STATIONS = WHOLE + 8
CUBICS = STATIONS + _STATIONS
"""Offset of the profiles: a cubic, lowest power first, for each of the seven intervals between the stations."""
HALF_WIDTH, LAMINA, INTERMEDIATE, FORAMEN_LINE, LATERAL_CREST, ALAR_RIM, DORSAL_EDGE = range(7)
VENTRAL_MID, VENTRAL_EDGE, CANAL_FLOOR, CANAL_ROOF, CANAL_HALF = range(7, 12)
RISE_AT = CUBICS + _PROFILES * 4 * (_STATIONS - 1)
RISE = RISE_AT + _PEAKS
"""Offset of the cubics of the median crest over the laminae; its knots are at ``RISE_AT``."""
BORDER = RISE + 4 * (_PEAKS - 1)
"""Offset of the cubics of the joint's dorsal border by the share of its height."""
AXIS = BORDER + 4 * (_PLACES - 1)
"""Offset of the nodes of the axis' bend, five numbers each: caudal, height, its tangent in both, and the angle to the next node."""
NODES = 353
FORM_SIZE = AXIS + 5 * NODES

SHARES = np.array([0.0, 0.14, 0.27, 0.40, 0.58, 0.80, 1.0])
_LENGTH, _BREADTH, _AP = column("length"), column("breadth"), column("endplate_ap")
_TO_BEAM, _TURN = column("axis_to_beam_deg"), column("axis_turn_deg")
_BEND_START, _BEND_END = column("axis_bend_start"), column("axis_bend_end")
_CAUDAL, _SPACING = column("foramen.S1.caudal"), column("foramen.S2.spacing")
_LATERAL, _WIDTH, _HEIGHT = column("foramen.S1.lateral"), column("foramen.S1.width"), column("foramen.S1.height")
_SLOPE, _REACH = column("foramen.S1.slope"), column("tubercle.S1.from_foramen")
_VENTRAL_LATERAL, _VENTRAL_SUPERIOR = column("ventral.lateral"), column("ventral.superior")
_BORDER, _PROFILE = column("auricular.dorsal.upper_end"), column("profile.half_width.top")
_ABOVE_S3, _AURICULAR = column("auricular.above_s3"), column("auricular_height")
_LINE_T = _PROFILE + FORAMEN_LINE * _STATIONS + 2
_CREST_1 = column("median_crest.S1")
_EXACT_MM, _JOINT_FROM_MM = 1e-11, -20.0


@kernel
def pchip(f: FloatArray, x: FloatArray, y: FloatArray, out: int) -> None:
    """Write the cubics (n - 1, 4), lowest power first, of the monotone interpolant through (n,) points to ``f`` from ``out``.

    Source: Fritsch and Butland 1984, SIAM J Sci Stat Comput 5:300, with the one-sided ends that scipy uses.
    """
    n = x.shape[0]
    h, rise, slope = np.empty(n - 1), np.empty(n - 1), np.zeros(n)
    for i in range(n - 1):
        h[i] = x[i + 1] - x[i]
        rise[i] = (y[i + 1] - y[i]) / h[i]
    for i in range(1, n - 1):
        if rise[i - 1] * rise[i] > 0.0:
            w1, w2 = 2.0 * h[i] + h[i - 1], h[i] + 2.0 * h[i - 1]
            slope[i] = (w1 + w2) / (w1 / rise[i - 1] + w2 / rise[i])
    for end in range(2):
        a, b = (0, 1) if end == 0 else (n - 2, n - 3)
        d = ((2.0 * h[a] + h[b]) * rise[a] - h[a] * rise[b]) / (h[a] + h[b])
        if d * rise[a] <= 0.0:
            d = 0.0
        elif rise[a] * rise[b] <= 0.0 and abs(d) > 3.0 * abs(rise[a]):
            d = 3.0 * rise[a]
        slope[0 if end == 0 else n - 1] = d
    for i in range(n - 1):
        at = out + 4 * i
        f[at], f[at + 1] = y[i], slope[i]
        f[at + 2] = (3.0 * rise[i] - 2.0 * slope[i] - slope[i + 1]) / h[i]
        f[at + 3] = (slope[i] + slope[i + 1] - 2.0 * rise[i]) / (h[i] * h[i])


@kernel
def cell_of(f: FloatArray, knots: int, count: int, at: float) -> int:
    """Interval of the ``count`` rising numbers from ``knots`` that holds ``at``; the first or the last beyond the ends."""
    cell = 0
    while cell < count - 2 and at >= f[knots + cell + 1]:
        cell += 1
    return cell


@kernel
def cubic(f: FloatArray, at: int, u: float) -> float:
    """Value of the cubic whose four numbers begin at ``at``."""
    value: float = f[at] + u * (f[at + 1] + u * (f[at + 2] + u * f[at + 3]))
    return value


@kernel
def _heading(f: FloatArray, along: float) -> float:
    share = (along - f[_BEND_START]) / (f[_BEND_END] - f[_BEND_START])
    share = min(max(share, 0.0), 1.0)
    angle: float = np.pi / 180.0 * (f[_TO_BEAM] + f[_TURN] * share * share * (3.0 - 2.0 * share))
    return angle


@kernel
def _turned(sine: float, cosine: float, by: float) -> tuple[float, float]:
    """Sine and cosine of an angle that is larger ``by`` some thousandths."""
    square = by * by
    more, most = by * (1.0 - square / 6.0 * (1.0 - square / 20.0)), 1.0 - square / 2.0 * (1.0 - square / 12.0)
    return sine * most + cosine * more, cosine * most - sine * more


@kernel
def _bend_axis(f: FloatArray) -> None:
    length = f[_BEND_END] - f[_BEND_START]
    step = length / (NODES - 1)
    f[WHOLE + AXIS_STEP] = step
    angle = _heading(f, f[_BEND_START])
    sine, cosine = sin(angle), cos(angle)
    caudal, height = f[_BEND_START] * sine, f[_BEND_START] * cosine - 0.5 * f[_AP]
    for k in range(NODES):
        along, at = f[_BEND_START] + k * step, AXIS + 5 * k
        if k > 0:
            middle = _heading(f, along - 0.5 * step)
            sine, cosine = _turned(sine, cosine, middle - angle)
            caudal += step * sine
            height += step * cosine
            angle = _heading(f, along)
            sine, cosine = _turned(sine, cosine, angle - middle)
        share = k / (NODES - 1)
        f[at], f[at + 1], f[at + 2], f[at + 3] = caudal, height, sine, cosine
        f[at + 4] = np.pi / 180.0 * f[_TURN] * 6.0 * share * (1.0 - share) / length * step


@kernel
def to_view(f: FloatArray, along: float, dorsal: float) -> tuple[float, float]:
    """(caudal, height) of a point on the axis' coordinates; the axis is straight beyond its bend."""
    step = f[WHOLE + AXIS_STEP]
    u = (along - f[_BEND_START]) / step
    k = min(max(int(np.floor(u)), 0), NODES - 1)
    at, rest = AXIS + 5 * k, (u - k) * step
    if 0.0 <= u < NODES - 1:
        share = u - k
        caudal, height = f[at] + share * (f[at + 5] - f[at]), f[at + 1] + share * (f[at + 6] - f[at + 1])
        angle = _heading(f, along)
        return caudal - dorsal * cos(angle), height + dorsal * sin(angle)
    return f[at] + rest * f[at + 2] - dorsal * f[at + 3], f[at + 1] + rest * f[at + 3] + dorsal * f[at + 2]


@kernel
def to_axis(f: FloatArray, caudal: float, height: float, near: int) -> tuple[float, float, int]:
    """(s, t) of a point (caudal, height), and the node of the axis nearest to it, looked for from the node ``near``."""
    k, size = near, f[WHOLE + AXIS_STEP]
    ahead = dorsal = 0.0
    for _ in range(40):
        at = AXIS + 5 * k
        dc, dh = caudal - f[at], height - f[at + 1]
        dorsal = dh * f[at + 2] - dc * f[at + 3]
        ahead = (dc * f[at + 2] + dh * f[at + 3]) / max(size + f[at + 4] * dorsal, 0.2 * size)
        step = int(np.floor(ahead + 0.5))
        if step == 0 or (k == 0 and step < 0) or (k == NODES - 1 and step > 0):
            break
        k = min(max(k + step, 0), NODES - 1)
    return f[_BEND_START] + size * (k + ahead), dorsal, k


@kernel
def _beyond(f: FloatArray, kind: int, along: float, x: float, t: float, other: FloatArray, wanted: float) -> float:
    caudal, height = to_view(f, along, t)
    if kind == 0:
        return caudal - wanted
    return sqrt((x - other[0]) ** 2 + (caudal - other[1]) ** 2 + (height - other[2]) ** 2) - wanted


@kernel
def _root_along(f: FloatArray, kind: int, x: float, t: float, other: FloatArray, wanted: float, low: float) -> float:
    """Position along the axis at which a height above it has the ``wanted`` caudal place (kind 0) or distance from ``other``; one end of
    where it is looked for if it lies beyond that.

    By the rule of false position in the form called Illinois.
    """
    high = low + 60.0 if kind < 2 else low + 95.0
    under, over = _beyond(f, kind, low, x, t, other, wanted), _beyond(f, kind, high, x, t, other, wanted)
    if under > 0.0:
        return low
    if over <= 0.0:
        return high
    middle, side = high, 0
    for _ in range(60):
        middle = (low * over - high * under) / (over - under)
        miss = _beyond(f, kind, middle, x, t, other, wanted)
        if abs(miss) < _EXACT_MM:
            break
        if miss > 0.0:
            high, over = middle, miss
            under *= 0.5 if side > 0 else 1.0
            side = 1
        else:
            low, under = middle, miss
            over *= 0.5 if side < 0 else 1.0
            side = -1
    return middle


@kernel
def lay_out(f: FloatArray) -> None:
    """Fill a form (FORM_SIZE,) whose dimensions are set.

    ``f[WHOLE + POSSIBLE]`` is 0 where no sacrum can have them; most other entries then mean nothing.
    """
    _bend_axis(f)
    place, origin = np.zeros(3), np.array([0.0, 0.0, -f[_AP]])
    possible = 1.0
    for n in range(4):
        x, t = f[_LATERAL + n], f[_LINE_T + n]
        low = 5.0 if n == 0 else f[LEVELS + 10 * n - 10 + ALONG] + 1.0
        along = _root_along(f, min(n, 1), x, t, place, f[_CAUDAL] if n == 0 else f[_SPACING + n - 1], low)
        if along < low + 0.01 or along > low + 59.99:
            possible = 0.0
        caudal, height = to_view(f, along, t)
        place[0], place[1], place[2] = x, caudal, height
        f[LEVELS + 10 * n + CENTRE], f[LEVELS + 10 * n + ALONG], f[LEVELS + 10 * n + DORSAL] = x, along, t
        f[LEVELS + 10 * n + LINE] = along - f[_SLOPE + n] * t
        f[LEVELS + 10 * n + CREST] = x + 0.5 * f[_WIDTH + n] + f[_REACH + n]
    end_t = f[_PROFILE + VENTRAL_MID * _STATIONS + 7]
    nearest = f[LEVELS + 30 + LINE] - 15.0
    apex = _root_along(f, 2, 0.0, end_t, origin, f[_LENGTH], nearest)
    f[WHOLE + APEX], f[WHOLE + ROOM] = apex, apex - f[LEVELS + 30 + ALONG]
    line = f[LEVELS + 30 + LINE]
    f[STATIONS + 0], f[STATIONS + 1], f[STATIONS + 6], f[STATIONS + 7] = (
        0.0,
        0.5 * f[LEVELS + LINE],
        line + 0.42 * (apex - line),
        apex,
    )
    for n in range(4):
        f[STATIONS + 2 + n] = f[LEVELS + 10 * n + LINE]
    for k in range(_STATIONS - 1):
        if f[STATIONS + k + 1] <= f[STATIONS + k]:
            possible = 0.0
    f[WHOLE + POSSIBLE] = possible
    if possible > 0.0:
        _complete(f)


@kernel
def _complete(f: FloatArray) -> None:
    for k in range(_PROFILES):
        pchip(
            f,
            f[STATIONS : STATIONS + _STATIONS],
            f[_PROFILE + k * _STATIONS : _PROFILE + (k + 1) * _STATIONS],
            CUBICS + 28 * k,
        )
    pchip(f, SHARES, f[_BORDER : _BORDER + _PLACES], BORDER)
    widest = f[_PROFILE]
    for k in range(_STATIONS):
        widest = max(widest, f[_PROFILE + k])
    f[WHOLE + WIDTH_FACTOR] = 0.5 * f[_BREADTH] / widest
    f[WHOLE + ENDPLATE_SLOPE] = tan(np.pi / 180.0 * (90.0 - f[_TO_BEAM]))
    for n in range(4):
        f[LEVELS + 10 * n + FLOOR] = profile(f, CANAL_FLOOR, f[LEVELS + 10 * n + LINE])
        f[LEVELS + 10 * n + ROOF] = profile(f, CANAL_ROOF, f[LEVELS + 10 * n + LINE])
        caudal, seen = to_view(f, f[LEVELS + 10 * n + ALONG], f[LEVELS + 10 * n + DORSAL])
        caudal -= f[_VENTRAL_SUPERIOR]
        height = seen - f[LEVELS + 10 * n + DORSAL] + profile(f, VENTRAL_MID, f[LEVELS + 10 * n + ALONG])
        s, t, k = 0.0, 0.0, NODES // 2
        for _ in range(4):
            s, t, k = to_axis(f, caudal, height, k)
            height += (profile(f, VENTRAL_MID, s) - t) * 0.9
        f[LEVELS + 10 * n + VENTRAL_X] = f[LEVELS + 10 * n + CENTRE] + f[_VENTRAL_LATERAL]
        f[LEVELS + 10 * n + VENTRAL_S], f[LEVELS + 10 * n + VENTRAL_T] = s, t
    # the joint surface ends a stated distance above the S3 foramen as the view shows it
    caudal, _ = to_view(f, f[LEVELS + 20 + ALONG], f[LEVELS + 20 + DORSAL])
    lowest = caudal - 0.5 * f[_HEIGHT + 2] - f[_ABOVE_S3]
    # which half millimetre of the axis that is: the place seen runs caudally all along it
    last_t = f[_BORDER + _PLACES - 1]
    low, high = 0, int(np.ceil((f[WHOLE + APEX] - _JOINT_FROM_MM) / 0.5)) - 1
    here, _ = to_view(f, _JOINT_FROM_MM + 0.5 * high, last_t)
    last = _JOINT_FROM_MM + 0.5 * high
    if here >= lowest:
        while high - low > 1:
            middle = (low + high) // 2
            seen, _ = to_view(f, _JOINT_FROM_MM + 0.5 * middle, last_t)
            if seen >= lowest:
                high, here = middle, seen
            else:
                low = middle
        before, _ = to_view(f, _JOINT_FROM_MM + 0.5 * low, last_t)
        last = _JOINT_FROM_MM + 0.5 * low + 0.5 * (lowest - before) / (here - before)
    f[WHOLE + BORDER_FIRST], f[WHOLE + BORDER_LAST] = last - f[_AURICULAR], last
    one, two, three = f[LEVELS + ALONG] - 9.0, f[LEVELS + 10 + ALONG] - 5.5, f[LEVELS + 20 + ALONG] - 2.0
    first, second, third = f[_CREST_1], f[_CREST_1 + 1], f[_CREST_1 + 2]
    knots = np.array(
        [one - 8.0, one - 1.0, one + 2.0, one + 9.0, one + 15.0, two - 1.0, two + 4.0, two + 11.0, three - 3.0, three + 3.0,
         three + 9.0, f[LEVELS + 30 + ALONG] + 0.5]
    )  # fmt: skip
    up = np.array(
        [
            -9.0,
            -2.0,
            0.85 * first,
            first,
            0.75 * first,
            0.8 * second,
            second,
            0.6 * second,
            0.7 * third,
            third,
            0.2 * third,
            -4.0,
        ]
    )
    for k in range(11):
        if knots[k + 1] <= knots[k]:
            f[WHOLE + POSSIBLE] = 0.0
            return
    f[RISE_AT : RISE_AT + 12] = knots
    pchip(f, knots, up, RISE)


@kernel
def profile(f: FloatArray, which: int, s: float) -> float:
    """Value of a profile at a position along the axis."""
    cell = cell_of(f, STATIONS, 8, s)
    return cubic(f, CUBICS + 28 * which + 4 * cell, s - f[STATIONS + cell])


@kernel
def crest_lateral(f: FloatArray, s: float) -> float:
    """Distance of the lateral crest from the midline."""
    return along_levels(f, s, CREST)


@kernel
def along_levels(f: FloatArray, s: float, which: int) -> float:
    """A column of the levels interpolated along the axis, level beyond the first and the last."""
    if s <= f[LEVELS + ALONG]:
        first: float = f[LEVELS + which]
        return first
    for n in range(3):
        if s <= f[LEVELS + 10 * n + 10 + ALONG]:
            share = (s - f[LEVELS + 10 * n + ALONG]) / (f[LEVELS + 10 * n + 10 + ALONG] - f[LEVELS + 10 * n + ALONG])
            inner: float = f[LEVELS + 10 * n + which] + share * (
                f[LEVELS + 10 * n + 10 + which] - f[LEVELS + 10 * n + which]
            )
            return inner
    last: float = f[LEVELS + 30 + which]
    return last
