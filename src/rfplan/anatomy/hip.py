"""The parametric hip bone: it takes the sacrum that it is given and follows it over the joint."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rfplan.anatomy.foramen import Status
from rfplan.anatomy.hip_blade import blade_of, edge_place
from rfplan.anatomy.hip_joint import HipPlace, SacrumSurface, auricular_surface, hip_place, posterior_margin
from rfplan.anatomy.hip_joint_kernels import CLEAR_MM, joint_fields, spaced_fields
from rfplan.anatomy.hip_kernels import hip_field
from rfplan.anatomy.hip_ring import cup_of, rods_of
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.implicit import gradient, mesh_of
from rfplan.geometry.mesh import Mesh

_BLEND_MM = 9.0
_NEAR_MM = 6.0
_JOINT_REACH_MM = 85.0
BELOW_JOINT_MM = 35.0
"""How far below the centre of its joint the ilium may come nearer to the midline again."""
_TRUE_MM = 8.0
_PROMINENCE_MM = 10.0
_BEND_MM = 8.0
_BENT = {"summit_psis_2": 0.3, "summit_psis_3": 0.7, "psis": 1.0, "psis_piis_1": 0.9, "piis": 0.5}
_MARGIN_MM = 8.0


def hip_parameters() -> dict[str, float]:
    """Every dimension of the hip bone by its key in ``anatomy/morphometry.toml``."""
    return {key: figure.value for key, figure in figures("morphometry").items() if key.startswith("hip.")}


class ParametricHip:
    """One hip bone on a given sacrum.

    ``side`` of the patient; ``sacrum`` whose joint it follows; ``parameters`` by key (see :func:`hip_parameters`).
    """

    def __init__(self, side: Side, sacrum: SacrumSurface, parameters: Mapping[str, float] | None = None) -> None:
        values = dict(hip_parameters() if parameters is None else parameters)
        self.side: Side = side
        self.parameters: Mapping[str, float] = values
        self._sacrum = sacrum
        self._frame = sacrum.frame()
        self._sign = np.array([lateral_sign(side), 1.0, 1.0])
        self.auricular = auricular_surface(sacrum, side)
        self.place = hip_place(self.auricular, values)
        self.blade = blade_of(_with_spine(values, self.place))
        self._ring = rods_of(values, float(self.place.cup_mm[0]))
        self._cup = cup_of(values)
        self._symphysis = np.array([values[f"hip.ring.pubis.medial.{axis}"] for axis in ("anterior", "superior")])
        self._mesh: dict[float, Mesh] = {}

    def _to_patient(self, chart_mm: FloatArray) -> FloatArray:
        return self._frame.to_patient(chart_mm * self._sign)

    def distance_mm(self, points_mm: FloatArray) -> FloatArray:
        """(n,) approximate signed distance of (n, 3) patient points, negative inside."""
        return self._field(self._frame.to_chart(points_mm) * self._sign)

    def without_joint_mm(self, points_mm: FloatArray) -> FloatArray:
        """The same without what is built up, and cut off, where it meets the sacrum."""
        chart = self._frame.to_chart(points_mm) * self._sign
        return self._alone(chart, np.ascontiguousarray(self.place.to_hip(chart)))

    def _field(self, chart_mm: FloatArray) -> FloatArray:
        """:meth:`distance_mm` at (n, 3) points of the lateralised chart."""
        hip = np.ascontiguousarray(self.place.to_hip(chart_mm))
        field = self._alone(chart_mm, hip)
        away = np.linalg.norm(chart_mm - self.auricular.centre_mm, axis=1)
        about = np.flatnonzero((away < _JOINT_REACH_MM) & (field < _JOINT_REACH_MM))
        field[about] = self._joint(field[about], chart_mm[about], hip[about])
        return field

    def _alone(self, chart_mm: FloatArray, hip_mm: FloatArray) -> FloatArray:
        """The hip as if there were no sacrum, at the same points in chart and hip axes."""
        value, blade = self.parameters, self.blade
        yaw = float(np.deg2rad(blade.yaw_deg))
        field = hip_field(
            hip_mm, blade.maps, blade.along_0_mm, blade.up_0_mm, blade.step_mm, yaw,
            self._ring.rods, self._ring.first_of_chain, self._ring.spheres, self._cup, _BLEND_MM,
        )  # fmt: skip
        # the symphysis: its faces are rounded and uneven, nearest to each other in the middle
        off = hip_mm[:, :2] - self._symphysis
        bulge = value["hip.symphysis.rounding"] * np.minimum(np.einsum("ij,ij->i", off, off), 30.0**2)
        ripple = 0.3 * np.sin(0.35 * off[:, 1] + 0.2 * off[:, 0]) + 0.2 * np.cos(0.8 * off[:, 1] - 0.3 * off[:, 0])
        return np.asarray(np.maximum(field, value["hip.symphysis.half_gap"] + bulge + ripple - chart_mm[:, 0]))

    def _joint(self, field: FloatArray, chart_mm: FloatArray, hip_mm: FloatArray) -> FloatArray:
        """``field`` with the bone that reaches from the blade to the joint, wherever the sacrum is, and the gap to the sacrum cut out."""
        value, blade = self.parameters, self.blade
        outside = self.auricular.outside_mm(chart_mm)
        above = self.auricular.above_mm(chart_mm)
        plane = blade.to_plane(hip_mm)
        lateral = plane[:, 2] - blade.middle_mm(plane[:, :2])
        over = np.maximum(chart_mm[:, 2] - self.auricular.centre_mm[2], 0.0)
        below = np.maximum(value["hip.placement.joint_superior"] - BELOW_JOINT_MM - hip_mm[:, 1], 0.0)
        field = joint_fields(field, lateral, outside, above, over, below)
        near = np.flatnonzero((field < _NEAR_MM) & (above < CLEAR_MM))
        gap, slope, extra = (value[f"hip.joint.{key}"] for key in ("gap", "cleft_slope", "cleft_extra"))
        field[near] = spaced_fields(field[near], outside[near], self._sacrum_mm(chart_mm[near]), gap, slope, extra)
        return field

    def _sacrum_mm(self, chart_mm: FloatArray) -> FloatArray:
        """(n,) distance to the sacrum, true to first order where an implicit function says more or less than it."""
        points = self._to_patient(chart_mm)
        distance = np.array(self._sacrum.distance_mm(points), dtype=float)
        close = np.flatnonzero(np.abs(distance) < _TRUE_MM)
        # the steps follow the lateralised chart, so that the other side gives the mirror image
        step, axes = 0.5, self._sign[:, None] * self._frame.axes
        slope = np.stack(
            [self._sacrum.distance_mm(points[close] + step * axis) - distance[close] for axis in axes],
            axis=-1,
        )
        steepness = np.linalg.norm(slope, axis=-1) / step
        # the correction fades out: further away the field alone is good enough, and it must stay continuous
        weight = np.clip(2.0 * (1.0 - np.abs(distance[close]) / _TRUE_MM), 0.0, 1.0)
        distance[close] /= 1.0 + weight * (np.clip(steepness, 0.95, 2.0) - 1.0)
        return distance

    def mesh(self, spacing_mm: float = 0.75) -> Mesh:
        """Closed mesh, patient frame, outward winding."""
        if spacing_mm not in self._mesh:
            local = _largest_piece(mesh_of(self._field, self._bounds_mm(), spacing_mm))
            vertices = self._to_patient(local.vertices_mm)
            mesh = Mesh(vertices, local.faces)
            self._mesh[spacing_mm] = mesh if mesh.volume_mm3 > 0 else Mesh(vertices, local.faces[:, ::-1])
        return self._mesh[spacing_mm]

    def _bounds_mm(self) -> FloatArray:
        blade = self.blade
        edge = np.concatenate([blade.outline_mm, blade.middle_mm(blade.outline_mm)[:, None]], axis=1)
        rods = self._ring.rods
        points = [blade.from_plane(edge), rods[:, :3], rods[:, 3:6]]
        reach = float(max(np.max(self._ring.reach_mm), np.sum(self._cup[:2])))
        chart = self.place.to_chart(np.concatenate([*points, np.zeros((1, 3))]))
        low, high = chart.min(axis=0) - reach - _MARGIN_MM, chart.max(axis=0) + reach + _MARGIN_MM
        low[0] = max(low[0], self.parameters["hip.symphysis.half_gap"] - 2.0)
        return np.stack([low, high])

    def landmarks(self, spacing_mm: float = 0.75) -> dict[str, Landmark]:
        """``psis``, ``piis`` and ``sij_inferior`` of this side; the spines are read off the mesh of that spacing."""
        line = self.curves()[f"sij_posterior_line_{self.side}"].points_mm
        found = {
            "psis": self._prominence("psis", np.array([-0.3, 0.5, 0.8]), spacing_mm),
            "piis": self._prominence("piis", np.array([0.0, 0.8, 0.6]), spacing_mm),
            "sij_inferior": line[-1],
        }
        status: Status = "given"
        return {
            f"{name}_{self.side}": Landmark(f"{name}_{self.side}", place, status, 1.0) for name, place in found.items()
        }

    def _prominence(self, direction: str, towards: FloatArray, spacing_mm: float) -> FloatArray:
        """The vertex that stands out furthest ``towards`` (lateralised chart) near the end of a direction of the blade."""
        edge = edge_place(self.parameters, direction)
        place = self.blade.from_plane(np.append(edge, self.blade.middle_mm(edge[None])))
        mesh = self.mesh(spacing_mm)
        vertices = self._frame.to_chart(mesh.vertices_mm) * self._sign
        away = vertices - self.place.to_chart(place)
        distance = np.linalg.norm(away, axis=1)
        near = np.flatnonzero(distance < max(_PROMINENCE_MM, float(distance.min()) + 1.0))
        best = near[np.argmax(away[near] @ towards)]
        return np.asarray(mesh.vertices_mm[best])

    def curves(self) -> dict[str, Curve]:
        """``sij_posterior_line`` of this side: where the joint opens at the back, in the middle of the gap."""

        def sacrum_mm(chart_mm: FloatArray) -> FloatArray:
            return self._sacrum.distance_mm(self._to_patient(chart_mm))

        margin = posterior_margin(self.auricular)
        outward = gradient(sacrum_mm, margin)
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        depth = 0.5 * self.parameters["hip.joint.gap"] - sacrum_mm(margin)
        name = f"sij_posterior_line_{self.side}"
        return {name: Curve(name, self._to_patient(margin + depth[:, None] * outward), "given", 1.0)}


def hip_bone(
    side: Side, sacrum: SacrumSurface, parameters: Mapping[str, float] | None = None, spacing_mm: float = 0.75
) -> Mesh:
    """Closed mesh of the hip bone of ``side`` on ``sacrum``."""
    return ParametricHip(side, sacrum, parameters).mesh(spacing_mm)


def _with_spine(values: Mapping[str, float], place: HipPlace) -> dict[str, float]:
    """``values`` with the back of the blade bent until its posterior superior spine is as far from the midline as they say."""
    bent = dict(values)
    straight = blade_of(values)
    edge = edge_place(values, "psis")
    lateral = straight.from_plane(np.append(edge, straight.middle_mm(edge[None])))[2] + place.cup_mm[0]
    shift = (values["hip.psis.from_midline"] - lateral) / np.cos(np.deg2rad(straight.yaw_deg))
    shift = float(np.clip(shift, -_BEND_MM, _BEND_MM))
    for direction, part in _BENT.items():
        for share, reach in ((75, 0.5), (95, 1.0)):
            bent[f"hip.blade.{direction}.mid_{share}"] += shift * part * reach
    return bent


def _largest_piece(mesh: Mesh) -> Mesh:
    """The bone without slivers that the offset of a knobbly sacrum cuts off it."""
    size = len(mesh.vertices_mm)
    ends = np.concatenate([mesh.faces[:, :2], mesh.faces[:, 1:]])
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    piece = connected_components(graph, directed=False)[1]
    kept = piece == np.argmax(np.bincount(piece))
    number = np.cumsum(kept) - 1
    return Mesh(mesh.vertices_mm[kept], number[mesh.faces[kept[mesh.faces[:, 0]]]])
