"""Dimensions of the parametric sacrum, each with its figure in ``anatomy/morphometry.toml``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np

from rfplan.errors import InputError, did_you_mean
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray

STATIONS: Final = ("top", "body1", "line1", "line2", "line3", "line4", "body5", "apex")
"""Where profiles are stated: S1 endplate, middle of S1, the four lines of foramina, the middle and the end of S5."""

_GROUP = "sacrum."


@dataclass(frozen=True)
class SacrumParameters:
    """Dimensions by dotted name, such as ``length`` or ``foramen.S1.lateral``; mm, degrees or ratios as their figures say.

    ``self["foramen.S1.lateral"]`` is one of them; ``profile(name)`` and ``levels(pattern)`` collect several.
    """

    values: Mapping[str, float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def profile(self, name: str) -> FloatArray:
        """(8,) values of ``profile.<name>`` at :data:`STATIONS`."""
        return np.array([self.values[f"profile.{name}.{station}"] for station in STATIONS])


def sacrum_parameters(overrides: Mapping[str, float] | None = None) -> SacrumParameters:
    """The reference sacrum, with some dimensions replaced.

    Parameters
    ----------
    overrides : by dotted name below ``sacrum.`` in morphometry.toml

    Raises
    ------
    InputError : a name that is not a dimension (with a suggestion), or a value that is not a finite number
    """
    values = dict(_reference())
    for name, value in (overrides or {}).items():
        if name not in values:
            meant = did_you_mean(name, values)
            raise InputError(
                f"sacrum parameter {name!r} (value {value!r}) is not a name below [sacrum] in morphometry.toml{';' * bool(meant)}{meant}"
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"sacrum parameter {name!r} is {value!r}; it must be a finite number")
        values[name] = float(value)
    return SacrumParameters(values)


@cache
def _reference() -> dict[str, float]:
    """Every dimension of the reference bone by name."""
    return {
        key.removeprefix(_GROUP): figure.value
        for key, figure in figures("morphometry").items()
        if key.startswith(_GROUP)
    }
