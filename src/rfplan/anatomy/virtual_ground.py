"""What plans are made and judged on in a virtual patient, straight from its dimensions: the chart, foramina, branches, the back of the
joint and the distance to bone, without a mesh. It answers to the same names as a :class:`rfplan.anatomy.patient.Patient`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.body_skin import skin_over
from rfplan.anatomy.bridged_sheet_kernels import sheet_distance
from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.sacrum_parameters import SacrumParameters
from rfplan.anatomy.sacrum_vector import sacrum_vector
from rfplan.anatomy.sides import LEVELS, SIDES, Side, lateral_sign
from rfplan.anatomy.skin import SkinSurface
from rfplan.anatomy.virtual_ground_kernels import CAUDAL_0_MM, FINE_MM, LATERAL_0_MM, lay_ground
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame

FAR_MM = 2.5
"""Distances to bone are told up to here: what a needle needs for its seat and its clearance."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Ground of one virtual patient, both sides alike.

    Arrays are of the left side in chart coordinates, as ``virtual_ground_kernels.lay_ground`` returns them.
    """

    frame: ApFrame
    form: FloatArray
    held: FloatArray
    smooth: FloatArray
    slopes: FloatArray
    rims: FloatArray
    diameters: FloatArray
    canals: FloatArray
    joint: FloatArray
    base: FloatArray

    @classmethod
    def of(cls, parameters: SacrumParameters, joint_gap_mm: float) -> Ground:
        """The ground of a parametric sacrum."""
        return cls(view_frame(parameters), *lay_ground(sacrum_vector(parameters.values), joint_gap_mm))

    @cached_property
    def chart(self) -> DorsalChart:
        """The back of the sacrum as a map; the strip of 6 mm beside the midline is left out."""
        ni, nj = self.smooth.shape
        beside = int(LATERAL_0_MM / FINE_MM)
        middle = np.full((2 * beside - 1, nj), np.nan)
        bridged = np.concatenate([self.smooth[::-1], middle, self.smooth])
        held = np.concatenate([self.held[::-1], middle, self.held])
        return DorsalChart(self.frame, FINE_MM, -(LATERAL_0_MM + (ni - 1) * FINE_MM), CAUDAL_0_MM, held, bridged)


def view_frame(parameters: Mapping[str, float] | SacrumParameters) -> ApFrame:
    """The true AP view of a parametric sacrum in the patient's frame."""
    p = parameters
    tilt = np.deg2rad(p["prone_tilt_deg"])
    posterior = np.array([0.0, np.cos(tilt), np.sin(tilt)])
    caudal = np.array([0.0, np.sin(tilt), -np.cos(tilt)])
    start = -0.42 * p["length"] * np.array([0.0, np.cos(np.deg2rad(52.0)), -np.sin(np.deg2rad(52.0))])
    return ApFrame(start + 0.5 * p["endplate_ap"] * posterior, np.array([1.0, 0.0, 0.0]), caudal, posterior)
