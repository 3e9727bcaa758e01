"""An electrode as its catalogue entry describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rfplan.devices.protocol import Protocol

Mode = Literal["monopolar", "bipolar", "cooled"]


@dataclass(frozen=True)
class LesionShape:
    """Spheroid that stands for the lesion of one mode until it is solved, with the source of its size.

    ``width_mm`` and ``length_mm`` are those of the 50 degC surface across and along the needle; ``beyond_tip_mm`` is how far it
    reaches past the tip end. ``waist_ratio`` and ``confluent_to_mm`` serve bipolar pairs: width half-way between the needles over
    the width at a needle at ``reference_spacing_mm``, and the largest spacing at which the two lesions still join.
    """

    mode: Mode
    width_mm: float
    length_mm: float
    beyond_tip_mm: float
    source: str
    mark: str
    note: str = ""
    waist_ratio: float | None = None
    reference_spacing_mm: float | None = None
    confluent_to_mm: float | None = None


@dataclass(frozen=True)
class Electrode:
    """A device: ``diameter_mm`` outside, ``tip_mm`` active length, ``modes`` it can be used in, ``protocol`` usual for it.

    ``contacts_mm``: distances of the distal end of every active cylinder from the probe's tip end (one contact at 0 for a needle);
    ``cooled`` electrodes have water at ``coolant_c`` inside. ``shapes`` hold one lesion shape per mode.
    """

    name: str
    title: str
    diameter_mm: float
    tip_mm: float
    modes: tuple[Mode, ...]
    protocol: Protocol
    shapes: tuple[LesionShape, ...]
    gauge: float | None = None
    cooled: bool = False
    coolant_c: float | None = None
    exchange_w_m2k: float | None = None
    contacts_mm: tuple[float, ...] = (0.0,)
    tines: int = 0
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
