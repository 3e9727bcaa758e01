"""The parametric sacrum, closed by construction."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.sacrum_auricular import auricular_outline
from rfplan.anatomy.sacrum_body import body_field
from rfplan.anatomy.sacrum_canals import canal_field, foramina_field
from rfplan.anatomy.sacrum_foramina import EDGE_MM, first_bone, foramina_of
from rfplan.anatomy.sacrum_landmarks import curves_of, landmarks_of
from rfplan.anatomy.sacrum_layout import SacrumLayout, sacrum_layout
from rfplan.anatomy.sacrum_parameters import SacrumParameters, sacrum_parameters
from rfplan.anatomy.sacrum_processes import add_processes
from rfplan.anatomy.sides import Side, lateral_sign
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.implicit import mesh_of, relaxed, smooth_difference, smooth_intersection
from rfplan.geometry.mesh import Mesh

_PIECE = 16384


@dataclass(frozen=True, eq=False)
class ParametricSacrum:
    """A sacrum made of implicit functions of its ``parameters``, patient LPS, mm, symmetric about x = 0."""

    parameters: SacrumParameters = field(default_factory=sacrum_parameters)
    layout: SacrumLayout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layout", sacrum_layout(self.parameters))

    def distance_mm(self, points_mm: ArrayLike) -> FloatArray:
        """(n,) approximate signed distance to the bone at (n, 3) points, negative inside."""
        points = np.asarray(points_mm, dtype=float)
        # pieces that stay in the cache of the processor: twice as fast as all at once
        pieces = [self._distance(points[k : k + _PIECE]) for k in range(0, len(points), _PIECE)]
        return np.concatenate(pieces) if pieces else np.empty(0)

    def _distance(self, points: FloatArray) -> FloatArray:
        return smooth_intersection(*self._faces(points), EDGE_MM)

    def _faces(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(n,) field of the bone without the tunnels of its foramina, and of all that is not in them, at (n, 3) points."""
        axis_mm = self.layout.axis.to_axis(np.column_stack([np.abs(points[:, 0]), points[:, 1:]]))
        solid = add_processes(self.layout, axis_mm, body_field(self.layout, axis_mm))
        solid = smooth_difference(solid, canal_field(self.layout, axis_mm), 2.0)
        return solid, -foramina_field(self.layout, axis_mm)

    def frame(self) -> ApFrame:
        """The true AP view: the beam runs along the S1 endplate."""
        return self.layout.frame

    def foramina(self) -> tuple[Foramen, ...]:
        """The eight posterior foramina, by construction."""
        return foramina_of(self.layout, self.distance_mm, self._faces)

    def landmarks(self) -> dict[str, Landmark]:
        """The landmarks that lie on the sacrum, by name."""
        return landmarks_of(self.layout, self.distance_mm)

    def curves(self) -> dict[str, Curve]:
        """The left and the right lateral crest, by name."""
        return curves_of(self.layout, self.distance_mm)

    def auricular_mm(self, side: Side) -> FloatArray:
        """(k, 3) closed outline of the joint surface on the lateral face, not repeating its first point.

        It runs down along the dorsal border and back up along the ventral one; the mirror image keeps that order.
        """
        outline = auricular_outline(self.layout)
        far = np.column_stack([np.full(len(outline), self.layout.widest_mm + 6.0), outline])
        start = self.layout.axis.to_patient(far)
        inward = np.tile([-1.0, 0.0, 0.0], (len(start), 1))
        points = start + inward * first_bone(self.distance_mm, start, inward, 40.0)[:, None]
        return points * [lateral_sign(side), 1.0, 1.0]

    def auricular_axis(self, side: Side) -> tuple[FloatArray, FloatArray]:
        """Centre (3,) of the joint surface and its unit normal out of the sacrum (3,), of the plane that fits its outline best."""
        outline = self.auricular_mm(side)
        centre = outline.mean(axis=0)
        normal = np.linalg.svd(outline - centre)[2][2]
        return centre, normal * np.sign(normal[0]) * lateral_sign(side)

    def mesh(self, spacing_mm: float = 0.75) -> Mesh:
        """The bone as one closed surface of genus 17: a canal with eighteen openings."""
        half = 0.5 * self.parameters["breadth"] + 8.0
        tall = 0.75 * self.parameters["length"]
        bounds = [[-half, -tall, -tall], [half, tall, tall]]
        return relaxed(mesh_of(self.distance_mm, bounds, spacing_mm, symmetric_x=True), self.distance_mm)
