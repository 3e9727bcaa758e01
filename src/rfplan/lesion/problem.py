"""What is asked of the solver: device, generator, surroundings and accuracy, checked before any work."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.generator import GeneratorLimits
from rfplan.lesion.metal_body import MetalBody

_DIAMETER_MM = (0.2, 5.0)
_TIP_MM = (0.5, 60.0)
_START_C = (0.0, 45.0)
_GAP_MM = (0.0, 50.0)
_LEAST_SPACING = 1.2
_MOST_SPACING_MM = 60.0
_FILM_MM = 0.01
_TIME_S = (1.0, 3600.0)
_COOLANT_C = (0.0, 45.0)
_EXCHANGE_W_M2K = (0.0, 1e5)


@dataclass(frozen=True)
class Surroundings:
    """What the needle is in: muscle that starts at ``start_c``, with ``perfusion`` or bloodless.

    ``perfusion_stops``: blood flow ends as tissue dies. ``bone_gap_mm`` is the distance to a plane of bone (None: no bone near),
    ``bone_angle_deg`` the angle between needle and plane: 90 is perpendicular, with the gap in front of the tip end.
    """

    start_c: float = 37.0
    perfusion: bool = True
    perfusion_stops: bool = False
    bone_gap_mm: float | None = None
    bone_angle_deg: float = 90.0

    def __post_init__(self) -> None:
        within("--start-c", self.start_c, _START_C, "degC")
        if self.bone_gap_mm is not None:
            within("--bone-gap-mm", self.bone_gap_mm, _GAP_MM, "mm; below 0 the needle would be inside the bone")
        within("--bone-angle-deg", self.bone_angle_deg, (0.0, 90.0), "degrees")


@dataclass(frozen=True)
class LesionProblem:
    """One lesion to be solved, in the needle's own frame.

    ``diameter_mm`` of the needle, ``active_mm`` its active parts as (from, to) from the tip end; ``exchange_w_m2k`` with
    coolant at ``coolant_c`` in the active part, 0 where there is none. ``spacing_mm`` of the axes of a bipolar pair, None for one needle.
    """

    diameter_mm: float
    active_mm: tuple[tuple[float, float], ...]
    protocol: Protocol
    accuracy: Accuracy
    surroundings: Surroundings = field(default_factory=Surroundings)
    limits: GeneratorLimits = field(default_factory=GeneratorLimits)
    coolant_c: float | None = None
    exchange_w_m2k: float = 0.0
    spacing_mm: float | None = None

    def __post_init__(self) -> None:
        within("--diameter-mm", self.diameter_mm, _DIAMETER_MM, "mm")
        for low, high in self.active_mm:
            within("--tip-mm", high - low, _TIP_MM, "mm; a longer tip would be longer than the shaft")
            if high < 0.5 * self.diameter_mm:
                raise InputError(
                    f"--tip-mm is {high - low:g}; the round end alone is {0.5 * self.diameter_mm:g} mm long, "
                    "a tip must be at least that"
                )
        within("--time-s", self.protocol.time_s, _TIME_S, "s")
        within("--exchange-w-m2k", self.exchange_w_m2k, _EXCHANGE_W_M2K, "W/(m2 K)")
        if self.coolant_c is not None:
            within("--coolant-c", self.coolant_c, _COOLANT_C, "degC")
        if self.spacing_mm is not None:
            self._check_pair(self.spacing_mm)
        start_c = self.surroundings.start_c
        if self.protocol.set_c <= start_c + 1.0:
            raise InputError(
                f"--set-c is {self.protocol.set_c:g}; it must be at least 1 degC above the start (--start-c {start_c:g})"
            )

    def _check_pair(self, spacing_mm: float) -> None:
        least = self.diameter_mm * _LEAST_SPACING
        within(
            "--bipolar-spacing-mm",
            spacing_mm,
            (least, _MOST_SPACING_MM),
            f"mm; needles {self.diameter_mm:g} mm thick would touch",
        )
        if self.surroundings.bone_gap_mm is not None:
            raise InputError("--bone-gap-mm goes with --bipolar-spacing-mm in a later version; leave one of them out")

    @property
    def gap_mm(self) -> float | None:
        """Gap to the bone as it is solved: what is thinner than a film is contact."""
        gap = self.surroundings.bone_gap_mm
        return gap if gap is None or gap >= _FILM_MM else 0.0

    @property
    def body(self) -> MetalBody:
        """The needle as a body of metal."""
        return MetalBody(0.5 * self.diameter_mm, self.active_mm)

    @property
    def sink_w_mm3k(self) -> float:
        """Heat that the coolant takes from the active metal, per volume and K: 2 h / a."""
        return 2.0 * self.exchange_w_m2k * 1e-6 / (0.5 * self.diameter_mm)

    def to_json(self) -> dict[str, Any]:
        """Everything that the answer depends on besides the code; infinite limits are null."""
        document = asdict(self)
        document["limits"] = {key: None if math.isinf(v) else v for key, v in document["limits"].items()}
        document["active_mm"] = [list(part) for part in self.active_mm]
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> LesionProblem:
        """The problem that :meth:`to_json` wrote; InputError where a key is missing or unknown."""
        try:
            entry = dict(document)
            entry["active_mm"] = tuple((float(low), float(high)) for low, high in entry["active_mm"])
            entry["protocol"] = Protocol(**entry["protocol"])
            entry["accuracy"] = Accuracy(**entry["accuracy"])
            entry["surroundings"] = Surroundings(**entry["surroundings"])
            entry["limits"] = GeneratorLimits(**{k: math.inf if v is None else v for k, v in entry["limits"].items()})
            return cls(**entry)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the description of the lesion is not readable: {error}") from error


def problem_of(
    electrode: Electrode,
    protocol: Protocol,
    accuracy: Accuracy,
    surroundings: Surroundings | None = None,
    limits: GeneratorLimits | None = None,
    contact: int = 0,
    spacing_mm: float | None = None,
) -> LesionProblem:
    """The problem of one straight ``electrode``; of a probe with several contacts, ``contact`` counts from its tip end.

    Raises
    ------
    InputError : the electrode has tines, or no such contact, or a figure is out of range
    """
    if electrode.tines:
        raise InputError(
            f"electrode {electrode.name!r} has tines, which this version does not solve; use --lesion-model shapes"
        )
    if not 0 <= contact < len(electrode.contacts_mm):
        raise InputError(
            f"contact is {contact}; electrode {electrode.name!r} has {len(electrode.contacts_mm)}, counted from 0"
        )
    low = electrode.contacts_mm[contact]
    return LesionProblem(
        diameter_mm=electrode.diameter_mm,
        active_mm=((low, low + electrode.tip_mm),),
        protocol=protocol,
        accuracy=accuracy,
        surroundings=surroundings or Surroundings(),
        limits=limits or GeneratorLimits(),
        coolant_c=electrode.coolant_c if electrode.cooled else None,
        exchange_w_m2k=(electrode.exchange_w_m2k or 0.0) if electrode.cooled else 0.0,
        spacing_mm=spacing_mm,
    )


def within(name: str, value: float, bounds: tuple[float, float], unit: str) -> None:
    """Refuse a number that is not finite or out of its range."""
    if not (math.isfinite(value) and bounds[0] <= value <= bounds[1]):
        raise InputError(f"{name} is {value:g}; it must be from {bounds[0]:g} to {bounds[1]:g} {unit}")
