"""The sacroiliac joint as the hip bone sees it: the auricular surface of a given sacrum, and where the hip goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

from rfplan.anatomy.hip_blade import outline_distance
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.errors import RfplanError
from rfplan.geometry.arrays import BoolArray, FloatArray, frozen, unit
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.polyline import resample

_STEP_MM = 1.0
_MARGIN_MM = 30.0
_SEARCH_MM = 12.0
_ON_BONE_MM = 2.0
_FEWEST_POINTS = 12


class SacrumSurface(Protocol):
    """What the neighbours of a sacrum need to know of it; a parametric sacrum and a mesh can both say it."""

    def frame(self) -> ApFrame:
        """The true AP view frame."""

    def distance_mm(self, points_mm: FloatArray, /) -> FloatArray:
        """(n,) approximate signed distance of (n, 3) patient points, negative inside."""

    def auricular_mm(self, side: Side) -> FloatArray:
        """(n, 3) closed outline of the auricular surface, patient frame, without repeating its first point."""


@dataclass(frozen=True, eq=False)
class AuricularSurface:
    """The auricular surface of one side in lateralised chart axes (lateral outward on either side, caudal, posterior).

    ``outline_mm`` (n, 3); ``centre_mm`` (3,) centre of its area; ``axes`` (3, 3) two axes in its mean plane and
    its outward normal; ``distance_map_mm`` signed distance to the outline in that plane, and ``height_map_mm`` height of the bone over
    it, from ``low_mm`` in steps of 1 mm.
    """

    outline_mm: FloatArray
    centre_mm: FloatArray
    axes: FloatArray
    low_mm: FloatArray
    distance_map_mm: FloatArray
    height_map_mm: FloatArray

    def __post_init__(self) -> None:
        for name in ("outline_mm", "centre_mm", "axes", "low_mm", "distance_map_mm", "height_map_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def area_mm2(self) -> float:
        """Area inside the outline, seen square on."""
        x, y = ((self.outline_mm - self.centre_mm) @ self.axes[:2].T).T
        return float(0.5 * abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)))

    def outside_mm(self, points_mm: ArrayLike) -> FloatArray:
        """(n,) distance of the points' projections from the outline, negative within it."""
        return self._sampled(self.distance_map_mm, points_mm)

    def above_mm(self, points_mm: ArrayLike) -> FloatArray:
        """(n,) height over the surface, outward, along the normal of its mean plane."""
        height = (np.asarray(points_mm, float) - self.centre_mm) @ self.axes[2]
        return np.asarray(height - self._sampled(self.height_map_mm, points_mm))

    def _sampled(self, grid: FloatArray, points_mm: ArrayLike) -> FloatArray:
        place = ((np.asarray(points_mm, float) - self.centre_mm) @ self.axes[:2].T - self.low_mm) / _STEP_MM
        return np.asarray(map_coordinates(grid, place.T, order=1, mode="nearest"), dtype=float)


def auricular_surface(sacrum: SacrumSurface, side: Side) -> AuricularSurface:
    """The auricular surface of ``side`` of a sacrum.

    Raises
    ------
    RfplanError : hardly any of the outline lies on the side of the bone
    """
    stated = sacrum.auricular_mm(side)
    chart = sacrum.frame().to_chart(stated) * [lateral_sign(side), 1.0, 1.0]
    # a stated point may have missed a narrow bone and lie inside it or beyond
    on_bone = np.abs(sacrum.distance_mm(stated)) < _ON_BONE_MM
    chart = chart[on_bone & (chart[:, 0] > 0.7 * np.median(chart[:, 0]))]
    if len(chart) < _FEWEST_POINTS:
        raise RfplanError(f"the {side} auricular surface of the sacrum is not on its side; no hip can be fitted")
    outline = resample(np.concatenate([chart, chart[:1]]), 1.0)[:-1]
    middle = outline.mean(axis=0)
    normal = np.linalg.svd(outline - middle)[2][2]
    normal = normal if normal[0] > 0 else -normal
    first = unit(np.cross(normal, [1.0, 0.0, 0.0]))
    axes = np.stack([first, np.cross(normal, first), normal])
    plane = (outline - middle) @ axes[:2].T
    x, y = plane.T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * next_y - next_x * y
    centre_plane = np.array([np.sum((x + next_x) * cross), np.sum((y + next_y) * cross)]) / (3.0 * cross.sum())
    centre = middle + centre_plane @ axes[:2]
    plane = plane - centre_plane
    low = plane.min(axis=0) - _MARGIN_MM
    counts = np.ceil((plane.max(axis=0) + _MARGIN_MM - low) / _STEP_MM).astype(int) + 1
    nodes = np.stack(np.meshgrid(*(low[k] + _STEP_MM * np.arange(counts[k]) for k in (0, 1)), indexing="ij"), axis=-1)
    distance = outline_distance(nodes, plane)
    height = _bone_height(sacrum, side, centre, axes, nodes, distance < 0.0)
    return AuricularSurface(outline, centre, axes, low, distance, height)


def _bone_height(
    sacrum: SacrumSurface,
    side: Side,
    centre: FloatArray,
    axes: FloatArray,
    nodes: FloatArray,
    known: BoolArray,
) -> FloatArray:
    """(na, nb) height of the outer side of the bone over the nodes (na, nb, 2) of the mean plane, continued beyond ``known``."""
    levels = np.arange(_SEARCH_MM, -_SEARCH_MM, -0.5)
    base = centre + nodes[known] @ axes[:2]
    points = base[:, None, :] + levels[:, None] * axes[2]
    patient = sacrum.frame().to_patient(points.reshape(-1, 3) * [lateral_sign(side), 1.0, 1.0])
    bone = np.asarray(sacrum.distance_mm(patient)).reshape(len(base), len(levels)) < 0.0
    height = np.full(known.shape, np.nan)
    height[known] = np.where(bone.any(axis=1), levels[bone.argmax(axis=1)], np.nan)
    missing = ~np.isfinite(height)
    nearest = distance_transform_edt(missing, return_distances=False, return_indices=True)
    continued = height[tuple(nearest)]
    # beyond the surface its edge is continued, more evenly the further away
    far = np.clip(distance_transform_edt(~known) * _STEP_MM / 8.0, 0.0, 1.0)
    return np.asarray((1.0 - far) * gaussian_filter(continued, 2.0) + far * gaussian_filter(continued, 8.0))


@dataclass(frozen=True, eq=False)
class HipPlace:
    """Where the hip's own axes are: ``cup_mm`` (3,) centre of the cup and ``axes`` (3, 3) rows anterior, superior, lateral.

    Both in lateralised chart axes.
    """

    cup_mm: FloatArray
    axes: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "cup_mm", frozen(self.cup_mm))
        object.__setattr__(self, "axes", frozen(self.axes))

    def to_hip(self, chart_mm: ArrayLike) -> FloatArray:
        """(..., 3) hip coordinates of lateralised chart points."""
        return np.asarray((np.asarray(chart_mm, dtype=float) - self.cup_mm) @ self.axes.T)

    def to_chart(self, hip_mm: ArrayLike) -> FloatArray:
        """(..., 3) lateralised chart points of hip coordinates."""
        return np.asarray(np.asarray(hip_mm, dtype=float) @ self.axes + self.cup_mm)


def hip_place(auricular: AuricularSurface, parameters: Mapping[str, float]) -> HipPlace:
    """The hip turned as in ``hip.placement.*`` and moved until its joint meets the auricular surface of the sacrum."""

    def value(key: str) -> float:
        return parameters[f"hip.placement.{key}"]

    turn = np.deg2rad(value("rotation"))
    superior = np.array([0.0, -np.cos(turn), np.sin(turn)])
    anterior = np.array([0.0, -np.sin(turn), -np.cos(turn)])
    axes = np.stack([anterior, superior, [1.0, 0.0, 0.0]])
    joint = np.array([value("joint_anterior"), value("joint_superior"), value("joint_lateral")])
    return HipPlace(auricular.centre_mm - joint @ axes, axes)


def posterior_margin(auricular: AuricularSurface) -> FloatArray:
    """(n, 3) the margin of the auricular surface on which the joint opens at the back, cranial to caudal, lateralised chart."""
    outline = auricular.outline_mm
    top, bottom = int(np.argmin(outline[:, 1])), int(np.argmax(outline[:, 1]))
    ahead = np.roll(outline, -top, axis=0)[: (bottom - top) % len(outline) + 1]
    back = np.roll(outline[::-1], top + 1, axis=0)[: (top - bottom) % len(outline) + 1]
    return ahead if ahead[:, 2].mean() > back[:, 2].mean() else back
