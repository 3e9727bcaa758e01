"""Plane coordinates that fit round needles: conformal maps, in which conduction looks as it does on squares.

A map takes (u, v) to (x, y) so that angles stay. Conductance between two neighbouring cells is then that of rectangles in (u, v), exact
for the field between coaxial cylinders (polar) or around two parallel ones (bipolar); only areas know of the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rfplan.geometry.arrays import FloatArray


class PlaneMap(Protocol):
    """(u, v) <-> (x, y), and the area of cells."""

    def xy(self, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions, mm."""

    def uv(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coordinates of positions; y counts as its distance from the mirror plane y = 0."""

    def areas(self, u_edges: FloatArray, v_edges: FloatArray) -> FloatArray:
        """(nv, nu) area of the cells, mm2."""


@dataclass(frozen=True)
class Polar:
    """u = ln r, v = angle from +x, around one needle. The innermost cells reach the axis."""

    def xy(self, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions, mm."""
        r = np.exp(u)
        return r * np.cos(v), r * np.sin(v)

    def uv(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coordinates of positions."""
        return np.log(np.maximum(np.hypot(x, y), 1e-9)), np.arctan2(np.abs(y), x)

    def areas(self, u_edges: FloatArray, v_edges: FloatArray) -> FloatArray:
        """(nv, nu) area of the cells."""
        square = np.exp(2.0 * u_edges)
        square[0] = 0.0
        return np.asarray(0.5 * np.diff(v_edges)[:, None] * np.diff(square)[None, :])


@dataclass(frozen=True)
class Bipolar:
    """Circles around two foci at x = -c and +c: u is constant on a needle, 0 on the plane between; v is the angle at which the foci are
    seen, pi between them and 0 far away. ``focus_mm`` is c.
    """

    focus_mm: float

    @classmethod
    def around(cls, radius_mm: float, spacing_mm: float) -> tuple[Bipolar, float]:
        """The map that fits two needles of one radius, and the u on the surface of that at +x."""
        half = 0.5 * spacing_mm
        return cls(float(np.sqrt(half**2 - radius_mm**2))), float(np.arccosh(half / radius_mm))

    def xy(self, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions, mm."""
        # (0, 0) itself is infinitely far away
        over = self.focus_mm / np.maximum(np.cosh(u) - np.cos(v), 1e-12)
        return np.sinh(u) * over, np.sin(v) * over

    def uv(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coordinates of positions."""
        c, y = self.focus_mm, np.abs(y)
        tiny = 1e-12
        u = 0.5 * np.log(((x + c) ** 2 + y**2 + tiny) / ((x - c) ** 2 + y**2 + tiny))
        v = np.arctan2(2.0 * c * y, x**2 + y**2 - c**2)
        return u, v

    def areas(self, u_edges: FloatArray, v_edges: FloatArray) -> FloatArray:
        """(nv, nu) area of the cells, by the squared scale at 3 x 3 Gauss points."""
        nodes, weights = np.polynomial.legendre.leggauss(3)
        du, dv = np.diff(u_edges), np.diff(v_edges)
        u = 0.5 * (u_edges[1:] + u_edges[:-1])[:, None] + 0.5 * du[:, None] * nodes
        v = 0.5 * (v_edges[1:] + v_edges[:-1])[:, None] + 0.5 * dv[:, None] * nodes
        scale = self.focus_mm / (np.cosh(u)[None, :, None, :] - np.cos(v)[:, None, :, None])
        mean = np.einsum("jiba,b,a->ji", scale**2, weights, weights) / 4.0
        return np.asarray(mean * dv[:, None] * du[None, :])
