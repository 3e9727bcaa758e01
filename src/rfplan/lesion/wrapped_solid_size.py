"""Extent of the warm or dead region beside bone, on a grid that wraps the needle; finer than the cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.crossing_kernels import outermost
from rfplan.lesion.lesion import LesionSize
from rfplan.lesion.placed_body import BonePlane
from rfplan.lesion.wrapped_solid import WrappedSolidGrid

_TURNS, _PER_ROW = 145, 4
_DIRECTIONS = 61


@dataclass(frozen=True, eq=False)
class WrappedSurface:
    """Where the region ends: ``reach_mm`` (n, m) from the axis or the round end's centre, 0 where it is nowhere, along rays.

    Rays leave the metal at ``along_mm`` (n,), the way along its surface from the tip, and ``turn`` (m,) radians from +x; ``excess``
    (nz, nv, nu) of the cells is what is at or above 0 inside.
    """

    grid: WrappedSolidGrid
    radius_mm: float
    bone: BonePlane
    along_mm: FloatArray
    turn: FloatArray
    reach_mm: FloatArray
    excess: FloatArray

    @property
    def starts_mm(self) -> FloatArray:
        """(n,) z of the points on the axis that rays come from."""
        a = self.radius_mm
        return np.maximum(self.along_mm - 0.5 * np.pi * a, 0.0) + a

    @property
    def directions(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(n, m) components of the rays along x, y and z."""
        angle = np.minimum(self.along_mm / self.radius_mm, 0.5 * np.pi)[:, None]
        across = np.sin(angle)
        return (
            across * np.cos(self.turn),
            across * np.sin(self.turn),
            np.broadcast_to(-np.cos(angle), (len(angle), len(self.turn))),
        )

    @property
    def positions_mm(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(n, m) x, y and z of the region's edge."""
        x, y, z = self.directions
        return x * self.reach_mm, y * self.reach_mm, self.starts_mm[:, None] + z * self.reach_mm


def wrapped_surface(
    grid: WrappedSolidGrid, radius_mm: float, excess: FloatArray, bone: BonePlane
) -> WrappedSurface | None:
    """The edge of the region outside the bone, by cubics outwards and splines between rays; None where there is no region."""
    section = grid.section
    first = int(np.count_nonzero(section.r_mid < radius_mm))
    tissue = np.ascontiguousarray(excess[:, :, first:]).reshape(-1, excess.shape[2] - first)
    places = np.ascontiguousarray(np.broadcast_to(np.log(section.r_mid[first:]), tissue.shape))
    found = outermost(places, tissue, np.ones_like(tissue), 1).reshape(excess.shape[:2])
    hot = ~np.isnan(found)
    if not hot.any():
        return None
    a = radius_mm
    rows = np.concatenate([section.angle_mid * a, section.slice_mid - a + 0.5 * np.pi * a])
    known = np.flatnonzero(hot.all(axis=1))
    turn = np.linspace(0.0, np.pi, _TURNS)
    if len(known) < 4:
        nearest = np.abs(grid.turn_mid[None, :] - turn[:, None]).argmin(axis=1)
        along, reach = rows, np.where(hot, np.exp(np.nan_to_num(found)), 0.0)[:, nearest]
    else:
        low, high = int(known[0]), int(known[-1])
        along = np.interp(np.arange(_PER_ROW * low, _PER_ROW * high + 1) / _PER_ROW, np.arange(len(rows)), rows)
        if low == 0:
            along = np.concatenate([[0.0, 0.5 * along[0]], along])
        # even at both ends of the turn
        angles = np.concatenate([-grid.turn_mid[1::-1], grid.turn_mid, 2.0 * np.pi - grid.turn_mid[:-3:-1]])
        logs = found[known]
        logs = np.concatenate([logs[:, 1::-1], logs, logs[:, :-3:-1]], axis=1)
        fine = CubicSpline(angles, logs, axis=1)(turn)
        reach = np.exp(CubicSpline(rows[known], fine, axis=0)(along))
    surface = WrappedSurface(grid, radius_mm, bone, along, turn, reach, excess)
    # a ray ends at the bone
    x, _, z = surface.directions
    start = bone.normal[2] * surface.starts_mm[:, None] - bone.offset_mm
    falling = bone.normal[0] * x + bone.normal[2] * z
    to_bone = np.where(falling < -1e-9, start / np.maximum(-falling, 1e-9), np.inf)
    return WrappedSurface(grid, radius_mm, bone, along, turn, np.minimum(reach, np.maximum(to_bone, 0.0)), excess)


def region_size(surface: WrappedSurface | None) -> LesionSize:
    """Size of the region outside the bone; metal counts for the extent, not for the volume.

    ``width_mm`` is the largest distance of two points of one section across z, mirror images included.
    """
    if surface is None:
        return LesionSize(0.0, 0.0, 0.0, 0.0)
    x, y, z = surface.positions_mm
    shaft = surface.along_mm >= 0.5 * np.pi * surface.radius_mm
    width = 2.0 * float(y.max())
    if shaft.any():
        angle = np.linspace(0.0, 0.5 * np.pi, _DIRECTIONS)
        # the shadow of the half and of its mirror image y -> -y
        sideways = np.abs(y[shaft])[..., None] * np.sin(angle)
        forward = x[shaft][..., None] * np.cos(angle)
        shadow = (forward + sideways).max(axis=1) - (forward - sideways).min(axis=1)
        width = max(width, float(shadow.max()))
    low, high = float(z.min()), max(float(z.max()), _top(surface))
    return LesionSize(width, high - low, max(0.0, -low), _volume(surface))


def radii_mm(surface: WrappedSurface | None, z_mm: float) -> dict[str, float]:
    """Distance from the axis to the region's edge at ``z_mm`` on the shaft: away from the bone (+x), toward it, to the side."""
    result = {"away": 0.0, "toward": 0.0, "lateral": 0.0}
    if surface is not None:
        along = z_mm + (0.5 * np.pi - 1.0) * surface.radius_mm
        if surface.along_mm[0] <= along <= surface.along_mm[-1]:
            for name, column in (("away", 0), ("lateral", _TURNS // 2), ("toward", _TURNS - 1)):
                result[name] = float(np.interp(along, surface.along_mm, surface.reach_mm[:, column]))
    return result


def _top(surface: WrappedSurface) -> float:
    """Highest place of the region along the needle, metal included."""
    section = surface.grid.section
    columns = np.ascontiguousarray(np.moveaxis(surface.excess[section.rays :], 0, -1))
    soft = surface.bone.height_mm(surface.grid.centres_mm[section.rays :]) >= 0.0
    counts = np.ascontiguousarray(np.moveaxis(soft.astype(float), 0, -1)).reshape(-1, columns.shape[-1])
    columns = columns.reshape(counts.shape)
    z = np.ascontiguousarray(np.broadcast_to(section.slice_mid, columns.shape))
    found = outermost(z, columns, counts, 1)
    return float(np.nanmax(found)) if not np.isnan(found).all() else -np.inf


def _volume(surface: WrappedSurface) -> float:
    """Both halves, without the metal: every ray's share of the solid angle or of the height."""
    a = surface.radius_mm
    reach = np.maximum(surface.reach_mm, a)
    on_tip = surface.along_mm < 0.5 * np.pi * a
    angle = np.minimum(surface.along_mm / a, 0.5 * np.pi)
    per_mm = np.where(on_tip[:, None], np.sin(angle)[:, None] / a * (reach**3 - a**3) / 3.0, (reach**2 - a**2) / 2.0)
    return 2.0 * float(np.trapezoid(np.trapezoid(per_mm, surface.turn, axis=1), surface.along_mm))
