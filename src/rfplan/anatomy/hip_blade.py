"""The iliac blade: a curved sheet of varying thickness over an outline that is read from named directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline, RBFInterpolator
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from rfplan.geometry.arrays import FloatArray, frozen

DIRECTIONS: Final = (
    "asis",
    "asis_summit_1",
    "asis_summit_2",
    "asis_summit_3",
    "summit",
    "summit_psis_1",
    "summit_psis_2",
    "summit_psis_3",
    "psis",
    "psis_piis_1",
    "piis",
    "piis_notch_1",
    "piis_notch_2",
    "notch",
    "aiis",
    "aiis_asis_1",
)
"""Directions from the centre of the blade, counter-clockwise on a left ilium seen from its outside: the anterior superior spine,
three towards the summit of the crest, the summit, three towards the posterior superior spine, and so on round the blade."""

_SHARES: Final = (40, 75, 95)
"""Where on a direction the sheet is known, per cent of its radius."""
_STEP_MM = 1.0
_MARGIN_MM = 24.0
_SMOOTHING = 4.0


@dataclass(frozen=True, eq=False)
class Blade:
    """The sheet on a grid in the plane of the blade: ``maps`` (4, na, nu), see :func:`hip_kernels.sheet_field`.

    Node (i, j) is at ``along_0_mm + i step_mm`` (forward in the plane of the blade) and ``up_0_mm + j step_mm``;
    ``outline_mm`` (n, 2) is the edge, ``yaw_deg`` the turn of the plane of the blade out of the sagittal plane.
    """

    maps: FloatArray
    along_0_mm: float
    up_0_mm: float
    step_mm: float
    yaw_deg: float
    outline_mm: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "maps", frozen(self.maps))
        object.__setattr__(self, "outline_mm", frozen(self.outline_mm))

    def to_plane(self, points_mm: FloatArray) -> FloatArray:
        """(..., 3) along, up and out of the plane of the blade, of points in hip axes (anterior, superior, lateral)."""
        yaw = np.deg2rad(self.yaw_deg)
        forward, up, lateral = np.moveaxis(points_mm, -1, 0)
        return np.stack(
            [
                forward * np.cos(yaw) + lateral * np.sin(yaw),
                up,
                lateral * np.cos(yaw) - forward * np.sin(yaw),
            ],
            axis=-1,
        )

    def from_plane(self, points: FloatArray) -> FloatArray:
        """The inverse of :meth:`to_plane`."""
        yaw = np.deg2rad(self.yaw_deg)
        along, up, out = np.moveaxis(points, -1, 0)
        return np.stack([along * np.cos(yaw) - out * np.sin(yaw), up, along * np.sin(yaw) + out * np.cos(yaw)], axis=-1)

    def middle_mm(self, along_up: FloatArray) -> FloatArray:
        """(...,) height of the middle surface at (..., 2) places in the plane of the blade."""
        place = (along_up - [self.along_0_mm, self.up_0_mm]) / self.step_mm
        return np.asarray(
            map_coordinates(self.maps[1], np.moveaxis(place, -1, 0), order=1, mode="nearest"), dtype=float
        )


def blade_of(parameters: Mapping[str, float]) -> Blade:
    """The blade from the figures ``hip.blade.*`` of ``parameters``."""

    def value(key: str) -> float:
        return parameters[f"hip.blade.{key}"]

    centre = np.array([value("centre.along"), value("centre.superior")])
    angles = np.deg2rad([value(f"{name}.angle") for name in DIRECTIONS])
    radii = np.array([value(f"{name}.radius") for name in DIRECTIONS])
    outline = _outline(centre, angles, radii)
    nodes, sheet = [centre], [(value("centre.mid"), value("centre.thickness"))]
    for name, angle, radius in zip(DIRECTIONS, angles, radii, strict=True):
        direction = np.array([np.cos(angle), np.sin(angle)])
        for share in _SHARES:
            nodes.append(centre + share / 100.0 * radius * direction)
            thickness = value(f"{name}.thickness_{share}")
            if share == _SHARES[-1]:
                # so close to the edge a measured thickness is that of the rounding, which the sheet adds itself
                thickness = max(thickness, 0.5 * value(f"{name}.thickness_{_SHARES[-2]}"))
            sheet.append((value(f"{name}.mid_{share}"), thickness))
    low = outline.min(axis=0) - _MARGIN_MM
    counts = np.ceil((outline.max(axis=0) + _MARGIN_MM - low) / _STEP_MM).astype(int) + 1
    grid = np.stack(np.meshgrid(*(low[k] + _STEP_MM * np.arange(counts[k]) for k in (0, 1)), indexing="ij"), axis=-1)
    # outside the outline the sheet is continued from its edge, where it is known, and not extrapolated
    flat = _drawn_in(grid.reshape(-1, 2), centre, angles, radii)
    shape = RBFInterpolator(np.array(nodes), np.array(sheet), kernel="thin_plate_spline", smoothing=_SMOOTHING)
    middle, thickness = np.moveaxis(shape(flat).reshape(*counts, 2), -1, 0)
    slope = np.hypot(*np.gradient(middle, _STEP_MM))
    cosine = 1.0 / np.sqrt(1.0 + slope * slope)
    half = np.maximum(0.5 * thickness * cosine, 1.5)
    maps = np.stack([outline_distance(grid, outline), middle, cosine, half])
    return Blade(maps, float(low[0]), float(low[1]), _STEP_MM, value("yaw"), outline)


def edge_place(parameters: Mapping[str, float], direction: str) -> FloatArray:
    """(2,) end of one of :data:`DIRECTIONS` on the edge of the blade: along and up, in its plane."""
    angle = np.deg2rad(parameters[f"hip.blade.{direction}.angle"])
    centre = np.array([parameters["hip.blade.centre.along"], parameters["hip.blade.centre.superior"]])
    reach = parameters[f"hip.blade.{direction}.radius"]
    return np.asarray(centre + reach * np.array([np.cos(angle), np.sin(angle)]))


def _radius_at(angles: FloatArray, radii: FloatArray) -> CubicSpline:
    return CubicSpline(np.append(angles, angles[0] + 2 * np.pi), np.append(radii, radii[0]), bc_type="periodic")


def _outline(centre: FloatArray, angles: FloatArray, radii: FloatArray) -> FloatArray:
    turn = angles[0] + np.linspace(0.0, 2 * np.pi, 720, endpoint=False)
    radius = _radius_at(angles, radii)(turn)
    return np.asarray(centre + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1))


def _drawn_in(points: FloatArray, centre: FloatArray, angles: FloatArray, radii: FloatArray) -> FloatArray:
    away = points - centre
    reach = np.hypot(away[:, 0], away[:, 1])
    turn = angles[0] + np.mod(np.arctan2(away[:, 1], away[:, 0]) - angles[0], 2 * np.pi)
    limit = 1.02 * _radius_at(angles, radii)(turn)
    return np.asarray(centre + away * np.minimum(1.0, limit / np.maximum(reach, 1e-9))[:, None])


def outline_distance(grid: FloatArray, outline: FloatArray) -> FloatArray:
    """(na, nu) distance of the nodes (na, nu, 2) to a closed outline (n, 2), negative inside."""
    closed = np.concatenate([outline, outline[:1]])
    fine = np.concatenate([closed[:-1] + f * (closed[1:] - closed[:-1]) for f in (0.0, 0.25, 0.5, 0.75)])
    points = grid.reshape(-1, 2)
    distance = cKDTree(fine).query(points)[0]
    inside = np.zeros(len(points), dtype=bool)
    for (x1, y1), (x2, y2) in pairwise(closed):
        if y1 != y2:
            crosses = (points[:, 1] < y1) != (points[:, 1] < y2)
            inside ^= crosses & (points[:, 0] < x1 + (points[:, 1] - y1) * (x2 - x1) / (y2 - y1))
    return np.asarray(np.where(inside, -distance, distance)).reshape(grid.shape[:2])
