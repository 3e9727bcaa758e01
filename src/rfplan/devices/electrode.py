"""An electrode as its catalogue entry describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rfplan.devices.protocol import Protocol
from rfplan.devices.shape import IsothermSurface, LesionShape, Mode
from rfplan.errors import InputError
from rfplan.figures import Figure

__all__ = ["Electrode", "IsothermSurface", "LesionShape", "Mode", "TipForm"]

TipForm = Literal["needle", "cooled", "tined", "strip"]


@dataclass(frozen=True)
class Electrode:
    """A device: ``diameter_mm`` outside, ``tip_mm`` active length, ``modes`` it can be used in, ``protocols`` usual per mode.

    ``protocol`` is the usual one of the first mode. ``contacts_mm``: distances of the distal end of every active cylinder from the
    probe's tip end (one contact at 0 for a needle); ``cooled`` electrodes have water at ``coolant_c`` inside, which exchanges
    ``exchange_w_m2k`` with the metal. ``shapes`` hold one lesion shape per mode, ``figures`` every number of the entry by its
    dotted key, with source and mark. ``tines`` leave the round end, ``tine_length_mm`` long from its surface, spread by ``tine_spread_deg``
    from straight ahead.
    """

    name: str
    title: str
    diameter_mm: float
    tip_mm: float
    modes: tuple[Mode, ...]
    protocols: Mapping[Mode, Protocol]
    shapes: tuple[LesionShape, ...]
    gauge: float | None = None
    cooled: bool = False
    coolant_c: float | None = None
    exchange_w_m2k: float | None = None
    contacts_mm: tuple[float, ...] = (0.0,)
    tines: int = 0
    tine_length_mm: float = 0.0
    tine_diameter_mm: float = 0.0
    tine_spread_deg: float = 0.0
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict, repr=False, compare=False)

    @property
    def radius_mm(self) -> float:
        """Half the outside diameter."""
        return 0.5 * self.diameter_mm

    @property
    def protocol(self) -> Protocol:
        """The protocol usual in the electrode's first mode."""
        return self.protocols[self.modes[0]]

    def protocol_for(self, mode: Mode) -> Protocol:
        """The protocol usual in ``mode``; InputError where the electrode has no such mode."""
        self._check(mode)
        return self.protocols[mode]

    def shape_for(self, mode: Mode) -> LesionShape:
        """The lesion shape of ``mode``; InputError where the electrode has no such mode."""
        self._check(mode)
        return next(shape for shape in self.shapes if shape.mode == mode)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Keys of the figures that are assumed, for wherever a user meets the electrode."""
        return tuple(key for key, figure in self.figures.items() if figure.is_assumption)

    def _check(self, mode: Mode) -> None:
        if mode not in self.modes:
            raise InputError(f"electrode {self.name!r} has no mode {mode!r}; it can be used {' or '.join(self.modes)}")

    def __hash__(self) -> int:
        return hash(self.name)
