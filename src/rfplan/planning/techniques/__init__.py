"""Published recipes, a file each."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rfplan.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from rfplan.planning.techniques.recipe import Technique

__all__ = ["technique", "techniques"]


def techniques() -> tuple[Technique, ...]:
    """All techniques, in the order in which they are listed to the user."""
    return tuple(_registry().values())


def technique(name: str) -> Technique:
    """The technique called ``name``, or that of a recipe file (``*.toml``); InputError with a suggestion where there is none."""
    if name.endswith(".toml"):
        from rfplan.planning.techniques.chart_recipe import load_recipe

        return load_recipe(Path(name))
    registry = _registry()
    if name not in registry:
        raise InputError(
            f"technique {name!r} is not known;{did_you_mean(name, registry)} known are: {', '.join(registry)}"
        )
    return registry[name]


@cache
def _registry() -> dict[str, Technique]:
    from rfplan.planning.techniques.bipolar_leapfrog import BipolarLeapfrog
    from rfplan.planning.techniques.conventional_periforaminal import ConventionalPeriforaminal
    from rfplan.planning.techniques.cooled_classic import CooledClassic
    from rfplan.planning.techniques.cooled_clockface import CooledClockface
    from rfplan.planning.techniques.palisade import Palisade
    from rfplan.planning.techniques.single_cannula_strip import SingleCannulaStrip
    from rfplan.planning.techniques.strip_probe import StripProbe

    kinds: tuple[type[Technique], ...] = (
        ConventionalPeriforaminal,
        CooledClockface,
        CooledClassic,
        BipolarLeapfrog,
        Palisade,
        StripProbe,
        SingleCannulaStrip,
    )
    return {kind.name: kind() for kind in kinds}
