"""How far a lesion reaches from the middle of an active tip, along rays across the needle."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from rfplan.geometry.arrays import FloatArray

_STEP_MM = 0.02
_REACH_MM = 30.0


def radii_along(
    inside: Callable[[FloatArray], FloatArray], middle_mm: FloatArray, ways: Mapping[str, FloatArray]
) -> dict[str, float]:
    """Distance from ``middle_mm`` (3,) to where ``inside`` of (n, 3) points first falls below 0, for every unit vector (3,) by name.

    0 where the middle itself is outside; at most 30 mm.
    """
    s = np.arange(0.0, _REACH_MM, _STEP_MM)
    return {name: _first_zero(s, inside(middle_mm + s[:, None] * way)) for name, way in ways.items()}


def _first_zero(s: FloatArray, line: FloatArray) -> float:
    out = np.flatnonzero(line < 0.0)
    if out.size == 0:
        return float(s[-1])
    n = int(out[0])
    return 0.0 if n == 0 else float(s[n - 1] + (s[n] - s[n - 1]) * line[n - 1] / (line[n - 1] - line[n]))
