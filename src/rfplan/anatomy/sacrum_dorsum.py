"""The back of the sacrum as a height over its curved axis: laminae, crests and tubercles."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_layout import SacrumLayout
from rfplan.anatomy.sides import LEVELS
from rfplan.geometry.arrays import FloatArray

_PROFILES = ("lamina", "intermediate", "foramen_line", "lateral_crest", "alar_rim", "dorsal_edge")


def dorsal_height(layout: SacrumLayout, x: FloatArray, s: FloatArray, half_width: FloatArray) -> FloatArray:
    """(n,) height t of the back of the bone at sizes ``x`` of the lateral coordinate and positions ``s``, without processes."""
    line = np.interp(s, layout.dorsal_mm[:, 1], layout.dorsal_mm[:, 0])
    crest = np.minimum(crest_lateral(layout, s), 0.86 * half_width)
    line = np.minimum(line, 0.75 * crest)
    rim = crest + 0.6 * (half_width - crest)
    knots = np.stack([np.zeros_like(x), 0.62 * line, line, crest, rim, half_width], axis=-1)
    values = np.stack([layout.profile(name)(s) for name in _PROFILES], axis=-1)
    return hermite(knots, values, x) + _relief(layout, x, s)


def _relief(layout: SacrumLayout, x: FloatArray, s: FloatArray) -> FloatArray:
    """Tubercles of the intermediate and lateral crests, hollows around foramina and the fossa behind the ala."""
    p = layout.parameters
    result = np.zeros_like(x)

    def bump(height: float, at_x: float, at_s: float, wide: float, long: float, sharp: float = 1.0) -> FloatArray:
        return height * np.exp(-((((x - at_x) / wide) ** 2 + ((s - at_s) / long) ** 2) ** sharp))

    for number, level in enumerate(LEVELS):
        centre, along, _ = layout.dorsal_mm[number]
        crest = float(crest_lateral(layout, np.array([along]))[0])
        # the crest is a row of tubercles with saddles between them
        result += bump(1.05 * p[f"tubercle.{level}.height"], crest, along + 1.0, 4.6, 5.2, 0.65)
        result -= bump(0.45 * p[f"tubercle.{level}.height"], crest + 1.0, along + 11.0, 5.5, 4.5)
        result += bump(0.45 * p[f"tubercle.{level}.height"], 0.62 * centre, along + 5.0, 3.2, 4.2, 0.8)
        result -= bump(
            0.13 * p[f"foramen.{level}.height"],
            centre + 1.0,
            along,
            1.0 * p[f"foramen.{level}.width"],
            0.75 * p[f"foramen.{level}.height"],
        )
        # laminae stand proud of the spaces between them
        result += bump(0.8, 0.0, along - 2.0, 0.8 * centre, 4.5)
    first = layout.dorsal_mm[0, 1]
    result -= bump(p["fossa.depth"], 0.70 * layout.widest_mm, first - 15.0, 6.5, 8.0)
    return result


def crest_lateral(layout: SacrumLayout, along_mm: FloatArray) -> FloatArray:
    """(n,) distance of the lateral crest from the midline at ``along_mm``."""
    p = layout.parameters
    reach = [
        p[f"foramen.{level}.lateral"] + 0.5 * p[f"foramen.{level}.width"] + p[f"tubercle.{level}.from_foramen"]
        for level in LEVELS
    ]
    return np.asarray(np.interp(along_mm, layout.dorsal_mm[:, 1], reach))


def crest_course(layout: SacrumLayout) -> FloatArray:
    """(n, 3) course of the left lateral crest from above the S1 to below the S4 foramen, axis coordinates, near the surface."""
    along = np.arange(layout.dorsal_mm[0, 1] - 14.0, layout.dorsal_mm[3, 1] + 6.0, 1.0)
    x = np.minimum(crest_lateral(layout, along), 0.86 * layout.half_width(along))
    return np.column_stack([x, along, layout.profile("lateral_crest")(along)])


def tubercle_centres(layout: SacrumLayout) -> dict[str, FloatArray]:
    """Left transverse tubercles by level, axis coordinates, near the surface."""
    along = layout.dorsal_mm[:, 1]
    lateral, height = crest_lateral(layout, along), layout.profile("lateral_crest")(along)
    return {level: np.array([lateral[k], along[k] + 1.0, height[k]]) for k, level in enumerate(LEVELS[:3])}


def hermite(knots: FloatArray, values: FloatArray, x: FloatArray) -> FloatArray:
    """(n,) smooth curves through (n, k) ``values`` at (n, k) rising ``knots``, at (n,) ``x``; even about zero.

    Each point has its own curve; slopes are those of the parabola through three knots, level at the first.
    """
    width = np.diff(knots, axis=1)
    rise = np.diff(values, axis=1) / width
    slope = np.zeros_like(values)
    slope[:, 1:-1] = (rise[:, :-1] * width[:, 1:] + rise[:, 1:] * width[:, :-1]) / (width[:, :-1] + width[:, 1:])
    slope[:, -1] = rise[:, -1]
    cell = np.clip(np.sum(x[:, None] >= knots[:, 1:-1], axis=1), 0, knots.shape[1] - 2)
    pick = np.arange(len(x))
    h = width[pick, cell]
    u = np.clip((x - knots[pick, cell]) / h, 0.0, 1.6)
    a, b = values[pick, cell], values[pick, cell + 1]
    da, db = slope[pick, cell] * h, slope[pick, cell + 1] * h
    inner = ((2 * u - 3) * u * u + 1) * a + ((u - 2) * u + 1) * u * da + (3 - 2 * u) * u * u * b + (u - 1) * u * u * db
    return np.asarray(np.where(u > 1.0, b + (u - 1.0) * db, inner))
