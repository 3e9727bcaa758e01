"""How the branches of one side may be: number, exit, angle, depth and diameter, before they are drawn on a bone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from rfplan.anatomy.cut_normal import before_cut, cut_quantile
from rfplan.errors import InputError
from rfplan.figures import Figure, figures

_MIDDLE = 0.5
EARLIEST_CLOCK_DEG, LATEST_CLOCK_DEG = 0.0, 180.0
LEAST_ANGLE_DEG, LARGEST_ANGLE_DEG = 5.0, 90.0
"""Branches leave a foramen on its lateral side, and run caudally."""


@dataclass(frozen=True)
class Innervation:
    """Which levels are followed. The literature disagrees on both switches.

    ``l5``: the L5 dorsal ramus is a target (8 % strictly, 75 to 100 % where anastomoses count; on by default, because every technique
    treats it). ``s4``: S4 contributes (4 % by Roberts, 59 % by McGrath and Zhang; off by default).
    """

    l5: bool = True
    s4: bool = False

    def __post_init__(self) -> None:
        for name in ("l5", "s4"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} is {getattr(self, name)!r}; it must be True or False")


@dataclass(frozen=True)
class BranchTraits:
    """One branch before it is drawn: angles in degrees on the right side as seen from behind, lengths in mm.

    ``clock_deg`` clockwise from cranial at the foramen; ``angle_deg`` from caudal, 8 mm lateral of it; ``depth_mm`` over the bone;
    ``shift_mm`` of the L5 ramus from the deepest line of its groove.
    """

    level: str
    ordinal: int
    clock_deg: float
    angle_deg: float
    depth_mm: float
    diameter_mm: float
    shift_mm: float = 0.0


def typical_branches(innervation: Innervation | None = None) -> tuple[BranchTraits, ...]:
    """The reference set: the rounded mean number per level, spread evenly over the distribution of exits, median course and depth."""
    switches = innervation or Innervation()
    table = figures("nerves")
    traits: list[BranchTraits] = []
    if switches.l5:
        traits.append(_l5(table, 0.0))
    for level in ("S1", "S2", "S3"):
        count = round(table[f"count.{level}"].value)
        quantiles = (np.arange(count) + 0.5) / count
        clocks = sorted(_clock_at(table, level, float(q)) for q in quantiles)
        traits += [_branch(table, level, n + 1, clock, _MIDDLE, _MIDDLE, _MIDDLE) for n, clock in enumerate(clocks)]
    if switches.s4:
        traits.append(_branch(table, "S4", 1, _clock_at(table, "S4", _MIDDLE), _MIDDLE, _MIDDLE, _MIDDLE))
    return tuple(traits)


def drawn_branches(rng: np.random.Generator, innervation: Innervation | None = None) -> tuple[BranchTraits, ...]:
    """A set drawn from the distributions of ``anatomy/nerves.toml``.

    Every level draws from its own child generator, so that a switch changes no other level.
    """
    switches = innervation or Innervation()
    table = figures("nerves")
    streams = dict(zip(("L5", "S1", "S2", "S3", "S4"), rng.spawn(5), strict=True))
    traits: list[BranchTraits] = []
    if switches.l5:
        traits.append(_l5(table, float(streams["L5"].normal(0.0, table["L5.lateral_shift_sd_mm"].value))))
    for level in ("S1", "S2", "S3", "S4"):
        if level == "S4" and not switches.s4:
            continue
        stream = streams[level]
        count = _count(table, level, stream)
        draws = stream.random((count, 4))
        clocks = sorted(_clock_at(table, level, float(q)) for q in draws[:, 0])
        traits += [
            _branch(table, level, n + 1, clock, *(float(q) for q in draws[n, 1:])) for n, clock in enumerate(clocks)
        ]
    return tuple(traits)


def _count(table: Mapping[str, Figure], level: str, rng: np.random.Generator) -> int:
    mean = table[f"count.{level}"].value
    if level == "S4":
        return int(rng.random() < mean)
    absent = table[f"absent.{level}"].value if f"absent.{level}" in table else 0.0
    if rng.random() < absent:
        return 0
    return 1 + int(rng.poisson(mean / (1.0 - absent) - 1.0))


def _clock_at(table: Mapping[str, Figure], level: str, quantile: float) -> float:
    """Quantile of the exit's clock angle; S2 is an even mixture of an upper and a lower group."""
    key = f"clock.{level}"
    if level == "S2":
        key = "clock.S2_upper" if quantile < 0.5 else "clock.S2_lower"
        quantile = 2.0 * quantile % 1.0
    figure = table[key]
    return _cut(figure, quantile, EARLIEST_CLOCK_DEG, LATEST_CLOCK_DEG)


def _branch(
    table: Mapping[str, Figure],
    level: str,
    ordinal: int,
    clock_deg: float,
    angle: float,
    depth: float,
    thickness: float,
) -> BranchTraits:
    """A lateral branch; ``angle``, ``depth`` and ``thickness`` are quantiles."""
    course = table[f"angle.{level}"]
    over_bone = table["depth.lateral_branch"]
    assert over_bone.high is not None
    # lognormal with the stated median and 95 % below the stated upper bound
    sigma = np.log(over_bone.high / over_bone.value) / ndtri(0.95)
    diameter = table["diameter.lateral_branch"]
    assert diameter.low is not None and diameter.high is not None
    return BranchTraits(
        level=level,
        ordinal=ordinal,
        clock_deg=clock_deg,
        angle_deg=_cut(course, angle, LEAST_ANGLE_DEG, LARGEST_ANGLE_DEG),
        depth_mm=float(over_bone.value * np.exp(sigma * ndtri(np.clip(depth, 1e-6, 0.995)))),
        diameter_mm=_cut(diameter, thickness, diameter.low, diameter.high),
    )


def _l5(table: Mapping[str, Figure], shift_mm: float) -> BranchTraits:
    return BranchTraits("L5", 1, 180.0, 0.0, table["depth.L5"].value, table["diameter.L5"].value, shift_mm)


def _cut(figure: Figure, quantile: float, low: float, high: float) -> float:
    """Quantile of a normal distribution cut off at ``low`` and ``high`` that has the mean and the spread of ``figure``."""
    assert figure.sd is not None
    return float(cut_quantile(quantile, *before_cut(figure.value, figure.sd, low, high), low, high))
