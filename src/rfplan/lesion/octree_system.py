"""Potential and heat on an octree around any arrangement of metal: finite volumes with preconditioned conjugate gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion import octree_kernels as kernels
from rfplan.lesion.cut_faces import cut_faces
from rfplan.lesion.leaf_graph import Conductances, LeafGraph, LeafMatrix
from rfplan.lesion.octree import Octree, faces_of
from rfplan.lesion.placed_body import PlacedBody
from rfplan.lesion.scene import Scene
from rfplan.lesion.tissue import metal

_MM = 1e-3
_PER_SIDE = 4
_PER_LENGTH = 20
_RESOLVED = 1.2
_FIRST_ROUNDS = 5
_AT_ONCE = 2048


class OctreeSystem:
    """The discrete problem on the leaves of an octree; as :class:`rfplan.lesion.march.System`.

    Arrays are (n,) by leaf. Potential is for 1 V between the electrodes (or between electrode and far away).
    """

    def __init__(self, tree: Octree, scene: Scene) -> None:
        self.tree, self.scene = tree, scene
        points, sizes = tree.centres_mm, tree.sizes_mm
        distances = np.stack([body.distance_mm(points) for body in scene.bodies])
        owner = np.argmin(distances, axis=0)
        nearest = distances[owner, np.arange(tree.leaves)]
        # metal thinner than a leaf is spread over it
        resolved = sizes <= _RESOLVED * np.array([body.body.radius_mm for body in scene.bodies])[owner]
        self.metal_part: FloatArray = _metal_part(scene.bodies, points, sizes, nearest)
        inside = np.where(resolved, nearest < 0.0, self.metal_part > 0.5)
        self.role, self._volts, self._bare = _roles(scene.bodies, points, sizes, owner, inside)
        self.tissue: BoolArray = self.role == kernels.TISSUE
        index, surfaces = scene.place(points)
        self.soft: BoolArray = self.tissue & np.array(scene.soft)[index]
        self.kind: NDArray[np.int8] = np.where(inside, -1, index).astype(np.int8)
        everywhere = np.ones(tree.leaves, dtype=bool)
        self._graph = LeafGraph(
            tree,
            faces_of(tree),
            inside,
            [*((surface, everywhere) for surface in surfaces), (nearest, resolved)],
        )
        # faces through which metal passes are not cut by tissues
        plain = self.tissue & (self.metal_part == 0.0)
        self._cut = cut_faces(scene, self._graph, points, surfaces, plain)
        self._materials(index, inside, resolved, nearest, owner)
        self._sinks(owner)
        self._couples = [
            _weights_at(points, sizes, inside & (owner == n), place)
            for n, body in enumerate(scene.bodies)
            if body.sensed
            for place in body.thermocouples_mm
        ]
        self._step_s, self._matrix = np.nan, LeafMatrix.none()
        self._v: FloatArray = self._volts.copy()
        self._known = False
        self.iterations = [0, 0]
        self._pool = ThreadPoolExecutor(2)

    def _materials(
        self, index: IntArray, inside: BoolArray, resolved: BoolArray, nearest: FloatArray, owner: IntArray
    ) -> None:
        steel, names = metal(), self.scene.tissues
        part, volume = self.metal_part, self.tree.sizes_mm**3
        thin = np.where(resolved, 0.0, part)
        self._sigma37 = np.array([t.conductivity_s_m for t in names])[index] * _MM * (1.0 - thin)
        self._slope = np.array([t.conductivity_slope_k for t in names])[index]
        conducts = np.array([t.heat_conductivity_w_mk for t in names])[index]
        spread = thin * steel.heat_conductivity_w_mk + (1.0 - thin) * conducts
        conductivity = np.where(inside, steel.heat_conductivity_w_mk, spread) * _MM
        capacity = np.array([t.heat_capacity_j_m3k for t in names])[index]
        capacity = part * steel.heat_capacity_j_m3k + (1.0 - part) * capacity
        self.capacity_j_k: FloatArray = capacity * volume * _MM**3
        perfusion = np.array([t.perfusion_w_m3k for t in names])[index]
        self.perfusion_w_k: FloatArray = (1.0 - part) * perfusion * volume * _MM**3
        self.perfusion_w_k[inside] = 0.0
        # between electrodes all current that leaves one arrives at the others, however uneven they are
        self._isolated = bool((self._volts < 0.0).any())
        self._everyone = np.zeros_like(self.role)
        graph = self._graph
        # faces that metal passes or runs along: few of all
        one, two = inside[graph.low], inside[graph.high]
        close = resolved[graph.low] & resolved[graph.high]
        covered = _covered(self.scene.bodies, graph, self.tree, nearest)
        some = np.flatnonzero(close & (one | two | (covered > 0.0)))
        low, high, covered, alike = graph.low[some], graph.high[some], covered[some], (one == two)[some]
        area, gap = graph.areas_mm2(some), graph.gaps_mm(some)
        # of a face between two leaves of metal only a part may be metal, and between two of tissue some metal may run beside
        whole = np.where(inside, steel.heat_conductivity_w_mk, conducts) * _MM
        mean = covered * steel.heat_conductivity_w_mk + (1.0 - covered) * 0.5 * (conducts[low] + conducts[high])
        both = alike & (covered > 0.0) & (covered < 1.0)
        plain = 2.0 / (1.0 / whole[low] + 1.0 / whole[high])
        self._nothing = np.zeros(len(graph.low))
        beside = self._nothing.copy()
        beside[some] = np.where(both, (mean * _MM - plain) * area / gap, 0.0)
        self._conduction = graph.conductances(conductivity, self._everyone, self._bare, beside).without_shares()
        side_by_side = mean * _MM * area / gap
        metal_at = (one | two)[some]
        some, lost = some[metal_at], np.maximum(side_by_side - self._conduction.g[some], 0.0)[metal_at]
        self._carry_along(some, inside, owner, lost)
        heat_conductivity = np.array([t.heat_conductivity_w_mk for t in names]) * _MM
        self._aslant_heat = self._cut.put(
            self._conduction.g, heat_conductivity[self._cut.one], heat_conductivity[self._cut.two]
        )
        self._electric = np.array([(t.conductivity_s_m * _MM, t.conductivity_slope_k) for t in names])

    def _carry_along(self, some: IntArray, inside: BoolArray, owner: IntArray, lost: FloatArray) -> None:
        """Let straight metal carry along its axis what it should, however it lies to the leaves.

        Through the faces ``some`` (m,) with metal at one side heat flows as across its surface, and what ran along it there is ``lost``
        (m,), for metal and tissue side by side. Those with metal at both carry it as well: as much as makes the loss good for a
        temperature that runs straight along the axis.
        """
        graph, g = self._graph, self._conduction.g
        low, high, gap = graph.low[some], graph.high[some], graph.gaps_mm(some)
        leaf = np.where(inside[low], low, high)
        within = inside[low] & inside[high]
        for n, body in enumerate(self.scene.bodies):
            along = body.own(self.tree.centres_mm[leaf])[1]
            straight = (owner[leaf] == n) & (along > body.body.radius_mm) & (along < body.body.end_mm)
            squared = (body.axis[graph.axis[some]] * gap) ** 2
            inner, edge = some[straight & within], straight & ~within
            carried = float((g[some] * squared)[straight & within].sum())
            if carried > 0.0:
                g[inner] *= 1.0 + float((lost * squared)[edge].sum()) / carried

    def _sinks(self, owner: IntArray) -> None:
        self.sink_w_k: FloatArray = np.zeros(self.tree.leaves)
        for n, body in enumerate(self.scene.bodies):
            if not (body.cooled and self.scene.sink_w_mm3k > 0.0):
                continue
            volume = np.where((self.role == kernels.ACTIVE) & (owner == n), self.tree.sizes_mm**3, 0.0)
            # the whole sink counts, whatever volume the leaves of the round end add up to
            self.sink_w_k += self.scene.sink_w_mm3k * body.body.active_volume_mm3 * volume / max(volume.sum(), 1e-30)

    @property
    def cells(self) -> int:
        """Number of leaves."""
        return self.tree.leaves

    def joule(self, temperature_c: FloatArray) -> tuple[FloatArray, float]:
        """Heat of every leaf, W per V2, and the conductance, S, at (n,) temperatures.

        Fluxes that the matrix does not know are those of the potential before; the first time, several times over.
        """
        graph = self._graph
        sigma = self._sigma37 * (1.0 + self._slope * (temperature_c - 37.0))
        found = graph.conductances(sigma, self.role, self._bare, self._nothing)
        if self._isolated:
            found.g_outer[:] = 0.0
        aslant = self._cut_by_tissues(found, temperature_c)
        matrix = graph.matrix(found, self.role, np.zeros(graph.leaves))
        b = np.empty(graph.leaves)
        for _ in range(1 if self._known else _FIRST_ROUNDS):
            kernels.driven(graph.low, graph.high, found.g, self.role, self._volts, b)
            more, lack = self._correct(found, aslant, self._v, b)
            v = np.where(self.tissue, self._v, 0.0)
            self.iterations[0] += graph.solve(matrix, b, v)
            self._v = np.where(self.tissue, v, self._volts)
        self._known = True
        heat = np.empty(graph.leaves)
        power = kernels.joule(
            graph.low,
            graph.high,
            found.g,
            found.share,
            self._cut.face,
            more,
            graph.coarse,
            graph.fine,
            found.g_group,
            found.share_group,
            lack,
            graph.outer,
            found.g_outer,
            self._v,
            heat,
        )
        return heat, float(power)

    def _cut_by_tissues(self, found: Conductances, temperature_c: FloatArray) -> FloatArray:
        """Put in what faces with two tissues conduct at (n,) temperatures; (c,) for :meth:`_correct`."""
        cut, graph = self._cut, self._graph
        over = 0.5 * (temperature_c[graph.low[cut.face]] + temperature_c[graph.high[cut.face]]) - 37.0
        first, second = (
            self._electric[tissue, 0] * (1.0 + self._electric[tissue, 1] * over) for tissue in (cut.one, cut.two)
        )
        return cut.put(found.g, first, second)

    def _correct(
        self, found: Conductances, aslant: FloatArray, x: FloatArray, b: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Add to the right side ``b`` (n,) the fluxes of ``x`` (n,) that the matrix does not know: of cut faces (c,), of groups (m,)."""
        graph, cut = self._graph, self._cut
        lack = np.empty(len(graph.coarse))
        kernels.lacking(
            graph.low, graph.high, found.g, graph.coarse, graph.fine, found.g_group, graph.behind, graph.way, x, lack
        )
        more = -aslant * (cut.aslant @ x)
        kernels.give(graph.low, graph.high, cut.face, more, graph.coarse, graph.fine, lack, b)
        return more, lack

    @property
    def potential(self) -> FloatArray:
        """(n,) of the last :meth:`joule`, for 1 V."""
        return self._v

    def heat(
        self,
        step_s: float,
        right_w: Sequence[FloatArray],
        perfusion_w_k: FloatArray | None = None,
        guesses: Sequence[FloatArray] | None = None,
    ) -> list[FloatArray]:
        """Temperatures x with (capacity / step + conduction + perfusion + sink) x = right side, one per right side.

        Fluxes that the matrix does not know are those of ``guesses``; without them, of the answer before, several times over.
        """
        if perfusion_w_k is not None or step_s != self._step_s:
            # one matrix is kept: another is made in the time of a few iterations, and takes the room of five fields
            self._step_s, self._matrix = np.nan, LeafMatrix.none()
            blood = self.perfusion_w_k if perfusion_w_k is None else perfusion_w_k
            extra = self.capacity_j_k / step_s + self.sink_w_k + blood
            self._matrix = self._graph.matrix(self._conduction, self._everyone, extra)
            if perfusion_w_k is None:
                self._step_s = step_s
        made = self._matrix

        def solve(n: int) -> tuple[FloatArray, int]:
            answer = np.zeros(self.tree.leaves) if guesses is None else guesses[n].copy()
            used = 0
            for _ in range(_FIRST_ROUNDS if guesses is None else 1):
                b = right_w[n].copy()
                self._correct(self._conduction, self._aslant_heat, answer, b)
                used += self._graph.solve(made, b, answer)
            return answer, used

        # the kernel works without the interpreter's lock: two right sides take two cores, and give the same bits on one
        solved = list(self._pool.map(solve, range(len(right_w)))) if len(right_w) > 1 else [solve(0)]
        self.iterations[1] += sum(used for _, used in solved)
        return [answer for answer, _ in solved]

    def losses_w(self, theta: FloatArray) -> float:
        """Heat through the outer boundary, W."""
        return float((self._conduction.g_outer * theta[self._graph.outer]).sum())

    def thermocouples(self, theta: FloatArray) -> list[float]:
        """Rise at every thermocouple, K."""
        return [float(weights @ theta[leaves]) for leaves, weights in self._couples]


def _roles(
    bodies: Sequence[PlacedBody], points: FloatArray, sizes: FloatArray, owner: IntArray, inside: BoolArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """(n,) role of every leaf, the potential of active metal, and which part of its surface is bare of insulation."""
    role = np.where(inside, kernels.INSULATED, kernels.TISSUE).astype(np.int64)
    volts, bare = np.zeros(len(points)), np.ones(len(points))
    at = (np.arange(_PER_LENGTH) + 0.5) / _PER_LENGTH - 0.5
    for n, body in enumerate(bodies):
        mine = np.flatnonzero(inside & (owner == n))
        # what the round end cuts off is no insulation
        along = np.maximum(body.own(points[mine])[1][:, None] + sizes[mine][:, None] * at, 0.0)
        # where the insulation ends within a leaf, as much of it counts as is bare
        active = np.asarray(body.body.is_active(along), dtype=bool)
        part = active.mean(axis=1)
        some = part > 0.0
        role[mine[some]] = kernels.ACTIVE
        bare[mine[some]] = part[some]
        volts[mine[some]] = body.volts * body.body.volts(along[some]).sum(axis=1) / active[some].sum(axis=1)
    return role, volts, bare


def _metal_part(bodies: Sequence[PlacedBody], points: FloatArray, sizes: FloatArray, nearest: FloatArray) -> FloatArray:
    """(n,) part of every leaf that is metal, sampled where a surface may pass."""
    part = (nearest < 0.0).astype(float)
    at = (np.arange(_PER_SIDE) + 0.5) / _PER_SIDE - 0.5
    shifts = np.stack(np.meshgrid(at, at, at, indexing="ij"), axis=-1).reshape(-1, 3)
    for near in _portions(np.flatnonzero(np.abs(nearest) < 0.9 * sizes)):
        samples = points[near][:, None] + sizes[near][:, None, None] * shifts
        part[near] = _in_metal(bodies, samples).mean(axis=1)
    return np.asarray(part)


def _portions(chosen: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """A few at a time: the samples of all of them would take more room than the solution."""
    for first in range(0, len(chosen), _AT_ONCE):
        yield chosen[first : first + _AT_ONCE]


def _in_metal(bodies: Sequence[PlacedBody], samples: FloatArray) -> BoolArray:
    """(...,) whether (..., 3) points are in any of the bodies."""
    return np.asarray(np.min([body.distance_mm(samples) for body in bodies], axis=0) < 0.0)


def _covered(bodies: Sequence[PlacedBody], graph: LeafGraph, tree: Octree, nearest: FloatArray) -> FloatArray:
    """(f,) part of every face that lies in metal, sampled where a surface may pass."""
    away = np.abs(nearest)
    close = away < 0.9 * tree.sizes_mm
    covered = ((nearest < 0.0)[graph.low] & (nearest < 0.0)[graph.high]).astype(float)
    at = (np.arange(_PER_SIDE) + 0.5) / _PER_SIDE - 0.5
    shifts = np.zeros((3, _PER_SIDE**2, 3))
    for axis in range(3):
        rest = [x for x in range(3) if x != axis]
        shifts[axis][:, rest] = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2)
    near = np.flatnonzero(close[graph.low] | close[graph.high])
    edge = np.sqrt(graph.areas_mm2(near))
    passed = np.minimum(away[graph.low[near]], away[graph.high[near]]) < 0.9 * edge
    for some, wide in zip(_portions(near[passed]), _portions(edge[passed]), strict=True):
        middles = graph.face_centres_mm(some, tree.centres_mm, tree.sizes_mm)
        samples = middles[:, None] + wide[:, None, None] * shifts[graph.axis[some]]
        covered[some] = _in_metal(bodies, samples).mean(axis=1)
    return np.asarray(covered)


def _weights_at(
    points: FloatArray, sizes: FloatArray, allowed: BoolArray, place: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Leaves and weights that give the value at ``place`` of what runs straight through ``allowed`` leaves near it."""
    away = np.linalg.norm(points - place, axis=1)
    size = sizes[int(np.argmin(away))]
    leaves = np.flatnonzero(allowed & (away < 1.9 * size))
    offsets = np.column_stack([np.ones(len(leaves)), points[leaves] - place])
    # the value at the place is the constant of a straight fit
    weights = np.linalg.pinv(offsets)[0]
    return leaves, np.asarray(weights)
