"""Extent of the warm or dead region on a grid that wraps the needle, finer than the cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.axisymmetric import AxisymmetricSystem
from rfplan.lesion.crossing_kernels import outermost
from rfplan.lesion.lesion import LesionSize
from rfplan.lesion.wrapped_grid import WrappedGrid

_BETWEEN = 41


@dataclass(frozen=True, eq=False)
class WrappedSection:
    """Soft tissue from the metal's surface outwards: ``r_mm`` (nr,), the first on the surface, and ``values`` (nz, nr)."""

    grid: WrappedGrid
    r_mm: FloatArray
    values: FloatArray


def wrapped_section(system: AxisymmetricSystem, values: FloatArray, is_temperature: bool = True) -> WrappedSection:
    """The section of a cell field; of a temperature, with that of the metal's surface joined in."""
    assert isinstance(system.grid, WrappedGrid)
    surface, outside = system.beside_shaft(values)
    tissue = values[:, outside:]
    # a dose does not change much in half a cell, and the metal has none
    first = surface if is_temperature else tissue[:, 0]
    r = np.concatenate([[system.body.radius_mm], system.grid.r_mid[outside:]])
    return WrappedSection(system.grid, r, np.concatenate([first[:, None], tissue], axis=1))


def region_size(section: WrappedSection, level: float) -> LesionSize:
    """Size of the soft tissue at or above ``level``; the volume is without the metal.

    Crossings are those of cubics, in ln r and along z; between rows the region's edge is a cubic too.
    """
    grid, excess = section.grid, section.values - level
    if not (excess >= 0.0).any():
        return LesionSize(0.0, 0.0, 0.0, 0.0)
    counts = np.ones_like(excess)
    places = np.ascontiguousarray(np.broadcast_to(np.log(section.r_mm), excess.shape))
    edge = np.exp(outermost(places, excess, counts, 1))
    radius, low, high = _extent(grid, edge)
    columns = np.ascontiguousarray(excess[grid.rays :].T)
    z = np.ascontiguousarray(np.broadcast_to(grid.slice_mid, columns.shape))
    tops = outermost(z, columns, np.ones_like(columns), 1)
    if not np.isnan(tops).all():
        high = float(np.nanmax(tops))
    hot, a = np.nan_to_num(edge, nan=section.r_mm[0]), section.r_mm[0]
    cones = 2.0 * np.pi / 3.0 * -np.diff(np.cos(grid.angle_edges)) * (hot[: grid.rays] ** 3 - a**3)
    slices = np.pi * np.diff(grid.z_edges) * (hot[grid.rays :] ** 2 - a**2)
    return LesionSize(2.0 * radius, high - low, max(0.0, -low), float(cones.sum() + slices.sum()))


def _extent(grid: WrappedGrid, edge: FloatArray) -> tuple[float, float, float]:
    """Largest distance from the axis, lowest and highest z of the edge that lies at ``edge`` (nz,) along the rows, NaN: nowhere."""
    # rows by their distance along the surface from the tip, mirrored at the axis
    a = float(grid.z_edges[0])
    along = np.concatenate([grid.angle_mid * a, grid.slice_mid - a + 0.5 * np.pi * a])
    along, edge = np.concatenate([-along[1::-1], along]), np.concatenate([edge[1::-1], edge])
    known = np.flatnonzero(~np.isnan(edge))
    r, z = _position(grid, along[known], edge[known])
    # the widest and the lowest place lie beside the widest and the lowest row
    around = {first for n in (int(known[r.argmax()]), int(known[z.argmin()])) for first in (n - 2, n - 1)}
    points = [np.stack([r, z])]
    for first in sorted(around):
        if first >= 0 and first + 4 <= len(along) and not np.isnan(edge[first : first + 4]).any():
            at = np.linspace(along[first + 1], along[first + 2], _BETWEEN)
            points.append(_position(grid, at, _cubic(along[first : first + 4], edge[first : first + 4], at)))
    r, z = np.concatenate(points, axis=1)
    return float(r.max()), float(z.min()), float(z.max())


def _position(grid: WrappedGrid, along: FloatArray, edge: FloatArray) -> FloatArray:
    a = float(grid.z_edges[0])
    angle = np.minimum(along / a, 0.5 * np.pi)
    z = np.where(angle < 0.5 * np.pi, a - edge * np.cos(angle), along + a - 0.5 * np.pi * a)
    return np.stack([edge * np.sin(angle), z])


def _cubic(x: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    total = np.zeros_like(at)
    for n in range(4):
        weight = np.ones_like(at)
        for m in range(4):
            if m != n:
                weight *= (at - x[m]) / (x[n] - x[m])
        total += weight * values[n]
    return total
