"""What a needle stands in: muscle, layers of other tissue, bone, injected fluid, and its temperature."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from rfplan.errors import InputError, did_you_mean
from rfplan.lesion.sampled_bone import SampledBone
from rfplan.lesion.tissue import FLUIDS, LAYER_TISSUES

_START_C = (0.0, 45.0)
_GAP_MM = (0.0, 50.0)
_LAYER_MM = (-100.0, 100.0)
_DEPOT_ML = (0.01, 10.0)
_DEPOT_AT_MM = (-30.0, 60.0)


@dataclass(frozen=True)
class TissueLayer:
    """``tissue`` from ``from_mm`` up to the next layer; heights over the tip end, along the normal of the bone (else along the shaft)."""

    tissue: str
    from_mm: float

    def __post_init__(self) -> None:
        if self.tissue not in LAYER_TISSUES:
            meant = did_you_mean(self.tissue, LAYER_TISSUES)
            raise InputError(f"--layer {self.tissue!r} is not known;{meant} accepted: {', '.join(LAYER_TISSUES)}")
        within("--layer", self.from_mm, _LAYER_MM, "mm over the tip end")


@dataclass(frozen=True)
class Depot:
    """``volume_ml`` of ``fluid`` injected before heating: a ball of fluid around ``at_mm`` on the needle's axis (0 is the tip end).

    Of a pair, every needle has one. Where bone is in the way the ball is larger, so that the volume in the soft tissue is
    kept. That fluid stays in a ball and does not mix with tissue is an assumption.
    """

    fluid: str
    volume_ml: float
    at_mm: float = 0.0

    def __post_init__(self) -> None:
        if self.fluid not in FLUIDS:
            meant = did_you_mean(self.fluid, FLUIDS)
            raise InputError(f"--depot-fluid {self.fluid!r} is not known;{meant} accepted: {', '.join(FLUIDS)}")
        within("--depot-ml", self.volume_ml, _DEPOT_ML, "ml")
        within("--depot-at-mm", self.at_mm, _DEPOT_AT_MM, "mm from the tip end")


@dataclass(frozen=True)
class Surroundings:
    """What the needle is in: muscle that starts at ``start_c``, with ``perfusion`` or bloodless.

    ``perfusion_stops``: blood flow ends as tissue dies. ``bone_gap_mm`` is the distance to a plane of bone (None: no bone near),
    ``bone_angle_deg`` the angle between needle and plane: 90 is perpendicular, with the gap in front of the tip end; below that the bone
    lies towards -x of the needle's frame, of a pair towards -y, so that both needles are equally near. ``bone`` is a surface of any
    form instead. ``layers`` of other tissue, from the lowest up; ``depot`` of fluid.
    """

    start_c: float = 37.0
    perfusion: bool = True
    perfusion_stops: bool = False
    bone_gap_mm: float | None = None
    bone_angle_deg: float = 90.0
    layers: tuple[TissueLayer, ...] = ()
    depot: Depot | None = None
    bone: SampledBone | None = field(default=None)

    def __post_init__(self) -> None:
        within("--start-c", self.start_c, _START_C, "degC")
        if self.bone_gap_mm is not None:
            within("--bone-gap-mm", self.bone_gap_mm, _GAP_MM, "mm; below 0 the needle would be inside the bone")
            if self.bone is not None:
                raise InputError("a plane of bone (bone_gap_mm) and a surface of bone contradict each other; give one")
        within("--bone-angle-deg", self.bone_angle_deg, (0.0, 90.0), "degrees")
        heights = [layer.from_mm for layer in self.layers]
        if any(low >= high for low, high in pairwise(heights)):
            told = ", ".join(f"{height:g}" for height in heights)
            raise InputError(f"--layer heights are {told} mm; every layer must begin above the one before it")

    @property
    def has_bone(self) -> bool:
        """True beside a plane or a surface of bone."""
        return self.bone_gap_mm is not None or self.bone is not None

    def to_json(self) -> dict[str, Any]:
        """Everything but the samples of a bone's surface, which are told by their digest."""
        document = {name: getattr(self, name) for name in _PLAIN}
        return {
            **document,
            "layers": [asdict(layer) for layer in self.layers],
            "depot": None if self.depot is None else asdict(self.depot),
            "bone": None if self.bone is None else self.bone.digest,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], bone: SampledBone | None = None) -> Surroundings:
        """What :meth:`to_json` wrote, with the ``bone`` that its digest tells; KeyError, TypeError or ValueError where it is not."""
        entry = dict(document)
        entry["layers"] = tuple(TissueLayer(**layer) for layer in entry.get("layers", ()))
        depot = entry.get("depot")
        entry["depot"] = None if depot is None else Depot(**depot)
        digest = entry.get("bone")
        if digest != (None if bone is None else bone.digest):
            raise ValueError("the surface of the bone is missing, or another one")
        entry["bone"] = bone
        return cls(**entry)


_PLAIN = ("start_c", "perfusion", "perfusion_stops", "bone_gap_mm", "bone_angle_deg")


def within(name: str, value: float, bounds: tuple[float, float], unit: str) -> None:
    """Refuse a number that is not finite or out of its range."""
    if not (math.isfinite(value) and bounds[0] <= value <= bounds[1]):
        raise InputError(f"{name} is {value:g}; it must be from {bounds[0]:g} to {bounds[1]:g} {unit}")
