"""Compiled skyline of the parametric sacrum as the operator sees it: the groove between the left S1 articular process and the ala, and the
top of the ala; chart coordinates (lateral, caudal, height), mm."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.dorsal_beam_kernels import field_on_beam, highest
from rfplan.anatomy.sacrum_form_kernels import NODES
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_BREADTH = column("breadth")
_LATERAL_0, _STEP = 20.0, 0.5
_FROM_H, _TO_H = -4.0, 25.0
_COLUMNS, _ALA_COLUMNS = 40, 56
_PROCESS, _NOTCH, _ALA = 20, 36, 28
"""Columns in which the process is looked for, lateral of it the notch, and lateral of that the ala."""
RISE_MM = 0.5
"""The notch begins where the flank of the process has come down to this much above its lowest place: the flank is steep there, while the
notch itself is flat for some millimetres, so that its lowest place may be anywhere in it."""
FOOT_MM = 1.0
"""How far lateral of that flank the floor lies."""
_MET_MM, _MET_H_MM, _LEAP_MM, _LEAP_H_MM = 0.04, 1.0, 1.2, 2.0
_BEHIND_MM = 2.0
_BELOW_EDGE_MM = 1.5  # where the beam no longer grazes the edge


@kernel
def _crest_of_silhouette(
    f: FloatArray, lateral: float, caudal: float, height: float, node: int
) -> tuple[float, float, int, bool]:
    """(caudal, height) of the most cranial bone near a place, in the sagittal plane ``lateral``; far above every foramen. Then the node
    there, and whether the search came to rest."""
    for _ in range(4):
        below, node = field_on_beam(f, lateral, caudal, height - 1.0, node, False)
        here, node = field_on_beam(f, lateral, caudal, height, node, False)
        above, node = field_on_beam(f, lateral, caudal, height + 1.0, node, False)
        bend = below + above - 2.0 * here
        shift = 0.5 * (below - above) / bend if bend > 0.02 else (-1.0 if below < above else 1.0)
        shift = min(max(shift, -2.0), 2.0)
        lowest = here + 0.5 * shift * (above - below) + 0.5 * shift * shift * bend
        before = height
        height = min(max(height + shift, _FROM_H), _TO_H)
        caudal += min(max(lowest / 0.9, -3.0), 3.0)
        if abs(lowest) < 0.03 and abs(height - before) < 0.3:
            return caudal, height, node, True
    return caudal, height, node, False


@kernel
def _skyline(f: FloatArray, most: int) -> FloatArray:
    """Caudal coordinate of the most cranial bone of each column, from ``_LATERAL_0`` in steps of ``_STEP``; at most ``most`` columns.

    Followed from the process outward and from the ala inward, as there may be two tops in a column. Where the second way comes upon the
    places of the first it goes on with them, as far as they follow each other without a leap.
    """
    count = min(int((0.5 * f[_BREADTH] - 6.0 - _LATERAL_0) / _STEP), most)
    top, node = np.full(count, 1e3), NODES // 2
    ahead = np.empty((count, 2))
    for way in range(2):
        caudal = -14.0 if way == 0 else 0.0
        height = 14.0 if way == 0 else 2.0
        turn_c = turn_h = 0.0
        for step in range(count):
            i = step if way == 0 else count - 1 - step
            before_c, before_h = caudal, height
            met = way == 1 and i < count - 1
            if met and _is_same(ahead[i + 1, 0], ahead[i + 1, 1], caudal, height, _MET_MM, _MET_H_MM):
                met = _is_same(ahead[i, 0], ahead[i, 1], caudal, height, _LEAP_MM, _LEAP_H_MM)
            else:
                met = False
            if met:
                caudal, height = ahead[i, 0], ahead[i, 1]
                turn_c, turn_h = caudal - before_c, height - before_h
                continue
            caudal, height, node, rests = _crest_of_silhouette(
                f, _LATERAL_0 + i * _STEP, caudal + turn_c, min(max(height + turn_h, _FROM_H), _TO_H), node
            )
            # the next is looked for where this one and the one before point to
            leapt = step == 0 or not _is_same(caudal, height, before_c, before_h, _LEAP_MM, _LEAP_H_MM)
            turn_c, turn_h = (0.0, 0.0) if leapt else (caudal - before_c, height - before_h)
            if way == 1 and caudal > top[i] + _BEHIND_MM:
                # under the process; the skyline is that of the process from here on
                break
            top[i] = min(top[i], caudal)
            if way == 0:
                ahead[i, 0], ahead[i, 1] = caudal if rests else 1e3, height
    return top


@kernel
def _is_same(a_caudal: float, a_height: float, b_caudal: float, b_height: float, most_c: float, most_h: float) -> bool:
    return abs(a_caudal - b_caudal) < most_c and abs(a_height - b_height) < most_h


@kernel
def _notch(top: FloatArray) -> tuple[int, int]:
    """Column of the process and that of the lowest place lateral of it."""
    peak = 0
    for i in range(min(_PROCESS, top.shape[0])):
        if top[i] < top[peak]:
            peak = i
    lowest = peak
    for i in range(peak, min(peak + _NOTCH, top.shape[0])):
        if top[i] > top[lowest]:
            lowest = i
    return peak, lowest


@kernel
def _behind_edge(f: FloatArray, lateral: float, caudal: float, point: FloatArray) -> None:
    """Fill (3,) with the bone that a beam just behind the skyline first meets."""
    height, node = highest(f, lateral, caudal + _BELOW_EDGE_MM, 12.0, NODES // 2, True)
    point[0], point[1], point[2] = lateral, caudal + _BELOW_EDGE_MM, height
    for _ in range(4):
        value, node = field_on_beam(f, point[0], point[1], point[2], node, True)
        slope = np.empty(3)
        for way in range(3):
            shift = np.zeros(3)
            shift[way] = 0.1
            plus, node = field_on_beam(f, point[0] + shift[0], point[1] + shift[1], point[2] + shift[2], node, True)
            minus, node = field_on_beam(f, point[0] - shift[0], point[1] - shift[1], point[2] - shift[2], node, True)
            slope[way] = (plus - minus) / 0.2
        square = max(np.sum(slope * slope), 0.05)
        for way in range(3):
            point[way] -= min(max(value / square, -1.0), 1.0) * slope[way]


@kernel
def groove_base(f: FloatArray, point: FloatArray) -> None:
    """Fill (3,) with the floor of the notch between the left S1 articular process and the ala, at the foot of the process."""
    top = _skyline(f, _COLUMNS)
    peak, lowest = _notch(top)
    level = top[lowest] - RISE_MM
    i = peak
    while i < lowest and top[i] < level:
        i += 1
    flank = float(i)
    if i > peak:
        flank -= (top[i] - level) / (top[i] - top[i - 1])
    at = min(flank + FOOT_MM / _STEP, top.shape[0] - 1.0)
    column_at = min(int(at), top.shape[0] - 2)
    share = at - column_at
    caudal = (1.0 - share) * top[column_at] + share * top[column_at + 1]
    _behind_edge(f, _LATERAL_0 + at * _STEP, caudal, point)


@kernel
def ala_top(f: FloatArray, point: FloatArray) -> None:
    """Fill (3,) with the top of the left ala beside that notch."""
    top = _skyline(f, _ALA_COLUMNS)
    _, lowest = _notch(top)
    beside = lowest
    for i in range(lowest, min(lowest + _ALA, top.shape[0])):
        if top[i] < top[beside]:
            beside = i
    _behind_edge(f, _LATERAL_0 + beside * _STEP, top[beside], point)
