"""What the optimiser is asked, checked before any work."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from rfplan.anatomy.innervation import Innervation
from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.devices.catalogue import electrodes
from rfplan.devices.electrode import Electrode, Mode
from rfplan.errors import InputError, did_you_mean
from rfplan.planning.operator_error import OperatorError
from rfplan.planning.optimiser.objective import Objective

MODES: Final[tuple[Mode, ...]] = ("monopolar", "bipolar", "cooled")
USUAL_ELECTRODE: Final[dict[Mode, str]] = {
    "monopolar": "conventional-18g-10mm",
    "bipolar": "conventional-18g-10mm",
    "cooled": "cooled-17g-4mm",
}
"""Device of a mode where none is named."""

_MOST_APPLICATIONS = 40
_MOST_COURSES = 20_000


@dataclass(frozen=True)
class Request:
    """At most ``applications`` and ``needles`` (None: any number) of ``electrode`` in ``mode`` on a lattice of tips of ``spacing_mm``.

    Found on ``courses`` of the branches drawn with ``seed``, judged on ``unseen`` others; ``operator_error`` is that of the hand, None for
    none. The search ends within ``gap`` of the bound or after ``time_limit_s`` of wall time. ``refine`` moves the chosen needles
    off the lattice. ``nodes`` ends the search after so many nodes of its tree, the same on every machine. ``innervation``: the levels
    that courses have, default the usual ones. ``published``: what the published techniques do is among the candidates.
    """

    electrode: Electrode
    mode: Mode
    applications: int = 6
    needles: int | None = None
    objective: Objective = field(default_factory=Objective)
    courses: int = 500
    unseen: int = 2000
    seed: int = 0
    spacing_mm: float = 4.0
    operator_error: OperatorError | None = None
    time_limit_s: float = 120.0
    gap: float = 0.001
    refine: bool = True
    threads: int = 2
    nodes: int | None = None
    innervation: Innervation | None = None
    published: bool = True

    def __post_init__(self) -> None:
        _whole("applications", self.applications, 1, _MOST_APPLICATIONS)
        if self.needles is not None:
            _whole("needles", self.needles, 2 if self.mode == "bipolar" else 1, 2 * _MOST_APPLICATIONS)
        _whole("courses", self.courses, 2, _MOST_COURSES)
        _whole("unseen", self.unseen, 2, _MOST_COURSES)
        _whole("seed", self.seed, 0, 2**62)
        _whole("threads", self.threads, 1, 256)
        if self.nodes is not None:
            _whole("nodes", self.nodes, 0, 10**9)
        _number("spacing_mm", self.spacing_mm, 1.0, 20.0)
        _number("time_limit_s", self.time_limit_s, 0.0, math.inf)
        _number("gap", self.gap, 0.0, 1.0)


def device_of(electrode: str | Electrode | None, mode: str | None) -> tuple[Electrode, Mode]:
    """Electrode and mode, each the usual one where it is not named.

    Raises
    ------
    InputError : unknown mode or electrode, or an electrode that cannot be used in that mode
    """
    wanted = None if mode is None else _mode(mode)
    if electrode is None:
        wanted = wanted or "cooled"
        return electrode_named(USUAL_ELECTRODE[wanted]), wanted
    device = electrode if isinstance(electrode, Electrode) else electrode_named(electrode)
    if wanted is None:
        return device, device.modes[0]
    if wanted not in device.modes or (wanted == "bipolar" and len(device.contacts_mm) > 1):
        able = [
            e.name for e in electrodes() if wanted in e.modes and not (wanted == "bipolar" and len(e.contacts_mm) > 1)
        ]
        why = (
            f"it can be used {' or '.join(device.modes)}"
            if wanted not in device.modes
            else "pairs are made of two needles, not of the contacts of one probe"
        )
        raise InputError(
            f"electrode {device.name!r} cannot be used in mode {wanted!r}: {why}; electrodes for it: {', '.join(able)}"
        )
    return device, wanted


def _mode(name: str) -> Mode:
    for known in MODES:
        if name == known:
            return known
    raise InputError(f"mode is {name!r};{did_you_mean(name, MODES)} accepted: {', '.join(MODES)}")


def _whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"{name} is {value!r}; it must be a whole number from {least} to {most}")


def _number(name: str, value: object, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        bounds = f"of at least {least:g}" if math.isinf(most) else f"from {least:g} to {most:g}"
        raise InputError(f"{name} is {value!r}; it must be a number {bounds}")
