"""Cell edges that are dense where the field bends and sparse far away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.metal_body import MetalBody

_SAMPLES = 400


def graded_edges(
    must_mm: Sequence[float], sizes_mm: Mapping[float, float], growth: float, largest_mm: float
) -> FloatArray:
    """(n + 1,) rising edges from the lowest to the highest of ``must_mm``, all of which are edges themselves.

    Parameters
    ----------
    must_mm : positions that have to be edges
    sizes_mm : cell size wanted at some positions; away from each it grows by ``growth`` per cell, and the smallest wish holds
    growth : ratio of neighbouring cells, above 1
    largest_mm : no cell is wanted larger than this

    The cells of every interval between two musts have equal shares of the integral of 1 / wanted size, so that sizes change
    smoothly and halving every size nests the grids nearly.
    """
    slope = np.log(growth)

    def wanted(at: FloatArray) -> FloatArray:
        size = np.full_like(at, largest_mm)
        for position, least in sizes_mm.items():
            size = np.minimum(size, least + slope * np.abs(at - position))
        return size

    return edges_of_size(must_mm, wanted)


def edges_of_size(must: Sequence[float], wanted: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """(n + 1,) rising edges, among them all of ``must``, between cells about as large as ``wanted`` says at their place."""
    stops = sorted(set(must))
    edges = [stops[0]]
    for low, high in pairwise(stops):
        at = low + (high - low) * _clustered()
        size = wanted(at)
        share = np.concatenate([[0.0], np.cumsum(0.5 * (1.0 / size[1:] + 1.0 / size[:-1]) * np.diff(at))])
        count = max(1, round(share[-1] + 0.3))
        edges.extend(np.interp(np.linspace(0.0, share[-1], count + 1)[1:-1], share, at))
        edges.append(high)
    return np.asarray(edges)


def edges_along(
    body: MetalBody,
    must_mm: Sequence[float],
    sizes_mm: Mapping[float, float],
    beside_mm: float,
    across_mm: float,
    growth: float,
    largest_mm: float,
) -> FloatArray:
    """(n + 1,) edges along a needle as :func:`graded_edges` makes them, with one a little outward of every end of an active part.

    Parameters
    ----------
    must_mm, sizes_mm, growth, largest_mm : of :func:`graded_edges`, the ends of the active parts apart
    beside_mm : size of the cells along the needle wanted at those ends
    across_mm : size of the cells outside the metal's surface

    The current density has no bound at such an end, as 1 / sqrt(distance), and finite volumes see the end a quarter of the diagonal of
    the cells beside it too early (found on the half plane, to four digits, for cells of several proportions). The edge is therefore
    moved by that much, measured on the cells that come of it.
    """
    shift = [0.25 * float(np.hypot(beside_mm, across_mm))] * body.ends
    edges = np.empty(0)
    for _ in range(2):
        at = body.shifted_ends_mm(shift)
        edges = graded_edges([*must_mm, *at], {**sizes_mm, **dict.fromkeys(at, beside_mm)}, growth, largest_mm)
        here = [int(np.argmin(np.abs(edges - place))) for place in at]
        shift = [0.25 * float(np.hypot(0.5 * (edges[n + 1] - edges[n - 1]), across_mm)) for n in here]
    return edges


def log_mids(edges: FloatArray) -> FloatArray:
    """(n,) centres of cells between (n + 1,) rising edges, the first of which may be 0: halfway in the logarithm."""
    mids = 0.5 * (edges[1:] + edges[:-1])
    mids[1:] = np.sqrt(edges[1:-1] * edges[2:])
    return np.asarray(mids)


def _clustered() -> FloatArray:
    # the wanted size has kinks near the ends of an interval, so that sampling is denser there
    angle = np.linspace(0.0, np.pi, _SAMPLES + 1)
    return np.asarray(0.5 * (1.0 - np.cos(angle)))
