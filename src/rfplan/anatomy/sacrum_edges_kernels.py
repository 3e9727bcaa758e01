"""Compiled edges of the parametric sacrum: rims of the posterior foramina and the back of the joint; chart coordinates of the left side
(lateral, caudal, height), mm."""

from __future__ import annotations

from math import cos, pi, sin, sqrt

import numpy as np

from rfplan.anatomy.dorsal_beam_kernels import field_on_beam
from rfplan.anatomy.sacrum_border_kernels import dorsal_border
from rfplan.anatomy.sacrum_field_kernels import sacrum_field
from rfplan.anatomy.sacrum_form_kernels import (
    ALONG,
    BORDER_FIRST,
    BORDER_LAST,
    CENTRE,
    CUBICS,
    DORSAL,
    HALF_WIDTH,
    LEVELS,
    NODES,
    STATIONS,
    VENTRAL_EDGE,
    WHOLE,
    WIDTH_FACTOR,
    cell_of,
    cubic,
    profile,
    to_axis,
    to_view,
)  # fmt: skip
from rfplan.anatomy.sacrum_tunnel_kernels import tunnel_field
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_SLOPE, _WIDTH, _HEIGHT = column("foramen.S1.slope"), column("foramen.S1.width"), column("foramen.S1.height")
_EDGE_MM = 1.4  # rounding of an aperture's edge, as in the field
_ROUNDS, _WHOLE_ROUNDS = 12, 4
_SHORT_MM, _AT_REST_MM = 0.2, 0.05
_STEEP = 2.0  # slope of the bone at what is called the rim
_STEP_MM, _BESIDE_MM = 0.3, 4.0
_LEAST_SIDE = 0.6
_TIP_MM, _BLUNT = 7.0, 0.12


@kernel
def rim(f: FloatArray, n: int, points: FloatArray) -> None:
    """Fill (k, 3) ``points`` with the rim of the left foramen of level ``n``: cranial first, then lateral.

    In each half-plane through the middle of the tunnel it is where the rounded edge falls twice as steeply as it goes inward: the point
    furthest out along the tunnel and closest to its middle, the second counted twice. It rises no higher over the middle than half the
    aperture's larger diameter: what is higher is the side of the crest beside S4, not an edge.
    """
    centre, along, dorsal = f[LEVELS + 10 * n + CENTRE], f[LEVELS + 10 * n + ALONG], f[LEVELS + 10 * n + DORSAL]
    middle_c, middle_h = to_view(f, along, dorsal)
    ahead_c, ahead_h = to_view(f, along + f[_SLOPE + n], dorsal + 1.0)
    size = sqrt((ahead_c - middle_c) ** 2 + (ahead_h - middle_h) ** 2)
    out_c, out_h = (ahead_c - middle_c) / size, (ahead_h - middle_h) / size
    # cranial is square to the way out
    up_c, up_h = -out_h, out_c
    _, _, node = to_axis(f, middle_c, middle_h, NODES // 2)
    count = points.shape[0]
    highest_rim = 0.5 * max(f[_WIDTH + n], f[_HEIGHT + n])
    # each half-plane begins where the one beside it came to rest, with the slopes found there
    widened, high, rests = 1.0, 0.0, False
    turned, across = cos(2.0 * pi / count), sin(2.0 * pi / count)
    asked_a, asked_h, face, hole = 0.0, 0.0, 0.0, 0.0
    face_a, face_h, hole_a, hole_h = 0.0, 0.0, 0.0, 0.0
    for k in range(count):
        turn = 2.0 * pi * k / count
        ray_c, ray_h, ray_l = cos(turn) * up_c, cos(turn) * up_h, sin(turn)
        nominal = 0.5 / sqrt((sin(turn) / f[_WIDTH + n]) ** 2 + (cos(turn) / f[_HEIGHT + n]) ** 2)
        away = widened * nominal
        known = rests
        if not rests:
            away, high = nominal, 0.0
        rests = False
        step_a, step_h = 0.0, 0.0
        for attempt in range(_ROUNDS):
            s, t, node = to_axis(
                f, middle_c + away * ray_c + high * out_c, middle_h + away * ray_h + high * out_h, node
            )
            x = centre + away * ray_l
            one, other = sacrum_field(f, x, s, t, False), -tunnel_field(f, n, x, s, t)
            # the two faces that the edge rounds off, and their slopes in this half-plane
            if attempt == 0 and known:
                # the hole's turn with the half-plane; the other face keeps its own, also that from half-plane to half-plane
                gone_a, gone_across = away * turned - asked_a, away * across
                beside = (one - face - face_a * gone_a - face_h * (high - asked_h)) / gone_across
                face_a = face_a * turned + beside * across
            elif attempt > (1 if known else 0) and abs(step_a) + abs(step_h) < _SHORT_MM:
                # so short a step only bends the slopes as far as the two values tell
                square = step_a * step_a + step_h * step_h
                bend_face = (one - face - face_a * step_a - face_h * step_h) / square
                bend_hole = (other - hole - hole_a * step_a - hole_h * step_h) / square
                face_a, face_h = face_a + bend_face * step_a, face_h + bend_face * step_h
                hole_a, hole_h = hole_a + bend_hole * step_a, hole_h + bend_hole * step_h
            else:
                for probe in range(1, 3):
                    a, h = away + (0.2 if probe == 1 else 0.0), high + (0.2 if probe == 2 else 0.0)
                    s, t, node = to_axis(f, middle_c + a * ray_c + h * out_c, middle_h + a * ray_h + h * out_h, node)
                    x = centre + a * ray_l
                    face_there, hole_there = sacrum_field(f, x, s, t, False), -tunnel_field(f, n, x, s, t)
                    if probe == 1:
                        face_a, hole_a = (face_there - one) / 0.2, (hole_there - other) / 0.2
                    else:
                        face_h, hole_h = (face_there - one) / 0.2, (hole_there - other) / 0.2
            face, hole, asked_a, asked_h = one, other, away, high
            # share of the face's direction in that of the edge where it has the slope looked for
            top, bottom = -hole_a - _STEEP * hole_h, face_a + _STEEP * face_h - hole_a - _STEEP * hole_h
            share = 0.5 if bottom == 0.0 else min(max(top / bottom, 0.0), 1.0)
            apart = _EDGE_MM * (2.0 * share - 1.0)
            round_off = (_EDGE_MM - abs(apart)) ** 2 / (4.0 * _EDGE_MM)
            miss_face, miss_hole = -round_off + min(apart, 0.0) - face, -round_off - max(apart, 0.0) - hole
            area = face_a * hole_h - face_h * hole_a
            if abs(area) < 1e-6:
                break
            # where the wall bends within the edge, whole steps leap to and fro
            damped = 1.0 if attempt < _WHOLE_ROUNDS else 0.5
            step_a = damped * min(max((miss_face * hole_h - face_h * miss_hole) / area, -1.5), 1.5)
            step_h = damped * min(max((face_a * miss_hole - miss_face * hole_a) / area, -1.5), 1.5)
            away, high = away + step_a, high + step_h
            if abs(step_a) + abs(step_h) < _AT_REST_MM:
                rests = True
                break
        widened = away / nominal
        if high > highest_rim:
            rests = False
            high = highest_rim
            before = 1.0
            for step in range(int((highest_rim + _BESIDE_MM) / _STEP_MM)):
                reach = _STEP_MM * step
                s, t, node = to_axis(
                    f, middle_c + reach * ray_c + high * out_c, middle_h + reach * ray_h + high * out_h, node
                )
                value = sacrum_field(f, centre + reach * ray_l, s, t, True)
                if value < 0.0:
                    away = reach - _STEP_MM * value / (value - before) if step > 0 else reach
                    break
                before = value
        points[k, 0] = centre + away * ray_l
        points[k, 1] = middle_c + away * ray_c + high * out_c
        points[k, 2] = middle_h + away * ray_h + high * out_h


@kernel
def half_width(f: FloatArray, along: float) -> float:
    """Half width of the bone at a place along the axis."""
    inside = min(max(along, f[STATIONS] - 8.0), f[STATIONS + 7])
    at = cell_of(f, STATIONS, 8, inside)
    width: float = cubic(f, CUBICS + 28 * HALF_WIDTH + 4 * at, inside - f[STATIONS + at]) * f[WHOLE + WIDTH_FACTOR]
    return width


@kernel
def _side_at(f: FloatArray, s: float, t: float, guess: float) -> float:
    """Lateral coordinate of the side of the bone at a place of the axis' coordinates; NaN where the bone has no side there."""
    x, before = guess, sacrum_field(f, guess, s, t, True)
    step = -before / 0.9
    for _ in range(8):
        step = min(max(step, -3.0), 3.0)
        there = x + step
        value = sacrum_field(f, there, s, t, True)
        slope = (value - before) / step if abs(step) > 1e-9 else 0.9
        x, before = there, value
        if abs(value) < 0.005:
            break
        step = -value / max(slope, 0.3)
    return x if abs(before) < 0.2 and x > _LEAST_SIDE * half_width(f, s) else np.nan


@kernel
def border(f: FloatArray, share: float) -> tuple[float, float, float]:
    """(s, dorsal t, ventral t) of the borders of the joint surface at a share of its height."""
    first, last = f[WHOLE + BORDER_FIRST], f[WHOLE + BORDER_LAST]
    along = first + share * (last - first)
    dorsal = dorsal_border(f, share)
    ventral = min(profile(f, VENTRAL_EDGE, along) + 1.0, dorsal - 2.0)
    beyond = min(max((along - (last - _TIP_MM)) / _TIP_MM, 0.0), 1.0)
    taper = max(sqrt(1.0 - beyond * beyond), _BLUNT)
    middle, half = 0.5 * (dorsal + ventral), taper * 0.5 * (dorsal - ventral)
    return along, middle + half, middle - half


@kernel
def joint_front(f: FloatArray, points: FloatArray) -> None:
    """Fill (k, 3) ``points`` with the ventral border of the left joint surface, cranial to caudal."""
    count = points.shape[0]
    known, guess = -1, np.nan
    for k in range(count):
        along, _, t = border(f, k / (count - 1))
        guess = _side_at(f, along, t, guess if np.isfinite(guess) else half_width(f, along))
        if not np.isfinite(guess):
            if known >= 0:
                points[k] = points[known]
            continue
        points[k, 0] = guess
        points[k, 1], points[k, 2] = to_view(f, along, t)
        if known < 0:
            for before in range(k):
                points[before] = points[k]
        known = k


@kernel
def joint_margin(f: FloatArray, gap: float, points: FloatArray, back: FloatArray) -> None:
    """Fill (k, 3) ``points`` with the line where the left joint opens at the back, cranial to caudal, in the middle of its ``gap``, and
    (k, 3) ``back`` with the dorsal border of the joint surface under it."""
    count = points.shape[0]
    known, guess = -1, np.nan
    for k in range(count):
        along, t, _ = border(f, k / (count - 1))
        guess = _side_at(f, along, t, guess if np.isfinite(guess) else half_width(f, along))
        if not np.isfinite(guess):
            # the surface is taller than the bone: the line begins, or ends, where there is a side
            if known >= 0:
                points[k], back[k] = points[known], back[known]
            continue
        caudal, height = to_view(f, along, t)
        back[k, 0], back[k, 1], back[k, 2] = guess, caudal, height
        _, _, node = to_axis(f, caudal, height, NODES // 2)
        slope = np.empty(3)
        for way in range(3):
            step = np.zeros(3)
            step[way] = 0.1
            plus, node = field_on_beam(f, guess + step[0], caudal + step[1], height + step[2], node, True)
            minus, node = field_on_beam(f, guess - step[0], caudal - step[1], height - step[2], node, True)
            slope[way] = plus - minus
        size = max(sqrt(np.sum(slope * slope)), 1e-9)
        points[k, 0] = guess + 0.5 * gap * slope[0] / size
        points[k, 1] = caudal + 0.5 * gap * slope[1] / size
        points[k, 2] = height + 0.5 * gap * slope[2] / size
        if known < 0:
            for before in range(k):
                points[before], back[before] = points[k], back[k]
        known = k
