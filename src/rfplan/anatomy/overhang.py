"""Bone that hangs over the back of the sacrum in a virtual patient: the hip, as its joint and its posterior spine place it, and L5.

A hip moves with the joint surface of its sacrum, and its blade is bent until the posterior superior spine is at its own distance from the
midline. So five hips on the reference sacrum, with spines at five distances, give that of any patient; what is built up at the joint
itself is left out. Only the way in of a needle meets this bone.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rfplan.anatomy.sheet_distance_kernels import NEAR_MM
from rfplan.cache import cache_folder
from rfplan.figures import anatomy_folder
from rfplan.geometry.arrays import FloatArray, IntArray, frozen
from rfplan.whole_file import write_whole

_LOW_MM, _HIGH_MM = np.array([10.0, -45.0, -25.0]), np.array([80.0, 100.0, 80.0])
_SPACING_MM, _BAND_MM = 1.75, 8.0
_BENDS_MM = np.array([-8.0, -4.0, 0.0, 4.0, 8.0])


@dataclass(frozen=True, eq=False)
class Overhang:
    """Distances ``values`` (b, ni, nj, nk) to the hip of the left side with its spine at ``psis_mm`` (b,), and ``vertebra`` (ni, nj, nk)
    to L5, on a grid in chart coordinates; ``centre_mm`` (3,) is the centre of the joint surface that the hips belong to."""

    values: NDArray[np.float32]
    vertebra: NDArray[np.float32]
    psis_mm: FloatArray
    origin_mm: FloatArray
    spacing_mm: float
    centre_mm: FloatArray

    def __post_init__(self) -> None:
        for name in ("psis_mm", "origin_mm", "centre_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def bends(self, psis_mm: FloatArray) -> tuple[IntArray, FloatArray]:
        """(p,) between which two hips those lie whose spines are ``psis_mm`` (p,) from the midline, as far as their blades bend: the first,
        and the share of the way to the next."""
        places = np.interp(psis_mm, self.psis_mm, np.arange(len(self.psis_mm)))
        at = np.clip(places, 0.0, len(self.psis_mm) - 1.001)
        first = at.astype(np.int64)
        return first, at - first

    @cached_property
    def hip_least(self) -> NDArray[np.uint8]:
        """(ni - 1, nj - 1, nk - 1) whole mm that no distance to any of the hips falls below in a cell of the grid."""
        return _least(self.values.min(axis=0))

    @cached_property
    def vertebra_least(self) -> NDArray[np.uint8]:
        """The same of the vertebra."""
        return _least(self.vertebra)

    @cached_property
    def hip_cells(self) -> NDArray[np.uint8]:
        """(ni - 1, nj - 1, nk - 1) cells to the nearest one in which a hip comes nearer than ``NEAR_MM``, diagonals counting as one."""
        return _cells(self.hip_least)

    @cached_property
    def vertebra_cells(self) -> NDArray[np.uint8]:
        """The same of the vertebra."""
        return _cells(self.vertebra_least)


def _cells(least: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from scipy.ndimage import distance_transform_cdt

    return np.asarray(np.minimum(distance_transform_cdt(least >= NEAR_MM, metric="chessboard"), 255), dtype=np.uint8)


def _least(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    least = np.floor(np.maximum(values, 0.0))
    for way in range(3):
        low, high = (np.take(least, np.arange(start, least.shape[way] - 1 + start), axis=way) for start in (0, 1))
        least = np.minimum(low, high)
    return least.astype(np.uint8)


@cache
def overhang() -> Overhang:
    """The overhang, kept on disk once it was made."""
    stated = hashlib.sha256(
        (anatomy_folder() / "morphometry.toml").read_bytes() + Path(__file__).read_bytes()
    ).hexdigest()[:16]
    path = cache_folder() / f"overhang-{stated}.npz"
    with contextlib.suppress(OSError, ValueError, KeyError), np.load(path) as kept:
        return Overhang(kept["values"], kept["vertebra"], kept["psis"], _LOW_MM, _SPACING_MM, kept["centre"])
    made = _made()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = io.BytesIO()
        np.savez(stream, values=made.values, vertebra=made.vertebra, psis=made.psis_mm, centre=made.centre_mm)
        write_whole(path, stream.getvalue())
    return made


def _made() -> Overhang:
    from rfplan.anatomy.hip import ParametricHip, hip_parameters
    from rfplan.anatomy.lumbar import ParametricL5, lumbar_parameters
    from rfplan.anatomy.sacrum import ParametricSacrum
    from rfplan.anatomy.sacrum_edges_kernels import joint_centre
    from rfplan.anatomy.sacrum_vector import sacrum_vector
    from rfplan.anatomy.virtual_ground_kernels import filled_form

    sacrum = ParametricSacrum()
    frame = sacrum.frame()
    centre = np.empty(3)
    joint_centre(filled_form(sacrum_vector(sacrum.parameters.values)), centre)
    counts = np.ceil((_HIGH_MM - _LOW_MM) / _SPACING_MM).astype(int) + 1
    axes = [_LOW_MM[k] + _SPACING_MM * np.arange(counts[k]) for k in range(3)]
    nodes = frame.to_patient(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))
    usual = hip_parameters()["hip.psis.from_midline"]

    def near(distance_mm: FloatArray) -> NDArray[np.float32]:
        return np.clip(distance_mm, -_BAND_MM, _BAND_MM).reshape(counts).astype(np.float32)

    hips = [
        near(
            ParametricHip("left", sacrum, hip_parameters() | {"hip.psis.from_midline": usual + bend}).distance_mm(nodes)
        )
        for bend in _BENDS_MM
    ]
    vertebra = ParametricL5(
        frame,
        lumbar_parameters(),
        endplate_width_mm=sacrum.parameters["endplate_width"],
        endplate_depth_mm=sacrum.parameters["endplate_ap"],
        sacrum_mm=sacrum.distance_mm,
    )
    return Overhang(np.stack(hips), near(vertebra.distance_mm(nodes)), usual + _BENDS_MM, _LOW_MM, _SPACING_MM, centre)
