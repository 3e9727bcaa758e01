"""Needles of pairs as they hang together: chains of neighbours, and how a chain or one of its needles can be moved off the lattice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rfplan.geometry.arrays import FloatArray, unit
from rfplan.planning.needle import Needle
from rfplan.planning.optimiser.reach import clear_needle
from rfplan.planning.plan import Application
from rfplan.planning.techniques.site import Site

_AROUND = 8
_SLACK_MM = 1e-6
_ALONG_MM = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)

Uses = tuple[tuple[int, int], ...]
"""Where one needle serves: numbers of applications and its place in each."""


@dataclass(frozen=True)
class Chain:
    """The needles of pairs that share needles with each other, each by its :data:`Uses`; applications are ``members``."""

    needles: tuple[Uses, ...]

    @property
    def members(self) -> tuple[int, ...]:
        """Numbers of the applications of the chain."""
        return tuple(sorted({application for uses in self.needles for application, _ in uses}))


def chains_of(applications: Sequence[Application]) -> tuple[Chain, ...]:
    """The chains of the bipolar ones among ``applications``, in their order."""
    stands: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for number, application in enumerate(applications):
        if len(application.needles) == 2:
            for place, needle in enumerate(application.needles):
                stands.setdefault(needle.pose_key, []).append((number, place))
    left = [tuple(uses) for uses in stands.values()]
    found = []
    while left:
        own, served = [left.pop(0)], set[int]()
        while True:
            served |= {application for uses in own for application, _ in uses}
            more = [uses for uses in left if any(application in served for application, _ in uses)]
            if not more:
                break
            own += more
            left = [uses for uses in left if uses not in more]
        found.append(Chain(tuple(own)))
    return tuple(found)


def chain_moves(
    applications: Sequence[Application], chain: Chain, site: Site, step_mm: float, turn_deg: float
) -> Iterator[list[Application]]:
    """The applications with a whole chain shifted over the bone, turned about its middle, or advanced and drawn back.

    Its needles keep their places to each other, so that few lesions are new. Only moves that leave every needle a free way are made.
    """
    needles = [_needle(applications, uses) for uses in chain.needles]
    axis, middle = needles[0].axis, np.mean([needle.tip_mm for needle in needles], axis=0)
    across, other = _across(site, axis)
    for angle in 2.0 * np.pi * np.arange(_AROUND) / _AROUND:
        shift = step_mm * (np.cos(angle) * across + np.sin(angle) * other)
        yield from _made(applications, chain, site, [(needle.tip_mm + shift, needle.axis) for needle in needles])
    for angle in 2.0 * np.pi * np.arange(_AROUND) / _AROUND:
        pole = np.cos(angle) * across + np.sin(angle) * other
        turned = [
            (middle + _turned(needle.tip_mm - middle, pole, turn_deg), unit(_turned(needle.axis, pole, turn_deg)))
            for needle in needles
        ]
        yield from _made(applications, chain, site, turned)
    for along in (-0.5 * step_mm, 0.5 * step_mm):
        yield from _made(
            applications,
            chain,
            site,
            [(needle.tip_mm + along * needle.axis, needle.axis) for needle in needles],
            (0.0,),
        )


def needle_moves(
    applications: Sequence[Application], uses: Uses, site: Site, step_mm: float
) -> Iterator[list[Application]]:
    """The applications with one needle of a chain shifted over the bone, or advanced and drawn back; it stays parallel to the others."""
    needle = _needle(applications, uses)
    across, other = _across(site, needle.axis)
    one = Chain((uses,))
    for angle in 2.0 * np.pi * np.arange(_AROUND) / _AROUND:
        shift = step_mm * (np.cos(angle) * across + np.sin(angle) * other)
        yield from _made(applications, one, site, [(needle.tip_mm + shift, needle.axis)])
    for along in (-step_mm, step_mm):
        yield from _made(applications, one, site, [(needle.tip_mm + along * needle.axis, needle.axis)], (0.0,))


def _made(
    applications: Sequence[Application],
    chain: Chain,
    site: Site,
    poses: Sequence[tuple[FloatArray, FloatArray]],
    lifts_mm: Sequence[float] = _ALONG_MM,
) -> Iterator[list[Application]]:
    """The applications with the needles of a chain at ``poses``, all drawn back by the least of ``lifts_mm`` that leaves a free way."""
    for lift in lifts_mm:
        placed = [
            _placed(site, _needle(applications, uses), tip + lift * axis, axis)
            for uses, (tip, axis) in zip(chain.needles, poses, strict=True)
        ]
        if any(needle is None for needle in placed):
            continue
        made = list(applications)
        for uses, needle in zip(chain.needles, placed, strict=True):
            for number, place in uses:
                assert needle is not None
                own = list(made[number].needles)
                own[place] = needle
                made[number] = replace(made[number], needles=tuple(own))
        yield made
        return


def _placed(site: Site, needle: Needle, tip_mm: FloatArray, axis: FloatArray) -> Needle | None:
    """The needle at another pose, no nearer to bone than the device's standoff, or than it was before; None where it has no free way."""
    patient = site.patient
    least = min(site.recipe["standoff_mm"], float(patient.bone_distance(needle.tip_mm)))
    if float(patient.bone_distance(tip_mm)) < least - _SLACK_MM:
        return None
    return clear_needle(patient, tip_mm, axis, needle.electrode)


def _needle(applications: Sequence[Application], uses: Uses) -> Needle:
    number, place = uses[0]
    return applications[number].needles[place]


def _across(site: Site, axis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit directions across ``axis``, the first as lateral as can be."""
    frame = site.patient.frame
    lateral = frame.lateral if abs(axis @ frame.lateral) < 0.9 else frame.caudal
    across = unit(lateral - (lateral @ axis) * axis)
    return across, np.cross(axis, across)


def _turned(vector: FloatArray, pole: FloatArray, degrees: float) -> FloatArray:
    """``vector`` (3,) turned about the unit vector ``pole``."""
    angle = np.deg2rad(degrees)
    turned: FloatArray = (
        np.cos(angle) * vector + np.sin(angle) * np.cross(pole, vector) + (1.0 - np.cos(angle)) * (pole @ vector) * pole
    )
    return turned
