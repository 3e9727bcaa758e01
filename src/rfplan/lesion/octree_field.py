"""The solved fields on an octree: values at points, surfaces, and how deep a point lies inside one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rfplan.geometry.arrays import FloatArray, IndexArray, SingleArray, frozen
from rfplan.geometry.mesh import Mesh
from rfplan.lesion import octree_field_kernels as kernels
from rfplan.lesion.block import Block, block_of
from rfplan.lesion.octree import Faces, Octree, faces_of
from rfplan.lesion.placed_body import BonePlane
from rfplan.lesion.sampled_bone import SampledBone
from rfplan.lesion.section_kernels import distance_to_triangles

_LEAST_DOSE = 1e-12
_TEMPERATURES = ("end_c", "peak_c")
_LEAST_C = 42.0
_AT_ONCE = 16384


@dataclass(frozen=True, eq=False)
class OctreeField:
    """Leaf values (n,) on ``tree``, by the names of :class:`rfplan.lesion.axisymmetric_field.AxisymmetricField`.

    ``kind`` (n,) numbers the tissues (-1 for metal): slopes are those within one. ``bone`` is left out of surfaces.
    """

    tree: Octree
    values: Mapping[str, SingleArray]
    kind: NDArray[np.int8]
    bone: BonePlane | SampledBone | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {name: frozen(array, np.float32) for name, array in self.values.items()})

    def at(self, name: str, points_mm: FloatArray) -> FloatArray:
        """(...,) value at (..., 3) points of the lesion's frame."""
        found = self._between(name, points_mm)
        return found if name in _TEMPERATURES else np.asarray(np.exp(found))

    def excess(self, name: str, level: float, points_mm: FloatArray) -> FloatArray:
        """(...,) how far the value at (..., 3) points is above ``level``: of doses, in their logarithm."""
        return self._between(name, points_mm) - (level if name in _TEMPERATURES else float(np.log(level)))

    def _between(self, name: str, points_mm: FloatArray) -> FloatArray:
        points = np.asarray(points_mm, dtype=float)
        tree = self.tree
        found = kernels.interpolate(
            tree.child,
            tree.roots,
            tree.origin_mm,
            tree.root_mm,
            self._corners.of_leaf,
            self._at_corners(name),
            np.ascontiguousarray(points.reshape(-1, 3)),
        )
        return np.asarray(found.reshape(points.shape[:-1]))

    def _plain_values(self, name: str) -> FloatArray:
        field = self.values[name].astype(float)
        # doses span decades: their logarithm is what runs straight between leaves
        return field if name in _TEMPERATURES else np.log(np.maximum(field, _LEAST_DOSE))

    def _at_corners(self, name: str) -> FloatArray:
        if name not in self._kept:
            corners, values = self._corners, self._plain_values(name)
            self._kept[name] = kernels.corner_values(
                corners.places_mm,
                corners.around,
                corners.weights,
                self.tree.centres_mm,
                values,
                corners.slopes(values, self.kind, self.tree),
            )
        return self._kept[name]

    @cached_property
    def _kept(self) -> dict[str, FloatArray]:
        return {}

    @cached_property
    def _corners(self) -> Corners:
        return corners_of(self.tree)

    def surface(self, name: str, level: float) -> Mesh | None:
        """Closed mesh around where ``name`` is at or above ``level``; None where it is nowhere."""
        key = (name, level)
        if key not in self._surfaces:
            self._surfaces[key] = self.block(name).surface(level if name in _TEMPERATURES else float(np.log(level)))
        return self._surfaces[key]

    def block(self, name: str) -> Block:
        """Samples of ``name`` (of a dose, its logarithm) in a box that holds every surface of the lesion."""
        if name not in self._blocks:
            height_mm = next((block.height_mm for block in self._blocks.values()), None)
            self._blocks[name] = block_of(
                lambda points: self._between(name, points), *self._warm_box_mm, self.bone, height_mm=height_mm
            )
        return self._blocks[name]

    @cached_property
    def _blocks(self) -> dict[str, Block]:
        return {}

    @cached_property
    def _warm_box_mm(self) -> tuple[FloatArray, FloatArray]:
        """(3,) corners of a box round all that became warmer than 44 degC at any time."""
        warm = self.values["peak_c"] >= _LEAST_C
        if not warm.any():
            warm = self.values["peak_c"] >= self.values["peak_c"].max()
        half = 0.5 * self.tree.sizes_mm[warm][:, None]
        centres = self.tree.centres_mm[warm]
        return (centres - half).min(axis=0), (centres + half).max(axis=0)

    def margin_mm(self, name: str, level: float, points_mm: FloatArray) -> FloatArray:
        """(...,) depth of (..., 3) points inside the surface; negative outside, -inf where there is none."""
        points = np.asarray(points_mm, dtype=float)
        mesh = self.surface(name, level)
        if mesh is None:
            return np.full(points.shape[:-1], -np.inf)
        flat = np.ascontiguousarray(points.reshape(-1, 3))
        away = distance_to_triangles(flat, np.ascontiguousarray(mesh.triangles_mm))
        inside = self.excess(name, level, flat) >= 0.0
        if self.bone is not None:
            inside &= self.bone.height_mm(flat) >= 0.0
        return np.asarray(np.where(inside, away, -away)).reshape(points.shape[:-1])

    @cached_property
    def _surfaces(self) -> dict[tuple[str, float], Mesh | None]:
        return {}


@dataclass(frozen=True, eq=False)
class Corners:
    """Corners of leaves: ``places_mm`` (c, 3), ``of_leaf`` (n, 8), leaves ``around`` (c, 8) with ``weights`` (c, 8)."""

    places_mm: FloatArray
    of_leaf: IndexArray
    around: IndexArray
    weights: FloatArray
    faces: Faces

    def slopes(self, values: FloatArray, kind: NDArray[np.int8], tree: Octree) -> FloatArray:
        """(n, 3) slopes of (n,) values."""
        faces = self.faces
        return np.asarray(
            kernels.slopes_of(
                faces.low,
                faces.high,
                faces.axis,
                faces.coarse,
                faces.fine,
                faces.group_axis,
                faces.group_way,
                tree.sizes_mm,
                kind,
                values,
            )
        )


def corners_of(tree: Octree) -> Corners:
    """The corners of ``tree``."""
    deepest = tree.levels - 1
    finest = tree.root_mm * 0.5**deepest
    # corners counted in the smallest leaves
    low, edge = tree.cells << (deepest - tree.level)[:, None], 1 << (deepest - tree.level)
    count = (tree.roots << deepest) + 1
    first = (low[:, 2] * count + low[:, 1]) * count + low[:, 0]
    steps = np.array([((n >> 2) * count + (n >> 1 & 1)) * count + (n & 1) for n in range(8)])
    keys, inverse = np.unique(first[:, None] + edge[:, None] * steps, return_inverse=True)
    cells = np.stack([keys % count, keys // count % count, keys // (count * count)], axis=1)
    corners = np.ascontiguousarray(tree.origin_mm + finest * cells)
    around = kernels.leaves_around(tree.child, tree.roots, tree.origin_mm, tree.root_mm, corners, 0.25 * finest)
    weights = _corner_weights(corners, around, tree)
    return Corners(
        corners,
        inverse.reshape(-1, 8).astype(np.int32),
        around,
        weights,
        faces_of(tree),
    )


def _corner_weights(corners: FloatArray, around: IndexArray, tree: Octree) -> FloatArray:
    """(c, 8) weights of the leaves ``around`` corners that give the value there of what runs straight between their centres.

    The constant of a straight fit, small leaves counting most; a leaf that meets the corner with several of its own corners shares
    its weight among them. Places outside the cube weigh nothing.
    """
    # between eight alike, as at most corners, each counts an eighth
    weights = np.full(around.shape, 0.125)
    for first in range(0, len(corners), _AT_ONCE):
        some = around[first : first + _AT_ONCE]
        sizes = np.where(some >= 0, tree.sizes_mm[some], np.inf)
        unlike = np.flatnonzero(sizes.min(axis=1) < sizes.max(axis=1))
        weights[first + unlike] = _fitted_weights(corners[first + unlike], some[unlike], sizes[unlike], tree)
    return weights


def _fitted_weights(corners: FloatArray, around: IndexArray, sizes: FloatArray, tree: Octree) -> FloatArray:
    known = around >= 0
    smallest = sizes.min(axis=1, keepdims=True)
    trust = (smallest / sizes) ** 2
    rows = np.concatenate(
        [np.ones((*around.shape, 1)), (tree.centres_mm[around] - corners[:, None]) / smallest[..., None]], axis=2
    )
    matrix = np.einsum("cmp,cm,cmq->cpq", rows, trust, rows) + 1e-9 * np.eye(4)
    right = np.broadcast_to(np.eye(4)[:, :1], (len(corners), 4, 1))
    fit = np.linalg.solve(matrix, right)[..., 0]
    weights = np.einsum("cmp,cp->cm", rows, fit) * trust
    # at the boundary of the cube, where nothing happens, a mean will do
    edge = ~known.all(axis=1)
    weights[edge] = known[edge] / known[edge].sum(axis=1, keepdims=True)
    return np.asarray(weights)
