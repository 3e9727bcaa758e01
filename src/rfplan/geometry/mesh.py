"""Triangle meshes of bones: a plain record, and the questions that decide whether a mesh may be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray, frozen
from rfplan.geometry.frames import Isometry


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles that bound a solid, outward by the right-hand rule.

    ``vertices_mm`` (n, 3), patient LPS; ``faces`` (m, 3) indices of vertices.
    """

    vertices_mm: FloatArray
    faces: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "vertices_mm", frozen(self.vertices_mm))
        object.__setattr__(self, "faces", frozen(self.faces, np.int64))

    @property
    def triangles_mm(self) -> FloatArray:
        """(m, 3, 3) corners of every triangle."""
        return self.vertices_mm[self.faces]

    @property
    def bounds_mm(self) -> FloatArray:
        """(2, 3) lowest and highest coordinates."""
        return np.stack([self.vertices_mm.min(axis=0), self.vertices_mm.max(axis=0)])

    @property
    def volume_mm3(self) -> float:
        """Enclosed volume; negative if the winding is inside out."""
        a, b, c = np.moveaxis(self.triangles_mm, 1, 0)
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)

    @property
    def vertex_normals(self) -> FloatArray:
        """(n, 3) unit outward normals, area-weighted over the faces at a vertex."""
        a, b, c = (self.vertices_mm[self.faces[:, corner]] for corner in range(3))
        one, other = b - a, c - a
        corners, count = self.faces.T.ravel(), len(self.vertices_mm)
        normals = np.empty((count, 3))
        for axis in range(3):
            i, j = (axis + 1) % 3, (axis + 2) % 3
            of_face = one[:, i] * other[:, j] - one[:, j] * other[:, i]
            # counting with weights sums three times as fast as numpy.add.at
            normals[:, axis] = np.bincount(corners, np.tile(of_face, 3), count)
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        return normals / np.where(lengths > 0, lengths, 1.0)

    def moved(self, motion: Isometry) -> Mesh:
        """The mesh after ``motion``; a mirror image keeps its normals outward."""
        faces = self.faces[:, ::-1] if motion.mirrors else self.faces
        return Mesh(motion.points(self.vertices_mm), faces)


@dataclass(frozen=True)
class MeshTopology:
    """Whether a mesh bounds a solid: ``closed`` means that every edge has exactly two faces."""

    closed: bool
    consistent_winding: bool
    components: int
    genus: int
    boundary_edges: int


def topology(mesh: Mesh) -> MeshTopology:
    """Count edges, components and handles of ``mesh``.

    The genus is that of the whole surface, (2 components - Euler characteristic) / 2, and means something only where the
    mesh is closed.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    directed = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    undirected = np.sort(directed, axis=1)
    edges, counts = np.unique(undirected, axis=0, return_counts=True)
    consistent = len(np.unique(directed, axis=0)) == len(directed)
    used = np.unique(mesh.faces)
    size = len(mesh.vertices_mm)
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][used]
    components = len(np.unique(labels))
    euler = len(used) - len(edges) + len(mesh.faces)
    return MeshTopology(
        closed=bool(np.all(counts == 2)),
        consistent_winding=bool(consistent),
        components=components,
        genus=(2 * components - euler) // 2,
        boundary_edges=int(np.sum(counts == 1)),
    )
