"""A grid that wraps a round-ended needle: rays from the centre of the round end, and from the axis along the shaft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.graded_axis import edges_along, graded_edges, log_mids
from rfplan.lesion.metal_body import MetalBody

_LEAST_RAYS = 5


@dataclass(frozen=True, eq=False)
class WrappedGrid:
    """Cells between ``r_edges`` (from 0; one of them is the metal's surface) and rows; ``z_edges`` start where the round end does.

    The first rows are cones between ``angle_edges`` (0, the way of the needle, to a right angle) around (0, ``z_edges[0]``), r then is
    the distance from that point; the others are slices, in which r is the distance from the axis. All faces meet at right angles,
    and no cell is cut by the needle's surface. Rings have the names of :class:`rfplan.lesion.axisymmetric.AxisymmetricGrid`.
    """

    r_edges: FloatArray
    angle_edges: FloatArray
    z_edges: FloatArray

    @property
    def r_mid(self) -> FloatArray:
        """(nr,) centres, halfway in ln r."""
        return log_mids(self.r_edges)

    @property
    def rays(self) -> int:
        """How many rows are cones."""
        return len(self.angle_edges) - 1

    @property
    def angle_mid(self) -> FloatArray:
        """(rays,) centres."""
        return np.asarray(0.5 * (self.angle_edges[1:] + self.angle_edges[:-1]))

    @property
    def slice_mid(self) -> FloatArray:
        """(nz - rays,) centres of the slices along z."""
        return np.asarray(0.5 * (self.z_edges[1:] + self.z_edges[:-1]))

    @property
    def z_mid(self) -> FloatArray:
        """(nz,) z at which a row meets the metal's axis or, of cones, the round end's centre."""
        return np.concatenate([np.full(self.rays, self.z_edges[0]), self.slice_mid])

    @property
    def shape(self) -> tuple[int, int]:
        """(nz, nr), cones first."""
        return self.rays + len(self.z_edges) - 1, len(self.r_edges) - 1

    @property
    def volumes_mm3(self) -> FloatArray:
        """(nz, nr) of whole rings."""
        cones = 2.0 * np.pi / 3.0 * -np.diff(np.cos(self.angle_edges))[:, None] * np.diff(self.r_edges**3)
        slices = np.pi * np.diff(self.z_edges)[:, None] * np.diff(self.r_edges**2)
        return np.concatenate([cones, slices])

    @property
    def centres_mm(self) -> tuple[FloatArray, FloatArray]:
        """(nz, nr) distance from the axis and place along it."""
        r = self.r_mid
        sine, cosine = np.sin(self.angle_mid)[:, None], np.cos(self.angle_mid)[:, None]
        slices = (len(self.z_edges) - 1, len(r))
        across = np.concatenate([r * sine, np.broadcast_to(r, slices)])
        along = np.concatenate([self.z_edges[0] - r * cosine, np.broadcast_to(self.slice_mid[:, None], slices)])
        return across, along

    def half_resistances(
        self, surfaces_mm: Sequence[FloatArray] = ()
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Resistances (1/mm) from centres to faces: outward in, outward out, along low, along high; exact across the needle.

        As :func:`rfplan.lesion.axisymmetric_kernels.half_resistances`; the metal's surface is made of faces. ``surfaces_mm`` do not
        matter, as this grid is for one tissue.
        """
        nz, nr = self.shape
        edge, r, rays = self.r_edges[1:], self.r_mid, self.rays
        solid = 2.0 * np.pi * -np.diff(np.cos(self.angle_edges))[:, None]
        round_about = 2.0 * np.pi * np.diff(self.z_edges)[:, None]
        beyond = np.append(r[1:], edge[-1])
        inner = np.concatenate([(1.0 / r - 1.0 / edge) / solid, np.log(edge / r) / round_about])
        outer = np.concatenate([(1.0 / edge - 1.0 / beyond) / solid, np.log(beyond / edge) / round_about])
        low, high = np.zeros((nz + 1, nr)), np.zeros((nz + 1, nr))
        half = 0.5 * np.diff(self.angle_edges)[:, None]
        sine = np.sin(self.angle_edges)[:, None]
        cone = 2.0 * np.pi * np.diff(self.r_edges)
        low[1 : rays + 1] = half / (sine[1:] * cone)
        high[1:rays] = half[1:] / (sine[1:-1] * cone)
        area = np.pi * np.diff(self.r_edges**2)
        high[rays:nz] = 0.5 * np.diff(self.z_edges)[:, None] / area
        low[rays + 1 :] = 0.5 * np.diff(self.z_edges)[:, None] / area
        # nothing passes where the rays meet the axis
        high[0] = 1e30
        return inner, outer, low, high

    def metal_part(self, body: MetalBody) -> FloatArray:
        """(nz, nr) part of every ring that is metal: all or nothing."""
        return np.broadcast_to((self.r_mid < body.radius_mm).astype(float), self.shape)

    def axis(self) -> tuple[IntArray, FloatArray]:
        """Rows of the cells along the axis, from below, and their z."""
        rows = np.concatenate([[0], np.arange(self.rays, self.shape[0])])
        return rows, np.concatenate([[self.z_edges[0] - self.r_mid[0]], self.slice_mid])


def wraps(body: MetalBody) -> bool:
    """Whether a needle's active parts begin at the very tip or on the shaft, so that a wrapped grid fits."""
    return (
        bool(np.isinf(body.end_mm))
        and all(low <= 0.0 or low > 2.0 * body.radius_mm for low, _ in body.active_mm)
        and all(high > 1.5 * body.radius_mm for _, high in body.active_mm)
    )


def wrapped_grid(body: MetalBody, accuracy: Accuracy) -> WrappedGrid:
    """A grid dense at the metal's surface and at the ends of its active parts."""
    a, cell = body.radius_mm, body.radius_mm / accuracy.across_radius
    growth, largest = accuracy.growth, accuracy.largest_mm
    r_edges = graded_edges([0.0, a, a + accuracy.far_mm], {0.0: 1.5 * cell, a: cell}, growth, largest)
    rays = max(_LEAST_RAYS, round(1.1 * accuracy.across_radius))
    z_edges = edges_along(
        body,
        [a, body.active_mm[-1][1] + accuracy.far_mm],
        {a: 0.5 * np.pi * a / rays},
        1.5 * cell,
        first_outside(r_edges, a),
        growth,
        largest,
    )
    return WrappedGrid(r_edges, np.linspace(0.0, 0.5 * np.pi, rays + 1), z_edges)


def first_outside(r_edges: FloatArray, radius_mm: float) -> float:
    """Size of the cell outside the metal's surface, which is one of the edges."""
    n = int(np.argmin(np.abs(r_edges - radius_mm)))
    return float(r_edges[n + 1] - r_edges[n])
