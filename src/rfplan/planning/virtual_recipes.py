"""Techniques carried out on virtual patients by compiled recipes: the needles of :meth:`Technique.plan`, without the plan around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final

import numpy as np

from rfplan.anatomy.body_skin import prone_axes_in_view
from rfplan.anatomy.virtual_grounds import VirtualGrounds
from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.devices.electrode import Electrode
from rfplan.devices.protocol import Protocol
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.planning.approach import fan
from rfplan.planning.many_needles import ManyNeedles, Settings
from rfplan.planning.many_recipes_kernels import (
    SideGrounds,
    clock_recipes,
    l5_recipes,
    l5_seats,
    leapfrog_recipes,
    palisade_recipes,
)
from rfplan.planning.techniques import technique
from rfplan.planning.virtual_recipe_kernels import FROM_CENTRE_OFF_JOINT, FROM_EDGE, FROM_EDGE_OFF_JOINT
from rfplan.planning.virtual_way_kernels import Limits

_ROOM: Final = 96
"""Needles, and applications, of one patient."""
_LEVELS: Final = ("S1", "S2", "S3")
_PLACES: Final = {
    "conventional-periforaminal": FROM_EDGE,
    "cooled-classic": FROM_EDGE_OFF_JOINT,
    "cooled-clockface": FROM_CENTRE_OFF_JOINT,
}


@dataclass(frozen=True, eq=False)
class GrooveNeedles:
    """Needles at L5 by what their recipe asks: where they stand in each patient, (p, 3) ``seats``; and of ``needles`` in whom there is one
    (p,), its tip and its axis (p, 1, 3)."""

    seats: dict[tuple[float, ...], FloatArray] = field(default_factory=dict)
    needles: dict[tuple[float, ...], tuple[IntArray, FloatArray, FloatArray]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class VirtualRecipe:
    """A technique with its electrode and the numbers of its recipe, ready to be carried out on many virtual patients."""

    technique: str
    electrode: Electrode
    recipe: Mapping[str, float]

    @classmethod
    def of(cls, name: str, electrode: str | None, options: Mapping[str, float]) -> VirtualRecipe | None:
        """The recipe of a technique; None where it is not compiled, so that :meth:`Technique.plan` has to carry it out.

        Raises
        ------
        InputError : an option that the technique does not have, or a number that it cannot be carried out with
        """
        known = technique(name)
        if name not in _PLACES and name not in ("palisade", "bipolar-leapfrog"):
            return None
        return cls(name, electrode_named(electrode or known.default_electrode), known.numbers(options))

    def needles(self, grounds: SideGrounds, known: GrooveNeedles | None = None) -> ManyNeedles:
        """What the technique places on one side of each patient; ``known`` holds what other recipes placed at L5, and is kept up."""
        first, l5_tips, l5_axes = self._at_l5(grounds, GrooveNeedles() if known is None else known)
        count = len(first)
        tips, axes = np.zeros((count, _ROOM, 3)), np.zeros((count, _ROOM, 3))
        pairs, counts = np.zeros((count, _ROOM, 2), dtype=np.int64), np.zeros((count, 3), dtype=np.int64)
        tips[:, :1], axes[:, :1], counts[:, 2] = l5_tips, l5_axes, first
        self._others(grounds, tips, axes, pairs, counts)
        needles, applications, _ = counts.max(axis=0)
        return ManyNeedles(
            self.electrode,
            self._settings,
            np.ascontiguousarray(tips[:, :needles]),
            np.ascontiguousarray(axes[:, :needles]),
            np.ascontiguousarray(pairs[:, :applications]),
            counts,
        )

    def _at_l5(self, grounds: SideGrounds, known: GrooveNeedles) -> tuple[IntArray, FloatArray, FloatArray]:
        seat, way = self._groove
        if seat not in known.seats:
            known.seats[seat] = np.zeros((len(grounds.rims), 3))
            l5_seats(grounds, *seat, known.seats[seat])
        if (*seat, *way) not in known.needles:
            count = len(grounds.rims)
            tips, axes = np.zeros((count, 1, 3)), np.zeros((count, 1, 3))
            counts = np.zeros(count, dtype=np.int64)
            l5_recipes(grounds, _limits(), known.seats[seat], seat[-1], *way, tips, axes, counts)
            known.needles[(*seat, *way)] = counts, tips, axes
        return known.needles[(*seat, *way)]

    @cached_property
    def _settings(self) -> Settings:
        """Mode and protocol at L5, and at the foramina."""
        mode = technique(self.technique).modes[0]
        own = Protocol(self.recipe["set_c"], self.recipe["time_s"], self.recipe["ramp_s"])
        if mode == "bipolar":
            return ("monopolar", mode), (self.electrode.protocol_for("monopolar"), own)
        return (mode, mode), (own, own)

    @cached_property
    def _groove(self) -> tuple[tuple[float, float, float, float], tuple[float, float, float, float, float]]:
        """What the seat at L5 goes by, the standoff last, and what the way in."""
        table = figures("techniques")
        nerves = figures("nerves")
        return (
            nerves["L5.caudal_of_base_mm"].value,
            nerves["L5.half_width_of_groove_mm"].value,
            float(np.tan(np.deg2rad(table["l5.steepest_floor_deg"].value))),
            table["l5.standoff_mm"].value,
        ), (
            table["l5.lateral_tilt_deg"].value,
            table["l5.caudal_tilt_deg"].value,
            table["l5.past_base_mm"].value,
            self.electrode.radius_mm,
            self.electrode.tip_mm,
        )

    @cached_property
    def _others(self) -> Callable[..., None]:
        """The kernel of the foramina with everything but the grounds and what it fills."""
        recipe, radius, limits = self.recipe, self.electrode.radius_mm, _limits()
        offset, standoff = recipe["offset_mm"], recipe["standoff_mm"]
        if self.technique in _PLACES:
            keys = [key.split(".") for key in recipe if key.startswith("clock.")]
            ordered = [(level, recipe[".".join(key)]) for level in _LEVELS for key in keys if key[1] == level]
            levels = np.array([_LEVELS.index(level) for level, _ in ordered])
            hours, place = np.array([hour for _, hour in ordered]), _PLACES[self.technique]
            return lambda grounds, *filled: clock_recipes(
                grounds, limits, levels, hours, place, offset, standoff, radius, *filled
            )
        levels = np.arange(len(_LEVELS))
        if self.technique == "palisade":
            numbers = (
                offset, recipe["spacing_mm"], recipe["above_s1_mm"], recipe["below_s3_mm"], int(recipe["least_needles"]), standoff,
            )  # fmt: skip
            return lambda grounds, *filled: palisade_recipes(grounds, limits, levels, *numbers, radius, *filled)
        arc = (recipe["from_h"], recipe["to_h"], offset, recipe["spacing_mm"], standoff)
        return lambda grounds, *filled: leapfrog_recipes(grounds, limits, levels, *arc, radius, *filled)


@cache
def _limits() -> Limits:
    table = figures("techniques")
    tilts, turns = fan(table["common.largest_tilt_deg"].value)
    return Limits(
        table["common.shaft_clearance_mm"].value,
        table["common.longest_shaft_mm"].value,
        table["common.least_rim_gap_mm"].value,
        table["common.joint_gap_mm"].value,
        np.stack([np.cos(tilts), np.sin(tilts) * np.cos(turns), np.sin(tilts) * np.sin(turns)], axis=1),
    )


def side_grounds(grounds: VirtualGrounds) -> SideGrounds:
    """The arrays of ``grounds`` for the kernels; the two sides of each are alike."""
    laid, skins = grounds.laid, grounds.skins
    return SideGrounds(
        grounds.bones, laid.smooth, laid.rims, grounds.centres, laid.joints, laid.bases, skins.height_mm, skins.rows,
        prone_axes_in_view(), skins.corners_mm, skins.spacing_mm,
    )  # fmt: skip
