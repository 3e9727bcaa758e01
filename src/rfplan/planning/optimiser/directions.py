"""The directions that are tried at every place of a tip: from the beam outwards, and along the bone."""

from __future__ import annotations

from typing import Final

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.planning.optimiser.positions import Position
from rfplan.planning.techniques.site import Site

TILTS_DEG: Final = (
    (0.0, 0.0),
    (0.0, 30.0),
    (0.0, 50.0),
    (0.0, 65.0),
    (0.0, 78.0),
    (-30.0, 0.0),
    (30.0, 0.0),
    (-30.0, 40.0),
    (30.0, 40.0),
    (-50.0, 60.0),
    (40.0, 60.0),
    (0.0, -30.0),
)
"""Tilt from the beam of the true AP view, outward and to the feet, degrees: straight, declined, flat along the bone, from either side."""

GROOVE_TILTS_DEG: Final = ((10.0, 45.0), (0.0, 30.0), (0.0, 60.0), (25.0, 45.0))
"""The same at L5: the declined view of the recipe and its neighbours."""


def directions_at(site: Site, position: Position) -> FloatArray:
    """(n, 3) unit directions towards the hub that are tried at a position, the bone's normal first on the sacrum."""
    if position.groove:
        return np.stack([site.beam(*tilt) for tilt in GROOVE_TILTS_DEG])
    return np.stack([position.normal, *(site.beam(*tilt) for tilt in TILTS_DEG)])
