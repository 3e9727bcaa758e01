"""The solved fields around needles beside bone or a pair: values at points, surfaces, and how deep a point lies inside one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.placed_body import BonePlane
from rfplan.lesion.section_kernels import distance_to_triangles
from rfplan.lesion.solid import SolidGrid, trilinear

_SPACING_MM = 0.4
_MARGIN_MM = 1.0
_STEEP = 5.0
_LEAST_DOSE = 1e-12
_TEMPERATURES = ("end_c", "peak_c")


@dataclass(frozen=True, eq=False)
class SolidField:
    """Cell values (nz, nv, nu) on ``grid``, by the names of :class:`rfplan.lesion.axisymmetric_field.AxisymmetricField`.

    ``bone`` is left out of surfaces.
    """

    grid: SolidGrid
    values: Mapping[str, FloatArray]
    bone: BonePlane | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", {name: frozen(array) for name, array in self.values.items()})

    def at(self, name: str, points_mm: FloatArray) -> FloatArray:
        """(...,) value at (..., 3) points of the needle's frame, linear between cells."""
        if name in _TEMPERATURES:
            return trilinear(self.grid, self.values[name], points_mm)
        # doses span decades: their logarithm is what runs straight between cells
        return np.asarray(np.exp(trilinear(self.grid, self._logarithm(name), points_mm)))

    def excess(self, name: str, level: float) -> FloatArray:
        """(nz, nv, nu) how far a value is above ``level``: of doses, in their logarithm."""
        if name in _TEMPERATURES:
            return np.asarray(self.values[name] - level)
        return np.asarray(self._logarithm(name) - np.log(level))

    def _logarithm(self, name: str) -> FloatArray:
        return np.asarray(np.log(np.maximum(self.values[name], _LEAST_DOSE)))

    def surface(self, name: str, level: float) -> Mesh | None:
        """Closed mesh around where ``name`` is at or above ``level``; None where it is nowhere."""
        key = (name, level)
        if key not in self._surfaces:
            self._surfaces[key] = self._mesh(self.excess(name, level))
        return self._surfaces[key]

    def margin_mm(self, name: str, level: float, points_mm: FloatArray) -> FloatArray:
        """(...,) depth of (..., 3) points inside the surface; negative outside, -inf where there is none."""
        points = np.asarray(points_mm, dtype=float)
        mesh = self.surface(name, level)
        if mesh is None:
            return np.full(points.shape[:-1], -np.inf)
        flat = points.reshape(-1, 3)
        away = distance_to_triangles(np.ascontiguousarray(flat), np.ascontiguousarray(mesh.triangles_mm))
        inside = trilinear(self.grid, self.excess(name, level), flat) >= 0.0
        if self.bone is not None:
            inside &= self.bone.height_mm(flat) >= 0.0
        return np.asarray(np.where(inside, away, -away)).reshape(points.shape[:-1])

    @cached_property
    def _surfaces(self) -> dict[tuple[str, float], Mesh | None]:
        return {}

    def _mesh(self, excess: FloatArray) -> Mesh | None:
        hot = excess >= 0.0
        if not hot.any():
            return None
        from skimage.measure import marching_cubes

        points = self.grid.centres_mm[hot]
        low, high = points.min(axis=0), points.max(axis=0)
        # the cells are a part of the whole: mirror images fill it up
        low[1], high[1] = -high[1], high[1]
        if self.grid.mirror_u:
            low[0] = -high[0]
        low, high = low - 2.0 * _MARGIN_MM, high + 2.0 * _MARGIN_MM
        counts = np.ceil((high - low) / _SPACING_MM).astype(int) + 1
        axes = [low[n] + _SPACING_MM * np.arange(counts[n]) for n in range(3)]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        block = trilinear(self.grid, excess, nodes)
        if self.bone is not None:
            # as steep as temperature is at the edge of a lesion, so that the edge on the bone stays sharp
            block = np.minimum(block, _STEEP * self.bone.height_mm(nodes))
        block = np.pad(block, 1, constant_values=-1.0)
        if block.max() < 0.0:
            return None
        vertices, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call,unused-ignore]
            block, 0.0, spacing=(_SPACING_MM,) * 3, gradient_direction="ascent"
        )
        mesh = Mesh(vertices + low - _SPACING_MM, faces)
        return mesh if mesh.volume_mm3 > 0.0 else Mesh(mesh.vertices_mm, mesh.faces[:, ::-1])
