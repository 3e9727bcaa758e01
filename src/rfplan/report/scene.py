"""What is in a picture: surfaces with a colour and a finish."""

from __future__ import annotations

from dataclasses import dataclass, field

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.mesh import Mesh
from rfplan.report import palette


@dataclass(frozen=True, eq=False)
class Surface:
    """A mesh and how it looks.

    ``colour`` is ``#rrggbb``; ``opacity`` below 1 makes it glass, ``edge_opacity`` is what it reaches at its outline; ``gloss`` and
    ``sharpness`` describe the highlight; ``fade`` mixes the shaded colour with the background, 0 to 1. Translucent
    surfaces of the same ``layer`` are drawn as one: where they overlap only the nearest shows. ``through_glass`` keeps
    the colour of what lies behind glass, so that it still agrees with a legend. ``normals`` (n, 3) are
    those at the vertices where they are known better than from the faces.
    """

    mesh: Mesh
    colour: str
    opacity: float = 1.0
    edge_opacity: float = 0.75
    gloss: float = 0.0
    sharpness: float = 30.0
    fade: float = 0.0
    layer: str = ""
    casts_shadow: bool = True
    through_glass: bool = False
    normals: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """Surfaces, and ``framed_mm`` (n, 3): the points that a picture of it has to hold."""

    surfaces: tuple[Surface, ...]
    framed_mm: FloatArray
    background: str = field(default=palette.PAPER)
