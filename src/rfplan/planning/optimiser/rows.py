"""Rows of parallel needles along the foramina whose neighbours make bipolar pairs: palisades of which every gap may be an application."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from rfplan.geometry.arrays import FloatArray, unit
from rfplan.planning.needle import Needle
from rfplan.planning.optimiser.positions import place_name
from rfplan.planning.optimiser.reach import clear_needle
from rfplan.planning.plan import Application
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.site import Site

BESIDE_MM: Final = (6.0, 9.0, 12.0)
"""Rails run this far from the outermost points of the apertures."""
SPACINGS_MM: Final = (8.0, 10.0)
"""Between the axes of neighbours: what published rows use."""
TILTS_DEG: Final = ((0.0, 0.0), (0.0, 30.0))
"""Directions of a row beside the one across its bone: down the beam, and declined."""

_PHASES = 2
_DENSE_MM = 0.5
_OVER_MM = 10.0
_UNDER_MM = 8.0
_DEPTH_STEP_MM = 1.0
_MOST_STEP_MM = 2.1


def row_pairs(site: Site) -> list[Application]:
    """Bipolar applications between neighbours of all rows; neighbours in one row share needles.

    Needles of a row are parallel and their axes a whole spacing apart; their tips stand on the bone, or up to a millimetre off it so that
    they differ in depth by whole millimetres: few lesions then have to be solved for many pairs. Neighbours that differ in depth
    by more than 2 mm make no pair.
    """
    apertures = site.apertures()
    if not apertures:
        return []
    protocol = site.electrode.protocol_for("bipolar")
    made = []
    for beside in BESIDE_MM:
        points = _rail(site, apertures, beside)
        seats = np.array([site.seat_mm(point) for point in points])
        good = np.all(np.isfinite(seats), axis=1)
        points, seats = points[good], seats[good]
        if len(points) < 2:
            continue
        for axis in _directions(site, points):
            for spacing in SPACINGS_MM:
                for phase in range(_PHASES):
                    needles = _row(site, seats, axis, spacing, phase / _PHASES)
                    for one, other in pairwise(needles):
                        if one is not None and other is not None and _step_mm(one, other) <= _MOST_STEP_MM:
                            middle = site.patient.frame.to_chart(0.5 * (one.tip_mm + other.tip_mm))[:2]
                            name = place_name(site, apertures, middle)
                            made.append(Application("bipolar", protocol, (one, other), name))
    return made


def _rail(site: Site, apertures: Sequence[Aperture], beside_mm: float) -> FloatArray:
    """(n, 2) dense chart points of a line lateral of the apertures."""
    at = [
        apertures[0].cranial_mm - _OVER_MM,
        *(float(a.centre[1]) for a in apertures),
        apertures[-1].caudal_mm + _UNDER_MM,
    ]
    out = [a.lateral_mm + beside_mm for a in apertures]
    out = [out[0], *out, out[-1]]
    caudal = np.arange(at[0], at[-1], _DENSE_MM)
    return np.stack([site.sign * np.interp(caudal, at, out), caudal], axis=1)


def _directions(site: Site, points: FloatArray) -> list[FloatArray]:
    """Directions of a row, in which most of its needles are free: across its bone, and the tilted ones."""
    few = points[:: max(1, len(points) // 8)]
    wanted = [site.perpendicular(list(few)), *(site.beam(*tilt) for tilt in TILTS_DEG)]
    found: list[FloatArray] = []
    for axis in wanted:
        free = site.parallel(list(few), axis)
        if all(free @ other < np.cos(np.deg2rad(5.0)) for other in found):
            found.append(unit(free))
    return found


def _row(site: Site, seats: FloatArray, axis: FloatArray, spacing_mm: float, phase: float) -> list[Needle | None]:
    """Needles down a rail whose axes are ``spacing_mm`` apart; None where one has no way in."""
    across = seats - (seats @ axis)[:, None] * axis
    start = across + 0.0
    found: list[Needle | None] = []
    at = float(phase * spacing_mm / _DENSE_MM)
    lowest: float | None = None
    while at < len(seats) - 1:
        seat = _between(seats, at)
        depth = float(seat @ axis)
        if lowest is None:
            lowest = depth
        lift = -(depth - lowest) % _DEPTH_STEP_MM
        found.append(clear_needle(site.patient, seat + lift * axis, axis, site.electrode))
        here = _between(start, at)
        ahead = np.linalg.norm(across - here, axis=1)
        after = np.flatnonzero((np.arange(len(seats)) > at) & (ahead >= spacing_mm))
        if len(after) == 0:
            break
        k = int(after[0])
        before = ahead[k - 1] if k - 1 > at else 0.0
        low = float(k - 1) if k - 1 > at else at
        at = low + (k - low) * (spacing_mm - before) / max(1e-9, ahead[k] - before)
    return found


def _step_mm(one: Needle, other: Needle) -> float:
    """How much deeper one tip end is than the other, along the needles."""
    return abs(float((other.tip_mm - one.tip_mm) @ one.axis))


def _between(points: FloatArray, at: float) -> FloatArray:
    k = min(int(at), len(points) - 2)
    share = at - k
    place: FloatArray = (1.0 - share) * points[k] + share * points[k + 1]
    return place
