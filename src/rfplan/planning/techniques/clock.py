"""Clock positions of a recipe, and how they are written."""

from __future__ import annotations

from rfplan.planning.techniques.site import Site


def clock_hours(site: Site, level: str) -> tuple[float, ...]:
    """Positions of a level in the recipe, stated for the right side, h."""
    return tuple(value for key, value in site.recipe.items() if key.startswith(f"clock.{level}."))


def as_read(hours: float, site: Site) -> str:
    """A position as the operator reads it on the side in hand: 4.5 is 4:30 on the right and 7:30 on the left."""
    shown = hours if site.side == "right" else 12.0 - hours
    whole, minutes = divmod(round(shown * 60) % 720, 60)
    return f"{whole or 12}:{minutes:02d}"
