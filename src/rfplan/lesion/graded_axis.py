"""Cell edges that are dense where the field bends and sparse far away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from rfplan.geometry.arrays import FloatArray

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


def log_mids(edges: FloatArray) -> FloatArray:
    """(n,) centres of cells between (n + 1,) rising edges, the first of which may be 0: halfway in the logarithm."""
    mids = 0.5 * (edges[1:] + edges[:-1])
    mids[1:] = np.sqrt(edges[1:-1] * edges[2:])
    return np.asarray(mids)


def _clustered() -> FloatArray:
    # the wanted size has kinks near the ends of an interval, so that sampling is denser there
    angle = np.linspace(0.0, np.pi, _SAMPLES + 1)
    return np.asarray(0.5 * (1.0 - np.cos(angle)))
