"""Doses of all cells over one step, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel, kernel_with

_ZERO_C_K = 273.15
_STRAIGHT = 1e-3


@kernel
def _mean(a: float, b: float) -> Any:
    # of a rate whose logarithm runs straight from a to b
    if abs(b - a) > _STRAIGHT:
        return (np.exp(b) - np.exp(a)) / (b - a)
    return np.exp(0.5 * (a + b))


@kernel_with(nogil=True)
def add_doses(
    before_c: FloatArray,
    after_c: FloatArray,
    step_s: float,
    arrhenius: FloatArray,
    cem43: FloatArray,
    doses: FloatArray,
    peak_c: FloatArray,
) -> None:
    """Add to ``doses`` (3, n) the integrals over a step from (n,) to (n,) temperatures, and raise ``peak_c`` (n,).

    ``arrhenius`` (2, 2): logarithm of the frequency, 1/s, and activation temperature, K, of two kinds; ``cem43`` (4,): logarithms of the
    ratios above and below 43 degC, the lowest temperature that counts and that at which hotter tissue is capped. Rates run straight in
    their logarithm, as they do when temperature does: exact for CEM43 on either side of 43 degC and, to the curvature of 1/T, for
    Arrhenius. Of a step with one end too cool for CEM43 half of the other end's rate counts.
    """
    per_minute = 1.0 / 60.0
    for n in range(len(after_c)):
        a, b = before_c[n], after_c[n]
        peak_c[n] = max(peak_c[n], b)
        inverse_a, inverse_b = 1.0 / (a + _ZERO_C_K), 1.0 / (b + _ZERO_C_K)
        for kind in range(2):
            frequency, activation = arrhenius[kind, 0], arrhenius[kind, 1]
            doses[kind, n] += step_s * _mean(frequency - activation * inverse_a, frequency - activation * inverse_b)
        lowest, highest = cem43[2], cem43[3]
        a, b = min(a, highest), min(b, highest)
        log_a, log_b = (43.0 - a) * cem43[0 if a >= 43.0 else 1], (43.0 - b) * cem43[0 if b >= 43.0 else 1]
        if a >= lowest and b >= lowest:
            doses[2, n] += step_s * per_minute * _mean(log_a, log_b)
        elif max(a, b) >= lowest:
            doses[2, n] += step_s * per_minute * 0.5 * np.exp(log_a if a > b else log_b)
