"""Compiled layout of the parametric sacrum: from its dimensions to what its field needs, in the coordinates of the chart.

A form is a tuple of arrays: ``values`` (k,) the dimensions in the order of ``sacrum_vector.NAMES``; ``levels`` (4, 10), the foramina
(columns below); ``stations`` (8,) and ``profiles`` (12, 7, 4), the cubics between the stations; ``rise_at`` (12,) and ``rise``
(11, 4), the median crest; ``border`` (6, 4), dorsal border of the joint by share of its height; ``whole`` (8,), see below;
``nodes`` (n, 2), ``tangents`` (n, 2) and ``bends`` (n,): the axis of the bodies as (caudal, height) of the true AP view.
"""

from __future__ import annotations

from math import cos, sin, sqrt, tan
from typing import Any

import numpy as np

from rfplan.anatomy.sacrum_vector import BORDER_PLACES, PROFILES, STATION_NAMES, column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

SacrumForm = tuple[Any, ...]

# columns of levels: dorsal aperture (x, s, t), reach of the crest, ventral aperture (x, s, t), line of the level, canal floor and
# roof there
CENTRE, ALONG, DORSAL, CREST, VENTRAL_X, VENTRAL_S, VENTRAL_T, LINE, FLOOR, ROOF = range(10)
# entries of whole: end of S5, first and last position of the joint surface, caudal shift of the endplate per mm dorsal, factor from
# the profile to the half width, bone below S4, whether the dimensions can be met
APEX, BORDER_FIRST, BORDER_LAST, ENDPLATE_SLOPE, WIDTH_FACTOR, ROOM, POSSIBLE = range(7)
HALF_WIDTH, LAMINA, INTERMEDIATE, FORAMEN_LINE, LATERAL_CREST, ALAR_RIM, DORSAL_EDGE = range(7)
VENTRAL_MID, VENTRAL_EDGE, CANAL_FLOOR, CANAL_ROOF, CANAL_HALF = range(7, 12)

STEP_MM = 0.25
BEYOND_MM = 70.0
NODES = 1200
_STATIONS, _PROFILES, _PLACES = len(STATION_NAMES), len(PROFILES), len(BORDER_PLACES)
_SHARES = np.array([0.0, 0.14, 0.27, 0.40, 0.58, 0.80, 1.0])
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


@kernel
def pchip(x: FloatArray, y: FloatArray, out: FloatArray) -> None:
    """Cubics (n - 1, 4), lowest power first, of the monotone interpolant through (n,) points.

    Source: Fritsch and Butland 1984, SIAM J Sci Stat Comput 5:300, with the one-sided ends that scipy uses.
    """
    n = x.shape[0]
    h, rise = np.empty(n - 1), np.empty(n - 1)
    for i in range(n - 1):
        h[i] = x[i + 1] - x[i]
        rise[i] = (y[i + 1] - y[i]) / h[i]
    slope = np.zeros(n)
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
        out[i, 0], out[i, 1] = y[i], slope[i]
        out[i, 2] = (3.0 * rise[i] - 2.0 * slope[i] - slope[i + 1]) / h[i]
        out[i, 3] = (slope[i] + slope[i + 1] - 2.0 * rise[i]) / (h[i] * h[i])


@kernel
def cell_of(x: FloatArray, at: float) -> int:
    """Interval of the rising ``x`` that holds ``at``; the first or the last beyond the ends."""
    cell = 0
    while cell < x.shape[0] - 2 and at >= x[cell + 1]:
        cell += 1
    return cell


@kernel
def cubic(c: FloatArray, u: float) -> float:
    """Value of a cubic (4,), lowest power first."""
    value: float = c[0] + u * (c[1] + u * (c[2] + u * c[3]))
    return value


@kernel
def _heading(values: FloatArray, along: float) -> float:
    share = (along - values[_BEND_START]) / (values[_BEND_END] - values[_BEND_START])
    share = min(max(share, 0.0), 1.0)
    angle: float = np.pi / 180.0 * (values[_TO_BEAM] + values[_TURN] * share * share * (3.0 - 2.0 * share))
    return angle


@kernel
def axis_nodes(values: FloatArray, nodes: FloatArray, tangents: FloatArray, bends: FloatArray) -> None:
    """Fill the axis: (caudal, height) of points every quarter of a millimetre from 70 mm above the endplate."""
    length = values[_BEND_END] - values[_BEND_START]
    caudal = height = 0.0
    for k in range(nodes.shape[0]):
        along = -BEYOND_MM + k * STEP_MM
        if k > 0:
            middle = _heading(values, along - 0.5 * STEP_MM)
            caudal += STEP_MM * sin(middle)
            height += STEP_MM * cos(middle)
        nodes[k, 0], nodes[k, 1] = caudal, height
        angle = _heading(values, along)
        tangents[k, 0], tangents[k, 1] = sin(angle), cos(angle)
        share = min(max((along - values[_BEND_START]) / length, 0.0), 1.0)
        bends[k] = np.pi / 180.0 * values[_TURN] * 6.0 * share * (1.0 - share) / length * STEP_MM
    at = int(BEYOND_MM / STEP_MM)
    origin_c, origin_h = nodes[at, 0], nodes[at, 1] + 0.5 * values[_AP]
    for k in range(nodes.shape[0]):
        nodes[k, 0] -= origin_c
        nodes[k, 1] -= origin_h


@kernel
def to_view(values: FloatArray, nodes: FloatArray, along: float, dorsal: float) -> tuple[float, float]:
    """(caudal, height) of a point on the axis' coordinates."""
    u = (along + BEYOND_MM) / STEP_MM
    k = min(max(int(u), 0), nodes.shape[0] - 2)
    share = u - k
    angle = _heading(values, along)
    caudal = nodes[k, 0] + share * (nodes[k + 1, 0] - nodes[k, 0]) - dorsal * cos(angle)
    height = nodes[k, 1] + share * (nodes[k + 1, 1] - nodes[k, 1]) + dorsal * sin(angle)
    return caudal, height


@kernel
def to_axis(
    nodes: FloatArray, tangents: FloatArray, bends: FloatArray, caudal: float, height: float, near: int
) -> tuple[float, float, int]:
    """(s, t) of a point (caudal, height), and the node of the axis nearest to it, looked for from the node ``near``."""
    last = nodes.shape[0] - 1
    k = near
    for _ in range(60):
        dc, dh = caudal - nodes[k, 0], height - nodes[k, 1]
        tc, th = tangents[k, 0], tangents[k, 1]
        dorsal = dh * tc - dc * th
        stretch = max(STEP_MM + bends[k] * dorsal, 0.2 * STEP_MM)
        ahead = (dc * tc + dh * th) / stretch
        step = int(np.floor(ahead + 0.5))
        if step == 0 or (k == 0 and step < 0) or (k == last and step > 0):
            break
        k = min(max(k + step, 0), last)
    return -BEYOND_MM + STEP_MM * (k + min(max(ahead, -1.0), 1.0)), dorsal, k


@kernel
def _root_along(values: FloatArray, nodes: FloatArray, kind: int, x: float, t: float, other: FloatArray, wanted: float, low: float) -> float:
    """Position along the axis at which a height above it has the ``wanted`` caudal place (kind 0) or distance from ``other``."""
    high = low + 60.0 if kind < 2 else low + 95.0
    for _ in range(48):
        middle = 0.5 * (low + high)
        caudal, height = to_view(values, nodes, middle, t)
        if kind == 0:
            over = caudal - wanted
        else:
            over = sqrt((x - other[0]) ** 2 + (caudal - other[1]) ** 2 + (height - other[2]) ** 2) - wanted
        if over > 0.0:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


@kernel
def sacrum_form(values: FloatArray) -> SacrumForm:
    """The form of the sacrum with the dimensions ``values`` (k,), as described above.

    ``whole[POSSIBLE]`` is 0 where no sacrum can have them; the other entries then mean nothing.
    """
    nodes, tangents, bends = np.empty((NODES, 2)), np.empty((NODES, 2)), np.empty(NODES)
    axis_nodes(values, nodes, tangents, bends)
    levels, whole, stations = np.zeros((4, 10)), np.zeros(8), np.empty(_STATIONS)
    place, origin = np.zeros(3), np.array([0.0, 0.0, -values[_AP]])
    possible = 1.0
    for n in range(4):
        x, t = values[_LATERAL + n], values[_LINE_T + n]
        low = 5.0 if n == 0 else levels[n - 1, ALONG] + 1.0
        if n == 0:
            along = _root_along(values, nodes, 0, x, t, place, values[_CAUDAL], low)
        else:
            along = _root_along(values, nodes, 1, x, t, place, values[_SPACING + n - 1], low)
        if along < low + 0.01 or along > low + 59.99:
            possible = 0.0
        caudal, height = to_view(values, nodes, along, t)
        place[0], place[1], place[2] = x, caudal, height
        levels[n, CENTRE], levels[n, ALONG], levels[n, DORSAL] = x, along, t
        levels[n, LINE] = along - values[_SLOPE + n] * t
        levels[n, CREST] = x + 0.5 * values[_WIDTH + n] + values[_REACH + n]
    end_t = values[_PROFILE + VENTRAL_MID * _STATIONS + 7]
    nearest = levels[3, LINE] - 15.0
    apex = _root_along(values, nodes, 2, 0.0, end_t, origin, values[_LENGTH], nearest)
    whole[APEX], whole[ROOM] = apex, apex - levels[3, ALONG]
    line = levels[3, LINE]
    stations[0], stations[1], stations[6], stations[7] = 0.0, 0.5 * levels[0, LINE], line + 0.42 * (apex - line), apex
    for n in range(4):
        stations[2 + n] = levels[n, LINE]
    for k in range(_STATIONS - 1):
        if stations[k + 1] <= stations[k]:
            possible = 0.0
    profiles, border = np.zeros((_PROFILES, _STATIONS - 1, 4)), np.zeros((_PLACES - 1, 4))
    rise_at, rise = np.empty(12), np.zeros((11, 4))
    whole[POSSIBLE] = possible
    form = (values, levels, stations, profiles, rise_at, rise, border, whole, nodes, tangents, bends)
    if possible > 0.0:
        _complete(form)
    return form


@kernel
def _complete(form: SacrumForm) -> None:
    values, levels, stations, profiles, rise_at, rise, border, whole, nodes, tangents, bends = form
    for k in range(_PROFILES):
        pchip(stations, values[_PROFILE + k * _STATIONS : _PROFILE + (k + 1) * _STATIONS], profiles[k])
    pchip(_SHARES, values[_BORDER : _BORDER + _PLACES], border)
    widest = values[_PROFILE]
    for k in range(_STATIONS):
        widest = max(widest, values[_PROFILE + k])
    whole[WIDTH_FACTOR] = 0.5 * values[_BREADTH] / widest
    whole[ENDPLATE_SLOPE] = tan(np.pi / 180.0 * (90.0 - values[_TO_BEAM]))
    for n in range(4):
        levels[n, FLOOR] = profile(form, CANAL_FLOOR, levels[n, LINE])
        levels[n, ROOF] = profile(form, CANAL_ROOF, levels[n, LINE])
        caudal, seen = to_view(values, nodes, levels[n, ALONG], levels[n, DORSAL])
        caudal -= values[_VENTRAL_SUPERIOR]
        height = seen - levels[n, DORSAL] + profile(form, VENTRAL_MID, levels[n, ALONG])
        s, t, k = 0.0, 0.0, int((BEYOND_MM + levels[n, ALONG]) / STEP_MM)
        for _ in range(4):
            s, t, k = to_axis(nodes, tangents, bends, caudal, height, k)
            height += (profile(form, VENTRAL_MID, s) - t) * 0.9
        levels[n, VENTRAL_X] = levels[n, CENTRE] + values[_VENTRAL_LATERAL]
        levels[n, VENTRAL_S], levels[n, VENTRAL_T] = s, t
    # the joint surface ends a stated distance above the S3 foramen as the view shows it
    caudal, _ = to_view(values, nodes, levels[2, ALONG], levels[2, DORSAL])
    lowest = caudal - 0.5 * values[_HEIGHT + 2] - values[_ABOVE_S3]
    last = -20.0
    before, _ = to_view(values, nodes, last, values[_BORDER + _PLACES - 1])
    while last + 0.5 < whole[APEX]:
        here, _ = to_view(values, nodes, last + 0.5, values[_BORDER + _PLACES - 1])
        if here >= lowest:
            last += 0.5 * (lowest - before) / (here - before)
            break
        before = here
        last += 0.5
    whole[BORDER_FIRST], whole[BORDER_LAST] = last - values[_AURICULAR], last
    one, two, three = levels[0, ALONG] - 9.0, levels[1, ALONG] - 5.5, levels[2, ALONG] - 2.0
    first, second, third = values[_CREST_1], values[_CREST_1 + 1], values[_CREST_1 + 2]
    rise_at[:] = np.array(
        [one - 8.0, one - 1.0, one + 2.0, one + 9.0, one + 15.0, two - 1.0, two + 4.0, two + 11.0, three - 3.0, three + 3.0,
         three + 9.0, levels[3, ALONG] + 0.5]
    )  # fmt: skip
    up = np.array(
        [-9.0, -2.0, 0.85 * first, first, 0.75 * first, 0.8 * second, second, 0.6 * second, 0.7 * third, third, 0.2 * third, -4.0]
    )
    for k in range(11):
        if rise_at[k + 1] <= rise_at[k]:
            whole[POSSIBLE] = 0.0
            return
    pchip(rise_at, up, rise)


@kernel
def profile(form: SacrumForm, which: int, s: float) -> float:
    """Value of a profile at a position along the axis."""
    stations = form[2]
    cell = cell_of(stations, s)
    return cubic(form[3][which, cell], s - stations[cell])


@kernel
def crest_lateral(levels: FloatArray, s: float) -> float:
    """Distance of the lateral crest from the midline."""
    return along_levels(levels, s, CREST)


@kernel
def along_levels(levels: FloatArray, s: float, which: int) -> float:
    """A column of the levels interpolated along the axis, level beyond the first and the last."""
    if s <= levels[0, ALONG]:
        first: float = levels[0, which]
        return first
    for n in range(3):
        if s <= levels[n + 1, ALONG]:
            share = (s - levels[n, ALONG]) / (levels[n + 1, ALONG] - levels[n, ALONG])
            inner: float = levels[n, which] + share * (levels[n + 1, which] - levels[n, which])
            return inner
    last: float = levels[3, which]
    return last
