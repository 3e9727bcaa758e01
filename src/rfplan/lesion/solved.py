"""A solved lesion: how it went, how large it is, and what every point came to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.assumption import assumption_of
from rfplan.lesion.axisymmetric_field import AxisymmetricField
from rfplan.lesion.history import History
from rfplan.lesion.lesion import ISOTHERMS_C, LesionSize
from rfplan.lesion.octree_field import OctreeField
from rfplan.lesion.placed_body import needle_pose
from rfplan.lesion.problem import LesionProblem
from rfplan.lesion.solid_field import SolidField

LesionStatus = Literal["converged", "not_converged", "boiling", "limited"]
DoseName = Literal["nerve", "tissue", "cem43"]

LABEL: Final = "solved"
DOSE_LEVELS: Final[Mapping[DoseName, float]] = {"nerve": 1.0, "tissue": 1.0}
"""Arrhenius dose from which tissue counts as dead: 1 - 1 / e of it is."""

LesionField = AxisymmetricField | SolidField | OctreeField


@cache
def _version() -> str:
    # reading it from the installed package takes longer than a step of the solver
    return metadata.version("rfplan")


@dataclass(frozen=True)
class PairTemperatures:
    """Between the needles of a pair: ``midpoint_c`` half-way at the middle of the tips, ``midline_max_c`` the highest along the line
    half-way that runs with the needles, ``confluent_at_c`` the highest isotherm that still joins the two.

    Between contacts of one probe: ``midpoint_c`` on its surface half-way between the two groups, ``midline_max_c`` the highest in the
    plane across the probe there, ``confluent_at_c`` the highest isotherm that joins all the contacts.
    """

    midpoint_c: float
    midline_max_c: float
    confluent_at_c: float


_FIELDS: Final[Mapping[str, str]] = {"nerve": "nerve", "tissue": "tissue", "cem43": "cem43_min"}


@dataclass(frozen=True, eq=False)
class SolvedLesion:
    """What the solver found for ``problem``.

    ``status``: ``converged``; ``boiling`` where tissue passed 100 degC, which the model does not describe; ``limited`` where the
    generator's limits kept the set point out of reach. ``isotherms`` by temperature and ``doses`` by name hold sizes in the soft
    tissue: isotherms when heating ended, doses after the cool-down. ``max_tissue_c`` when heating ended, ``peak_tissue_c`` ever.
    ``energy_balance_error`` is the part of the energy that is unaccounted for; ``shape`` of the grid; ``seconds`` to solve it.
    ``radii_mm`` per isotherm beside bone: ``away``, ``toward``, ``lateral`` at the middle of the active tip.
    ``pose`` maps the needle's frame (tip end at 0, +z to the hub) to the patient's; ``stored`` says that the answer was kept from before.
    """

    problem: LesionProblem
    status: LesionStatus
    isotherms: Mapping[float, LesionSize]
    doses: Mapping[DoseName, LesionSize]
    max_tissue_c: float
    peak_tissue_c: float
    thermocouple_c: float
    limited_by: str | None
    history: History
    energy_balance_error: float
    shape: tuple[int, ...]
    steps: int
    seconds: float
    field: LesionField
    radii_mm: Mapping[float, Mapping[str, float]] | None = None
    pair: PairTemperatures | None = None
    pose: Isometry = dataclasses.field(default_factory=Isometry)
    version: str = dataclasses.field(default_factory=_version)
    stored: bool = False

    @property
    def label(self) -> str:
        """``solved``."""
        return LABEL

    @property
    def assumption(self) -> str:
        """What the model assumes."""
        return assumption_of(self.problem)

    @property
    def caveat(self) -> str | None:
        """What a user must know before believing the numbers; None where there is nothing."""
        if self.status == "boiling":
            return (
                f"tissue reached {self.peak_tissue_c:.0f} degC: boiling and charring, which the model does not describe"
            )
        if self.status == "limited":
            return (
                f"the generator's {self.limited_by} limit kept the thermocouple at {self.thermocouple_c:.1f} degC "
                f"instead of {self.problem.protocol.set_c:g}"
            )
        return None

    def at(self, tip_mm: ArrayLike, axis: ArrayLike) -> SolvedLesion:
        """The same lesion around a needle with its tip end at ``tip_mm`` (3,) and ``axis`` (3,) towards the hub."""
        return replace(self, pose=needle_pose(tip_mm, axis))

    def size(self, isotherm_c: float) -> LesionSize:
        """Extent of the surface of ``isotherm_c``, one of :data:`ISOTHERMS_C`."""
        return self.isotherms[_known(isotherm_c)]

    def surface(self, isotherm_c: float) -> Mesh | None:
        """Closed mesh of the surface of ``isotherm_c`` when heating ended, metal included; None where it is not reached."""
        return self.placed(self.field.surface("end_c", isotherm_c))

    def dose_surface(self, name: DoseName) -> Mesh | None:
        """Closed mesh around the tissue that a dose killed; None where there is none."""
        return self.placed(self.field.surface(_FIELDS[name], DOSE_LEVELS[name]))

    def margin_mm(self, points_mm: ArrayLike, isotherm_c: float) -> FloatArray:
        """(...,) depth of (..., 3) points inside the surface of ``isotherm_c``; negative outside, -inf where there is none."""
        return self.field.margin_mm("end_c", isotherm_c, self._own(points_mm))

    def isotherm_reached_c(self, points_mm: ArrayLike) -> FloatArray:
        """(...,) hottest of :data:`ISOTHERMS_C` whose surface encloses (..., 3) points; NaN where none does."""
        points = np.asarray(points_mm, dtype=float)
        reached = np.full(points.shape[:-1], np.nan)
        for isotherm_c in ISOTHERMS_C:
            reached[self.margin_mm(points, isotherm_c) >= 0.0] = isotherm_c
        return reached

    def temperature_c(self, points_mm: ArrayLike) -> FloatArray:
        """(...,) temperature at (..., 3) points when heating ended."""
        return self.field.at("end_c", self._own(points_mm))

    def peak_c(self, points_mm: ArrayLike) -> FloatArray:
        """(...,) highest temperature that (..., 3) points reached, cool-down included."""
        return self.field.at("peak_c", self._own(points_mm))

    def dose(self, name: DoseName, points_mm: ArrayLike) -> FloatArray:
        """(...,) dose at (..., 3) points: Arrhenius integral, or minutes at 43 degC for ``cem43``."""
        return self.field.at(_FIELDS[name], self._own(points_mm))

    def to_json(self) -> dict[str, Any]:
        """The document that ``rfplan lesion --json`` prints."""
        last = -1
        document: dict[str, Any] = {
            "status": self.status,
            "caveat": self.caveat,
            "isotherms": {f"{isotherm:g}": _entry(size) for isotherm, size in self.isotherms.items()},
            "dose": {name: _entry(size) for name, size in self.doses.items()},
            "max_tissue_c": self.max_tissue_c,
            "peak_tissue_c": self.peak_tissue_c,
            "thermocouple_c": self.thermocouple_c,
            "generator": {
                "voltage_v": float(self.history.voltage_v[last]),
                "current_a": float(self.history.current_a[last]),
                "power_w": float(self.history.power_w[last]),
                "impedance_ohm": float(self.history.impedance_ohm[last]),
                "limited_by": self.limited_by,
            },
            "energy_balance_error": self.energy_balance_error,
            "cells": int(np.prod(self.shape)),
            "steps": self.steps,
            "seconds": self.seconds,
            "assumption": self.assumption,
            "problem": self.problem.to_json(),
            "version": self.version,
            "stored": self.stored,
        }
        for isotherm, radii in (self.radii_mm or {}).items():
            document["isotherms"][f"{isotherm:g}"]["radii_mm"] = dict(radii)
        if self.pair is not None:
            document["bipolar"] = dataclasses.asdict(self.pair)
        return document

    def _own(self, points_mm: ArrayLike) -> FloatArray:
        return self.pose.inverse().points(points_mm)

    def placed(self, mesh: Mesh | None) -> Mesh | None:
        """A mesh of the lesion's own frame in the patient's."""
        return None if mesh is None else mesh.moved(self.pose)


def _known(isotherm_c: float) -> float:
    if isotherm_c not in ISOTHERMS_C:
        accepted = ", ".join(f"{value:g}" for value in ISOTHERMS_C)
        raise InputError(f"isotherm {isotherm_c} degC has no stored size; accepted are {accepted}")
    return isotherm_c


def _entry(size: LesionSize) -> dict[str, float]:
    return {
        "width_mm": size.width_mm,
        "length_mm": size.length_mm,
        "beyond_tip_mm": size.beyond_tip_mm,
        "volume_mm3": size.volume_mm3,
    }
