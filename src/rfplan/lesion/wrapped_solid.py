"""A grid in three dimensions that wraps a round-ended needle beside bone: rays from its round end, slices along its shaft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rfplan.geometry.arrays import BoolArray, FloatArray, IntArray
from rfplan.lesion import oblique_kernels as kernels
from rfplan.lesion.accuracy import Accuracy
from rfplan.lesion.graded_axis import edges_along, graded_edges
from rfplan.lesion.metal_body import MetalBody
from rfplan.lesion.placed_body import BonePlane, PlacedBody
from rfplan.lesion.solid_faces import Faces
from rfplan.lesion.tissue import cortical_thickness_mm
from rfplan.lesion.wrapped_grid import WrappedGrid, first_outside

_COARSER = 0.6
_CORE = 0.2


@dataclass(frozen=True, eq=False)
class WrappedSolidGrid:
    """The ``section`` turned half round the needle, from +x to -x by ``turn_edges`` (0 to pi); y = 0 is a mirror plane."""

    section: WrappedGrid
    turn_edges: FloatArray
    fits: bool = True
    copies: int = 2

    @property
    def turn_mid(self) -> FloatArray:
        """(nv,) centres of the angles."""
        return np.asarray(0.5 * (self.turn_edges[1:] + self.turn_edges[:-1]))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nz, nv, nu): cones and slices, angles, outwards."""
        rows, columns = self.section.shape
        return rows, len(self.turn_edges) - 1, columns

    @property
    def centres_mm(self) -> FloatArray:
        """(nz, nv, nu, 3)."""
        across, along = self.section.centres_mm
        turn = self.turn_mid[None, :, None]
        return np.stack(
            np.broadcast_arrays(across[:, None] * np.cos(turn), across[:, None] * np.sin(turn), along[:, None]), axis=-1
        )

    @property
    def volumes_mm3(self) -> FloatArray:
        """(nz, nv, nu)."""
        part = np.diff(self.turn_edges)[None, :, None] / (2.0 * np.pi)
        return np.asarray(self.section.volumes_mm3[:, None] * part)

    def faces(self) -> Faces:
        """What lies between the cells: the section's own resistances, and those of the turn."""
        section = self.section
        inner, outer, low, high = section.half_resistances()
        part = np.diff(self.turn_edges)[None, :, None] / (2.0 * np.pi)
        parts, over = np.full((3, *self.shape), 0.5), np.ones((3, *self.shape))
        over[0] = (inner + outer)[:, None] / part
        parts[0] = (inner / (inner + outer))[:, None]
        along = low[1:-1] + high[1:-1]
        over[2, :-1] = along[:, None] / part
        parts[2, :-1] = (low[1:-1] / along)[:, None]
        # how wide a ring's section looks to what turns round: its area by its distance from the axis
        r = section.r_edges
        core = np.log(r[1:] / np.maximum(r[:-1], _CORE * r[1]))
        wide = np.concatenate(
            [
                np.diff(r) * (np.diff(section.angle_edges) / np.sin(section.angle_mid))[:, None],
                np.diff(section.z_edges)[:, None] * core,
            ]
        )
        turn, gap = np.diff(self.turn_edges), np.diff(self.turn_mid)
        over[1, :, :-1] = gap[None, :, None] / wide[:, None]
        parts[1, :, :-1] = (0.5 * turn[:-1] / gap)[None, :, None]
        ends = np.zeros(self.shape)
        ends[:, :, -1] = part[:, :, 0] / inner[:, -1:]
        ends[-1] += part[0] / low[-1]
        return Faces(parts, over, ends, ends.copy())

    def metal_part(self, bodies: Sequence[PlacedBody]) -> FloatArray:
        """(nz, nv, nu) part of every cell that is metal: all or nothing."""
        (needle,) = bodies
        return np.broadcast_to(self.section.metal_part(needle.body)[:, None], self.shape)

    def shares(self, bone: BonePlane) -> FloatArray:
        """(3, nz, nv, nu) part of every cell that is soft, cortical bone and cancellous bone."""
        result = np.empty((3, *self.shape))
        kernels.shares(*self._cut_by(bone), result)
        return result

    def cut(
        self,
        bone: BonePlane,
        shares: FloatArray,
        index: IntArray,
        metal: BoolArray,
        conductivity: FloatArray,
        parts: FloatArray,
        over: FloatArray,
    ) -> None:
        """Correct ``parts`` and ``over`` (2, 3, nz, nv, nu) where bone cuts faces; :func:`rfplan.lesion.oblique_kernels.cut_faces`."""
        kernels.cut_faces(*self._cut_by(bone), shares, index, metal, conductivity, parts, over)

    def _cut_by(
        self, bone: BonePlane
    ) -> tuple[tuple[FloatArray, FloatArray, FloatArray], FloatArray, tuple[float, float, float], FloatArray]:
        section = self.section
        plane = (float(bone.normal[0]), float(bone.normal[2]), bone.offset_mm)
        levels = np.array([0.0, -cortical_thickness_mm()])
        return (section.r_edges, section.angle_edges, section.z_edges), self.turn_edges, plane, levels

    def thermocouple(self, theta: FloatArray, body: PlacedBody) -> float:
        """Value of a field at the thermocouple, on the axis."""
        rows, z = self.section.axis()
        column = theta[rows, :, 0] @ (np.diff(self.turn_edges) / np.pi)
        return float(np.interp(body.body.thermocouple_mm, z, column))


def wrapped_solid_grid(body: MetalBody, accuracy: Accuracy, bone: BonePlane) -> WrappedSolidGrid:
    """Cells around one needle along z with its tip end at 0, half way round; denser at the metal, its edges and the bone.

    ``accuracy`` speaks of the axisymmetric grid; here there are 0.6 times as many cells across the needle, as they cost more.
    """
    a = body.radius_mm
    cell = a / max(2.0, accuracy.across_radius * _COARSER)
    growth, largest = accuracy.growth ** (1.0 / 0.7), accuracy.largest_mm * 1.5
    sizes = {0.0: 1.5 * cell, a: cell}
    # the nearest way to the bone is from the centre of the round end, and if bone lies along the needle it stays so near
    nearest = float(bone.normal[2]) * a - bone.offset_mm
    for reach in (nearest, nearest + cortical_thickness_mm()):
        if reach > a * 1.05:
            sizes[reach] = cell + 0.3 * np.log(growth) * (reach - a)
    r_edges = graded_edges([0.0, a, a + accuracy.far_mm], sizes, growth, largest)
    # bone in front of the tip is met by rays alone
    rays = max(5, round((1.1 + 2.0 * float(bone.normal[2])) * a / cell))
    z_edges = edges_along(
        body,
        [a, body.active_mm[-1][1] + accuracy.far_mm],
        {a: 0.5 * np.pi * a / rays},
        1.5 * cell,
        first_outside(r_edges, a),
        growth,
        largest,
    )
    side = 0.6 * cell / a
    turn = graded_edges([0.0, np.pi], {0.0: 2.2 * side, 0.55 * np.pi: side, np.pi: 1.5 * side}, np.exp(0.35), np.pi)
    return WrappedSolidGrid(WrappedGrid(r_edges, np.linspace(0.0, 0.5 * np.pi, rays + 1), z_edges), turn)
