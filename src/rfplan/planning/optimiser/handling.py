"""How hard a plan is to carry out, for choosing among plans that take the same: long shafts, and needles that each have a direction of
their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.plan import Application


def handling(applications: Sequence[Application]) -> float:
    """What is hard about the needles, in branches: a plan that is harder by 0.01 is worth as much as one with the same needles that has one
    branch in a hundred just cut instead of safely.

    A needle is placed along the beam of an image intensifier that is turned to it, so that needles which are parallel need one view for
    all. The lesion at L5 has a view of its own in every technique and is left out.
    """
    table = figures("optimiser")
    shafts = np.array([needle.depth_mm for application in applications for needle in application.needles])
    past_mm = float(np.maximum(shafts - table["handling.easy_shaft"].value, 0.0).mean())
    apart_deg = spread_deg([application.needles[0].axis for application in applications if turns_freely(application)])
    hard = table["handling.past_easy"].value * past_mm + table["handling.apart"].value * apart_deg
    return float(hard)


def turns_freely(application: Application) -> bool:
    """Whether the application is a single needle over the sacrum, whose direction is nobody else's matter."""
    return len(application.needles) == 1 and application.target != "L5"


def spread_deg(axes: Sequence[FloatArray]) -> float:
    """Mean angle between any two of the unit vectors ``axes`` (n, 3), degrees; 0 for fewer than two."""
    if len(axes) < 2:
        return 0.0
    rows = np.stack(axes)
    one, other = np.triu_indices(len(rows), 1)
    # by the chord, which keeps its digits where vectors are nearly parallel
    half = 0.5 * np.linalg.norm(rows[one] - rows[other], axis=1)
    return float(np.rad2deg(2.0 * np.arcsin(np.minimum(half, 1.0))).mean())
