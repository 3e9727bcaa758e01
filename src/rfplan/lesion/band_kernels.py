"""Cholesky factors of symmetric banded matrices: L D L', one thread, so that answers never hang on how many there are.

Columns are taken four at a time: every entry of the rest is then read and written once for four updates, which is what the time goes
into. For that the band has :data:`PAD` empty places behind every column, and the matrix a multiple of four columns (rows of the unit
matrix fill it up).
"""

from __future__ import annotations

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel, kernel_with

PAD = 4


@kernel
def factorise(band: FloatArray) -> bool:
    """Factor (n, width + 1 + PAD) in place: column j of L below the diagonal in ``band[j, 1:]``, 1 / D in ``band[j, 0]``.

    On entry ``band[j, d]`` is the matrix at (j + d, j), 0 beyond the width. Returns False where it is not positive definite.
    """
    n, width = band.shape[0], band.shape[1] - 1 - PAD
    for first in range(0, n, 4):
        # the four columns among themselves
        for p in range(first, first + 4):
            for q in range(first, p):
                part = band[q, p - q] / band[q, 0]
                for t in range(width + PAD - (p - q) + 1):
                    band[p, t] -= part * band[q, p - q + t]
            if not band[p, 0] > 0.0:
                return False
        a, b, c, d = band[first], band[first + 1], band[first + 2], band[first + 3]
        for column in range(first + 4, min(n, first + 4 + width)):
            k = column - first
            fa, fb, fc, fd = a[k] / a[0], b[k - 1] / b[0], c[k - 2] / c[0], d[k - 3] / d[0]
            target = band[column]
            for t in range(width + PAD - k):
                target[t] -= fa * a[k + t] + fb * b[k - 1 + t] + fc * c[k - 2 + t] + fd * d[k - 3 + t]
    for j in range(n):
        inverse = 1.0 / band[j, 0]
        for k in range(1, width + 1):
            band[j, k] *= inverse
        band[j, 0] = inverse
    return True


@kernel_with(fastmath={"reassoc", "contract"})
def solve(factor: FloatArray, x: FloatArray) -> None:
    """Overwrite ``x`` (n + width or more,) with the solution in its first n places, given a factor of :func:`factorise`."""
    n, width = factor.shape[0], factor.shape[1] - 1 - PAD
    for first in range(0, n, 4):
        a, b, c, d = factor[first], factor[first + 1], factor[first + 2], factor[first + 3]
        p = x[first]
        q = x[first + 1] - a[1] * p
        r = x[first + 2] - a[2] * p - b[1] * q
        s = x[first + 3] - a[3] * p - b[2] * q - c[1] * r
        x[first + 1], x[first + 2], x[first + 3] = q, r, s
        below = x[first + 4 :]
        for t in range(width):
            below[t] -= a[t + 4] * p + b[t + 3] * q + c[t + 2] * r + d[t + 1] * s
    for j in range(n, len(x)):
        x[j] = 0.0
    for first in range(n - 4, -1, -4):
        a, b, c, d = factor[first], factor[first + 1], factor[first + 2], factor[first + 3]
        below = x[first + 4 :]
        p, q, r, s = 0.0, 0.0, 0.0, 0.0
        for t in range(width):
            known = below[t]
            p += a[t + 4] * known
            q += b[t + 3] * known
            r += c[t + 2] * known
            s += d[t + 1] * known
        s = x[first + 3] * d[0] - s
        r = x[first + 2] * c[0] - r - c[1] * s
        q = x[first + 1] * b[0] - q - b[1] * r - b[2] * s
        p = x[first] * a[0] - p - a[1] * q - a[2] * r - a[3] * s
        x[first], x[first + 1], x[first + 2], x[first + 3] = p, q, r, s
