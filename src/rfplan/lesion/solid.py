"""Potential and heat around needles on an grid in three dimensions: finite volumes with preconditioned conjugate gradients."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from rfplan.errors import ConvergenceError
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion import solid_kernels as kernels
from rfplan.lesion.band_kernels import PAD, factorise
from rfplan.lesion.conformal import PlaneMap
from rfplan.lesion.placed_body import BonePlane, PlacedBody
from rfplan.lesion.solid_faces import Faces, Grid
from rfplan.lesion.tissue import Tissue, cortical_thickness_mm, metal, tissue
from rfplan.lesion.wrapped_solid import WrappedSolidGrid

_TOLERANCE = 1e-5
_MOST_ITERATIONS = 400
_MM = 1e-3
_PER_SIDE = 4


@dataclass(frozen=True, eq=False)
class SolidGrid:
    """Cells between ``u_edges`` and ``v_edges`` of a plane map, and ``z_edges`` (mm) along the needle.

    Both ends of v lie in the mirror plane y = 0. Without ``mirror_u`` the lower end of u is the needle's axis and the upper the outer
    boundary. With it the lower end is the mirror plane half-way between a pair, where the potential is 0, the upper end a line inside
    the needle, and cells whose centre is farther than ``far_mm`` from the z axis belong to the outer boundary.
    """

    u_edges: FloatArray
    v_edges: FloatArray
    z_edges: FloatArray
    plane: PlaneMap
    mirror_u: bool = False
    far_mm: float = np.inf

    @property
    def mids(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Centres along u, v and z."""
        u, v, z = (0.5 * (edges[1:] + edges[:-1]) for edges in (self.u_edges, self.v_edges, self.z_edges))
        return u, v, z

    @property
    def widths(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Sizes along u, v and z."""
        return np.diff(self.u_edges), np.diff(self.v_edges), np.diff(self.z_edges)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nz, nv, nu)."""
        return len(self.z_edges) - 1, len(self.v_edges) - 1, len(self.u_edges) - 1

    @property
    def copies(self) -> int:
        """How many times the whole is larger than the part that is solved."""
        return 4 if self.mirror_u else 2

    def positions_mm(self, u: FloatArray, v: FloatArray, z: FloatArray) -> FloatArray:
        """(..., 3) positions of coordinates."""
        x, y = self.plane.xy(u, v)
        return np.stack(np.broadcast_arrays(x, y, z), axis=-1)

    @property
    def centres_mm(self) -> FloatArray:
        """(nz, nv, nu, 3)."""
        u, v, z = self.mids
        return self.positions_mm(u[None, None, :], v[None, :, None], z[:, None, None])

    @property
    def areas_mm2(self) -> FloatArray:
        """(nv, nu) across the needle."""
        return np.asarray(self.plane.areas(self.u_edges, self.v_edges))

    @property
    def volumes_mm3(self) -> FloatArray:
        """(nz, nv, nu)."""
        return np.asarray(np.diff(self.z_edges)[:, None, None] * self.areas_mm2[None])

    def faces(self) -> Faces:
        """What lies between the cells; conformal: in the plane a face is a rectangle's in (u, v)."""
        shape = self.shape
        parts, over = np.full((3, *shape), 0.5), np.ones((3, *shape))
        ends_v, ends_t = np.zeros(shape), np.zeros(shape)
        du, dv, dz = self.widths
        sizes = (du[None, None, :], dv[None, :, None], dz[:, None, None])
        areas = (sizes[1] * sizes[2], sizes[0] * sizes[2], self.areas_mm2[None])
        opens = ((self.mirror_u, not self.mirror_u), (False, False), (True, True))
        for axis in range(3):
            dim, width = 2 - axis, self.widths[axis]
            gap = 0.5 * (width[1:] + width[:-1])
            lay: list[Any] = [None, None, None]
            lay[dim] = slice(None)
            over[axis] = np.append(gap, 1.0)[tuple(lay)] / areas[axis]
            parts[axis] = np.append(0.5 * width[:-1] / gap, 0.5)[tuple(lay)]
            first, last = ([slice(None)] * 3 for _ in range(2))
            first[dim], last[dim] = slice(0, 1), slice(-1, None)
            face = np.broadcast_to(areas[axis], shape)
            if opens[axis][1]:
                for ends in (ends_v, ends_t):
                    ends[tuple(last)] += face[tuple(last)] / (0.5 * width[-1])
            if opens[axis][0]:
                ends_v[tuple(first)] += face[tuple(first)] / (0.5 * width[0])
                if not (axis == 0 and self.mirror_u):
                    ends_t[tuple(first)] += face[tuple(first)] / (0.5 * width[0])
        points = self.centres_mm
        beyond = np.hypot(points[..., 0], points[..., 1]) > self.far_mm
        # cells beyond the outer boundary are held at 0 by a path of no resistance worth the name
        for ends in (ends_v, ends_t):
            ends[beyond] = 1e6
        return Faces(parts, over, ends_v, ends_t)

    def metal_part(self, bodies: Sequence[PlacedBody]) -> FloatArray:
        """(nz, nv, nu) part of every cell that is metal."""
        return _metal_fraction(self, bodies)

    def thermocouple(self, theta: FloatArray, body: PlacedBody) -> float:
        """Value of a field at the thermocouple."""
        return float(trilinear(self, theta, body.thermocouple_mm))

    @property
    def fits(self) -> bool:
        """Whether the metal's surface is made of faces."""
        return False


class SolidSystem:
    """The discrete problem in three dimensions; as :class:`rfplan.lesion.march.System`.

    Cell arrays are (nz, ny, nx). Potential is for 1 V between the electrodes (or between electrode and far away).
    """

    def __init__(
        self,
        grid: Grid,
        bodies: Sequence[PlacedBody],
        around: Tissue,
        bone: BonePlane | None = None,
        sink_w_mm3k: float = 0.0,
        perfused: bool = True,
    ) -> None:
        self.grid, self.bodies = grid, tuple(bodies)
        points = grid.centres_mm
        distances = [body.distance_mm(points) for body in bodies]
        nearest = np.min(distances, axis=0)
        self.role = np.full(grid.shape, kernels.TISSUE, dtype=np.int64)
        self._volts = np.zeros(grid.shape)
        for body, distance in zip(bodies, distances, strict=True):
            inside = distance < 0.0
            active = inside & body.active(points)
            self.role[inside] = kernels.INSULATED
            self.role[active] = kernels.ACTIVE
            self._volts[active] = body.volts
        self.tissue: BoolArray = self.role == kernels.TISSUE
        surfaces = [nearest]
        names: list[Tissue] = [around]
        index = np.zeros(grid.shape, dtype=np.int64)
        if bone is not None:
            height = bone.height_mm(points)
            depth = height + cortical_thickness_mm()
            index[height < 0.0] = 1
            index[depth < 0.0] = 2
            names += [tissue("cortical_bone"), tissue("cancellous_bone")]
            surfaces += [height, depth]
        if not perfused:
            names = [name.bloodless() for name in names]
        self.soft: BoolArray = self.tissue & (index == 0)
        self._geometry(surfaces)
        self._materials(names, index, sink_w_mm3k, bone)
        self._factors: dict[float, tuple[FloatArray, FloatArray, FloatArray]] = {}
        self._g = np.zeros((3, *grid.shape))
        self._diagonal, self._inverse = np.zeros(grid.shape), np.zeros(grid.shape)
        self._v: FloatArray = np.zeros(grid.shape)
        self.iterations = [0, 0]
        self._pool = ThreadPoolExecutor(2)

    def _geometry(self, surfaces: Sequence[FloatArray]) -> None:
        """Parts and distances by areas of all faces; at a surface between materials the parts are those of its signed distance."""
        faces = self.grid.faces()
        self._ends_v, self._ends_t = faces.ends_v, faces.ends_t
        # of current and of heat
        self._parts, self._over = np.stack([faces.parts] * 2), np.stack([faces.over] * 2)
        if self.grid.fits:
            return
        for axis in range(3):
            dim = 2 - axis
            low, high = ([slice(None)] * 3 for _ in range(2))
            low[dim], high[dim] = slice(None, -1), slice(1, None)
            target = self._parts[:, axis][(slice(None), *low)]
            for surface in surfaces:
                a, b = surface[tuple(low)], surface[tuple(high)]
                crosses = (a < 0.0) != (b < 0.0)
                target[:, crosses] = (a / np.where(crosses, a - b, 1.0))[crosses]

    def _materials(self, names: Sequence[Tissue], index: IntArray, sink_w_mm3k: float, bone: BonePlane | None) -> None:
        grid, steel = self.grid, metal()
        table = np.array(
            [
                (
                    t.conductivity_s_m,
                    t.conductivity_slope_k,
                    t.heat_conductivity_w_mk,
                    t.heat_capacity_j_m3k,
                    t.perfusion_w_m3k,
                )
                for t in names
            ]
        )
        inside = ~self.tissue
        conducts = all(body.body.conducts_heat for body in self.bodies)
        self._sigma37, self._slope = table[index, 0] * _MM, table[index, 1]
        shares = None
        if bone is not None and isinstance(grid, WrappedSolidGrid):
            shares = grid.shares(bone)
            grid.cut(bone, shares, index, inside, table[:, [0, 2]].T.copy(), self._parts, self._over)
        stored, perfused = (
            table[index, column] if shares is None else np.tensordot(table[:, column], shares, 1) for column in (3, 4)
        )
        volume = grid.volumes_mm3
        part = grid.metal_part(self.bodies) if conducts else np.zeros(grid.shape)
        steel_k = steel.heat_conductivity_w_mk if conducts else 1e-9
        conductivity = np.where(inside, steel_k, table[index, 2]) * _MM
        capacity = part * steel.heat_capacity_j_m3k + (1.0 - part) * stored
        self.capacity_j_k: FloatArray = capacity * volume * _MM**3
        self.perfusion_w_k: FloatArray = (1.0 - part) * perfused * volume * _MM**3
        self.perfusion_w_k[inside] = 0.0
        active = (self.role == kernels.ACTIVE) * volume
        whole = sum(body.body.active_volume_mm3 for body in self.bodies) / 2.0
        self.sink_w_k: FloatArray = sink_w_mm3k * whole * active / max(active.sum(), 1e-30)
        # heat uses the kernel of the potential: conductivity in place of sigma, and no cell has a role of its own
        nobody = np.zeros_like(self.role)
        self._heat_g, self._heat_diagonal = np.zeros((3, *grid.shape)), np.zeros(grid.shape)
        kernels.electric(
            conductivity, nobody, self._parts[1], self._over[1], self._ends_t, self._heat_g, self._heat_diagonal
        )
        self._heat_ends = self._ends_t * conductivity

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(self.role.size)

    def joule(self, temperature_c: FloatArray) -> tuple[FloatArray, float]:
        """Heat of every cell, W per V2, and the conductance, S, of the whole (mirror images included)."""
        sigma = self._sigma37 * (1.0 + self._slope * (temperature_c - 37.0))
        kernels.electric(sigma, self.role, self._parts[0], self._over[0], self._ends_v, self._g, self._diagonal)
        b = np.empty(self.grid.shape)
        kernels.couple(self._g, self.role, self._volts, b)
        kernels.incomplete(self._g, self._diagonal, self._inverse)
        used = kernels.conjugate_gradients(
            self._g,
            self._diagonal,
            self._inverse,
            self._mean(self._g, self._diagonal),
            b,
            self._v,
            _TOLERANCE,
            _MOST_ITERATIONS,
        )
        self._check(used, "potential")
        self.iterations[0] += used
        heat = np.empty(self.grid.shape)
        whole = np.where(self.tissue, self._v, self._volts)
        power = kernels.joule(sigma, self.role, self._parts[0], self._over[0], self._ends_v, whole, heat)
        return heat, float(power) * self.grid.copies

    def heat(
        self,
        step_s: float,
        right_w: Sequence[FloatArray],
        perfusion_w_k: FloatArray | None = None,
        guesses: Sequence[FloatArray] | None = None,
    ) -> list[FloatArray]:
        """Temperatures x with (capacity / step + conduction + perfusion + sink) x = right side, one per right side."""
        if perfusion_w_k is not None or step_s not in self._factors:
            blood = self.perfusion_w_k if perfusion_w_k is None else perfusion_w_k
            diagonal = self._heat_diagonal + self.capacity_j_k / step_s + self.sink_w_k + blood
            inverse = np.zeros_like(diagonal)
            kernels.incomplete(self._heat_g, diagonal, inverse)
            mean = self._mean(self._heat_g, diagonal)
            if perfusion_w_k is None:
                self._factors[step_s] = diagonal, inverse, mean
        else:
            diagonal, inverse, mean = self._factors[step_s]
        answers = [np.zeros_like(b) if guesses is None else guesses[n].copy() for n, b in enumerate(right_w)]

        def solve(n: int) -> int:
            return int(
                kernels.conjugate_gradients(
                    self._heat_g, diagonal, inverse, mean, right_w[n], answers[n], _TOLERANCE, _MOST_ITERATIONS
                )
            )

        # the kernel works without the interpreter's lock: two right sides take two cores, and give the same bits on one
        for used in self._pool.map(solve, range(len(right_w))) if len(right_w) > 1 else [solve(0)]:
            self._check(used, "heat")
            self.iterations[1] += used
        return answers

    def losses_w(self, theta: FloatArray) -> float:
        """Heat that leaves the solved part through the outer boundary, W."""
        return float((self._heat_ends * theta).sum())

    def thermocouples(self, theta: FloatArray) -> list[float]:
        """Rise at every thermocouple in the solved part, K."""
        return [self.grid.thermocouple(theta, body) for body in self.bodies]

    def _mean(self, g: FloatArray, diagonal: FloatArray) -> FloatArray:
        """Factor of the matrix for what is the same all round."""
        nz, _, nu = self.grid.shape
        band = np.zeros((-(-nz * nu // 4) * 4, nu + 1 + PAD))
        kernels.mean_band(g, diagonal, band)
        factorise(band)
        return band

    @staticmethod
    def _check(used: int, what: str) -> None:
        if used < 0:
            raise ConvergenceError(
                f"the {what} did not converge in {_MOST_ITERATIONS} iterations: status not_converged"
            )


def trilinear(grid: SolidGrid, field: FloatArray, points_mm: FloatArray) -> FloatArray:
    """(...,) values at (..., 3) points, linear between centres; beyond the outermost ones that of the nearest."""
    points = np.asarray(points_mm, dtype=float)
    u, v = grid.plane.uv(points[..., 0], points[..., 1])
    if grid.mirror_u:
        u = np.abs(u)
    total: FloatArray = np.zeros(points.shape[:-1])
    places = [_place(centres, at) for centres, at in zip(grid.mids, (u, v, points[..., 2]), strict=True)]
    (i, a), (j, b), (k, c) = places
    for n in range(8):
        p, q, r = n & 1, n >> 1 & 1, n >> 2
        weight = (a if p else 1.0 - a) * (b if q else 1.0 - b) * (c if r else 1.0 - c)
        total = total + weight * field[k + r, j + q, i + p]
    return total


def _place(centres: FloatArray, at: FloatArray) -> tuple[IntArray, FloatArray]:
    index = np.asarray(np.clip(np.searchsorted(centres, at) - 1, 0, len(centres) - 2), dtype=np.int64)
    part = (at - centres[index]) / (centres[index + 1] - centres[index])
    return index, np.clip(part, 0.0, 1.0)


def _metal_fraction(grid: SolidGrid, bodies: Sequence[PlacedBody]) -> FloatArray:
    """(nz, nv, nu) part of every cell that is metal, sampled where the surface may pass."""
    points = grid.centres_mm
    edges = (grid.u_edges, grid.v_edges, grid.z_edges)
    corners = grid.positions_mm(grid.u_edges[None, None, :], grid.v_edges[None, :, None], grid.z_edges[:, None, None])
    diagonal = corners[1:, 1:, 1:] - corners[:-1, :-1, :-1]
    other = corners[1:, :-1, 1:] - corners[:-1, 1:, :-1]
    reach = 0.6 * np.maximum(np.linalg.norm(diagonal, axis=-1), np.linalg.norm(other, axis=-1))
    distance = np.min([body.distance_mm(points) for body in bodies], axis=0)
    part = (distance < 0.0).astype(float)
    k, j, i = np.nonzero(np.abs(distance) < reach)
    at = (np.arange(_PER_SIDE) + 0.5) / _PER_SIDE
    a, b, c = (grid_part.ravel() for grid_part in np.meshgrid(at, at, at, indexing="ij"))
    u, v, z = (
        edge[index][:, None] + np.diff(edge)[index][:, None] * shift
        for edge, index, shift in zip(edges, (i, j, k), (a, b, c), strict=True)
    )
    inside = np.min([body.distance_mm(grid.positions_mm(u, v, z)) for body in bodies], axis=0) < 0.0
    part[k, j, i] = inside.mean(axis=1)
    return np.asarray(part)
