"""Samples of a field on a regular grid round a lesion, and the surfaces and sizes that they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import ndimage

from rfplan.geometry.arrays import BoolArray, FloatArray
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.lesion import LesionSize

_SPACING_MM = 0.35
_MARGIN = 2
_STEEP = 5.0
_DIRECTIONS = 91


class Surface(Protocol):
    """Something with a signed distance, such as bone."""

    def height_mm(self, points_mm: FloatArray) -> FloatArray:
        """(...,) distance of (..., 3) points above the surface."""


@dataclass(frozen=True, eq=False)
class Block:
    """``values`` (nx, ny, nz) at ``origin_mm`` (3,) + ``spacing_mm`` (i, j, k), and there the height over bone (None: no bone)."""

    origin_mm: FloatArray
    spacing_mm: float
    values: FloatArray
    height_mm: FloatArray | None = None

    @property
    def nodes_mm(self) -> FloatArray:
        """(nx, ny, nz, 3) places of the samples."""
        lines = [self.origin_mm[x] + self.spacing_mm * np.arange(self.values.shape[x]) for x in range(3)]
        return np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1)

    def excess(self, level: float) -> FloatArray:
        """(nx, ny, nz) how far values are above ``level``, below 0 in bone."""
        above = self.values - level
        if self.height_mm is None:
            return above
        # as steep as temperature is at the edge of a lesion, so that the edge on the bone stays sharp
        return np.minimum(above, _STEEP * self.height_mm)

    def surface(self, level: float) -> Mesh | None:
        """Closed mesh round what is at or above ``level`` outside the bone; None where nothing is."""
        excess = np.pad(self.excess(level), 1, constant_values=-1.0)
        if excess.max() <= 0.0:
            return None
        from skimage.measure import marching_cubes

        vertices, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call,unused-ignore]
            excess, 0.0, spacing=(self.spacing_mm,) * 3, gradient_direction="ascent"
        )
        mesh = Mesh(vertices + self.origin_mm - self.spacing_mm, faces)
        return mesh if mesh.volume_mm3 > 0.0 else Mesh(mesh.vertices_mm, mesh.faces[:, ::-1])

    def size(self, level: float, lowest_tip_mm: float, metal_part: FloatArray) -> LesionSize:
        """Extent of what is at or above ``level`` outside the bone: metal counts for the extent, not for the volume.

        Parameters
        ----------
        lowest_tip_mm : z of the tip end that is farthest from the hubs
        metal_part : (nx, ny, nz) part of the room of every sample that is metal

        The boundary is found on the lines of the grid, straight between samples, and where it meets the bone, in the faces between
        them; ``width_mm`` is the largest distance of two points of one section across z.
        """
        excess = self.excess(level)
        if not (excess >= 0.0).any():
            return LesionSize(0.0, 0.0, 0.0, 0.0)
        places = [self._crossings(level, axis) for axis in range(3)] + [self._rim(level, axis) for axis in range(3)]
        # in whole rows of z lie the crossings of lines along x and y, and what is found in the faces across z
        sections = np.concatenate([places[n] for n in (0, 1, 5)])
        width = self.spacing_mm * _widest(sections[:, :2], sections[:, 2])
        z = self.origin_mm[2] + self.spacing_mm * np.concatenate(places)[:, 2]
        low, high = float(z.min()), float(z.max())
        steep = sum(0.5 * np.abs(np.gradient(excess, axis=axis)) for axis in range(3))
        part = np.clip(0.5 + 0.5 * excess / np.maximum(steep, 1e-12), 0.0, 1.0)
        volume = float((part * (1.0 - metal_part)).sum()) * self.spacing_mm**3
        return LesionSize(width, high - low, max(0.0, lowest_tip_mm - low), volume)

    def _crossings(self, level: float, axis: int) -> FloatArray:
        """(n, 3) places, counted in samples, at which lines of the grid along ``axis`` leave the region."""
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        bounds = [bound - least for bound, least in self._bounds(level)]
        inside = np.all([bound >= 0.0 for bound in bounds], axis=0)
        where = np.nonzero(inside[tuple(low)] != inside[tuple(high)])
        first = inside[tuple(low)][where]
        part = np.full(len(first), np.inf)
        for bound in bounds:
            a, b = bound[tuple(low)][where], bound[tuple(high)][where]
            here, there = np.where(first, a, b), np.where(first, b, a)
            # from the sample inside to where the first of the bounds is crossed
            part = np.minimum(part, np.where(there < 0.0, here / np.where(there < 0.0, here - there, 1.0), np.inf))
        index = np.stack(where, axis=1).astype(float)
        index[:, axis] += np.where(first, part, 1.0 - part)
        return index

    def _rim(self, level: float, axis: int) -> FloatArray:
        """(n, 3) places, counted in samples, at which the rim where the region meets the bone passes faces across ``axis``."""
        bounds = [bound - least for bound, least in self._bounds(level)]
        if len(bounds) < 2:
            return np.empty((0, 3))
        rest = [x for x in range(3) if x != axis]
        corners = []
        for step in ((0, 0), (1, 0), (0, 1), (1, 1)):
            part = [slice(None)] * 3
            for x, s in zip(rest, step, strict=True):
                part[x] = slice(1, None) if s else slice(None, -1)
            corners.append(tuple(part))
        inside = [[(bound >= 0.0)[part] for part in corners] for bound in bounds]
        passed = np.all([np.any(within, axis=0) & ~np.all(within, axis=0) for within in inside], axis=0)
        index = np.argwhere(passed).astype(float)
        values = np.array([[bound[part][passed] for bound in bounds] for part in corners])
        found = [np.empty((0, 3))]
        # two triangles a face, in each of which both run straight
        for origin, one, two, way in ((0, 1, 2, 1.0), (3, 2, 1, -1.0)):
            along, across, start = values[one] - values[origin], values[two] - values[origin], values[origin]
            whole = along[0] * across[1] - along[1] * across[0]
            safe = np.where(whole == 0.0, np.inf, whole)
            u = (across[0] * start[1] - across[1] * start[0]) / safe
            v = (along[1] * start[0] - along[0] * start[1]) / safe
            mine = (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0)
            places = index[mine]
            for x, part in zip(rest, (u[mine], v[mine]), strict=True):
                places[:, x] += part if way > 0.0 else 1.0 - part
            found.append(places)
        return np.concatenate(found)

    def _bounds(self, level: float) -> list[tuple[FloatArray, float]]:
        """What has to be at or above its level in the region."""
        bone = [] if self.height_mm is None else [(self.height_mm, 0.0)]
        return [(self.values, level), *bone]

    def joined_at(self, points_mm: Sequence[FloatArray], lowest: float, highest: float) -> float:
        """Highest level at which what surrounds all points (3,) is one piece; ``lowest`` where they are apart there."""
        places = [
            tuple(
                np.clip(
                    np.round((point - self.origin_mm) / self.spacing_mm), 0, np.array(self.values.shape) - 1
                ).astype(int)
            )
            for point in points_mm
        ]
        highest = min(highest, *(float(self.values[place]) for place in places))
        if not self._joined(lowest, places):
            return lowest
        while highest - lowest > 0.02:
            middle = 0.5 * (lowest + highest)
            lowest, highest = (middle, highest) if self._joined(middle, places) else (lowest, middle)
        return lowest

    def _joined(self, level: float, places: list[tuple[int, ...]]) -> bool:
        labels, _ = ndimage.label(self.excess(level) >= 0.0)
        pieces = {int(labels[place]) for place in places}
        return len(pieces) == 1 and 0 not in pieces

    @cached_property
    def outside_bone(self) -> BoolArray:
        """(nx, ny, nz) samples that are not in bone."""
        return np.ones(self.values.shape, dtype=bool) if self.height_mm is None else self.height_mm >= 0.0


def block_of(
    value: Callable[[FloatArray], FloatArray],
    low_mm: FloatArray,
    high_mm: FloatArray,
    bone: Surface | None,
    spacing_mm: float = _SPACING_MM,
    height_mm: FloatArray | None = None,
) -> Block:
    """Samples of a function of (..., 3) points in the box from ``low_mm`` to ``high_mm`` (3,) and a little beyond.

    ``height_mm`` of another block of that box saves asking the bone again.
    """
    first = np.floor(low_mm / spacing_mm).astype(int) - _MARGIN
    counts = np.ceil(high_mm / spacing_mm).astype(int) + _MARGIN - first + 1
    frame = Block(first * spacing_mm, spacing_mm, np.empty(tuple(counts)))
    nodes = frame.nodes_mm
    if height_mm is None and bone is not None:
        height_mm = np.asarray(bone.height_mm(nodes))
    return Block(frame.origin_mm, spacing_mm, np.asarray(value(nodes)), height_mm)


def _widest(points: FloatArray, rows: FloatArray) -> float:
    """Largest distance of two of (n, 2) points with the same ``rows`` (n,): the longest of their shadows in many directions."""
    order = np.argsort(rows, kind="stable")
    starts = np.flatnonzero(np.diff(rows[order], prepend=np.nan) != 0.0)
    angle = np.linspace(0.0, np.pi, _DIRECTIONS)
    shadow = points[order] @ np.stack([np.cos(angle), np.sin(angle)])
    longest = np.maximum.reduceat(shadow, starts) - np.minimum.reduceat(shadow, starts)
    return float(longest.max())
