"""What is asked of the solver: device, generator, surroundings and accuracy, checked before any work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.generator import GeneratorLimits
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.pair_pose import PairPose
from rfplan.lesion.sampled_bone import SampledBone
from rfplan.lesion.surroundings import Surroundings, within
from rfplan.lesion.tine import Tine, tines_of

_DIAMETER_MM = (0.2, 5.0)
_TIP_MM = (0.5, 60.0)
_LEAST_SPACING = 1.2
_MOST_SPACING_MM = 60.0
_FILM_MM = 0.01
_TIME_S = (1.0, 3600.0)
_COOLANT_C = (0.0, 45.0)
_EXCHANGE_W_M2K = (0.0, 1e5)


@dataclass(frozen=True)
class LesionProblem:
    """One lesion to be solved, in the needle's own frame; of a pair, in that of :class:`rfplan.lesion.pair_pose.PairPose`.

    ``diameter_mm`` of the needle, ``active_mm`` its active parts as (from, to) from the tip end; ``exchange_w_m2k`` with
    coolant at ``coolant_c`` in the active part, 0 where there is none. ``pair`` places two alike needles between which the
    current flows. ``part_volts``, one per active part, where the current flows between parts of one probe: +0.5 or -0.5.
    ``tines`` leave the needle and are active over their whole length.
    """

    diameter_mm: float
    active_mm: tuple[tuple[float, float], ...]
    protocol: Protocol
    accuracy: Accuracy
    surroundings: Surroundings = field(default_factory=Surroundings)
    limits: GeneratorLimits = field(default_factory=GeneratorLimits)
    coolant_c: float | None = None
    exchange_w_m2k: float = 0.0
    pair: PairPose | None = None
    part_volts: tuple[float, ...] = ()
    tines: tuple[Tine, ...] = ()

    def __post_init__(self) -> None:
        within("--diameter-mm", self.diameter_mm, _DIAMETER_MM, "mm")
        for low, high in self.active_mm:
            within("--tip-mm", high - low, _TIP_MM, "mm; a longer tip would be longer than the shaft")
            if high < 0.5 * self.diameter_mm:
                raise InputError(
                    f"--tip-mm is {high - low:g}; the round end alone is {0.5 * self.diameter_mm:g} mm long, "
                    "a tip must be at least that"
                )
        if any(high >= low for (_, high), (low, _) in pairwise(self.active_mm)):
            raise InputError(
                f"active_mm are {self.active_mm}; every part must begin above the end of the one before it"
            )
        within("--time-s", self.protocol.time_s, _TIME_S, "s")
        within("--exchange-w-m2k", self.exchange_w_m2k, _EXCHANGE_W_M2K, "W/(m2 K)")
        if self.coolant_c is not None:
            within("--coolant-c", self.coolant_c, _COOLANT_C, "degC")
        if self.pair is not None:
            self._check_pair(self.pair)
        if self.part_volts and len(self.part_volts) != len(self.active_mm):
            raise InputError(f"part_volts has {len(self.part_volts)} values for {len(self.active_mm)} active parts")
        start_c = self.surroundings.start_c
        if self.protocol.set_c <= start_c + 1.0:
            raise InputError(
                f"--set-c is {self.protocol.set_c:g}; it must be at least 1 degC above the start (--start-c {start_c:g})"
            )

    def _check_pair(self, pair: PairPose) -> None:
        if self.part_volts:
            raise InputError("--contacts with current between them does not go with --bipolar-spacing-mm")
        least = self.diameter_mm * _LEAST_SPACING
        if pair.parallel and pair.offset_mm == 0.0:
            within(
                "--bipolar-spacing-mm",
                pair.spacing_mm,
                (least, _MOST_SPACING_MM),
                f"mm; needles {self.diameter_mm:g} mm thick would touch",
            )
            return
        gap = pair.nearest_mm(self.active_mm[-1][1])
        if gap < least:
            raise InputError(
                f"the two needles come within {gap:.2f} mm of each other between their axes; needles {self.diameter_mm:g} mm "
                f"thick touch or cross there, at least {least:.2f} mm is accepted (--bipolar-spacing-mm, --bipolar-splay-deg, "
                "--bipolar-twist-deg)"
            )

    @property
    def bipolar(self) -> bool:
        """True where the current flows between two electrodes of the problem rather than to a pad."""
        return self.pair is not None or (bool(self.part_volts) and min(self.part_volts) < 0.0)

    @property
    def gap_mm(self) -> float | None:
        """Gap to the bone as it is solved: what is thinner than a film is contact."""
        gap = self.surroundings.bone_gap_mm
        return gap if gap is None or gap >= _FILM_MM else 0.0

    @property
    def body(self) -> MetalBody:
        """The needle as a body of metal."""
        return MetalBody(0.5 * self.diameter_mm, self.active_mm, part_volts=self.part_volts)

    @property
    def sink_w_mm3k(self) -> float:
        """Heat that the coolant takes from the active metal, per volume and K: 2 h / a."""
        return 2.0 * self.exchange_w_m2k * 1e-6 / (0.5 * self.diameter_mm)

    def to_json(self) -> dict[str, Any]:
        """Everything that the answer depends on besides the code; infinite limits are null."""
        document: dict[str, Any] = {
            "diameter_mm": self.diameter_mm,
            "active_mm": [list(part) for part in self.active_mm],
            "protocol": asdict(self.protocol),
            "accuracy": asdict(self.accuracy),
            "surroundings": self.surroundings.to_json(),
            "limits": {key: None if math.isinf(v) else v for key, v in asdict(self.limits).items()},
            "coolant_c": self.coolant_c,
            "exchange_w_m2k": self.exchange_w_m2k,
            "pair": None if self.pair is None else asdict(self.pair),
            "part_volts": list(self.part_volts),
            "tines": [tine.to_json() for tine in self.tines],
        }
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any], bone: SampledBone | None = None) -> LesionProblem:
        """The problem that :meth:`to_json` wrote; InputError where a key is missing or unknown."""
        try:
            entry = dict(document)
            entry["active_mm"] = tuple((float(low), float(high)) for low, high in entry["active_mm"])
            entry["protocol"] = Protocol(**entry["protocol"])
            entry["accuracy"] = Accuracy(**entry["accuracy"])
            entry["surroundings"] = Surroundings.from_json(entry["surroundings"], bone)
            entry["limits"] = GeneratorLimits(**{k: math.inf if v is None else v for k, v in entry["limits"].items()})
            entry["pair"] = None if entry["pair"] is None else PairPose(**entry["pair"])
            entry["part_volts"] = tuple(entry["part_volts"])
            entry["tines"] = tuple(Tine.from_json(tine) for tine in entry["tines"])
            return cls(**entry)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the description of the lesion is not readable: {error}") from error


def problem_of(
    electrode: Electrode,
    protocol: Protocol,
    accuracy: Accuracy,
    surroundings: Surroundings | None = None,
    limits: GeneratorLimits | None = None,
    contacts: Sequence[int] = (0,),
    pair: PairPose | float | None = None,
    between_contacts: bool = False,
) -> LesionProblem:
    """The problem of one ``electrode``, or of a ``pair`` of them: a pose, or the spacing in mm of a parallel pair with tips at one height.

    ``contacts`` of a probe with several count from its tip end; with ``between_contacts`` the current flows from the first half of
    them to the other.

    Raises
    ------
    InputError : no such contact, or a figure is out of range
    """
    known = len(electrode.contacts_mm)
    for contact in contacts:
        if not 0 <= contact < known:
            raise InputError(f"contact is {contact}; electrode {electrode.name!r} has {known}, counted from 0")
    if len(set(contacts)) < len(contacts) or not contacts:
        raise InputError(f"contacts are {list(contacts)}; each may be named once, and at least one is needed")
    if between_contacts and len(contacts) < 2:
        raise InputError("current between contacts needs two of them; name both")
    lows = sorted(electrode.contacts_mm[contact] for contact in contacts)
    half = (len(lows) + 1) // 2
    return LesionProblem(
        diameter_mm=electrode.diameter_mm,
        active_mm=tuple((low, low + electrode.tip_mm) for low in lows),
        protocol=protocol,
        accuracy=accuracy,
        surroundings=surroundings or Surroundings(),
        limits=limits or GeneratorLimits(),
        coolant_c=electrode.coolant_c if electrode.cooled else None,
        exchange_w_m2k=(electrode.exchange_w_m2k or 0.0) if electrode.cooled else 0.0,
        pair=PairPose(float(pair)) if isinstance(pair, (int, float)) else pair,
        part_volts=tuple(0.5 if n < half else -0.5 for n in range(len(lows))) if between_contacts else (),
        tines=tines_of(electrode),
    )


__all__ = ["LesionProblem", "Surroundings", "problem_of", "within"]
