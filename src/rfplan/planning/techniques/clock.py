"""Clock positions of a recipe: how they are written, and a lesion at each."""

from __future__ import annotations

from collections.abc import Callable

from rfplan.devices.electrode import Mode
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.plan import Application
from rfplan.planning.techniques.aperture import Aperture
from rfplan.planning.techniques.site import Site

Place = Callable[[Aperture, float, str], FloatArray]
"""Chart point (2,) of a target: aperture, hours stated for the right side, and the target's name in; point out."""


def lesions_on_clock(site: Site, mode: Mode, place: Place) -> list[Application]:
    """One lesion per clock position of the recipe, down the beam to the bone at ``place``, cranial first."""
    made = []
    for aperture in site.apertures():
        for hours in clock_hours(site, aperture.level):
            target = f"{aperture.level} {as_read(hours, site)}"
            needle = site.needle(place(aperture, hours, target), site.beam(), target)
            if needle is not None:
                made.append(Application(mode, site.protocol, (needle,), target))
    return made


def clock_hours(site: Site, level: str) -> tuple[float, ...]:
    """Positions of a level in the recipe, stated for the right side, h."""
    return tuple(value for key, value in site.recipe.items() if key.startswith(f"clock.{level}."))


def as_read(hours: float, site: Site) -> str:
    """A position as the operator reads it on the side in hand: 4.5 is 4:30 on the right and 7:30 on the left."""
    shown = hours if site.side == "right" else 12.0 - hours
    whole, minutes = divmod(round(shown * 60) % 720, 60)
    return f"{whole or 12}:{minutes:02d}"
