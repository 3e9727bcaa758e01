"""The dimensions of a parametric sacrum as one row of numbers, so that kernels can take many sacra at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from rfplan.geometry.arrays import FloatArray

LEVEL_NAMES: Final = ("S1", "S2", "S3", "S4")
STATION_NAMES: Final = ("top", "body1", "line1", "line2", "line3", "line4", "body5", "apex")
PROFILES: Final = (
    "half_width", "lamina", "intermediate", "foramen_line", "lateral_crest", "alar_rim", "dorsal_edge",
    "ventral_mid", "ventral_edge", "canal_floor", "canal_roof", "canal_half_width",
)  # fmt: skip
BORDER_PLACES: Final = ("upper_end", "upper_limb", "upper_corner", "notch", "lower_corner", "lower_limb", "lower_end")
SINGLE: Final = (
    "length", "breadth", "endplate_ap", "endplate_width", "axis_to_beam_deg", "axis_turn_deg", "axis_bend_start", "axis_bend_end",
    "auricular_height", "auricular.above_s3", "auricular.recess", "side.lean", "side.upright", "side.ventral_lean", "side.corner",
    "hiatus.length", "hiatus.width", "ventral.lateral", "ventral.superior", "ridge.height", "endplate_dish", "canal_notch_width",
    "articular.lateral", "articular.along", "articular.dorsal", "articular.width", "articular.height", "articular.thickness",
    "fossa.depth", "roughness", "median_crest.S1", "median_crest.S2", "median_crest.S3", "foramen.S1.caudal",
)  # fmt: skip
_PER_LEVEL: Final = (
    "foramen.{}.lateral", "foramen.{}.width", "foramen.{}.height", "foramen.{}.slope", "ventral.{}.width", "ventral.{}.height",
    "tubercle.{}.from_foramen", "tubercle.{}.height",
)  # fmt: skip
NAMES: Final = (
    *SINGLE,
    "foramen.S2.spacing", "foramen.S3.spacing", "foramen.S4.spacing",
    *(pattern.format(level) for pattern in _PER_LEVEL for level in LEVEL_NAMES),
    *(f"auricular.dorsal.{place}" for place in BORDER_PLACES),
    *(f"profile.{profile}.{station}" for profile in PROFILES for station in STATION_NAMES),
)  # fmt: skip
"""Every dimension that the bone's form depends on, below ``sacrum.`` in morphometry.toml, in the order of the row."""


def column(name: str) -> int:
    """Position of a dimension in the row; of a dimension per level, profile or place, that of its first."""
    return NAMES.index(name)


def sacrum_vector(parameters: Mapping[str, float]) -> FloatArray:
    """(k,) dimensions in the order of :data:`NAMES`."""
    return np.array([parameters[name] for name in NAMES])
