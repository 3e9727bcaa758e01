"""Needles that compiled recipes place in virtual patients, as arrays over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.shapes import catalogue_table, spheroids
from rfplan.planning.many_recipes_kernels import SideGrounds, displace_many
from rfplan.planning.operator_error import OperatorError

Settings = tuple[tuple[Mode, Mode], tuple[Protocol, Protocol]]
"""Mode and protocol at L5, and at the foramina."""


@dataclass(frozen=True, eq=False)
class NeedleRows:
    """Needles of one ``electrode`` in the chart of the treated side, whose lateral axis points away from the midline: ``tips`` (n, 3),
    ``axes`` (n, 3) towards the hubs; application a uses ``pairs`` (a, 2) of them (-1: one only) in a mode and by a protocol."""

    electrode: Electrode
    tips: FloatArray
    axes: FloatArray
    pairs: IntArray
    modes: tuple[Mode, ...]
    protocols: tuple[Protocol, ...]


@dataclass(frozen=True, eq=False)
class ManyNeedles:
    """:class:`NeedleRows` of p patients: ``tips`` and ``axes`` (p, m, 3), ``pairs`` (p, m, 2), of which as many count as ``counts`` (p, 3)
    says: needles, applications, and how many of these are at L5; they come first and have ``settings`` of their own."""

    electrode: Electrode
    settings: Settings
    tips: FloatArray
    axes: FloatArray
    pairs: IntArray
    counts: IntArray

    def __len__(self) -> int:
        return len(self.counts)

    def __iter__(self) -> Iterator[NeedleRows]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, k: int) -> NeedleRows:
        needles, applications, first = self.counts[k].tolist()
        modes, protocols = self.settings
        rest = applications - first
        return NeedleRows(
            self.electrode,
            self.tips[k, :needles],
            self.axes[k, :needles],
            self.pairs[k, :applications],
            (modes[0],) * first + (modes[1],) * rest,
            (protocols[0],) * first + (protocols[1],) * rest,
        )

    @property
    def energy_time_s(self) -> FloatArray:
        """(p,) time with energy on, applications one after the other."""
        first, rest = (protocol.time_s for protocol in self.settings[1])
        return np.array(
            [sum([first] * l5 + [rest] * (count - l5)) for _, count, l5 in self.counts.tolist()], dtype=float
        )

    def shapes(self) -> tuple[FloatArray, IntArray, FloatArray]:
        """The lesions of all patients, one behind the other, as spheroids: see :func:`rfplan.lesion.shapes.assembled`."""
        owner, place = np.nonzero(np.arange(self.pairs.shape[1]) < self.counts[:, 1:2])
        pairs = self.pairs[owner, place]
        there = pairs >= 0
        tips, axes = (np.where(there[..., None], part[owner[:, None], pairs], 0.0) for part in (self.tips, self.axes))
        own = [catalogue_table(self.electrode, *setting) for setting in zip(*self.settings, strict=True)]
        setting = np.where(place < self.counts[owner, 2], 0, 1)
        tables = np.where(there[..., None, None], np.stack([table for table, _ in own])[setting][:, None], 0.0)
        reference = np.where(there[:, 1], np.array([spacing for _, spacing in own])[setting], -1.0)
        return spheroids(tips, axes, np.where(there, self.electrode.tip_mm, 0.0), tables, reference)

    def displaced(self, grounds: SideGrounds, side: Side, error: OperatorError, hands: Hands) -> ManyNeedles:
        """The needles as hands place them; the same as :func:`rfplan.planning.operator_error.displaced`."""
        tips, axes = self.tips.copy(), self.axes.copy()
        displace_many(
            grounds,
            float(lateral_sign(side)),
            error.along_bone_mm,
            error.depth_mm,
            error.axis_deg,
            hands.noise(self.counts[:, 0]),
            self.counts,
            tips,
            axes,
        )
        return replace(self, tips=tips, axes=axes)


class Hands:
    """What chance does to the needles of patients, each with a seed of ``seeds``: the same whatever is planned, so that plans are compared
    in the same hand."""

    def __init__(self, seeds: Sequence[tuple[int, ...]]) -> None:
        self._seeds = seeds
        self._drawn: list[list[FloatArray]] = [[] for _ in seeds]

    def noise(self, counts: IntArray) -> FloatArray:
        """(p, m, 5) standard normal numbers, of which the first ``counts`` (p,) of each patient count."""
        noise = np.zeros((len(counts), int(counts.max(initial=0)), 5))
        for own, seed, drawn, count in zip(noise, self._seeds, self._drawn, counts.tolist(), strict=True):
            drawn += [np.random.default_rng([*seed, n]).standard_normal(5) for n in range(len(drawn), count)]
            if count:
                own[:count] = drawn[:count]
        return noise
