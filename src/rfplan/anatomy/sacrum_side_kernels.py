"""Compiled side of the parametric sacrum: that of ``sacrum_side``."""

from __future__ import annotations

from rfplan.anatomy.bell_kernels import gauss, logistic, plain
from rfplan.anatomy.sacrum_form_kernels import ALONG, LEVELS, STATIONS
from rfplan.anatomy.sacrum_vector import column
from rfplan.geometry.arrays import FloatArray

_LEAN, _UPRIGHT, _VENTRAL_LEAN = column("side.lean"), column("side.upright"), column("side.ventral_lean")
_CORNER, _RECESS = column("side.corner"), column("auricular.recess")


@plain
def side(f: FloatArray, s: float, inside: float, t: float, half_width: float, behind: float) -> float:
    """Lateral place of the side at a depth; ``behind`` is 0 on the joint surface and 1 dorsal to it, where the side stands back."""
    depth = min(max((t + 4.0) / 25.0, -1.3), 1.3)
    lean = f[_VENTRAL_LEAN]
    if depth > 0:
        lean = f[_LEAN] - f[_UPRIGHT] * (1.0 - logistic(s, 22.0, 5.0))
    recess = f[_RECESS] * behind * logistic(s, 8.0, 2.0)
    recess *= (1.0 - logistic(inside, f[STATIONS + 4] - 4.0, 3.0)) * logistic(t, -10.0, 1.5)
    corner = 0.0
    for n in range(1, 4):
        share = 0.45 if n == 1 else 1.0 if n == 2 else 0.55
        corner += (
            share * f[_CORNER] * gauss(((s - f[LEVELS + 10 * n + ALONG] + 8.0) / 4.0) ** 2 + ((t - 2.0) / 6.0) ** 2)
        )
    lateral: float = half_width * (1.0 - lean * depth * depth) + corner - recess
    return lateral
