"""Loops over the faces of an (r, z) grid. Arrays are (nz, nr); face arrays are (nz, nr) outer and (nz + 1, nr) lower faces."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.compiled import kernel
from rfplan.lesion.band_kernels import solve

TISSUE, ACTIVE, INSULATED = 0, 1, 2


@kernel
def _face(
    role_a: int, role_b: int, half_a: float, half_b: float, sigma_a: float, sigma_b: float
) -> tuple[float, float]:
    # conductance, and the part of its heat that falls to cell a; the metal's half of a face has no resistance and takes no heat
    if role_a == TISSUE and role_b == TISSUE:
        part_a, part_b = half_a / sigma_a, half_b / sigma_b
        return 1.0 / (part_a + part_b), part_a / (part_a + part_b)
    if role_a == TISSUE and role_b == ACTIVE:
        return sigma_a / half_a, 1.0
    if role_a == ACTIVE and role_b == TISSUE:
        return sigma_b / half_b, 0.0
    return 0.0, 0.0


@kernel
def electric_faces(
    sigma: FloatArray,
    role: IntArray,
    in_r: FloatArray,
    out_r: FloatArray,
    low_z: FloatArray,
    high_z: FloatArray,
    g_r: FloatArray,
    g_z: FloatArray,
    share_r: FloatArray,
    share_z: FloatArray,
) -> None:
    """Fill conductances (S) of all faces and the part of a face's heat that falls to its inner or lower cell."""
    nz, nr = sigma.shape
    for j in range(nz):
        for i in range(nr - 1):
            g_r[j, i], share_r[j, i] = _face(
                role[j, i], role[j, i + 1], in_r[j, i], out_r[j, i], sigma[j, i], sigma[j, i + 1]
            )
        g_r[j, nr - 1] = sigma[j, nr - 1] / in_r[j, nr - 1] if role[j, nr - 1] == TISSUE else 0.0
        share_r[j, nr - 1] = 1.0
    for i in range(nr):
        g_z[0, i] = sigma[0, i] / high_z[0, i] if role[0, i] == TISSUE else 0.0
        share_z[0, i] = 0.0
        for j in range(1, nz):
            g_z[j, i], share_z[j, i] = _face(
                role[j - 1, i], role[j, i], low_z[j, i], high_z[j, i], sigma[j - 1, i], sigma[j, i]
            )
        g_z[nz, i] = sigma[nz - 1, i] / low_z[nz, i] if role[nz - 1, i] == TISSUE else 0.0
        share_z[nz, i] = 1.0


@kernel
def fill_band(g_r: FloatArray, g_z: FloatArray, extra: FloatArray, fixed: BoolArray, band: FloatArray) -> None:
    """Fill the lower band (N, nr + 1 or more), zero on entry, of ``extra`` plus all conductances; ``fixed`` cells keep a row of 1."""
    nz, nr = extra.shape
    for j in range(nz):
        for i in range(nr):
            n = j * nr + i
            if fixed[j, i]:
                band[n, 0] = 1.0
                continue
            total = extra[j, i] + g_r[j, i] + g_z[j, i] + g_z[j + 1, i]
            if i > 0:
                total += g_r[j, i - 1]
            band[n, 0] = total
            if i < nr - 1 and not fixed[j, i + 1]:
                band[n, 1] = -g_r[j, i]
            if j < nz - 1 and not fixed[j + 1, i]:
                band[n, nr] = -g_z[j + 1, i]


@kernel
def multiply(
    g_r: FloatArray, g_z: FloatArray, extra: FloatArray, fixed: BoolArray, x: FloatArray, y: FloatArray
) -> None:
    """y = (extra + conductances) x; the outer boundary and ``fixed`` cells are at 0."""
    nz, nr = extra.shape
    for j in range(nz):
        for i in range(nr):
            if fixed[j, i]:
                y[j, i] = x[j, i]
                continue
            here = x[j, i]
            total = extra[j, i] * here
            beside = x[j, i + 1] if i < nr - 1 and not fixed[j, i + 1] else 0.0
            total += g_r[j, i] * (here - beside)
            if i > 0:
                beside = x[j, i - 1] if not fixed[j, i - 1] else 0.0
                total += g_r[j, i - 1] * (here - beside)
            beside = x[j - 1, i] if j > 0 and not fixed[j - 1, i] else 0.0
            total += g_z[j, i] * (here - beside)
            beside = x[j + 1, i] if j < nz - 1 and not fixed[j + 1, i] else 0.0
            total += g_z[j + 1, i] * (here - beside)
            y[j, i] = total


@kernel
def conjugate_gradients(
    g_r: FloatArray,
    g_z: FloatArray,
    extra: FloatArray,
    fixed: BoolArray,
    factor: FloatArray,
    b: FloatArray,
    x: FloatArray,
    tolerance: float,
    most: int,
) -> int:
    """Solve the system of :func:`multiply` for ``b`` (nz, nr) from the ``x`` given, in place, preconditioned by a ``factor`` made earlier.

    Stops when the residual's norm is ``tolerance`` of that of ``b``; the number of iterations, or -1 where ``most`` were not enough.
    """
    cells = b.size
    product, direction = np.empty_like(b), np.zeros_like(b)
    smoothed = np.empty(factor.shape[0] + factor.shape[1])
    flat_x, flat_product, flat_direction, flat_b = x.ravel(), product.ravel(), direction.ravel(), b.ravel()
    multiply(g_r, g_z, extra, fixed, x, product)
    residual = np.empty(cells)
    goal, left = 0.0, 0.0
    for n in range(cells):
        residual[n] = flat_b[n] - flat_product[n]
        goal += flat_b[n] * flat_b[n]
        left += residual[n] * residual[n]
    goal *= tolerance * tolerance
    before = 1.0
    for count in range(most):
        if left <= goal:
            return count
        smoothed[:cells] = residual
        smoothed[cells:] = 0.0
        solve(factor, smoothed)
        along = 0.0
        for n in range(cells):
            along += residual[n] * smoothed[n]
        turn = along / before if count > 0 else 0.0
        for n in range(cells):
            flat_direction[n] = smoothed[n] + turn * flat_direction[n]
        multiply(g_r, g_z, extra, fixed, direction, product)
        curve = 0.0
        for n in range(cells):
            curve += flat_direction[n] * flat_product[n]
        step = along / curve
        left = 0.0
        for n in range(cells):
            flat_x[n] += step * flat_direction[n]
            residual[n] -= step * flat_product[n]
            left += residual[n] * residual[n]
        before = along
    return -1


@kernel
def unit_source(g_r: FloatArray, g_z: FloatArray, role: IntArray, volts: FloatArray, b: FloatArray) -> None:
    """Right side of the potential for ``volts`` (nz, nr) on the active metal."""
    nz, nr = b.shape
    for j in range(nz):
        for i in range(nr):
            b[j, i] = 0.0
            if role[j, i] != TISSUE:
                continue
            if i < nr - 1 and role[j, i + 1] == ACTIVE:
                b[j, i] += g_r[j, i] * volts[j, i + 1]
            if i > 0 and role[j, i - 1] == ACTIVE:
                b[j, i] += g_r[j, i - 1] * volts[j, i - 1]
            if j > 0 and role[j - 1, i] == ACTIVE:
                b[j, i] += g_z[j, i] * volts[j - 1, i]
            if j < nz - 1 and role[j + 1, i] == ACTIVE:
                b[j, i] += g_z[j + 1, i] * volts[j + 1, i]


@kernel
def joule(
    g_r: FloatArray, g_z: FloatArray, share_r: FloatArray, share_z: FloatArray, v: FloatArray, heat: FloatArray
) -> Any:
    """Fill the heat (W per V2) of every cell from the potential ``v`` (metal included, boundary at 0); return their sum."""
    nz, nr = v.shape
    heat[:] = 0.0
    for j in range(nz):
        for i in range(nr):
            beyond = v[j, i + 1] if i < nr - 1 else 0.0
            power = g_r[j, i] * (v[j, i] - beyond) ** 2
            heat[j, i] += share_r[j, i] * power
            if i < nr - 1:
                heat[j, i + 1] += (1.0 - share_r[j, i]) * power
    for j in range(nz + 1):
        for i in range(nr):
            low = v[j - 1, i] if j > 0 else 0.0
            high = v[j, i] if j < nz else 0.0
            power = g_z[j, i] * (low - high) ** 2
            if j > 0:
                heat[j - 1, i] += share_z[j, i] * power
            if j < nz:
                heat[j, i] += (1.0 - share_z[j, i]) * power
    return heat.sum()


@kernel
def boundary_loss(g_r: FloatArray, g_z: FloatArray, theta: FloatArray) -> float:
    """Heat (W) that leaves through the outer boundary, which is at 0."""
    nz, nr = theta.shape
    total = 0.0
    for j in range(nz):
        total += g_r[j, nr - 1] * theta[j, nr - 1]
    for i in range(nr):
        total += g_z[0, i] * theta[0, i] + g_z[nz, i] * theta[nz - 1, i]
    return total


@kernel
def half_resistances(
    r_edges: FloatArray,
    z_edges: FloatArray,
    r_mid: FloatArray,
    z_mid: FloatArray,
    r_split: FloatArray,
    z_split: FloatArray,
    in_r: FloatArray,
    out_r: FloatArray,
    low_z: FloatArray,
    high_z: FloatArray,
) -> None:
    """Fill geometric resistances (1/mm) from cell centres to where the materials of two cells meet.

    ``r_split`` (nz, nr) and ``z_split`` (nz + 1, nr) are those places, edges or surfaces. Radial resistances are those of coaxial
    cylinders, so that the logarithmic field beside a needle is exact.
    """
    nz, nr = r_split.shape
    for j in range(nz):
        height = z_edges[j + 1] - z_edges[j]
        for i in range(nr):
            split = r_split[j, i]
            out_r[j, i] = np.log(r_mid[i + 1] / split) / (2.0 * np.pi * height) if i < nr - 1 else 0.0
            in_r[j, i] = np.log(split / r_mid[i]) / (2.0 * np.pi * height)
    for i in range(nr):
        area = np.pi * (r_edges[i + 1] ** 2 - r_edges[i] ** 2)
        low_z[0, i], high_z[0, i] = 0.0, (z_mid[0] - z_edges[0]) / area
        for j in range(1, nz):
            low_z[j, i], high_z[j, i] = (z_split[j, i] - z_mid[j - 1]) / area, (z_mid[j] - z_split[j, i]) / area
        low_z[nz, i], high_z[nz, i] = (z_edges[nz] - z_mid[nz - 1]) / area, 0.0
