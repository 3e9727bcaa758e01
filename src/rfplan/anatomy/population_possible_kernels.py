"""Compiled check of which dimensions a sacrum can have."""

from __future__ import annotations

import numpy as np

from rfplan.anatomy.sacrum_form_kernels import (
    ALONG,
    CENTRE,
    CUBICS,
    FORM_SIZE,
    HALF_WIDTH,
    LEVELS,
    POSSIBLE,
    ROOM,
    STATIONS,
    WHOLE,
    WIDTH_FACTOR,
    cell_of,
    cubic,
    lay_out,
)  # fmt: skip
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.geometry.compiled import kernel

_WIDTH, _HEIGHT, _SPACING = column("foramen.S1.width"), column("foramen.S1.height"), column("foramen.S2.spacing")
_CAUDAL = column("foramen.S1.caudal")


@kernel
def possible(
    values: FloatArray, below_s4: float, between: float, beside: float, medial: float, above: float
) -> BoolArray:
    """(n,) whether a sacrum can have each of the (n, k) rows of dimensions; the limits are those of ``[possible]``, mm."""
    result = np.ones(values.shape[0], dtype=np.bool_)
    f = np.zeros(FORM_SIZE)
    for n in range(values.shape[0]):
        f[: values.shape[1]] = values[n]
        lay_out(f)
        good = f[WHOLE + POSSIBLE] > 0.0 and f[WHOLE + ROOM] >= below_s4
        good = good and f[_CAUDAL] - 0.5 * f[_HEIGHT] >= above
        for level in range(4):
            x, s = f[LEVELS + 10 * level + CENTRE], f[LEVELS + 10 * level + ALONG]
            good = good and x - 0.5 * f[_WIDTH + level] >= medial
            if level > 0:
                edge = f[_SPACING + level - 1] - 0.5 * (f[_HEIGHT + level - 1] + f[_HEIGHT + level])
                good = good and edge >= between
            if good:
                cell = cell_of(f, STATIONS, 8, s)
                half = cubic(f, CUBICS + 28 * HALF_WIDTH + 4 * cell, s - f[STATIONS + cell]) * f[WHOLE + WIDTH_FACTOR]
                good = x + 0.5 * f[_WIDTH + level] + beside <= half
        result[n] = good
    return result
