"""Rows of needles on the bone whose neighbours make bipolar lesions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.planning.plan import Application
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.site import Site

_FINE_MM = 0.5


def line_lateral_of(apertures: Sequence[Aperture], out_mm: Sequence[float]) -> Callable[[float], float]:
    """Distance from the midline, as a function of the caudal coordinate, of the straight line lateral of all apertures.

    ``out_mm``: how far from the midline the line must at least be at the height of each aperture's centre. It passes the most
    cranial and the most caudal of these, and is shifted outward as a whole where one between them asks for it.
    """
    caudal = [float(aperture.centre[1]) for aperture in apertures]
    slope = (out_mm[-1] - out_mm[0]) / (caudal[-1] - caudal[0]) if len(apertures) > 1 else 0.0
    at_first = max(out - slope * (at - caudal[0]) for out, at in zip(out_mm, caudal, strict=True))
    return lambda at: float(at_first + slope * (at - caudal[0]))


def evenly_on_bone(site: Site, first: FloatArray, last: FloatArray, count: int) -> list[FloatArray]:
    """``count`` chart points (2,) on the straight line from ``first`` to ``last``, even along the bone in space."""
    samples = max(2, int(np.linalg.norm(last - first) / _FINE_MM) + 1)
    line = first + np.linspace(0.0, 1.0, samples)[:, None] * (last - first)
    on_bone = site.patient.chart.point_mm(line[:, 0], line[:, 1])
    steps = np.linalg.norm(np.diff(on_bone, axis=0), axis=1)
    # beside the bone there is no length in space: the chart's own stands in
    flat = np.linalg.norm(np.diff(line, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(np.where(np.isfinite(steps), steps, flat))])
    wanted = np.linspace(0.0, along[-1], count)
    return [np.array([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])]) for at in wanted]


def longest_step_mm(site: Site, points: Sequence[FloatArray]) -> float:
    """Largest distance in space between neighbours of a row of chart points on the bone."""
    array = np.asarray(points)
    on_bone = site.patient.chart.point_mm(array[:, 0], array[:, 1])
    steps = np.linalg.norm(np.diff(on_bone, axis=0), axis=1)
    return float(np.max(steps[np.isfinite(steps)], initial=0.0))


def pairs(site: Site, points: Sequence[FloatArray], label: str, preferred: FloatArray) -> list[Application]:
    """Bipolar applications between neighbours of a row of chart points; a needle between two pairs serves both."""
    needles = [site.needle(point, preferred, f"{label} needle {n}") for n, point in enumerate(points, start=1)]
    return [
        Application("bipolar", site.protocol, (one, other), f"{label} needles {n} and {n + 1}")
        for n, (one, other) in enumerate(pairwise(needles), start=1)
        if one is not None and other is not None
    ]
