"""Potential and heat around one needle on an (r, z) grid: finite volumes with direct and nearly direct solves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.errors import ConvergenceError, RfplanError
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion import axisymmetric_kernels as kernels
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.band_kernels import PAD, factorise, solve
from rfplan.lesion.graded_axis import edges_along, graded_edges, log_mids
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.scene import Ball, Scene
from rfplan.lesion.tissue import Tissue, metal
from rfplan.lesion.wrapped_grid import WrappedGrid

_TOLERANCE = 1e-9
_MOST_ITERATIONS = 60
_STALE_AFTER = 6
_MM = 1e-3
_NO_SPLINTER_MM = 0.005
_ACROSS_BALL = 1.0


@dataclass(frozen=True, eq=False)
class AxisymmetricGrid:
    """Edges of the cells, mm: ``r_edges`` from 0, ``z_edges`` along the needle (tip end at 0, hub towards +z)."""

    r_edges: FloatArray
    z_edges: FloatArray

    @property
    def r_mid(self) -> FloatArray:
        """(nr,) centres, in the middle as to ln r: the heat of a needle's current falls off as steeply."""
        return log_mids(self.r_edges)

    @property
    def z_mid(self) -> FloatArray:
        """(nz,) centres."""
        return np.asarray(0.5 * (self.z_edges[1:] + self.z_edges[:-1]))

    @property
    def shape(self) -> tuple[int, int]:
        """(nz, nr)."""
        return len(self.z_edges) - 1, len(self.r_edges) - 1

    @property
    def volumes_mm3(self) -> FloatArray:
        """(nz, nr) of whole rings."""
        return np.asarray(np.diff(self.z_edges)[:, None] * np.pi * np.diff(self.r_edges**2)[None, :])

    @property
    def centres_mm(self) -> tuple[FloatArray, FloatArray]:
        """(nz, nr) distance from the axis and place along it."""
        r, z = np.broadcast_arrays(self.r_mid[None, :], self.z_mid[:, None])
        return r, z

    def half_resistances(
        self, surfaces_mm: Sequence[FloatArray]
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Resistances (1/mm) from centres to faces: outward in, outward out, along low, along high.

        ``surfaces_mm`` are signed distances (nz, nr) of the surfaces between materials, which split the faces they pass.
        """
        shape = self.shape
        half = tuple(np.zeros(s) for s in (shape, shape, _plus(shape), _plus(shape)))
        kernels.half_resistances(self.r_edges, self.z_edges, self.r_mid, self.z_mid, *_splits(self, surfaces_mm), *half)
        return half[0], half[1], half[2], half[3]

    def metal_part(self, body: MetalBody) -> FloatArray:
        """(nz, nr) part of every ring that is metal."""
        return _metal_fraction(self, body)

    def axis(self) -> tuple[IntArray, FloatArray]:
        """Rows of the cells along the axis, from below, and their z."""
        return np.arange(self.shape[0]), self.z_mid


def axisymmetric_grid(
    body: MetalBody, accuracy: Accuracy, planes_mm: Sequence[float] = (), balls: Sequence[Ball] = ()
) -> AxisymmetricGrid:
    """A grid dense at the metal's surface and at the ends of its active parts; ``planes_mm`` are edges along z.

    Around ``balls``, which are on the axis, cells are small enough for their surface.
    """
    a, cell = body.radius_mm, body.radius_mm / accuracy.across_radius
    growth, largest = accuracy.growth, accuracy.largest_mm
    last = max(body.active_mm[-1][1], 2.0 * a if np.isfinite(body.end_mm) else 0.0)
    low, high = -accuracy.far_mm, last + accuracy.far_mm
    must = [low, 0.0, a, high]
    across, along = {0.0: cell, a: cell}, {0.0: cell, a: cell}
    if np.isfinite(body.end_mm):
        must.append(body.end_mm + a)
        along[body.end_mm + a] = cell
    for plane in planes_mm:
        if not low < plane < high or min(abs(plane - z) for z in must) < _NO_SPLINTER_MM:
            # beside another edge the surface is where it is all the same: faces are split at it
            continue
        must.append(plane)
        # the layers beside a plane carry the current that cannot cross it
        away = max(-plane, plane - last, 0.0)
        along.setdefault(plane, 2.0 * cell + 0.5 * np.log(growth) * away)
    for ball in balls:
        # no cell on its surface is larger than this, wherever the grid would have been coarse
        finest = ball.radius_mm / (accuracy.across_radius * _ACROSS_BALL)
        for part in np.linspace(-1.0, 1.0, 9):
            along.setdefault(float(ball.centre_mm[2]) + part * ball.radius_mm, finest)
            across.setdefault(abs(part) * ball.radius_mm, finest)
    r_edges = graded_edges([0.0, a, a + accuracy.far_mm], across, growth, largest)
    return AxisymmetricGrid(r_edges, edges_along(body, must, along, cell, cell, growth, largest))


class AxisymmetricSystem:
    """The discrete problem: capacities, conductances, and solves for potential and heat.

    Cell arrays are (nz, nr). Potential is for 1 V on the active metal and 0 at the outer boundary; or for 1 V between parts of ``body``,
    and then nothing flows through the outer boundary: what leaves one part enters the other, as from a generator that is isolated.
    ``theta`` is temperature above that of the outer boundary. Units: mm, W, K, J, V, S.
    """

    def __init__(
        self, grid: AxisymmetricGrid | WrappedGrid, body: MetalBody, around: Scene, sink_w_mm3k: float = 0.0
    ) -> None:
        self.grid, self.body = grid, body
        shape = grid.shape
        r, z = grid.centres_mm
        distance = body.distance_mm(r, z)
        inside = distance < 0.0
        self.role = np.where(inside, np.where(body.is_active(z), kernels.ACTIVE, kernels.INSULATED), kernels.TISSUE)
        self.role = self.role.astype(np.int64)
        self.tissue: BoolArray = self.role == kernels.TISSUE
        self._fixed, self._none_fixed = ~self.tissue, np.zeros(shape, dtype=bool)
        index, surfaces = around.place(np.stack(np.broadcast_arrays(r, 0.0, z), axis=-1))
        self._half = grid.half_resistances([*surfaces, distance])
        self.soft: BoolArray = self.tissue & np.array(around.soft)[index]
        self._materials(around.tissues, index, inside, sink_w_mm3k)
        self._electric = tuple(np.zeros(s) for s in (shape, _plus(shape), shape, _plus(shape)))
        self._heat_factors: dict[float, FloatArray] = {}
        self._potential_factor: FloatArray | None = None
        self._volts: FloatArray = np.where(self.role == kernels.ACTIVE, body.volts(z), 0.0)
        self._v = self._volts.copy()
        self._isolated = min(body.part_volts, default=0.0) < 0.0
        self._thermocouples = [_between(*grid.axis(), place) for place in body.thermocouples_mm]
        self.iterations = 0

    def _materials(self, tissues: Sequence[Tissue], index: IntArray, inside: BoolArray, sink_w_mm3k: float) -> None:
        grid, steel = self.grid, metal()
        columns = np.array(
            [
                (
                    t.conductivity_s_m,
                    t.conductivity_slope_k,
                    t.heat_conductivity_w_mk,
                    t.heat_capacity_j_m3k,
                    t.perfusion_w_m3k,
                )
                for t in tissues
            ]
        )[index]
        self._sigma37, self._slope = columns[..., 0] * _MM, columns[..., 1].copy()
        part = grid.metal_part(self.body)
        volume = grid.volumes_mm3
        if self.body.conducts_heat:
            conductivity = np.where(inside, steel.heat_conductivity_w_mk, columns[..., 2]) * _MM
            capacity = part * steel.heat_capacity_j_m3k + (1.0 - part) * columns[..., 3]
        else:
            # a token conductivity keeps the metal's rows regular; nothing is exchanged with it worth the name
            conductivity = np.where(inside, 1e-9, columns[..., 2]) * _MM
            capacity = columns[..., 3]
        self.capacity_j_k: FloatArray = capacity * volume * _MM**3
        self.perfusion_w_k: FloatArray = (1.0 - part) * columns[..., 4] * volume * _MM**3
        self.perfusion_w_k[inside] = 0.0
        active = (self.role == kernels.ACTIVE) * volume
        # the whole sink counts, whatever volume the cells of the round end add up to
        self.sink_w_k: FloatArray = sink_w_mm3k * self.body.active_volume_mm3 * active / max(active.sum(), 1e-30)
        in_r, out_r, low_z, high_z = self._half
        outer = np.concatenate([conductivity[:, 1:], np.ones((grid.shape[0], 1))], axis=1)
        self._heat_r = 1.0 / (in_r / conductivity + out_r / outer)
        row = np.ones((1, grid.shape[1]))
        below, above = np.concatenate([row, conductivity]), np.concatenate([conductivity, row])
        self._heat_z = 1.0 / (low_z / below + high_z / above)
        self._near = 1.0 / np.maximum(in_r / conductivity, 1e-300)
        self._far = outer / np.maximum(out_r, 1e-300)

    @property
    def straight(self) -> BoolArray:
        """(nz,) rows in which the metal has its whole radius."""
        z = self.grid.z_mid
        return np.asarray((z > self.body.radius_mm) & (z < self.body.end_mm))

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(self.role.size)

    def joule(self, temperature_c: FloatArray) -> tuple[FloatArray, float]:
        """Heat of every cell, W per V2, and the conductance between electrode and far away, S, at (nz, nr) temperatures."""
        sigma = self._sigma37 * (1.0 + self._slope * (temperature_c - 37.0))
        g_r, g_z, share_r, share_z = self._electric
        in_r, out_r, low_z, high_z = self._half
        kernels.electric_faces(sigma, self.role, in_r, out_r, low_z, high_z, g_r, g_z, share_r, share_z)
        if self._isolated:
            g_r[:, -1] = 0.0
            g_z[[0, -1]] = 0.0
        b = np.zeros(self.role.shape)
        kernels.unit_source(g_r, g_z, self.role, self._volts, b)
        extra = np.zeros_like(b)
        if self._potential_factor is None:
            self._potential_factor = self._factor(g_r, g_z, extra, self._fixed)
        solved = np.where(self.tissue, self._v, 0.0)
        used = self._iterate(g_r, g_z, extra, self._fixed, self._potential_factor, b, solved)
        if used > _STALE_AFTER:
            self._potential_factor = None
        self._v = np.where(self.tissue, solved, self._v)
        heat = np.zeros_like(b)
        power = kernels.joule(g_r, g_z, share_r, share_z, self._v, heat)
        return heat, float(power)

    @property
    def potential(self) -> FloatArray:
        """(nz, nr) of the last :meth:`joule`, for 1 V."""
        return self._v

    def heat(
        self,
        step_s: float,
        right_w: Sequence[FloatArray],
        perfusion_w_k: FloatArray | None = None,
        guesses: Sequence[FloatArray] | None = None,
    ) -> list[FloatArray]:
        """Temperatures x with (capacity / step + conduction + perfusion + sink) x = right side, one per right side.

        ``step_s`` may be inf for the steady state; ``perfusion_w_k`` where it is no longer that of living tissue. Solved directly, so
        that ``guesses`` are not used.
        """
        factor = self._heat_factors.get(step_s)
        if factor is None:
            healthy = self.capacity_j_k / step_s + self.sink_w_k + self.perfusion_w_k
            factor = self._heat_factors[step_s] = self._factor(self._heat_r, self._heat_z, healthy, self._none_fixed)
        answers = [self._solved(factor, b) for b in right_w]
        if perfusion_w_k is not None:
            extra = self.capacity_j_k / step_s + self.sink_w_k + perfusion_w_k
            for b, x in zip(right_w, answers, strict=True):
                self._iterate(self._heat_r, self._heat_z, extra, self._none_fixed, factor, b, x)
        return answers

    def losses_w(self, theta: FloatArray) -> float:
        """Heat that leaves through the outer boundary, W."""
        return float(kernels.boundary_loss(self._heat_r, self._heat_z, theta))

    def thermocouples(self, theta: FloatArray) -> list[float]:
        """Rise at every thermocouple: on the axis (linear between cells), K."""
        return [
            float(theta[low, 0] + part * (theta[high, 0] - theta[low, 0])) for low, high, part in self._thermocouples
        ]

    def beside_shaft(self, theta: FloatArray) -> tuple[FloatArray, int]:
        """(nz,) temperature on the straight surface of the metal, and the number of cells inside it."""
        i = int(np.searchsorted(self.grid.r_edges, self.body.radius_mm * (1.0 + 1e-9))) - 1
        near, far = self._near[:, i - 1], self._far[:, i - 1]
        return np.asarray((near * theta[:, i - 1] + far * theta[:, i]) / (near + far)), i

    def _factor(self, g_r: FloatArray, g_z: FloatArray, extra: FloatArray, fixed: BoolArray) -> FloatArray:
        band = np.zeros((-(-self.cells // 4) * 4, self.grid.shape[1] + 1 + PAD))
        band[self.cells :, 0] = 1.0
        kernels.fill_band(g_r, g_z, extra, fixed, band)
        if not factorise(band):
            raise RfplanError(
                "a matrix of the lesion solver is not positive definite; the material figures are not usable"
            )
        return band

    def _solved(self, factor: FloatArray, b: FloatArray) -> FloatArray:
        x = np.zeros(factor.shape[0] + factor.shape[1])
        x[: self.cells] = b.ravel()
        solve(factor, x)
        return x[: self.cells].reshape(b.shape)

    def _iterate(
        self,
        g_r: FloatArray,
        g_z: FloatArray,
        extra: FloatArray,
        fixed: BoolArray,
        factor: FloatArray,
        b: FloatArray,
        x: FloatArray,
    ) -> int:
        """Conjugate gradients from ``x`` in place, preconditioned by a factor made earlier; the number of iterations."""
        used = int(kernels.conjugate_gradients(g_r, g_z, extra, fixed, factor, b, x, _TOLERANCE, _MOST_ITERATIONS))
        if used >= 0:
            self.iterations += used
            return used
        raise ConvergenceError(
            f"the lesion solver did not converge in {_MOST_ITERATIONS} iterations: status not_converged"
        )


def _between(rows: IntArray, z_mm: FloatArray, place_mm: float) -> tuple[int, int, float]:
    """Rows before and behind a place on the axis, and which part of the way from one to the other it is."""
    behind = int(np.clip(np.searchsorted(z_mm, place_mm), 1, len(z_mm) - 1))
    part = (place_mm - z_mm[behind - 1]) / (z_mm[behind] - z_mm[behind - 1])
    return int(rows[behind - 1]), int(rows[behind]), float(np.clip(part, 0.0, 1.0))


def _plus(shape: tuple[int, int]) -> tuple[int, int]:
    return shape[0] + 1, shape[1]


def _splits(grid: AxisymmetricGrid, surfaces: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """(nz, nr) radius and (nz + 1, nr) height at which the materials of two neighbouring cells meet.

    That is the edge between them, or the first point at which a surface passes between their centres, linear in its signed distance
    (nz, nr); of several surfaces the last counts.
    """
    nz, nr = grid.shape
    r, z = np.tile(grid.r_edges[1:], (nz, 1)), np.tile(grid.z_edges[:, None], (1, nr))
    for distance in surfaces:
        negative = distance < 0.0
        for axis, target, mid in ((1, r[:, :-1], grid.r_mid), (0, z[1:-1], grid.z_mid)):
            low = (slice(None, -1), slice(None))[:: 1 if axis == 0 else -1]
            high = (slice(1, None), slice(None))[:: 1 if axis == 0 else -1]
            at = np.nonzero(negative[low] != negative[high])
            a, b = distance[low][at], distance[high][at]
            target[at] = mid[at[axis]] + np.diff(mid)[at[axis]] * a / (a - b)
    return r, z


def _metal_fraction(grid: AxisymmetricGrid, body: MetalBody, per_side: int = 6) -> FloatArray:
    """(nz, nr) part of every ring that is metal."""
    at = (np.arange(per_side) + 0.5) / per_side
    # equal areas across, so that every sample stands for the same volume
    square = grid.r_edges**2
    r = np.sqrt(square[:-1, None] + np.diff(square)[:, None] * at).ravel()
    z = (grid.z_edges[:-1, None] + np.diff(grid.z_edges)[:, None] * at).ravel()
    inside = body.distance_mm(r[None, :], z[:, None]) < 0.0
    nz, nr = grid.shape
    return np.asarray(inside.reshape(nz, per_side, nr, per_side).mean(axis=(1, 3)))
