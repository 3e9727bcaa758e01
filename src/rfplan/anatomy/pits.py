"""Pits on the back and the front of a sacrum, and which of them are the two ends of one passage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from rfplan.anatomy.bridge import grown, hollow_mm, membrane, outline_of
from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.chart_kernels import height_map
from rfplan.anatomy.find_foramina_kernels import easiest_way, solid_columns
from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.geometry.mesh import Mesh

_COARSE = 2
_DORSAL_RADIUS_MM, _DORSAL_DEPTH_MM, _CORE_DEPTH_MM = 6.0, 2.0, 8.0
_VENTRAL_RADIUS_MM, _VENTRAL_DEPTH_MM = 9.0, 3.0
_SMALLEST_MM2 = 4.0
_MIDLINE_MM = 6.0
_LID_MM = 0.6


@dataclass(frozen=True, eq=False)
class Pit:
    """A hollow in the bone, in chart coordinates (lateral, caudal, height), mm.

    ``centre_mm`` (3,) on the lid over it; ``nodes`` (ni, nj) its area on the grid of the :class:`Interior`, for a dorsal pit
    that of the chart; ``depth_mm`` below the lid; ``way`` numbers the bodies of air that it opens into.
    """

    centre_mm: FloatArray
    nodes: BoolArray
    area_mm2: float
    depth_mm: float
    way: frozenset[int]


@dataclass(frozen=True, eq=False)
class Interior:
    """Air inside a sacrum, between a lid over its back and a lid over its front.

    Node (i, j, k) is at (``lateral_0_mm`` + i s, ``caudal_0_mm`` + j s, ``height_0_mm`` + k s) with s = ``spacing_mm``.
    ``bodies`` numbers the connected bodies of air, 0 is bone or outside. ``front_mm`` (ni, nj) is the lid over the front.
    """

    spacing_mm: float
    lateral_0_mm: float
    caudal_0_mm: float
    height_0_mm: float
    bodies: np.ndarray
    clearance_mm: FloatArray
    back_seen_mm: FloatArray
    front_seen_mm: FloatArray
    front_mm: FloatArray
    front_hollow_mm: FloatArray

    @classmethod
    def of(cls, sacrum: Mesh, chart: DorsalChart) -> Interior:
        """The air inside ``sacrum`` at twice the spacing of its chart."""
        points = chart.frame.to_chart(sacrum.vertices_mm)
        shape = chart.seen_mm.shape
        front = -height_map(
            points * np.array([1.0, 1.0, -1.0]),
            sacrum.faces,
            chart.lateral_0_mm,
            chart.caudal_0_mm,
            chart.spacing_mm,
            shape[0],
            shape[1],
        )[::_COARSE, ::_COARSE]
        spacing = _COARSE * chart.spacing_mm
        hollow = hollow_mm(-front, spacing, _VENTRAL_RADIUS_MM)
        bone_seen = np.isfinite(front)
        outline = outline_of(bone_seen, spacing)
        opened = grown(hollow > _VENTRAL_DEPTH_MM, spacing, 1.2)
        lid = membrane(front, (opened | ~bone_seen) & outline, outline)
        base = float(points[:, 2].min()) - 2.0 * spacing
        levels = int(np.ceil((float(points[:, 2].max()) - base) / spacing)) + 2
        bone = solid_columns(
            points,
            sacrum.faces,
            np.array([chart.lateral_0_mm, chart.caudal_0_mm, base]),
            spacing,
            (front.shape[0], front.shape[1], levels),
        )
        height = base + spacing * np.arange(levels)
        back = np.nan_to_num(chart.bridged_mm[::_COARSE, ::_COARSE], nan=-np.inf)
        air = (bone == 0) & outline[:, :, None]
        air &= (height < (back - _LID_MM)[:, :, None]) & (height > (lid + _LID_MM)[:, :, None])
        return cls(
            spacing,
            chart.lateral_0_mm,
            chart.caudal_0_mm,
            base,
            ndimage.label(air)[0],
            ndimage.distance_transform_edt(air) * spacing,
            chart.seen_mm[::_COARSE, ::_COARSE],
            front,
            lid,
            hollow,
        )

    def chart_mm(self, nodes: np.ndarray) -> FloatArray:
        """(n, 3) chart coordinates of (n, 3) node indices."""
        origin = np.array([self.lateral_0_mm, self.caudal_0_mm, self.height_0_mm])
        return origin + self.spacing_mm * np.asarray(nodes, dtype=float)

    def nodes_at(self, chart_mm: FloatArray) -> IntArray:
        """(n, 3) nearest node indices of (n, 3) chart coordinates, within the grid."""
        origin = np.array([self.lateral_0_mm, self.caudal_0_mm, self.height_0_mm])
        nodes = np.rint((chart_mm - origin) / self.spacing_mm).astype(np.int64)
        return np.asarray(np.clip(nodes, 0, np.array(self.bodies.shape) - 1))

    def bodies_at_back(self, nodes: BoolArray) -> frozenset[int]:
        """Bodies of air that the back opens into over ``nodes`` (ni, nj): those above the bone that the beam meets first."""
        return self._bodies(nodes, above=np.where(np.isfinite(self.back_seen_mm), self.back_seen_mm, -np.inf))

    def bodies_at_front(self, nodes: BoolArray) -> frozenset[int]:
        """Bodies of air that the front opens into over ``nodes`` (ni, nj)."""
        return self._bodies(nodes, below=np.where(np.isfinite(self.front_seen_mm), self.front_seen_mm, np.inf))

    def _bodies(
        self, nodes: BoolArray, above: FloatArray | None = None, below: FloatArray | None = None
    ) -> frozenset[int]:
        i, j = np.nonzero(nodes)
        columns = self.bodies[i, j]
        height = self.height_0_mm + self.spacing_mm * np.arange(columns.shape[1])
        open_part = np.ones(columns.shape, dtype=bool)
        if above is not None:
            open_part &= height > above[i, j][:, None]
        if below is not None:
            open_part &= height < below[i, j][:, None]
        return frozenset(int(body) for body in np.unique(columns[open_part]) if body > 0)

    def way_through(self, start: BoolArray, goal: BoolArray, towards: int) -> FloatArray:
        """(m, 3) chart points of the middle of the easiest way from the back over ``start`` to the front over ``goal``.

        Both are (ni, nj); the way keeps to the side ``towards`` (+1 left, -1 right) of the midline. Empty if there is none.
        """
        height = self.height_0_mm + self.spacing_mm * np.arange(self.bodies.shape[2])
        back = np.where(np.isfinite(self.back_seen_mm), self.back_seen_mm, -np.inf)
        front = np.where(np.isfinite(self.front_seen_mm), self.front_seen_mm, np.inf)
        lateral = self.lateral_0_mm + self.spacing_mm * np.arange(self.bodies.shape[0])
        clearance = np.where((lateral * towards > 0.5 * _MIDLINE_MM)[:, None, None], self.clearance_mm, 0.0)
        first = np.zeros(self.bodies.shape, dtype=bool)
        last = np.zeros(self.bodies.shape, dtype=bool)
        top = self.bodies.shape[2] - 1 - np.argmax(self.bodies[:, :, ::-1] > 0, axis=2)
        bottom = np.argmax(self.bodies > 0, axis=2)
        i, j = np.nonzero(start & (self.bodies > 0).any(axis=2))
        good = height[top[i, j]] > back[i, j]
        first[i[good], j[good], top[i, j][good]] = True
        i, j = np.nonzero(goal & (self.bodies > 0).any(axis=2))
        good = height[bottom[i, j]] < front[i, j]
        last[i[good], j[good], bottom[i, j][good]] = True
        i, j, k = np.nonzero(first | last)
        if not first.any() or not last.any():
            return np.empty((0, 3))
        reach = 12
        window = tuple(slice(max(0, int(axis.min()) - reach), int(axis.max()) + reach + 1) for axis in (i, j, k))
        way = easiest_way(
            np.ascontiguousarray(clearance[window]),
            np.ascontiguousarray(first[window]),
            np.ascontiguousarray(last[window]),
            self.spacing_mm,
        )
        return self.chart_mm(way + np.array([part.start for part in window]))


def dorsal_pits(chart: DorsalChart, interior: Interior) -> tuple[Pit, ...]:
    """Hollows in the back of the bone off the midline, deep enough to be a foramen or the dimple of a closed one."""
    hollow = hollow_mm(chart.seen_mm, chart.spacing_mm, _DORSAL_RADIUS_MM)
    found = []
    for nodes in _cores(hollow):
        area = float(np.count_nonzero(nodes)) * chart.spacing_mm**2
        if area < _SMALLEST_MM2:
            continue
        i, j = np.nonzero(nodes)
        lateral = chart.lateral_0_mm + chart.spacing_mm * float(i.mean())
        caudal = chart.caudal_0_mm + chart.spacing_mm * float(j.mean())
        if abs(lateral) < _MIDLINE_MM:
            continue
        centre = np.array([lateral, caudal, float(np.nanmean(chart.bridged_mm[i, j]))])
        way = interior.bodies_at_back(nodes[::_COARSE, ::_COARSE])
        found.append(Pit(centre, nodes, area, float(hollow[i, j].max()), way))
    return tuple(found)


def _cores(hollow: FloatArray) -> list[BoolArray]:
    """The deep parts of every hollow; a shallow hollow, which has none, as a whole.

    A foramen may open into a groove (that beside the S1 articular process): its deep part is what counts.
    """
    shallow, count = ndimage.label(hollow > _DORSAL_DEPTH_MM)
    deep, deep_count = ndimage.label(hollow > _CORE_DEPTH_MM)
    cores = [deep == number for number in range(1, deep_count + 1)]
    with_core = set(np.unique(shallow[deep > 0]).tolist())
    return cores + [shallow == number for number in range(1, count + 1) if number not in with_core]


def ventral_pits(interior: Interior) -> tuple[Pit, ...]:
    """Hollows in the front of the bone off the midline: ventral foramina, open or not."""
    numbers, count = ndimage.label(interior.front_hollow_mm > _VENTRAL_DEPTH_MM)
    found = []
    for number in range(1, count + 1):
        nodes = numbers == number
        area = float(np.count_nonzero(nodes)) * interior.spacing_mm**2
        i, j = np.nonzero(nodes)
        lateral = interior.lateral_0_mm + interior.spacing_mm * float(i.mean())
        caudal = interior.caudal_0_mm + interior.spacing_mm * float(j.mean())
        if area < 2.0 * _SMALLEST_MM2 or abs(lateral) < _MIDLINE_MM:
            continue
        centre = np.array([lateral, caudal, float(np.mean(interior.front_mm[i, j]))])
        depth = float(interior.front_hollow_mm[i, j].max())
        found.append(Pit(centre, nodes, area, depth, interior.bodies_at_front(nodes)))
    return tuple(found)
