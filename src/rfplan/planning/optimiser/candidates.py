"""What the search may choose from: applications that an operator can make and that break no hard safety limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.sides import Side
from rfplan.anatomy.treatable import Treatable
from rfplan.devices.electrode import Electrode, Mode
from rfplan.geometry.arrays import BoolArray, IntArray
from rfplan.planning.needle import Needle
from rfplan.planning.optimiser.directions import directions_at
from rfplan.planning.optimiser.positions import Position, chart_positions, groove_positions, site_of
from rfplan.planning.optimiser.reach import reaching_needles
from rfplan.planning.optimiser.rows import row_pairs
from rfplan.planning.plan import Application
from rfplan.planning.techniques import techniques
from rfplan.planning.techniques.site import Site


@dataclass(frozen=True, eq=False)
class Candidates:
    """``applications`` to choose from, all for one side of one patient.

    ``needles`` (n, 2) number the distinct needle poses of each (-1: there is no second): applications that share a needle share its
    placement. ``published`` marks those that a published technique makes. ``removed`` counts what was taken out before the search, by
    reason: ``no_way_in`` and the keys of the safety checks.
    """

    side: Side
    applications: tuple[Application, ...]
    needles: IntArray
    published: BoolArray
    removed: Mapping[str, int]

    @classmethod
    def of(
        cls, side: Side, applications: Sequence[Application], published: Sequence[bool], removed: Mapping[str, int]
    ) -> Candidates:
        """Number the needles of the applications."""
        numbers: dict[tuple[object, ...], int] = {}
        needles = np.full((len(applications), 2), -1, dtype=np.int64)
        for row, application in enumerate(applications):
            for place, needle in enumerate(application.needles):
                needles[row, place] = numbers.setdefault(needle.pose_key, len(numbers))
        return cls(side, tuple(applications), needles, np.array(published, dtype=bool), dict(removed))

    @property
    def energy_s(self) -> list[float]:
        """Time with energy on, per application, s."""
        return [application.protocol.time_s for application in self.applications]

    def taken(self, keep: Sequence[int] | IntArray, removed: Mapping[str, int] | None = None) -> Candidates:
        """Only the candidates ``keep``, in that order; ``removed`` adds to the counts."""
        total = dict(self.removed)
        for reason, count in (removed or {}).items():
            total[reason] = total.get(reason, 0) + count
        return Candidates.of(
            self.side,
            [self.applications[n] for n in keep],
            [bool(self.published[n]) for n in keep],
            total,
        )


def candidates_for(
    patient: Treatable, side: Side, electrode: Electrode, mode: Mode, spacing_mm: float, published: bool = True
) -> Candidates:
    """All candidates of a device in a mode, with those of the ``published`` techniques that take it, before safety is looked at.

    Of one needle: over the chart, on a lattice of tips of ``spacing_mm``, and along the L5 groove. Of pairs: between neighbours in
    rows along the foramina; the L5 dorsal ramus, where no pair fits, is then taken with one needle of the same device.
    """
    site = site_of(patient, side, electrode)
    pairs = mode == "bipolar"
    single: Mode = "monopolar" if pairs else mode
    places = groove_positions(site) if single in electrode.modes else []
    made, closed = _single(site, [*places, *([] if pairs else chart_positions(site, spacing_mm))], single)
    if pairs:
        made += row_pairs(site)
    known: list[Application] = []
    if published:
        known = published_applications(patient, side, electrode, (mode, single), l5_only=single if pairs else None)
    return Candidates.of(
        side, [*known, *made], [True] * len(known) + [False] * len(made), {"no_way_in": closed} if closed else {}
    )


def _single(site: Site, positions: Sequence[Position], mode: Mode) -> tuple[list[Application], int]:
    """Applications of one needle at the positions from every direction that is free, and how many directions are not."""
    made: list[Application] = []
    closed = 0
    for position in positions:
        for needle in reaching_needles(site.patient, position.tip_mm, directions_at(site, position), site.electrode):
            if needle is None:
                closed += 1
            else:
                made.append(Application(mode, site.electrode.protocol_for(mode), (needle,), position.target))
    return made, closed


def published_applications(
    patient: Treatable, side: Side, electrode: Electrode, modes: Sequence[Mode], l5_only: Mode | None = None
) -> list[Application]:
    """What the published techniques that take this electrode would do: no plan of theirs is out of the search's reach.

    Of the mode ``l5_only`` only what is meant for L5.
    """
    found: dict[tuple[object, ...], Application] = {}
    for technique in techniques():
        if not technique.accepts(electrode):
            continue
        for application in technique.plan(patient, side, electrode).applications:
            if application.mode == l5_only and application.target != "L5":
                continue
            if application.mode in modes and all(n.electrode == electrode for n in application.needles):
                found.setdefault((application.protocol, *_pose(application.needles)), application)
    return list(found.values())


def _pose(needles: Sequence[Needle]) -> tuple[object, ...]:
    return tuple(needle.pose_key for needle in needles)
