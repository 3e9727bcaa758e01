"""Extent of the warm or dead region around one needle, finer than the cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.lesion.axisymmetric import AxisymmetricSystem
from rfplan.lesion.crossing_kernels import outermost
from rfplan.lesion.lesion import LesionSize

_NOTHING = LesionSize(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class SoftSection:
    """A half section of the soft tissue: ``r_mm`` (nz, nr), ``z_mm`` (nz,), ``values`` (nz, nr) and where they are ``soft``.

    Where the metal is straight, its outermost cells stand for its surface, at the radius of the metal.
    """

    r_mm: FloatArray
    z_mm: FloatArray
    z_edges: FloatArray
    values: FloatArray
    soft: BoolArray


def soft_section(system: AxisymmetricSystem, values: FloatArray, is_temperature: bool = True) -> SoftSection:
    """The section of a cell field; of a temperature, with that of the metal's surface joined in."""
    grid = system.grid
    r = np.broadcast_to(grid.r_mid, grid.shape).copy()
    values, soft = values.copy(), system.soft.copy()
    surface, outside = system.beside_shaft(values)
    straight = system.straight & system.soft[:, outside]
    r[straight, outside - 1] = system.body.radius_mm
    # a dose does not change much in half a cell, and the metal has none
    values[straight, outside - 1] = surface[straight] if is_temperature else values[straight, outside]
    soft[straight, outside - 1] = True
    return SoftSection(r, grid.z_mid, grid.z_edges, values, soft)


def region_size(section: SoftSection, level: float, radius_mm: float) -> LesionSize:
    """Size of the soft tissue at or above ``level``; the volume is without the metal, ``radius_mm`` thick.

    Crossings are those of cubics, in ln r across and in z along; the widest row is found by a parabola through its neighbours.
    """
    above = section.soft & (section.values >= level)
    if not above.any():
        return _NOTHING
    outer = _outermost(section, level)
    radius = peak(section.z_mm, outer)
    past = np.clip(radius_mm - section.z_mm, 0.0, None)
    inner = np.sqrt(np.clip(radius_mm**2 - past**2, 0.0, None))
    volume = float((np.pi * np.clip(outer**2 - inner**2, 0.0, None) * np.diff(section.z_edges)).sum())
    low, high = _ends(section, level)
    return LesionSize(2.0 * radius, high - low, max(0.0, -low), volume)


def _outermost(section: SoftSection, level: float) -> FloatArray:
    """(nz,) radius of every row; 0 where it is nowhere as hot."""
    logarithm = np.ascontiguousarray(np.log(section.r_mm))
    found = outermost(logarithm, section.values - level, section.soft.astype(float), 1)
    return np.asarray(np.where(np.isnan(found), 0.0, np.exp(np.nan_to_num(found))))


def peak(at: FloatArray, values: FloatArray) -> float:
    """Largest value of a smooth row of ``values``, by the parabola through the largest and its neighbours."""
    j = int(np.argmax(values))
    if j in (0, len(values) - 1) or values[j - 1] <= 0.0 or values[j + 1] <= 0.0:
        return float(values[j])
    x, y = at[j - 1 : j + 2] - at[j], values[j - 1 : j + 2]
    curve, slope, _ = np.polyfit(x, y, 2)
    return float(values[j] - slope**2 / (4.0 * curve)) if curve < 0.0 else float(values[j])


def _ends(section: SoftSection, level: float) -> tuple[float, float]:
    columns = np.ascontiguousarray((section.values - level).T)
    soft = np.ascontiguousarray(section.soft.T.astype(float))
    z = np.ascontiguousarray(np.broadcast_to(section.z_mm, columns.shape))
    low = outermost(z, columns, soft, -1)
    # a column that is hot down to the bone (or the metal) is so to its last cell's edge
    ends = np.isin(low, section.z_mm)
    low[ends] = section.z_edges[np.searchsorted(section.z_mm, low[ends])]
    return float(np.nanmin(low)), float(np.nanmax(outermost(z, columns, soft, 1)))
