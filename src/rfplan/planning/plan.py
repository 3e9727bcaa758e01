"""Applications of energy in the order in which they are made: the plan for one side of one patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rfplan.anatomy.sides import Side
from rfplan.devices.electrode import Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.geometry.frames import Isometry
from rfplan.planning.needle import Needle


@dataclass(frozen=True, eq=False)
class Application:
    """One energy delivery: ``monopolar`` and ``cooled`` with one needle, ``bipolar`` with two.

    ``target`` says in the field's words what it aims at, such as ``S1 4:30``.
    """

    mode: Mode
    protocol: Protocol
    needles: tuple[Needle, ...]
    target: str = ""

    def __post_init__(self) -> None:
        wanted = 2 if self.mode == "bipolar" else 1
        if len(self.needles) != wanted:
            raise InputError(f"a {self.mode} application takes {wanted} needle(s), not {len(self.needles)}")

    def moved(self, motion: Isometry) -> Application:
        """The application after ``motion``."""
        return replace(self, needles=tuple(needle.moved(motion) for needle in self.needles))


@dataclass(frozen=True, eq=False)
class Plan:
    """The applications for ``side`` of the patient named by ``patient``, and the technique or optimiser that made them."""

    side: Side
    technique: str
    applications: tuple[Application, ...]
    patient: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def needles(self) -> tuple[Needle, ...]:
        """Every distinct needle pose, in order of first use; poses nearer than rounding are one needle."""
        distinct: dict[tuple[object, ...], Needle] = {}
        for application in self.applications:
            for needle in application.needles:
                distinct.setdefault(needle.pose_key, needle)
        return tuple(distinct.values())

    @property
    def energy_time_s(self) -> float:
        """Time with energy on, applications one after the other."""
        return sum(application.protocol.time_s for application in self.applications)

    def moved(self, motion: Isometry) -> Plan:
        """The plan after ``motion``; a mirror image is a plan for the other side.

        The hash of the patient is dropped: it stands for the bones where they were.
        """
        side: Side = ("left" if self.side == "right" else "right") if motion.mirrors else self.side
        return replace(
            self,
            side=side,
            applications=tuple(application.moved(motion) for application in self.applications),
            patient={key: entry for key, entry in self.patient.items() if key != "hash"},
        )
