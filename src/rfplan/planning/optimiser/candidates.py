"""What the search may choose from: applications that an operator can make and that break no hard safety limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.devices.electrode import Electrode, Mode
from rfplan.geometry.arrays import BoolArray, IntArray
from rfplan.planning.needle import Needle
from rfplan.planning.optimiser.directions import directions_at
from rfplan.planning.optimiser.positions import chart_positions, groove_positions, site_of
from rfplan.planning.optimiser.reach import reaching_needles
from rfplan.planning.plan import Application
from rfplan.planning.techniques import techniques


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


def candidates_for(patient: Patient, side: Side, electrode: Electrode, mode: Mode, spacing_mm: float) -> Candidates:
    """All candidates of a device in a mode, before safety is looked at."""
    return single_needles(patient, side, electrode, mode, spacing_mm)


def single_needles(patient: Patient, side: Side, electrode: Electrode, mode: Mode, spacing_mm: float) -> Candidates:
    """Applications of one needle over the chart and the L5 groove, with those of the published techniques in the same mode.

    ``spacing_mm`` is that of the lattice of tips. Safety is not looked at here.
    """
    site = site_of(patient, side, electrode)
    protocol = electrode.protocol_for(mode)
    made: list[Application] = []
    closed = 0
    for position in (*groove_positions(site), *chart_positions(site, spacing_mm)):
        for needle in reaching_needles(patient, position.tip_mm, directions_at(site, position), electrode):
            if needle is None:
                closed += 1
            else:
                made.append(Application(mode, protocol, (needle,), position.target))
    known = published_applications(patient, side, electrode, (mode,))
    return Candidates.of(
        side, [*known, *made], [True] * len(known) + [False] * len(made), {"no_way_in": closed} if closed else {}
    )


def published_applications(
    patient: Patient, side: Side, electrode: Electrode, modes: Sequence[Mode]
) -> list[Application]:
    """What the published techniques that take this electrode would do: no plan of theirs is out of the search's reach."""
    found: dict[tuple[object, ...], Application] = {}
    for technique in techniques():
        if not technique.accepts(electrode):
            continue
        for application in technique.plan(patient, side, electrode).applications:
            if application.mode in modes and all(n.electrode == electrode for n in application.needles):
                found.setdefault((application.protocol, *_pose(application.needles)), application)
    return list(found.values())


def _pose(needles: Sequence[Needle]) -> tuple[object, ...]:
    return tuple(needle.pose_key for needle in needles)
