"""The parametric fifth lumbar vertebra: it sits on an S1 endplate, of which it needs no more than place, axes and size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from rfplan.anatomy.hip_kernels import blended_rods
from rfplan.anatomy.hip_ring import drawn_rods
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.implicit import mesh_of, smooth_intersection
from rfplan.geometry.mesh import Mesh

Distance = Callable[[FloatArray], FloatArray]
"""(n, 3) patient points -> (n,) signed distance, mm."""

CHAINS: Final[Mapping[str, tuple[str, ...]]] = {
    "pedicle": ("front", "back"),
    "transverse": ("root", "middle", "tip"),
    "superior_process": ("root", "tip"),
    "lamina": ("lateral", "middle", "medial"),
    "inferior_process": ("root", "tip"),
    "spinous": ("root", "middle", "tip"),
}
"""Rods of the arch, from node to node, for the left half."""

_BLEND_MM = 5.0
_MARGIN_MM = 6.0


def lumbar_parameters() -> dict[str, float]:
    """Every dimension of the vertebra by its key in ``anatomy/morphometry.toml``."""
    return {key: figure.value for key, figure in figures("morphometry").items() if key.startswith("lumbar.")}


class ParametricL5:
    """The fifth lumbar vertebra on an S1 endplate.

    Parameters
    ----------
    frame : view frame of the sacrum; its origin is the back of the endplate, its plane the endplate
    parameters : by key, see :func:`lumbar_parameters`
    endplate_width_mm, endplate_depth_mm : of the S1 endplate, left to right and back to front; the vertebra is scaled to them
    sacrum_mm : signed distance to the sacrum, from which the vertebra keeps its joint gap; without it none is kept
    """

    def __init__(
        self,
        frame: ApFrame,
        parameters: Mapping[str, float] | None = None,
        *,
        endplate_width_mm: float | None = None,
        endplate_depth_mm: float | None = None,
        sacrum_mm: Distance | None = None,
    ) -> None:
        value = dict(lumbar_parameters() if parameters is None else parameters)
        width, depth = value["lumbar.measured.endplate_width"], value["lumbar.measured.endplate_depth"]
        across = (endplate_width_mm or width) / width
        forward = (endplate_depth_mm or depth) / depth
        self.frame = frame
        self.parameters: Mapping[str, float] = value
        # (lateral, cranial, posterior); the height follows the mean of the other two
        self.scale = np.array([across, 0.5 * (across + forward), forward])
        self._sacrum_mm = sacrum_mm
        self._rods = drawn_rods(
            np.array([self._node(f"lumbar.{chain}.{name}") for name in names]) for chain, names in CHAINS.items()
        )

    def _node(self, key: str) -> list[float]:
        value, scale = self.parameters, self.scale
        place = scale * [value[f"{key}.lateral"], value[f"{key}.cranial"], value[f"{key}.posterior"]]
        spread = value.get(f"{key}.spread", 0.0)
        angle = np.deg2rad(value.get(f"{key}.spread_angle", 0.0))
        size = float(scale.mean())
        # the flat processes stand upright: their spread turns from cranial towards posterior
        return [
            *place,
            size * value[f"{key}.radius"],
            0.0,
            size * spread * np.cos(angle),
            size * spread * np.sin(angle),
        ]

    def distance_mm(self, points_mm: FloatArray) -> FloatArray:
        """(n,) approximate signed distance of (n, 3) patient points, negative inside."""
        return self._field(self.frame.to_chart(points_mm))

    def _field(self, chart_mm: FloatArray) -> FloatArray:
        local = np.column_stack([np.abs(chart_mm[:, 0]), -chart_mm[:, 1], chart_mm[:, 2]])
        rods = self._rods
        solid = blended_rods(local, self._body(local), rods.rods, rods.first_of_chain, rods.spheres, _BLEND_MM)
        if self._sacrum_mm is None:
            return solid
        near = np.flatnonzero(solid < _MARGIN_MM)
        gap = self.parameters["lumbar.facet.gap"]
        solid[near] = np.maximum(solid[near], gap - self._sacrum_mm(self.frame.to_patient(chart_mm[near])))
        return solid

    def _body(self, local: FloatArray) -> FloatArray:
        """Kidney-shaped column with a waist between two tilted endplates."""
        value = {key.removeprefix("lumbar.body."): v for key, v in self.parameters.items()}
        scale = self.scale
        lateral, cranial, posterior = local.T
        back, front = value["back"] * scale[2], value["front"] * scale[2]
        share = (posterior - back) / (front - back)
        floor = scale[1] * (value["floor_back"] + share * (value["floor_front"] - value["floor_back"]))
        roof = scale[1] * (value["roof_back"] + share * (value["roof_front"] - value["roof_back"]))
        height = np.clip((cranial - floor) / (roof - floor), 0.0, 1.0)
        waist = 1.0 - value["waist"] * 4.0 * height * (1.0 - height)
        middle, half_depth = 0.5 * (back + front), 0.5 * abs(back - front) * waist
        half_width = 0.5 * value["width"] * scale[0] * waist
        # flatter behind than in front
        power = 2.0 + 1.2 * np.clip((posterior - middle) / half_depth, 0.0, 1.0)
        ring = (np.abs(lateral) / half_width) ** power + (np.abs(posterior - middle) / half_depth) ** power
        side = (ring ** (1.0 / power) - 1.0) * np.minimum(half_width, half_depth)
        dish = value["dish"] * np.clip(1.0 - ring, 0.0, 1.0)
        slope = np.hypot(1.0, scale[1] * (value["roof_front"] - value["roof_back"]) / (front - back))
        ends = smooth_intersection((cranial - roof + dish) / slope, floor + dish - cranial, 2.0)
        return smooth_intersection(side, ends, 6.0)

    def mesh(self, spacing_mm: float = 0.75) -> Mesh:
        """Closed mesh, patient frame, outward winding; one handle, the vertebral foramen."""
        rods, value, scale = self._rods, self.parameters, self.scale
        nodes = np.concatenate([rods.rods[:, :3], rods.rods[:, 3:6]])
        reach = np.tile(rods.reach_mm, 2)[:, None]
        low, high = (nodes - reach).min(axis=0), (nodes + reach).max(axis=0)
        low[2] = min(low[2], scale[2] * value["lumbar.body.front"])
        high[1] = max(high[1], scale[1] * max(value["lumbar.body.roof_front"], value["lumbar.body.roof_back"]))
        wide = max(high[0], 0.5 * scale[0] * value["lumbar.body.width"]) + _MARGIN_MM
        bounds = [
            [-wide, -high[1] - _MARGIN_MM, low[2] - _MARGIN_MM],
            [wide, _MARGIN_MM - low[1], high[2] + _MARGIN_MM],
        ]
        local = mesh_of(self._field, bounds, spacing_mm)
        return Mesh(self.frame.to_patient(local.vertices_mm), local.faces)


def lumbar_vertebra(
    frame: ApFrame,
    parameters: Mapping[str, float] | None = None,
    *,
    endplate_width_mm: float | None = None,
    endplate_depth_mm: float | None = None,
    sacrum_mm: Distance | None = None,
    spacing_mm: float = 0.75,
) -> Mesh:
    """Closed mesh of the fifth lumbar vertebra on the S1 endplate of ``frame``; see :class:`ParametricL5`."""
    vertebra = ParametricL5(
        frame,
        parameters,
        endplate_width_mm=endplate_width_mm,
        endplate_depth_mm=endplate_depth_mm,
        sacrum_mm=sacrum_mm,
    )
    return vertebra.mesh(spacing_mm)
