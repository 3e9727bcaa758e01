"""Bone that hangs over the back of the sacrum in a virtual patient: the hip, as its joint and its posterior spine place it, and L5.

A hip moves with the joint surface of its sacrum, and its blade is bent until the posterior superior spine is at its own distance from the
midline. So five hips, with spines at five distances, give that of any patient, all but what is built up at the joint itself: that
follows the patient's own sacrum and is added point by point (:mod:`rfplan.anatomy.overhang_kernels`). Only the way in of a needle
meets this bone.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rfplan.anatomy.overhang_kernels import AROUND_CELLS, BOUND_MM
from rfplan.cache import cache_folder
from rfplan.figures import anatomy_folder, figures
from rfplan.geometry.arrays import FloatArray, IntArray, frozen
from rfplan.geometry.kernel_source import state_of
from rfplan.whole_file import write_whole

if TYPE_CHECKING:
    from rfplan.anatomy.hip import ParametricHip

_LOW_MM, _HIGH_MM = np.array([10.0, -45.0, -25.0]), np.array([80.0, 100.0, 80.0])
_SPACING_MM, _BAND_MM = 1.75, 12.0
_BLADE_STEP_MM = 2.0
_BENDS_MM = np.array([-8.0, -4.0, 0.0, 4.0, 8.0])


@dataclass(frozen=True, eq=False)
class Overhang:
    """Distances ``values`` (b, ni, nj, nk) to the hip of the left side, without what is built up at its joint, with its spine at
    ``psis_mm`` (b,), and ``vertebra`` (ni, nj, nk) to L5, on a grid in chart coordinates; ``centre_mm`` (3,) is the centre of the joint
    surface that the hips belong to.

    ``middles`` (b, na, nu) are the heights of the middle of their blades, and ``blade`` (6, 3) tells where: directions along, up and out of
    the plane of the blade in the chart, the joint's centre in these, where the grid begins and its step, and how high below it counts as
    below the joint, how the space there opens and how far.
    """

    values: NDArray[np.float32]
    middles: NDArray[np.float32]
    blade: FloatArray
    vertebra: NDArray[np.float32]
    psis_mm: FloatArray
    origin_mm: FloatArray
    spacing_mm: float
    centre_mm: FloatArray

    def __post_init__(self) -> None:
        for name in ("blade", "psis_mm", "origin_mm", "centre_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def bends(self, psis_mm: FloatArray) -> tuple[IntArray, FloatArray]:
        """(p,) between which two hips those lie whose spines are ``psis_mm`` (p,) from the midline, as far as their blades bend: the first,
        and the share of the way to the next."""
        places = np.interp(psis_mm, self.psis_mm, np.arange(len(self.psis_mm)))
        at = np.clip(places, 0.0, len(self.psis_mm) - 1.001)
        first = at.astype(np.int64)
        return first, at - first

    @cached_property
    def hip_least(self) -> NDArray[np.int8]:
        """(ni - 1, nj - 1, nk - 1, b, m) what no distance to a hip falls below in a cell of the grid and the cells about it, as many of
        them as each of ``overhang_kernels.AROUND_CELLS`` says; in its units, and without bone beside the grid."""
        return np.stack([_least(values) for values in self.values], axis=3)

    @cached_property
    def vertebra_least(self) -> NDArray[np.int8]:
        """(ni - 1, nj - 1, nk - 1, m) the same of the vertebra."""
        return _least(self.vertebra)


def _least(values: NDArray[np.float32]) -> NDArray[np.int8]:
    from scipy.ndimage import minimum_filter

    # a hundredth of a unit for the rounding of what is put together of two
    own = np.floor(np.clip(values, -_BAND_MM, _BAND_MM) / BOUND_MM - 0.01)
    for way in range(3):
        low, high = (np.take(own, np.arange(start, own.shape[way] - 1 + start), axis=way) for start in (0, 1))
        own = np.minimum(low, high)
    around = [minimum_filter(own, 2 * cells + 1, mode="constant", cval=_BAND_MM / BOUND_MM) for cells in AROUND_CELLS]
    return np.stack(around, axis=-1).astype(np.int8)


@cache
def overhang() -> Overhang:
    """The overhang, kept on disk once it was made."""
    stated = hashlib.sha256((anatomy_folder() / "morphometry.toml").read_bytes())
    for own in ("hip", "lumbar", "sacrum", "overhang"):
        # with all that they import: the bones that hang over, and the sacrum that they follow
        stated.update(state_of(Path(__file__).with_name(f"{own}.py")).encode())
    path = cache_folder() / f"overhang-{stated.hexdigest()[:16]}.npz"
    names = ("values", "middles", "blade", "vertebra", "psis", "centre")
    with contextlib.suppress(OSError, ValueError, KeyError), np.load(path) as kept:
        values, middles, blade, vertebra, psis, centre = (kept[name] for name in names)
        return Overhang(values, middles, blade, vertebra, psis, _LOW_MM, _SPACING_MM, centre)
    made = _made()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = io.BytesIO()
        np.savez(
            stream, values=made.values, middles=made.middles, blade=made.blade, vertebra=made.vertebra, psis=made.psis_mm,
            centre=made.centre_mm,
        )  # fmt: skip
        write_whole(path, stream.getvalue())
    return made


def _made() -> Overhang:
    from rfplan.anatomy.hip import ParametricHip, hip_parameters
    from rfplan.anatomy.lumbar import ParametricL5, lumbar_parameters
    from rfplan.anatomy.sacrum import ParametricSacrum

    sacrum = ParametricSacrum()
    frame = sacrum.frame()
    counts = np.ceil((_HIGH_MM - _LOW_MM) / _SPACING_MM).astype(int) + 1
    axes = [_LOW_MM[k] + _SPACING_MM * np.arange(counts[k]) for k in range(3)]
    nodes = frame.to_patient(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))
    usual = hip_parameters()["hip.psis.from_midline"]

    def near(distance_mm: FloatArray) -> NDArray[np.float32]:
        return np.clip(distance_mm, -_BAND_MM, _BAND_MM).reshape(counts).astype(np.float32)

    hips = [
        ParametricHip("left", sacrum, hip_parameters() | {"hip.psis.from_midline": usual + bend}) for bend in _BENDS_MM
    ]
    middles, blade = _blades(hips)
    vertebra = ParametricL5(
        frame,
        lumbar_parameters(),
        endplate_width_mm=sacrum.parameters["endplate_width"],
        endplate_depth_mm=sacrum.parameters["endplate_ap"],
        sacrum_mm=sacrum.distance_mm,
    )
    return Overhang(
        np.stack([near(hip.without_joint_mm(nodes)) for hip in hips]), middles, blade, near(vertebra.distance_mm(nodes)),
        usual + _BENDS_MM, _LOW_MM, _SPACING_MM, hips[0].auricular.centre_mm,
    )  # fmt: skip


def _blades(hips: Sequence[ParametricHip]) -> tuple[NDArray[np.float32], FloatArray]:
    """``middles`` and ``blade`` of :class:`Overhang`."""
    from rfplan.anatomy.hip import BELOW_JOINT_MM

    place, sheet, table = hips[0].place, hips[0].blade, figures("morphometry")
    ways = sheet.to_plane(place.axes.T).T
    centre = sheet.to_plane(place.to_hip(hips[0].auricular.centre_mm))
    ends = sheet.outline_mm.min(axis=0), sheet.outline_mm.max(axis=0)
    along, up = (np.arange(ends[0][k], ends[1][k] + _BLADE_STEP_MM, _BLADE_STEP_MM) for k in (0, 1))
    nodes = np.stack(np.meshgrid(along, up, indexing="ij"), axis=-1)
    grid = [along[0], up[0], _BLADE_STEP_MM]
    below = table["hip.placement.joint_superior"].value - BELOW_JOINT_MM
    opening = [table[f"hip.joint.{key}"].value for key in ("cleft_slope", "cleft_extra")]
    middles = np.stack([hip.blade.middle_mm(nodes) for hip in hips]).astype(np.float32)
    return middles, np.array([*ways, centre, grid, [below, *opening]])
