"""Techniques carried out on virtual patients by compiled recipes: the needles of :meth:`Technique.plan`, without the plan around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Final

import numpy as np

from rfplan.anatomy.body_skin import prone_axes_in_view
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.devices.catalogue import electrode as electrode_named
from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.planning.approach import fan
from rfplan.planning.operator_error import OperatorError
from rfplan.planning.operator_error_kernels import displace
from rfplan.planning.techniques import technique
from rfplan.planning.virtual_recipe_kernels import (
    FROM_CENTRE_OFF_JOINT,
    FROM_EDGE,
    FROM_EDGE_OFF_JOINT,
    clock_recipe,
    l5_recipe,
    leapfrog_recipe,
    palisade_recipe,
)
from rfplan.planning.virtual_way_kernels import Limits, SideGround

_ROOM: Final = 96
_LEVELS: Final = ("S1", "S2", "S3")
_PLACES: Final = {
    "conventional-periforaminal": FROM_EDGE,
    "cooled-classic": FROM_EDGE_OFF_JOINT,
    "cooled-clockface": FROM_CENTRE_OFF_JOINT,
}


GrooveNeedles = dict[tuple[float, ...], tuple[int, int, FloatArray, FloatArray]]
"""Needles at L5 by what their recipe asks: how many there are, of how many applications, and tip and axis (1, 3)."""


@dataclass(frozen=True, eq=False)
class NeedleRows:
    """Needles of one ``electrode`` in the chart of the treated side, whose lateral axis points away from the midline: ``tips`` (n, 3),
    ``axes`` (n, 3) towards the hubs; application a uses ``pairs`` (a, 2) of them (-1: one only) in a mode and by a protocol."""

    electrode: Electrode
    tips: FloatArray
    axes: FloatArray
    pairs: IntArray
    modes: tuple[Mode, ...]
    protocols: tuple[Protocol, ...]

    def displaced(self, ground: SideGround, side: Side, error: OperatorError, seed: tuple[int, ...]) -> NeedleRows:
        """The needles as a hand places them; the same as :func:`rfplan.planning.operator_error.displaced`."""
        noise = np.array([np.random.default_rng([*seed, n]).standard_normal(5) for n in range(len(self.tips))])
        tips, axes = self.tips.copy(), self.axes.copy()
        displace(
            ground,
            float(lateral_sign(side)),
            error.along_bone_mm,
            error.depth_mm,
            error.axis_deg,
            noise.reshape(-1, 5),
            tips,
            axes,
        )
        return replace(self, tips=tips, axes=axes)


@dataclass(frozen=True, eq=False)
class VirtualRecipe:
    """A technique with its electrode and the numbers of its recipe, ready to be carried out on many virtual patients."""

    technique: str
    electrode: Electrode
    recipe: Mapping[str, float]

    @classmethod
    def of(cls, name: str, electrode: str | None, options: Mapping[str, float]) -> VirtualRecipe | None:
        """The recipe of a technique; None where it is not compiled, so that :meth:`Technique.plan` has to carry it out."""
        known = technique(name)
        if name not in _PLACES and name not in ("palisade", "bipolar-leapfrog"):
            return None
        numbers = {key: float(figure.value) for key, figure in known.figures.items()} | dict(options)
        return cls(name, electrode_named(electrode or known.default_electrode), numbers)

    def needles(self, ground: SideGround, known: GrooveNeedles | None = None) -> NeedleRows:
        """What the technique places on one side of one patient; ``known`` holds what other recipes placed at L5, and is kept up."""
        tips, axes = np.empty((_ROOM, 3)), np.empty((_ROOM, 3))
        pairs = np.empty((_ROOM, 2), dtype=np.int64)
        held = None if known is None else known.get(self._groove)
        if held is None:
            l5 = l5_recipe(ground, _limits(), *self._groove, tips, axes, pairs, 0, 0)
            if known is not None:
                known[self._groove] = (*l5, tips[:1].copy(), axes[:1].copy())
        else:
            l5 = held[:2]
            tips[:1], axes[:1], pairs[0] = held[2], held[3], (0, -1)
        needles, applications = self._others(ground, tips, axes, pairs, *l5)
        used = pairs[:applications]
        # a needle that no neighbour stands beside serves nothing
        order = np.full(needles, -1)
        counted = [int(n) for n in dict.fromkeys(used[used >= 0].tolist())]
        order[counted] = np.arange(len(counted))
        modes, protocols = self._settings
        return NeedleRows(
            self.electrode,
            tips[counted],
            axes[counted],
            np.where(used >= 0, order[used], -1),
            tuple(modes[0 if a < l5[1] else 1] for a in range(applications)),
            tuple(protocols[0 if a < l5[1] else 1] for a in range(applications)),
        )

    @cached_property
    def _settings(self) -> tuple[tuple[Mode, Mode], tuple[Protocol, Protocol]]:
        """Mode and protocol at L5, and at the foramina."""
        mode = technique(self.technique).modes[0]
        own = Protocol(self.recipe["set_c"], self.recipe["time_s"], self.recipe["ramp_s"])
        if mode == "bipolar":
            return ("monopolar", mode), (self.electrode.protocol_for("monopolar"), own)
        return (mode, mode), (own, own)

    @cached_property
    def _groove(self) -> tuple[float, float, float, float, float, float, float, float, float]:
        table = figures("techniques")
        nerves = figures("nerves")
        return (
            nerves["L5.caudal_of_base_mm"].value,
            nerves["L5.half_width_of_groove_mm"].value,
            float(np.tan(np.deg2rad(table["l5.steepest_floor_deg"].value))),
            table["l5.standoff_mm"].value,
            table["l5.lateral_tilt_deg"].value,
            table["l5.caudal_tilt_deg"].value,
            table["l5.past_base_mm"].value,
            self.electrode.radius_mm,
            self.electrode.tip_mm,
        )

    @cached_property
    def _others(self) -> Callable[..., tuple[int, int]]:
        """The kernel of the foramina with everything but the ground and what it fills."""
        recipe, radius, limits = self.recipe, self.electrode.radius_mm, _limits()
        offset, standoff = recipe["offset_mm"], recipe["standoff_mm"]
        if self.technique in _PLACES:
            keys = [key.split(".") for key in recipe if key.startswith("clock.")]
            ordered = [(level, recipe[".".join(key)]) for level in _LEVELS for key in keys if key[1] == level]
            levels = np.array([_LEVELS.index(level) for level, _ in ordered])
            hours, place = np.array([hour for _, hour in ordered]), _PLACES[self.technique]
            return lambda ground, *filled: clock_recipe(
                ground, limits, levels, hours, place, offset, standoff, radius, *filled
            )
        levels = np.arange(len(_LEVELS))
        if self.technique == "palisade":
            numbers = (
                offset, recipe["spacing_mm"], recipe["above_s1_mm"], recipe["below_s3_mm"], int(recipe["least_needles"]), standoff,
            )  # fmt: skip
            return lambda ground, *filled: palisade_recipe(ground, limits, levels, *numbers, radius, *filled)
        arc = (recipe["from_h"], recipe["to_h"], offset, recipe["spacing_mm"], standoff)
        return lambda ground, *filled: leapfrog_recipe(ground, limits, levels, *arc, radius, *filled)


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


def side_ground(ground: VirtualGround) -> SideGround:
    """The arrays of ``ground`` for the kernels; the two sides are alike."""
    _, _, smooth, _, rims, _, _, joint, base, *_ = ground.side_mm
    skin = ground.skin
    return SideGround(
        ground.bone_distance.bone,
        smooth,
        rims,
        rims[:, :, :2].mean(axis=1),
        joint,
        base,
        skin.height_mm,
        prone_axes_in_view(),
        np.array([skin.lateral_0_mm, skin.caudal_0_mm]),
        float(skin.spacing_mm),
    )
