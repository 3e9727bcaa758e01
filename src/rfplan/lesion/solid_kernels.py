"""Loops over the faces of an (x, y, z) grid, and conjugate gradients for the matrices that they make.

Arrays are (nz, ny, nx). Face arrays have the shape of the cells: entry (k, j, i) is the face towards the next cell; that of the last cell
is the outer boundary or nothing. Every kernel runs in one thread without the interpreter's lock, so that two can run side by side and
no answer hangs on how many threads there are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.compiled import kernel, kernel_with
from rfplan.lesion.band_kernels import solve

TISSUE, ACTIVE, INSULATED = 0, 1, 2
_RELAX, _SAFE = 0.97, 0.25


@kernel
def _parts(role_a: int, role_b: int, part: float, over: float, sigma_a: float, sigma_b: float) -> tuple[float, float]:
    # resistances of the two halves of a face; the metal's half has none, an insulated one is endless
    if role_a == INSULATED or role_b == INSULATED or (role_a != TISSUE and role_b != TISSUE):
        return -1.0, -1.0
    a = part * over / sigma_a if role_a == TISSUE else 0.0
    b = (1.0 - part) * over / sigma_b if role_b == TISSUE else 0.0
    return a, b


@kernel_with(nogil=True)
def electric(
    sigma: FloatArray,
    role: IntArray,
    parts: FloatArray,
    over: FloatArray,
    ends: FloatArray,
    g: FloatArray,
    diagonal: FloatArray,
) -> None:
    """Fill the conductances (S) of all faces, ``g`` (3, nz, ny, nx) along x, y, z, and the diagonal they add up to.

    ``parts`` (3, ...) is the lower cell's part of the distance between two centres, ``over`` (3, ...) that distance by the face's area,
    ``ends`` (nz, ny, nx) area by distance of the outer boundary at 0 V for the cells that touch it.
    """
    nz, ny, nx = sigma.shape
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                diagonal[k, j, i] = ends[k, j, i] * sigma[k, j, i] if role[k, j, i] == TISSUE else 0.0
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                for axis in range(3):
                    n, m, o = k + (axis == 2), j + (axis == 1), i + (axis == 0)
                    value = 0.0
                    if n < nz and m < ny and o < nx:
                        a, b = _parts(
                            role[k, j, i],
                            role[n, m, o],
                            parts[axis, k, j, i],
                            over[axis, k, j, i],
                            sigma[k, j, i],
                            sigma[n, m, o],
                        )
                        if a + b > 0.0:
                            value = 1.0 / (a + b)
                        if role[k, j, i] == TISSUE:
                            diagonal[k, j, i] += value
                        if role[n, m, o] == TISSUE:
                            diagonal[n, m, o] += value
                    g[axis, k, j, i] = value


@kernel_with(nogil=True)
def couple(g: FloatArray, role: IntArray, volts: FloatArray, b: FloatArray) -> None:
    """Right side ``b`` of the potential from metal at ``volts``; the faces between metal and tissue leave ``g``."""
    nz, ny, nx = b.shape
    b[:] = 0.0
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                for axis in range(3):
                    n, m, o = k + (axis == 2), j + (axis == 1), i + (axis == 0)
                    if n < nz and m < ny and o < nx and g[axis, k, j, i] > 0.0:
                        if role[k, j, i] != TISSUE:
                            b[n, m, o] += g[axis, k, j, i] * volts[k, j, i]
                            g[axis, k, j, i] = 0.0
                        elif role[n, m, o] != TISSUE:
                            b[k, j, i] += g[axis, k, j, i] * volts[n, m, o]
                            g[axis, k, j, i] = 0.0


@kernel_with(nogil=True)
def joule(
    sigma: FloatArray,
    role: IntArray,
    parts: FloatArray,
    over: FloatArray,
    ends: FloatArray,
    v: FloatArray,
    heat: FloatArray,
) -> Any:
    """Fill the heat (W) of every cell from the potential ``v``, metal included; return their sum."""
    nz, ny, nx = v.shape
    heat[:] = 0.0
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                if role[k, j, i] == TISSUE:
                    heat[k, j, i] += ends[k, j, i] * sigma[k, j, i] * v[k, j, i] ** 2
                for axis in range(3):
                    n, m, o = k + (axis == 2), j + (axis == 1), i + (axis == 0)
                    if n < nz and m < ny and o < nx:
                        a, b = _parts(
                            role[k, j, i],
                            role[n, m, o],
                            parts[axis, k, j, i],
                            over[axis, k, j, i],
                            sigma[k, j, i],
                            sigma[n, m, o],
                        )
                        if a + b > 0.0:
                            current = (v[k, j, i] - v[n, m, o]) / (a + b)
                            heat[k, j, i] += a * current**2
                            heat[n, m, o] += b * current**2
    return heat.sum()


@kernel_with(nogil=True)
def incomplete(g: FloatArray, diagonal: FloatArray, inverse: FloatArray) -> None:
    """Fill ``inverse`` with the reciprocal roots of a modified incomplete Cholesky factor's diagonal; 0 where there is no unknown.

    Source: Gustafsson's modification, with the usual share of the fill put back on the diagonal.
    """
    nz, ny, nx = diagonal.shape
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                here = diagonal[k, j, i]
                if here <= 0.0:
                    inverse[k, j, i] = 0.0
                    continue
                left = here
                if i > 0:
                    a, p = g[0, k, j, i - 1], inverse[k, j, i - 1] ** 2
                    left -= a * a * p + _RELAX * a * (g[1, k, j, i - 1] + g[2, k, j, i - 1]) * p
                if j > 0:
                    a, p = g[1, k, j - 1, i], inverse[k, j - 1, i] ** 2
                    left -= a * a * p + _RELAX * a * (g[0, k, j - 1, i] + g[2, k, j - 1, i]) * p
                if k > 0:
                    a, p = g[2, k - 1, j, i], inverse[k - 1, j, i] ** 2
                    left -= a * a * p + _RELAX * a * (g[0, k - 1, j, i] + g[1, k - 1, j, i]) * p
                if left < _SAFE * here:
                    left = here
                inverse[k, j, i] = 1.0 / np.sqrt(left)


@kernel_with(nogil=True, fastmath={"contract"})
def _smooth(g: FloatArray, inverse: FloatArray, r: FloatArray, z: FloatArray) -> float:
    """z from the incomplete factor: forward, then backward; returns r . z."""
    nz, ny, nx = r.shape
    for k in range(nz):
        for j in range(ny):
            before = 0.0
            for i in range(nx):
                rest = r[k, j, i]
                if k > 0:
                    rest += g[2, k - 1, j, i] * inverse[k - 1, j, i] * z[k - 1, j, i]
                if j > 0:
                    rest += g[1, k, j - 1, i] * inverse[k, j - 1, i] * z[k, j - 1, i]
                here = inverse[k, j, i]
                value = (rest + before) * here
                z[k, j, i] = value
                before = g[0, k, j, i] * here * value
    total = 0.0
    for k in range(nz - 1, -1, -1):
        for j in range(ny - 1, -1, -1):
            after = 0.0
            for i in range(nx - 1, -1, -1):
                here = inverse[k, j, i]
                rest = 0.0
                if k < nz - 1:
                    rest += g[2, k, j, i] * z[k + 1, j, i]
                if j < ny - 1:
                    rest += g[1, k, j, i] * z[k, j + 1, i]
                if i < nx - 1:
                    rest += g[0, k, j, i] * after
                value = (z[k, j, i] + rest * here) * here
                z[k, j, i] = value
                after = value
                total += r[k, j, i] * value
    return total


@kernel_with(nogil=True, fastmath={"contract", "reassoc"})
def _multiply(g: FloatArray, diagonal: FloatArray, x: FloatArray, y: FloatArray) -> float:
    """y = A x; returns x . y."""
    nz, ny, nx = x.shape
    total = 0.0
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                y[k, j, i] = diagonal[k, j, i] * x[k, j, i]
            for i in range(nx - 1):
                y[k, j, i] -= g[0, k, j, i] * x[k, j, i + 1]
                y[k, j, i + 1] -= g[0, k, j, i] * x[k, j, i]
            if j > 0:
                for i in range(nx):
                    y[k, j, i] -= g[1, k, j - 1, i] * x[k, j - 1, i]
            if j < ny - 1:
                for i in range(nx):
                    y[k, j, i] -= g[1, k, j, i] * x[k, j + 1, i]
            if k > 0:
                for i in range(nx):
                    y[k, j, i] -= g[2, k - 1, j, i] * x[k - 1, j, i]
            if k < nz - 1:
                for i in range(nx):
                    y[k, j, i] -= g[2, k, j, i] * x[k + 1, j, i]
            for i in range(nx):
                total += x[k, j, i] * y[k, j, i]
    return total


@kernel_with(nogil=True)
def mean_band(g: FloatArray, diagonal: FloatArray, band: FloatArray) -> None:
    """Fill ``band`` (of :mod:`rfplan.lesion.band_kernels`, zero on entry) with the matrix summed over the second axis.

    What it solves is the mean round the needle. Rows of cells that are all without an unknown are those of the unit matrix.
    """
    nz, ny, nx = diagonal.shape
    for n in range(nz * nx, len(band)):
        band[n, 0] = 1.0
    for k in range(nz):
        for i in range(nx):
            n = k * nx + i
            for j in range(ny):
                band[n, 0] += diagonal[k, j, i]
                if j < ny - 1:
                    band[n, 0] -= 2.0 * g[1, k, j, i]
                if i < nx - 1:
                    band[n, 1] -= g[0, k, j, i]
                if k < nz - 1:
                    band[n, nx] -= g[2, k, j, i]
            if band[n, 0] <= 0.0:
                band[n, 0] = 1.0


@kernel_with(nogil=True)
def _precondition(
    g: FloatArray, inverse: FloatArray, mean: FloatArray, sums: FloatArray, r: FloatArray, z: FloatArray
) -> Any:
    """z from the incomplete factor, and from the mean round the needle; returns r . z. ``sums`` is for work."""
    total = _smooth(g, inverse, r, z)
    nz, ny, nx = r.shape
    sums[:] = 0.0
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                sums[k * nx + i] += r[k, j, i] if inverse[k, j, i] > 0.0 else 0.0
    solve(mean, sums)
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                if inverse[k, j, i] > 0.0:
                    z[k, j, i] += sums[k * nx + i]
                    total += r[k, j, i] * sums[k * nx + i]
    return total


@kernel_with(nogil=True)
def conjugate_gradients(
    g: FloatArray,
    diagonal: FloatArray,
    inverse: FloatArray,
    mean: FloatArray,
    b: FloatArray,
    x: FloatArray,
    tolerance: float,
    most: int,
) -> int:
    """Solve A x = b from the ``x`` given, in place; the number of iterations, or -1 where ``most`` were not enough.

    Stops when the residual's norm in the preconditioner is ``tolerance`` of that of ``b``.
    """
    sums = np.empty(mean.shape[0] + mean.shape[1])
    r, z = np.empty_like(b), np.zeros_like(b)
    goal = tolerance * tolerance * _precondition(g, inverse, mean, sums, b, z)
    _multiply(g, diagonal, x, r)
    r[:] = b - r
    along = _precondition(g, inverse, mean, sums, r, z)
    d = z.copy()
    y = np.empty_like(b)
    nz, ny, nx = b.shape
    for count in range(most):
        if along <= goal:
            return count
        step = along / _multiply(g, diagonal, d, y)
        for k in range(nz):
            for j in range(ny):
                for i in range(nx):
                    x[k, j, i] += step * d[k, j, i]
                    r[k, j, i] -= step * y[k, j, i]
        new = _precondition(g, inverse, mean, sums, r, z)
        turn = new / along
        along = new
        for k in range(nz):
            for j in range(ny):
                for i in range(nx):
                    d[k, j, i] = z[k, j, i] + turn * d[k, j, i]
    return -1
