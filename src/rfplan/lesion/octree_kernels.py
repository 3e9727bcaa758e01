"""Compiled parts of the solver on an octree: conductances of faces, products, and conjugate gradients.

Leaves are rows of a sparse matrix. Row i has three places for lower leaves at ``6 i`` and three for higher ones at ``6 i + 3``, which is
all that most leaves need: loops of one length run faster than those over rows of any length. What a row has more of stands behind,
lower leaves at ``more_low[i]:more_low[i + 1]``, higher ones at ``more_high[i]:more_high[i + 1]``; places that are not needed hold 0
and point at row 0. Every face has two places. Of a group (a leaf and the four smaller ones on its face) the flux follows the mean of
the four, which keeps the order of accuracy; in the rows every one of the four stands by itself, which is what the preconditioner sees.
"""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray, IndexArray, SingleArray
from rfplan.geometry.compiled import kernel_with

TISSUE, INSULATED, ACTIVE = 0, 1, 2


@kernel_with(nogil=True)
def face_conductances(
    sigma: FloatArray,
    role: IndexArray,
    bare: FloatArray,
    beside: FloatArray,
    low: IndexArray,
    high: IndexArray,
    near: FloatArray,
    far: FloatArray,
    g: FloatArray,
    share: FloatArray,
) -> None:
    """Conductance ``g`` (f,) of faces, and the part of their heat that belongs to ``low``.

    ``near`` and ``far`` (f,) distance over area on either side of the surface between the two; a face of insulated metal carries
    nothing, one of active metal has no resistance inside and counts by the part of the leaf that is ``bare`` (n,) of insulation.
    ``beside`` (f,) is what conducts beside it through the same face, times area over distance.
    """
    for f in range(low.shape[0]):
        a, b = role[low[f]], role[high[f]]
        if a == TISSUE and b == TISSUE:
            one, two = near[f] / sigma[low[f]], far[f] / sigma[high[f]]
            g[f] = 1.0 / (one + two)
            share[f] = one * g[f]
            g[f] += beside[f]
        elif a == TISSUE and b == ACTIVE:
            g[f], share[f] = bare[high[f]] * sigma[low[f]] / near[f], 1.0
        elif a == ACTIVE and b == TISSUE:
            g[f], share[f] = bare[low[f]] * sigma[high[f]] / far[f], 0.0
        else:
            g[f], share[f] = 0.0, 0.5


@kernel_with(nogil=True)
def group_conductances(
    sigma: FloatArray, coarse: IndexArray, fine: IndexArray, over: FloatArray, g: FloatArray, share: FloatArray
) -> None:
    """Conductance of whole groups of tissue, and the part of their heat that belongs to the coarse leaf.

    ``over`` (g,) half the coarse leaf's edge over the area; the small leaves' half edges are half of that.
    """
    for n in range(coarse.shape[0]):
        mean = 0.25 * (sigma[fine[n, 0]] + sigma[fine[n, 1]] + sigma[fine[n, 2]] + sigma[fine[n, 3]])
        one, two = over[n] / sigma[coarse[n]], 0.5 * over[n] / mean
        g[n] = 1.0 / (one + two)
        share[n] = one * g[n]


@kernel_with(nogil=True)
def fill(
    low: IndexArray,
    high: IndexArray,
    at_low: IndexArray,
    at_high: IndexArray,
    g: FloatArray,
    role: IndexArray,
    coarse: IndexArray,
    fine: IndexArray,
    at_coarse: IndexArray,
    at_fine: IndexArray,
    g_group: FloatArray,
    values: SingleArray,
    diagonal: FloatArray,
) -> None:
    """Put couplings into ``values`` and add them to ``diagonal``; of groups as if every small leaf had a face of its own.

    Couplings are of single precision, which is read twice as fast; the diagonal sums up the same rounded numbers, so that no heat is
    lost. Rows and columns of metal (role not tissue) stay apart: a face to active metal counts on the diagonal only.
    """
    values[:] = 0.0
    for f in range(low.shape[0]):
        a, b = low[f], high[f]
        free_a, free_b = role[a] == TISSUE, role[b] == TISSUE
        coupling = np.float32(g[f])
        if free_a:
            diagonal[a] += coupling
        if free_b:
            diagonal[b] += coupling
        if free_a and free_b:
            values[at_low[f]] = coupling
            values[at_high[f]] = coupling
    for n in range(coarse.shape[0]):
        quarter = np.float32(0.25 * g_group[n])
        diagonal[coarse[n]] += 4.0 * quarter
        for k in range(4):
            diagonal[fine[n, k]] += quarter
            values[at_coarse[n, k]] = quarter
            values[at_fine[n, k]] = quarter


@kernel_with(nogil=True)
def modified_incomplete(
    more_low: IndexArray,
    more_high: IndexArray,
    column: IndexArray,
    values: SingleArray,
    diagonal: FloatArray,
    pivot: FloatArray,
) -> None:
    """Inverse pivots of an incomplete factor without fill, whose row sums are nearly those of the matrix."""
    relaxed = 0.96
    n = diagonal.shape[0]
    upper = np.zeros(n)
    pivot[:] = 0.0
    for i in range(n):
        total = 0.0
        for p in range(6 * i + 3, 6 * i + 6):
            total += values[p]
        for p in range(more_high[i], more_high[i + 1]):
            total += values[p]
        upper[i] = total
    for i in range(n):
        d = diagonal[i]
        for p in range(6 * i, 6 * i + 3):
            j = column[p]
            d -= values[p] * pivot[j] * ((1.0 - relaxed) * values[p] + relaxed * upper[j])
        for p in range(more_low[i], more_low[i + 1]):
            j = column[p]
            d -= values[p] * pivot[j] * ((1.0 - relaxed) * values[p] + relaxed * upper[j])
        pivot[i] = 1.0 / d if d > 1e-3 * diagonal[i] else 1.0 / diagonal[i]


@kernel_with(nogil=True)
def _forward(
    more_low: IndexArray,
    more_high: IndexArray,
    column: IndexArray,
    values: SingleArray,
    pivot: FloatArray,
    r: FloatArray,
    z: FloatArray,
) -> None:
    """z = (P - L)^-1 r, with the pivots P and the couplings L to lower leaves."""
    for i in range(r.shape[0]):
        q = 6 * i
        total = r[i] + values[q] * z[column[q]]
        total += values[q + 1] * z[column[q + 1]] + values[q + 2] * z[column[q + 2]]
        for p in range(more_low[i], more_low[i + 1]):
            total += values[p] * z[column[p]]
        z[i] = total * pivot[i]


@kernel_with(nogil=True)
def conjugate_gradients(
    more_low: IndexArray,
    more_high: IndexArray,
    column: IndexArray,
    values: SingleArray,
    diagonal: FloatArray,
    pivot: FloatArray,
    coarse: IndexArray,
    fine: IndexArray,
    g_group: FloatArray,
    b: FloatArray,
    x: FloatArray,
    tolerance: float,
    most: int,
) -> int:
    """Solve A x = b from the ``x`` given, in place; the number of iterations, or -1 where ``most`` were not enough.

    A has the couplings and diagonal given, but the flux of a group follows the mean of its four small leaves. Stops when the residual's
    norm in the preconditioner is ``tolerance`` of that of ``b``. Works on (P - L)^-1 A (P - L)^-T, which takes no product with A
    besides the two sweeps of the preconditioner.

    Source: Eisenstat 1981, SIAM J Sci Stat Comput 2:1.
    """
    n = b.shape[0]
    root, lack = np.empty(n), np.empty(n)
    for i in range(n):
        root[i] = 1.0 / np.sqrt(pivot[i])
        lack[i] = diagonal[i] - 2.0 / pivot[i]
    t, w, r = np.zeros(n), np.zeros(n), np.empty(n)
    _forward(more_low, more_high, column, values, pivot, b, w)
    goal = 0.0
    for i in range(n):
        goal += (root[i] * w[i]) ** 2
    goal *= tolerance * tolerance
    _residual(more_low, more_high, column, values, diagonal, coarse, fine, g_group, b, x, t)
    _forward(more_low, more_high, column, values, pivot, t, w)
    along = 0.0
    for i in range(n):
        r[i] = root[i] * w[i]
        along += r[i] * r[i]
    d = r.copy()
    for count in range(most):
        if along <= goal:
            return count
        # t = (P - L)^-T root d
        for i in range(n - 1, -1, -1):
            q = 6 * i + 3
            total = root[i] * d[i] + values[q] * t[column[q]]
            total += values[q + 1] * t[column[q + 1]] + values[q + 2] * t[column[q + 2]]
            for p in range(more_high[i], more_high[i + 1]):
                total += values[p] * t[column[p]]
            t[i] = total * pivot[i]
        for i in range(n):
            w[i] = root[i] * d[i] + lack[i] * t[i]
        _even_out(coarse, fine, g_group, t, w)
        curve = 0.0
        for i in range(n):
            q = 6 * i
            total = w[i] + values[q] * w[column[q]]
            total += values[q + 1] * w[column[q + 1]] + values[q + 2] * w[column[q + 2]]
            for p in range(more_low[i], more_low[i + 1]):
                total += values[p] * w[column[p]]
            w[i] = total * pivot[i]
            curve += d[i] * root[i] * (t[i] + w[i])
        step = along / curve
        new = 0.0
        for i in range(n):
            x[i] += step * t[i]
            r[i] -= step * root[i] * (t[i] + w[i])
            new += r[i] * r[i]
        turn = new / along
        along = new
        for i in range(n):
            d[i] = r[i] + turn * d[i]
    return -1


@kernel_with(nogil=True)
def _even_out(coarse: IndexArray, fine: IndexArray, g_group: FloatArray, x: FloatArray, y: FloatArray) -> None:
    """Add what the flux of groups by means differs from that of every small leaf by itself."""
    for m in range(coarse.shape[0]):
        quarter = 0.25 * g_group[m]
        mean = 0.25 * (x[fine[m, 0]] + x[fine[m, 1]] + x[fine[m, 2]] + x[fine[m, 3]])
        for k in range(4):
            y[fine[m, k]] += quarter * (mean - x[fine[m, k]])


@kernel_with(nogil=True)
def _residual(
    more_low: IndexArray,
    more_high: IndexArray,
    column: IndexArray,
    values: SingleArray,
    diagonal: FloatArray,
    coarse: IndexArray,
    fine: IndexArray,
    g_group: FloatArray,
    b: FloatArray,
    x: FloatArray,
    r: FloatArray,
) -> None:
    """r = b - A x."""
    r[:] = 0.0
    _even_out(coarse, fine, g_group, x, r)
    for i in range(b.shape[0]):
        total = b[i] - diagonal[i] * x[i] - r[i]
        for p in range(6 * i, 6 * i + 6):
            total += values[p] * x[column[p]]
        for p in range(more_low[i], more_low[i + 1]):
            total += values[p] * x[column[p]]
        for p in range(more_high[i], more_high[i + 1]):
            total += values[p] * x[column[p]]
        r[i] = total


@kernel_with(nogil=True)
def driven(
    low: IndexArray, high: IndexArray, g: FloatArray, role: IndexArray, volts: FloatArray, b: FloatArray
) -> None:
    """Right side of the potential: what active metal at ``volts`` drives into its neighbours."""
    b[:] = 0.0
    for f in range(low.shape[0]):
        if role[low[f]] == ACTIVE and role[high[f]] == TISSUE:
            b[high[f]] += g[f] * volts[low[f]]
        elif role[high[f]] == ACTIVE and role[low[f]] == TISSUE:
            b[low[f]] += g[f] * volts[high[f]]


@kernel_with(nogil=True)
def lacking(
    low: IndexArray,
    high: IndexArray,
    g: FloatArray,
    coarse: IndexArray,
    fine: IndexArray,
    g_group: FloatArray,
    behind: IndexArray,
    way: IndexArray,
    x: FloatArray,
    lack: FloatArray,
) -> None:
    """What the flux of groups lacks, ``lack`` (m,), from the small leaves to the large one.

    The difference between the large leaf's centre and the small ones' mean is the slope an eighth of the large edge beyond the face,
    and as the mean of four lies beside the middle it falls short by as much as another twenty-fourth: together a sixth. Half an edge
    on this side of the face the flux into the small leaves from ``behind`` (m, 4) is known, so that a quarter of the way from the one
    to the other lies the face.
    """
    f = low.shape[0]
    for n in range(coarse.shape[0]):
        here = g_group[n] * (0.25 * (x[fine[n, 0]] + x[fine[n, 1]] + x[fine[n, 2]] + x[fine[n, 3]]) - x[coarse[n]])
        total = 0.0
        for k in range(4):
            at = behind[n, k]
            if at < 0:
                total += 0.25 * here
            elif at < f:
                total += way[n] * g[at] * (x[low[at]] - x[high[at]])
            else:
                m = at - f
                mean = 0.25 * (x[fine[m, 0]] + x[fine[m, 1]] + x[fine[m, 2]] + x[fine[m, 3]])
                total += g_group[m] * (mean - x[coarse[m]])
        lack[n] = 0.25 * (total - here)


@kernel_with(nogil=True)
def give(
    low: IndexArray,
    high: IndexArray,
    face: IndexArray,
    more: FloatArray,
    coarse: IndexArray,
    fine: IndexArray,
    lack: FloatArray,
    b: FloatArray,
) -> None:
    """Add to the right side ``b`` what fluxes are larger: by ``more`` (c,) through some faces, by ``lack`` (m,) through groups."""
    for c in range(face.shape[0]):
        b[low[face[c]]] -= more[c]
        b[high[face[c]]] += more[c]
    for n in range(coarse.shape[0]):
        b[coarse[n]] += lack[n]
        for k in range(4):
            b[fine[n, k]] -= 0.25 * lack[n]


@kernel_with(nogil=True)
def joule(
    low: IndexArray,
    high: IndexArray,
    g: FloatArray,
    share: FloatArray,
    face: IndexArray,
    more: FloatArray,
    coarse: IndexArray,
    fine: IndexArray,
    g_group: FloatArray,
    share_group: FloatArray,
    lack: FloatArray,
    outer: IndexArray,
    g_outer: FloatArray,
    v: FloatArray,
    heat: FloatArray,
) -> float:
    """Heat of every leaf for the potential ``v``; returns its sum. ``more`` and ``lack`` as of :func:`give`."""
    heat[:] = 0.0
    total = 0.0
    for f in range(low.shape[0]):
        step = v[low[f]] - v[high[f]]
        power = g[f] * step * step
        heat[low[f]] += share[f] * power
        heat[high[f]] += (1.0 - share[f]) * power
        total += power
    for c in range(face.shape[0]):
        f = face[c]
        power = more[c] * (v[low[f]] - v[high[f]])
        heat[low[f]] += share[f] * power
        heat[high[f]] += (1.0 - share[f]) * power
        total += power
    for n in range(coarse.shape[0]):
        mean = 0.25 * (v[fine[n, 0]] + v[fine[n, 1]] + v[fine[n, 2]] + v[fine[n, 3]])
        step = mean - v[coarse[n]]
        power = (g_group[n] * step + lack[n]) * step
        heat[coarse[n]] += share_group[n] * power
        for k in range(4):
            heat[fine[n, k]] += 0.25 * (1.0 - share_group[n]) * power
        total += power
    for n in range(outer.shape[0]):
        power = g_outer[n] * v[outer[n]] ** 2
        heat[outer[n]] += power
        total += power
    return total
