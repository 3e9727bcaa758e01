"""A solved lesion made ready for judging: signed distance from its isotherms' surfaces on small grids, in its own frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from rfplan.geometry.arrays import FloatArray, IntArray, frozen
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.map_kernels import signed_distances

SPACING_MM: Final = 0.5
"""Of the nodes; with surfaces that curve as 1 / R the distance between nodes is then off by 0.06 mm2 / R."""

ROOM_MM: Final = 2.0
"""What a grid reaches past its surface at least."""

LEAF: Final = 32
"""Vertices that share a ball."""

COARSER: Final = 2
"""Nodes between those that the triangles come from."""

_SMALL = 8
_COARSE_MM = 1.5
_START_MM = 12.0
_MOST_MM = 150.0


class TemperatureField(Protocol):
    """A solved field as judging needs it, in the lesion's own frame."""

    def at(self, name: str, points_mm: FloatArray) -> FloatArray:
        """(...,) value at (..., 3) points; ``end_c`` is the temperature when heating ended."""


@dataclass(frozen=True, eq=False)
class SurfaceMap:
    """The surface of one isotherm.

    ``values_mm`` (nx, ny, nz) signed distance, negative inside, at ``origin_mm + SPACING_MM (i, j, k)``; ``vertices_mm`` (n, 3)
    and ``normals`` (n, 3) outward of its triangles ``faces`` (m, 3). Vertices stand in an order in which every :data:`LEAF` that
    follow each other lie together, in the ball ``leaves`` (ceil(n / LEAF), 4) of centre and radius. ``bends`` (n,) mean curvature
    at them, 1/mm, positive where the surface is convex. ``ball`` (4,) holds all.
    """

    origin_mm: FloatArray
    values_mm: NDArray[np.float32]
    vertices_mm: NDArray[np.floating]
    normals: NDArray[np.floating]
    bends: NDArray[np.floating]
    faces: NDArray[np.integer]
    leaves: FloatArray
    ball: FloatArray

    def __post_init__(self) -> None:
        for name in ("values_mm", "vertices_mm", "normals", "bends"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.float32))
        for name in ("origin_mm", "leaves", "ball"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        object.__setattr__(self, "faces", frozen(self.faces, np.int32))


@dataclass(frozen=True, eq=False)
class LesionMap:
    """One surface for each of ``ISOTHERMS_C``, None where it is not reached.

    The surface encloses every point whose temperature reached the isotherm when heating ended, whatever it was in: a branch or a
    canal that the plane of bone of a model happens to cover is in soft tissue in the patient, and bone warms its neighbours.
    Distances are off by at most 0.04 mm at nodes within a mm of the surface and 0.07 mm elsewhere; between nodes along the inmost ridge
    depth may be understated by 0.3 mm.
    """

    surfaces: tuple[SurfaceMap | None, ...]

    @property
    def size_bytes(self) -> int:
        """Memory that it takes."""
        held = [surface for surface in self.surfaces if surface is not None]
        return sum(array.nbytes for surface in held for array in vars(surface).values())


def lesion_map(field: TemperatureField) -> LesionMap:
    """Make the map of ``field``; :func:`rfplan.lesion.kept_geometry.kept_map` does so once."""
    box = _box(field)
    if box is None:
        return LesionMap((None,) * len(ISOTHERMS_C))
    low, high = (np.floor(box[0] / SPACING_MM).astype(int), np.ceil(box[1] / SPACING_MM).astype(int))
    # whole multiples of the spacing, so that mirror images of a lesion have mirror images of its nodes
    axes = [SPACING_MM * np.arange(low[n], high[n] + 1) for n in range(3)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    temperature = field.at("end_c", nodes)
    return LesionMap(tuple(_surface(field, low, temperature, isotherm) for isotherm in ISOTHERMS_C))


def _box(field: TemperatureField) -> FloatArray | None:
    """(2, 3) bounds with room round all that is as warm as the coolest isotherm; None where nothing is."""
    reach = np.tile(np.array([[-1.0], [1.0]]) * _START_MM, (1, 3))
    while True:
        counts = np.ceil((reach[1] - reach[0]) / _COARSE_MM).astype(int) + 1
        axes = [np.linspace(reach[0, n], reach[1, n], counts[n]) for n in range(3)]
        hot = field.at("end_c", np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)) >= ISOTHERMS_C[0]
        if not hot.any():
            return None
        grown = False
        for n in range(3):
            line = np.flatnonzero(hot.any(axis=tuple(m for m in range(3) if m != n)))
            for end, edge in ((0, line[0] == 0), (1, line[-1] == counts[n] - 1)):
                if edge and abs(reach[end, n]) < _MOST_MM:
                    reach[end, n] *= 1.5
                    grown = True
        if not grown:
            break
    bounds = []
    for n in range(3):
        line = axes[n][np.flatnonzero(hot.any(axis=tuple(m for m in range(3) if m != n)))]
        bounds.append((line[0] - _COARSE_MM - ROOM_MM, line[-1] + _COARSE_MM + ROOM_MM))
    return np.array(bounds).T


def _surface(field: TemperatureField, low: IntArray, temperature: FloatArray, isotherm_c: float) -> SurfaceMap | None:
    inside = temperature >= isotherm_c
    if not inside.any():
        return None
    # whole multiples of the spacing of the triangles, so that these too have mirror images
    room = int(np.ceil(ROOM_MM / SPACING_MM)) + 1
    part, small = [], False
    for n in range(3):
        line = np.flatnonzero(inside.any(axis=tuple(m for m in range(3) if m != n)))
        start = max(0, line[0] - room)
        start -= (low[n] + start) % COARSER if start >= COARSER else 0
        part.append(slice(start, line[-1] + room + 1))
        small = small or line[-1] - line[0] < _SMALL
    block, hot = temperature[tuple(part)], inside[tuple(part)]
    origin = SPACING_MM * (low + np.array([cut.start for cut in part]))
    vertices, normals, faces = _triangles(field, block, origin, isotherm_c, 1)
    values = np.empty(block.shape, dtype=np.float32)
    signed_distances(vertices, normals, faces, origin, SPACING_MM, hot, values)
    if not small:
        vertices, normals, faces = _triangles(field, block, origin, isotherm_c, COARSER)
    order = _together(vertices)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    vertices, normals, faces = vertices[order], normals[order], place[faces]
    bends = _bends(vertices, normals, faces)
    return SurfaceMap(origin, values, vertices, normals, bends, faces, _leaves(vertices), _ball(vertices))


def _triangles(
    field: TemperatureField, block: FloatArray, origin: FloatArray, isotherm_c: float, stride: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Vertices on the surface, outward normals there, and faces, from every ``stride``-th node of a block of temperatures."""
    from skimage.measure import marching_cubes

    vertices, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call,unused-ignore]
        block[::stride, ::stride, ::stride], isotherm_c, spacing=(stride * SPACING_MM,) * 3, gradient_direction="ascent"
    )
    vertices = vertices.astype(float) + origin
    slopes = _slopes(block, (vertices - origin) / SPACING_MM)
    square = np.maximum((slopes**2).sum(axis=1), 1e-6)
    # linear between nodes the surface would lie too far in where temperature falls as 1 / r; one step puts it right
    step = ((isotherm_c - field.at("end_c", vertices)) / square)[:, None] * slopes
    size = np.linalg.norm(step, axis=1, keepdims=True)
    vertices += step * np.minimum(1.0, 0.25 * stride * SPACING_MM / np.maximum(size, 1e-12))
    return vertices, -slopes / np.sqrt(square)[:, None], faces.astype(np.int64)


def _bends(vertices: FloatArray, normals: FloatArray, faces: IntArray) -> FloatArray:
    """(n,) mean curvature at vertices, 1/mm: how far normals turn along the edges that meet there, on average."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    along = vertices[ends[:, 1]] - vertices[ends[:, 0]]
    square = (along**2).sum(axis=1)
    turned = ((normals[ends[:, 1]] - normals[ends[:, 0]]) * along).sum(axis=1)
    sums = np.zeros((2, len(vertices)))
    for end in ends.T:
        # weighted by the square of the edge: on a sliver the turn is noise
        sums[0] += np.bincount(end, turned, len(vertices))
        sums[1] += np.bincount(end, square, len(vertices))
    bends: FloatArray = sums[0] / np.maximum(sums[1], 1e-12)
    return bends


def _slopes(block: FloatArray, at: FloatArray) -> FloatArray:
    """(n, 3) gradient per mm at fractional nodes ``at`` (n, 3), linear between central differences."""
    from scipy.ndimage import map_coordinates

    slopes = np.gradient(block, SPACING_MM)
    return np.stack([map_coordinates(slope, at.T, order=1) for slope in slopes], axis=1)


def _together(vertices: FloatArray) -> IntArray:
    """An order of (n, 3) points in which neighbours follow each other: along a Z-curve through cells of one spacing."""
    cells = ((vertices - vertices.min(axis=0)) / (COARSER * SPACING_MM)).astype(np.int64)
    key = np.zeros(len(cells), dtype=np.int64)
    for bit in range(10):
        for n in range(3):
            key |= ((cells[:, n] >> bit) & 1) << (3 * bit + n)
    return np.argsort(key, kind="stable")


def _leaves(vertices: FloatArray) -> FloatArray:
    starts = np.arange(0, len(vertices), LEAF)
    counts = np.diff(np.append(starts, len(vertices)))
    centres = np.add.reduceat(vertices, starts) / counts[:, None]
    away = np.linalg.norm(vertices - np.repeat(centres, counts, axis=0), axis=1)
    return np.column_stack([centres, np.maximum.reduceat(away, starts)])


def _ball(vertices: FloatArray) -> FloatArray:
    centre = 0.5 * (vertices.min(axis=0) + vertices.max(axis=0))
    return np.append(centre, np.linalg.norm(vertices - centre, axis=1).max())
