"""The plane in which a sacrum is its own mirror image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from rfplan.geometry.arrays import FloatArray, frozen, unit
from rfplan.geometry.mesh import Mesh

_COARSE_POINTS = 700
_FINE_POINTS = 5000
_MOST_FACES = 30000
_START_TILTS_DEG = (-24.0, 0.0, 24.0)
_KEPT_FRACTION = 0.75


@dataclass(frozen=True, eq=False)
class MidsagittalPlane:
    """Points with ``normal . p = offset_mm``; ``normal`` (3,) points to the patient's left.

    ``asymmetry_mm`` is the median distance between the bone and its mirror image.
    """

    normal: FloatArray
    offset_mm: float
    asymmetry_mm: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal", frozen(self.normal))

    def mirrored(self, points_mm: ArrayLike) -> FloatArray:
        """Mirror images of (..., 3) points."""
        points = np.asarray(points_mm, dtype=float)
        return points - 2.0 * (points @ self.normal - self.offset_mm)[..., None] * self.normal


@dataclass(frozen=True, eq=False)
class FaceCloud:
    """Centres (n, 3), outward unit normals (n, 3) and areas (n,) of the faces of a mesh, mm and mm2."""

    centres_mm: FloatArray
    normals: FloatArray
    areas_mm2: FloatArray

    @classmethod
    def of(cls, mesh: Mesh) -> FaceCloud:
        """The faces of ``mesh`` that have an area."""
        a, b, c = np.moveaxis(mesh.triangles_mm, 1, 0)
        cross = np.cross(b - a, c - a)
        double = np.linalg.norm(cross, axis=1)
        good = double > 1e-12
        return cls((a + b + c)[good] / 3.0, cross[good] / double[good, None], 0.5 * double[good])


def find_midsagittal(cloud: FaceCloud) -> MidsagittalPlane:
    """Mirror plane of a bone whose left is within about 30 degrees of +x.

    The bone is laid on its own mirror image by robust point-to-plane registration, from nine starts; the third of the
    surface that fits worst (a cut, a spur, one broken ala) has no say.
    """
    if len(cloud.areas_mm2) > _MOST_FACES:
        kept = _evenly(cloud.areas_mm2, _MOST_FACES)
        cloud = FaceCloud(cloud.centres_mm[kept], cloud.normals[kept], np.full(len(kept), 1.0))
    centre = np.average(cloud.centres_mm, axis=0, weights=cloud.areas_mm2)
    tree = cKDTree(cloud.centres_mm)
    coarse = _evenly(cloud.areas_mm2, _COARSE_POINTS)
    best: tuple[float, FloatArray, float] | None = None
    for yaw in _START_TILTS_DEG:
        for roll in _START_TILTS_DEG:
            start = unit([1.0, np.tan(np.deg2rad(yaw)), np.tan(np.deg2rad(roll))])
            normal, offset, misfit = _register(cloud, tree, coarse, start, float(start @ centre), rounds=12)
            if best is None or misfit < best[0]:
                best = (misfit, normal, offset)
    assert best is not None
    fine = _evenly(cloud.areas_mm2, _FINE_POINTS)
    normal, offset, misfit = _register(cloud, tree, fine, best[1], best[2], rounds=25)
    return MidsagittalPlane(normal if normal[0] > 0 else -normal, offset if normal[0] > 0 else -offset, misfit)


def _evenly(areas: FloatArray, count: int) -> np.ndarray:
    """Indices of about ``count`` faces, spread by area: the same faces whatever the pose of the bone."""
    along = np.cumsum(areas)
    wanted = (np.arange(count) + 0.5) * along[-1] / count
    return np.unique(np.searchsorted(along, wanted))


def _register(
    cloud: FaceCloud, tree: cKDTree, chosen: np.ndarray, normal: FloatArray, offset: float, rounds: int
) -> tuple[FloatArray, float, float]:
    """Gauss-Newton on the plane; returns normal, offset and the median misfit, mm."""
    points, directions = cloud.centres_mm[chosen], cloud.normals[chosen]
    misfit = np.inf
    for _ in range(rounds):
        side = points @ normal - offset
        image = points - 2.0 * side[:, None] * normal
        turned = directions - 2.0 * (directions @ normal)[:, None] * normal
        distance, nearest = tree.query(image)
        facing = np.einsum("ij,ij->i", turned, cloud.normals[nearest])
        distance = np.where(facing > 0.5, distance, np.inf)
        usable = np.isfinite(distance)
        if np.count_nonzero(usable) < 20:
            break
        # half of the faces near the plane map onto themselves: only faces off the plane can be judged
        misfit = float(np.median(np.where(usable, distance, 25.0)))
        limit = np.quantile(distance[usable], _KEPT_FRACTION)
        weight = np.where(usable, 1.0 / (1.0 + (distance / max(0.5 * limit, 0.3)) ** 2) ** 2, 0.0)
        target, towards = cloud.centres_mm[nearest], cloud.normals[nearest]
        residual = np.einsum("ij,ij->i", towards, image - target)
        first = unit(np.cross(normal, [0.0, 0.0, 1.0]))
        second = np.cross(normal, first)
        along = towards @ normal
        columns = [-2.0 * ((points @ axis) * along + side * (towards @ axis)) for axis in (first, second)]
        jacobian = np.stack([*columns, 2.0 * along], axis=1)
        weighted = jacobian * weight[:, None]
        step = np.linalg.solve(weighted.T @ jacobian + 1e-9 * np.eye(3), -weighted.T @ residual)
        length = np.hypot(step[0], step[1])
        if length > 0.2:
            step *= 0.2 / length
        normal = unit(normal + step[0] * first + step[1] * second)
        offset = offset + step[2]
        if length < 1e-6 and abs(step[2]) < 1e-5:
            break
    return normal, float(offset), misfit
