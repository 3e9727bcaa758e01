"""A solved lesion sampled on a regular grid, for programs that know nothing of its own grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.lesion.lesion import ISOTHERMS_C
from rfplan.lesion.scene import scene_of
from rfplan.lesion.solved import SolvedLesion

_MARGIN_MM = 5.0
_MOST_NODES = 50_000_000


@dataclass(frozen=True, eq=False)
class SampledBlock:
    """``values`` by name, each (nx, ny, nz) float32, at ``origin_mm`` (3,) + ``spacing_mm`` x index along the axes of the frame."""

    origin_mm: FloatArray
    spacing_mm: float
    values: Mapping[str, np.ndarray]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nx, ny, nz)."""
        nx, ny, nz = next(iter(self.values.values())).shape
        return nx, ny, nz


VALUES = ("temperature_c", "peak_c", "nerve_dose", "tissue_dose", "cem43_min")
"""What can be sampled: temperature when heating ended, the highest ever, Arrhenius doses, minutes at 43 degC."""


def sampled(lesion: SolvedLesion, names: tuple[str, ...] = VALUES, spacing_mm: float = 0.5) -> SampledBlock:
    """``lesion`` on a grid along the axes of the frame that it is placed in.

    It is 5 mm wider all round than the 45 degC isotherm and the active tips.

    Raises
    ------
    InputError : the grid would have more than 50 million nodes
    """
    low, high = _bounds_mm(lesion)
    counts = np.ceil((high - low) / spacing_mm).astype(int) + 1
    if counts.prod() > _MOST_NODES:
        raise InputError(
            f"--export-spacing-mm is {spacing_mm:g}, which makes {counts.prod():,} points; at most {_MOST_NODES:,} are accepted"
        )
    # on whole multiples, so that grids of several lesions in one frame fall together
    origin = np.floor(low / spacing_mm) * spacing_mm
    axes = [origin[n] + spacing_mm * np.arange(counts[n] + 1) for n in range(3)]
    values = {name: np.empty([len(axis) for axis in axes], dtype=np.float32) for name in names}
    for i, x in enumerate(axes[0]):
        # a slice at a time: the points of all of them would fill the memory
        points = np.stack(np.meshgrid([x], axes[1], axes[2], indexing="ij"), axis=-1)[0]
        for name, block in values.items():
            block[i] = _value(lesion, name, points)
    return SampledBlock(origin, spacing_mm, values)


def _value(lesion: SolvedLesion, name: str, points_mm: FloatArray) -> FloatArray:
    if name == "temperature_c":
        return lesion.temperature_c(points_mm)
    if name == "peak_c":
        return lesion.peak_c(points_mm)
    if name == "cem43_min":
        return lesion.dose("cem43", points_mm)
    return lesion.dose("nerve" if name == "nerve_dose" else "tissue", points_mm)


def _bounds_mm(lesion: SolvedLesion) -> tuple[FloatArray, FloatArray]:
    ends = [
        body.tip_mm + along * body.axis
        for body in scene_of(lesion.problem).bodies
        for along in (0.0, body.body.active_mm[-1][1])
    ]
    corners = [lesion.pose.points(np.stack(ends))]
    mesh = lesion.surface(ISOTHERMS_C[0])
    if mesh is not None:
        corners.append(mesh.vertices_mm)
    points = np.concatenate(corners)
    return points.min(axis=0) - _MARGIN_MM, points.max(axis=0) + _MARGIN_MM
