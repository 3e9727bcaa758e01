"""Grids for needles beside bone and for pairs: they fit the needle's surface, dense at the metal and sparse far away."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.conformal import Bipolar, Polar
from rfplan.lesion.graded_axis import edges_along, edges_of_size, graded_edges
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.placed_body import BonePlane
from rfplan.lesion.solid import SolidGrid
from rfplan.lesion.tissue import cortical_thickness_mm

_COARSER = 0.6


def polar_grid(body: MetalBody, accuracy: Accuracy, bone: BonePlane | None = None) -> SolidGrid:
    """Cells around one needle along z with its tip end at 0, half way round: y = 0 is a mirror plane.

    ``accuracy`` speaks of the axisymmetric grid; here there are 0.6 times as many cells across the needle, as they cost more.
    """
    a, cell, growth, largest = _scales(body, accuracy, 0.7)
    must, sizes = [0.0, a, a + accuracy.far_mm], {0.0: cell, a: cell}
    if bone is not None and bone.normal[2] < 1.0:
        # the shortest way to the bone is along -x: where it is met, as for a plane along the needle
        for depth in (0.0, cortical_thickness_mm()):
            reach = (depth - bone.offset_mm) / max(bone.normal[0], 0.3)
            if reach > a * 1.05:
                sizes[reach] = 1.5 * cell + 0.3 * np.log(growth) * (reach - a)
    edges = graded_edges(must, sizes, growth, largest)
    edges[0] = 0.2 * edges[1]
    return SolidGrid(
        np.log(edges),
        _round(a / cell),
        _along(body, accuracy, cell, growth, largest, bone),
        Polar(),
    )


def _round(per_radius: float) -> FloatArray:
    """Angles from +x (away from the bone) to -x, densest at the side, where the surface of the bone is met at a flat angle."""
    side = 0.6 / per_radius
    return graded_edges([0.0, np.pi], {0.0: 2.2 * side, 0.55 * np.pi: side, np.pi: 1.5 * side}, np.exp(0.35), np.pi)


def bipolar_grid(body: MetalBody, spacing_mm: float, accuracy: Accuracy) -> SolidGrid:
    """Cells around the needle at x = + half the ``spacing_mm`` of a parallel pair, a quarter: x = 0 and y = 0 are mirror planes."""
    a, cell, growth, largest = _scales(body, accuracy, 0.8)
    plane, surface = Bipolar.around(a, spacing_mm)
    far = accuracy.far_mm + 0.5 * spacing_mm
    c, slope = plane.focus_mm, np.log(growth)

    def wanted(u: FloatArray) -> FloatArray:
        # what a cell at u should measure on the two straight ways that leave the needle: outward (v = 0) and to its partner
        outer, inner = np.cosh(u) - 1.0, np.cosh(u) + 1.0
        x_outer = np.minimum(c * np.sinh(u) / np.maximum(outer, 1e-12), far)
        away = np.abs(x_outer - 0.5 * spacing_mm) - a
        toward = np.abs(0.5 * spacing_mm - c * np.sinh(u) / inner) - a
        least = (cell + slope * np.maximum(away, 0.0)) * np.maximum(outer, 2.0 * (c / far) ** 2)
        return np.asarray(np.minimum(least, (cell + slope * np.maximum(toward, 0.0)) * inner) / c)

    u_edges = edges_of_size([0.0, surface, surface + 2.0], wanted)
    v_edges = graded_edges([0.0, np.pi], {0.0: c / far, np.pi: 1.8 * slope}, growth**1.3, 1.8 * slope)
    return SolidGrid(
        u_edges,
        v_edges,
        _along(body, accuracy, cell, growth, largest, None),
        plane,
        mirror_u=True,
        far_mm=far,
    )


def _scales(body: MetalBody, accuracy: Accuracy, slower: float) -> tuple[float, float, float, float]:
    a = body.radius_mm
    return (
        a,
        a / max(2.0, accuracy.across_radius * _COARSER),
        accuracy.growth ** (1.0 / slower),
        accuracy.largest_mm * 1.5,
    )


def _along(
    body: MetalBody, accuracy: Accuracy, cell: float, growth: float, largest: float, bone: BonePlane | None
) -> FloatArray:
    a, far = body.radius_mm, accuracy.far_mm
    last = max(body.active_mm[-1][1], 2.0 * a if np.isfinite(body.end_mm) else 0.0)
    sizes = {0.0: cell, a: cell}
    must = [-far, 0.0, a, last + far]
    if np.isfinite(body.end_mm):
        must.append(body.end_mm + a)
        sizes[body.end_mm + a] = cell
    if bone is not None and bone.normal[0] == 0.0:
        for depth in (0.0, cortical_thickness_mm()):
            level = bone.offset_mm - depth
            must.append(level)
            sizes.setdefault(level, 2.0 * cell + 0.5 * np.log(growth) * abs(level))
    return edges_along(body, must, sizes, cell, cell, growth, largest)
