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


def line_lateral_of(
    site: Site, apertures: Sequence[Aperture], wanted_mm: Sequence[float], label: str
) -> Callable[[float], float]:
    """Distance from the midline, as a function of the caudal coordinate, of a straight line lateral of all apertures.

    It passes ``wanted_mm`` from the midline at the most cranial and the most caudal aperture, and is shifted outward as a whole where
    one between them wants more. Where it would lie on the posterior joint line it is shifted inward as a whole, with a note, but
    never nearer to an aperture's edge than the general rule allows.
    """
    at_mm = [float(aperture.centre[1]) for aperture in apertures]
    slope = (wanted_mm[-1] - wanted_mm[0]) / (at_mm[-1] - at_mm[0]) if len(apertures) > 1 else 0.0

    def shift_to(out_mm: Sequence[float]) -> float:
        return max(out - slope * (at - at_mm[0]) for out, at in zip(out_mm, at_mm, strict=True))

    start_mm = shift_to(wanted_mm)
    span = np.arange(apertures[0].cranial_mm, apertures[-1].caudal_mm, _FINE_MM)
    over_mm = max(start_mm + slope * (at - at_mm[0]) - site.joint_limit_mm(at) for at in span)
    if over_mm > 0.0:
        least_mm = shift_to([aperture.lateral_mm + site.least_rim_gap_mm() for aperture in apertures])
        moved_mm = min(over_mm, max(0.0, start_mm - least_mm))
        start_mm -= moved_mm
        rest_mm = over_mm - moved_mm
        rest = f"; {rest_mm:.1f} mm of it stay past that" if rest_mm > 0.05 else ""
        if moved_mm > 0.05:
            site.note(f"{label} was moved {moved_mm:.1f} mm medially to stay off the joint line{rest}.")
        elif rest:
            site.note(
                f"{label} stays {rest_mm:.1f} mm past the joint line, as beside the foramina there is no room medially."
            )
    return lambda at: float(start_mm + slope * (at - at_mm[0]))


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
    needles = [site.needle(point, preferred, f"{label} position {n}") for n, point in enumerate(points, start=1)]
    return [
        Application("bipolar", site.protocol, (one, other), f"{label} gap {n}")
        for n, (one, other) in enumerate(pairwise(needles), start=1)
        if one is not None and other is not None
    ]
