"""Cholesky factors of symmetric banded matrices: L D L', one thread, so that answers never hang on how many there are."""

from __future__ import annotations

from numba import njit


@njit(cache=True)
def factorise(band):  # type: ignore[no-untyped-def]
    """Factor (n, width + 1) in place: column j of L below the diagonal in ``band[j, 1:]``, 1 / D in ``band[j, 0]``.

    On entry ``band[j, d]`` is the matrix at (j + d, j). Returns False where it is not positive definite.
    """
    n, width = band.shape[0], band.shape[1] - 1
    for j in range(n):
        pivot = band[j, 0]
        if not pivot > 0.0:
            return False
        reach = min(width, n - 1 - j)
        for k in range(1, reach + 1):
            part = band[j, k] / pivot
            if part != 0.0:
                target, source = band[j + k], band[j]
                for m in range(k, reach + 1):
                    target[m - k] -= part * source[m]
        band[j, 0] = 1.0 / pivot
        for k in range(1, reach + 1):
            band[j, k] /= pivot
    return True


@njit(cache=True, fastmath={"reassoc"})
def solve(factor, b):  # type: ignore[no-untyped-def]
    """Overwrite ``b`` (n,) with the solution, given a factor of :func:`factorise`."""
    n, width = factor.shape[0], factor.shape[1] - 1
    for j in range(n):
        here = b[j]
        reach = min(width, n - 1 - j)
        row = factor[j]
        for k in range(1, reach + 1):
            b[j + k] -= row[k] * here
    for j in range(n - 1, -1, -1):
        reach = min(width, n - 1 - j)
        row = factor[j]
        total = 0.0
        for k in range(1, reach + 1):
            total += row[k] * b[j + k]
        b[j] = b[j] * row[0] - total
