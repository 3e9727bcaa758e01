"""The lower ring of the hip bone: posterior column and ischium, its ramus, superior ramus and body of the pubis, and the cup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from rfplan.geometry.arrays import FloatArray, IntArray, frozen, unit
from rfplan.geometry.polyline import arc_length

CHAINS: Final[Mapping[str, tuple[str, ...]]] = {
    "ilium_body": ("blade", "roof"),
    "aiis": ("tip", "root"),
    "ischium": ("column", "behind_cup", "body", "tuberosity", "tuberosity_end"),
    "spine": ("base", "tip"),
    "brim": ("ilium", "eminence", "pubis"),
    "ischial_ramus": ("root", "rear", "middle", "front"),
    "superior_ramus": ("root", "rear", "middle", "front"),
    "pubis": ("lateral", "medial"),
}
"""Rods from node to node. A node's ``lateral`` is in mm from the centre of the cup, or, where the bone reaches for the midline,
a ``share`` of the way from the midline to the cup."""

_PIECES = 6


@dataclass(frozen=True, eq=False)
class Rods:
    """Rods (m, 14) in hip axes for :func:`hip_kernels.hip_field`.

    ``first_of_chain`` (k + 1,) tells where each chain begins; ``spheres`` (m, 4) are centres and radii of balls that hold a rod each.
    """

    rods: FloatArray
    first_of_chain: IntArray
    spheres: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "rods", frozen(self.rods))
        object.__setattr__(self, "first_of_chain", frozen(self.first_of_chain, np.int64))
        object.__setattr__(self, "spheres", frozen(self.spheres))

    @property
    def reach_mm(self) -> FloatArray:
        """(m,) how far a rod stands out from its line at most."""
        spread = np.linalg.norm(self.rods[:, 8:].reshape(-1, 2, 3), axis=-1)
        return np.asarray((spread + self.rods[:, 6:8]).max(axis=1))


def drawn_rods(chains: Iterable[FloatArray]) -> Rods:
    """Rods drawn smoothly through the nodes of chains: (n, 7) place (3), radius and spread (3) of each node."""
    rods: list[FloatArray] = []
    first = [0]
    for nodes in chains:
        along = arc_length(nodes[:, :3])
        fine = np.interp(np.arange(_PIECES * (len(nodes) - 1) + 1) / _PIECES, np.arange(len(nodes)), along)
        drawn = nodes
        if len(nodes) > 2:
            # the course bends evenly; a monotone curve keeps the girth from swelling between the nodes
            course = CubicSpline(along, nodes[:, :3], bc_type="natural")(fine)
            drawn = np.column_stack([course, PchipInterpolator(along, nodes[:, 3:])(fine)])
        start, end = drawn[:-1], drawn[1:]
        rods.extend(np.column_stack([start[:, :3], end[:, :3], start[:, 3], end[:, 3], start[:, 4:], end[:, 4:]]))
        first.append(len(rods))
    table = np.array(rods)
    spread = np.linalg.norm(table[:, 8:].reshape(-1, 2, 3), axis=-1)
    length = np.linalg.norm(table[:, 3:6] - table[:, :3], axis=1)
    reach = 0.5 * length + (spread + table[:, 6:8]).max(axis=1)
    spheres = np.column_stack([0.5 * (table[:, :3] + table[:, 3:6]), reach])
    return Rods(table, np.array(first, dtype=np.int64), spheres)


def rods_of(parameters: Mapping[str, float], cup_to_midline_mm: float) -> Rods:
    """The chains of the ring of the hip bone, in hip axes."""
    return drawn_rods(
        np.array([_node(parameters, f"hip.ring.{chain}.{name}", cup_to_midline_mm) for name in names])
        for chain, names in CHAINS.items()
    )


def cup_of(parameters: Mapping[str, float]) -> FloatArray:
    """(10,) radius, wall, rim, opening, notch and its radius, for :func:`hip_kernels.hip_field`."""

    def value(key: str) -> float:
        return parameters[f"hip.cup.{key}"]

    opening = unit([value("opening_anterior"), value("opening_superior"), value("opening_lateral")])
    depth = value("radius") + value("wall") + 4.0
    # the notch is the low side of the rim
    low = unit(np.array([0.0, -1.0, 0.0]) + opening[1] * opening)
    notch = depth * unit(low + 0.15 * opening)
    return np.concatenate([[value("radius"), value("wall"), value("rim")], opening, notch, [value("notch_radius")]])


def _node(parameters: Mapping[str, float], key: str, cup_to_midline_mm: float) -> list[float]:
    """Place (3), radius and spread (3) of a node; the spread turns in the horizontal plane, or in the sagittal one of a share."""
    spread = parameters.get(f"{key}.spread", 0.0)
    angle = np.deg2rad(parameters.get(f"{key}.spread_angle", 0.0))
    if f"{key}.share" in parameters:
        lateral = cup_to_midline_mm * (parameters[f"{key}.share"] - 1.0)
        direction = np.array([np.cos(angle), np.sin(angle), 0.0])
    else:
        lateral = parameters[f"{key}.lateral"]
        direction = np.array([np.cos(angle), 0.0, np.sin(angle)])
    place = [parameters[f"{key}.anterior"], parameters[f"{key}.superior"], lateral]
    return [*place, parameters[f"{key}.radius"], *(spread * direction)]
