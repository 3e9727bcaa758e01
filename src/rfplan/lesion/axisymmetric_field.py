"""The solved fields around one needle: values at points, surfaces, and how deep a point lies inside one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import PchipInterpolator

from rfplan.geometry.arrays import FloatArray, IntArray, frozen
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.revolved import revolved, section_loops
from rfplan.lesion.section_kernels import distance_to_segments

_SEGMENTS = 48
_PARTS = 4
_LEAST_DOSE = 1e-12
_TEMPERATURES = ("end_c", "peak_c")


@dataclass(frozen=True, eq=False)
class AxisymmetricField:
    """Cell values in the needle's frame (tip end at 0, hub towards +z): ``r_mm`` (nr,), ``z_mm`` (nz,), ``values`` (nz, nr).

    Values by name: ``end_c`` temperature when heating ended, ``peak_c`` the highest ever, ``nerve``, ``tissue`` Arrhenius doses and
    ``cem43_min`` after the cool-down. Tissue and metal together; below ``floor_mm`` is bone (-inf: none), which surfaces leave out.
    """

    r_mm: FloatArray
    z_mm: FloatArray
    values: Mapping[str, FloatArray]
    floor_mm: float = -np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "r_mm", frozen(self.r_mm))
        object.__setattr__(self, "z_mm", frozen(self.z_mm))
        object.__setattr__(self, "values", {name: frozen(array) for name, array in self.values.items()})

    def at(self, name: str, points_mm: FloatArray) -> FloatArray:
        """(...,) value at (..., 3) points of the needle's frame; outside the grid that of its nearest cell."""
        points = np.asarray(points_mm, dtype=float)
        r, z = np.hypot(points[..., 0], points[..., 1]), points[..., 2]
        r_mm, z_mm, field = self._between_cells(name)
        i, u = _place(r_mm, r)
        j, v = _place(z_mm, z)
        low = (1.0 - u) * field[j, i] + u * field[j, i + 1]
        high = (1.0 - u) * field[j + 1, i] + u * field[j + 1, i + 1]
        value = np.asarray((1.0 - v) * low + v * high)
        return value if name in _TEMPERATURES else np.asarray(np.exp(value))

    def loops(self, name: str, level: float) -> list[FloatArray]:
        """Closed lines (n, 2) of (r, z) around where ``name`` is at or above ``level`` in the soft tissue, r negative on the other half."""
        key = (name, level)
        if key not in self._loops:
            r_mm, z_mm, field = self._between_cells(name)
            level = level if name in _TEMPERATURES else float(np.log(level))
            self._loops[key] = section_loops(r_mm, z_mm, field, level, self.floor_mm)
        return self._loops[key]

    def _between_cells(self, name: str) -> tuple[FloatArray, FloatArray, FloatArray]:
        """A finer grid, (m,) and (n,), and values on it (n, m), of doses their logarithms.

        Cells are large where heat falls off: straight lines between their centres would make a lesion too large. Monotone cubics in
        ln r and in z follow it, and do not swing where it bends at the metal.
        """
        if name not in self._finer:
            field = self.values[name]
            if name not in _TEMPERATURES:
                # doses span decades: their logarithm is what runs smoothly
                field = np.log(np.maximum(field, _LEAST_DOSE))
            logarithm, z_mm = _divided(np.log(self.r_mm)), _divided(self.z_mm)
            if name == "peak_c":
                # what was gained before heating ended is nowhere below 0, and monotone cubics keep it so
                field = field - self.values["end_c"]
            along = PchipInterpolator(self.z_mm, field, axis=0)(z_mm)
            both = PchipInterpolator(np.log(self.r_mm), along, axis=1)(logarithm)
            if name == "peak_c":
                both += self._between_cells("end_c")[2]
            self._finer[name] = np.exp(logarithm), z_mm, np.ascontiguousarray(both)
        return self._finer[name]

    @cached_property
    def _finer(self) -> dict[str, tuple[FloatArray, FloatArray, FloatArray]]:
        return {}

    @cached_property
    def _loops(self) -> dict[tuple[str, float], list[FloatArray]]:
        return {}

    def surface(self, name: str, level: float) -> Mesh | None:
        """Closed mesh around where ``name`` is at or above ``level``, in the needle's frame; None where it is nowhere."""
        return revolved(self.loops(name, level), _SEGMENTS)

    def margin_mm(self, name: str, level: float, points_mm: FloatArray) -> FloatArray:
        """(...,) depth of (..., 3) points inside the surface; negative outside, -inf where there is none."""
        points = np.asarray(points_mm, dtype=float)
        loops = self.loops(name, level)
        if not loops:
            return np.full(points.shape[:-1], -np.inf)
        flat = points.reshape(-1, 3)
        section = np.stack([np.hypot(flat[:, 0], flat[:, 1]), flat[:, 2]], axis=1)
        starts = np.concatenate([loop[:-1] for loop in loops])
        ends = np.concatenate([loop[1:] for loop in loops])
        depth = distance_to_segments(section, starts, ends)
        return np.asarray(depth.reshape(points.shape[:-1]))


def _divided(at: FloatArray) -> FloatArray:
    """The places and three more between every two."""
    parts = np.arange(_PARTS) / _PARTS
    return np.append((at[:-1, None] + np.diff(at)[:, None] * parts).ravel(), at[-1])


def _place(centres: FloatArray, at: FloatArray) -> tuple[IntArray, FloatArray]:
    index = np.asarray(np.clip(np.searchsorted(centres, at) - 1, 0, len(centres) - 2), dtype=np.int64)
    part = (at - centres[index]) / (centres[index + 1] - centres[index])
    return index, np.clip(part, 0.0, 1.0)
