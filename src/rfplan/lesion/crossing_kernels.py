"""Where a row of samples falls through a level, by the cubic through the four samples around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_HALVINGS = 40


@kernel
def crossing(x: FloatArray, values: FloatArray, first: int, last: int, inside: int, way: int) -> Any:
    """Place between samples ``inside`` and ``inside + way`` where the cubic through them and their neighbours is 0.

    Parameters
    ----------
    x, values : (n,) places, rising, and samples; ``values`` is not negative at ``inside`` and negative at ``inside + way``
    first, last : the samples that count, both included; at the ends of the row the parabola through three of them, or the straight line
    """
    low = min(inside, inside + way)
    begin, end = max(first, low - 1), min(last, low + 2)
    a, b = x[inside], x[inside + way]
    for _ in range(_HALVINGS):
        middle = 0.5 * (a + b)
        total = 0.0
        for n in range(begin, end + 1):
            weight = 1.0
            for m in range(begin, end + 1):
                if m != n:
                    weight *= (middle - x[m]) / (x[n] - x[m])
            total += weight * values[n]
        if total >= 0.0:
            a = middle
        else:
            b = middle
    return 0.5 * (a + b)


@kernel
def outermost(x: FloatArray, values: FloatArray, counts: FloatArray, way: int) -> FloatArray:
    """(m,) for every row of ``values`` (m, n) the last place, going ``way`` (1 or -1), where it is not negative; NaN where nowhere.

    ``x`` (m, n) are places, rising along rows, ``counts`` (m, n) is 1 where a sample counts. A row that ends (or meets one that does
    not count) while it is not negative gives the place of its last sample.
    """
    rows, n = values.shape
    result = np.full(rows, np.nan)
    for j in range(rows):
        found = -1
        for k in range(n):
            i = n - 1 - k if way > 0 else k
            if counts[j, i] > 0.0 and values[j, i] >= 0.0:
                found = i
                break
        if found < 0:
            continue
        outside = found + way
        if outside < 0 or outside >= n or counts[j, outside] == 0.0:
            result[j] = x[j, found]
            continue
        first, last = found, found
        while first > 0 and counts[j, first - 1] > 0.0:
            first -= 1
        while last < n - 1 and counts[j, last + 1] > 0.0:
            last += 1
        result[j] = crossing(x[j], values[j], first, last, found, way)
    return result
