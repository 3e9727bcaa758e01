"""The skin of back and buttocks from the population prior: a height field for needles, a closed torso for radiographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.back_form import (
    SPACING_MM,
    bridged_profiles,
    half_width_at,
    known,
    prior_depth_mm,
    profile_knots,
    prone_axes,
    rounding,
    skin_grid,
    trunk_mm,
)
from rfplan.anatomy.foramen import Foramen
from rfplan.anatomy.skin import SkinSurface
from rfplan.errors import RfplanError
from rfplan.geometry.arrays import FloatArray, frozen
from rfplan.geometry.frames import ApFrame
from rfplan.geometry.mesh import Mesh

_LEVELS = ("S1", "S2", "S3")
_TORSO_CRANIAL_MM, _TORSO_CAUDAL_MM = 170.0, 240.0
_BUMP_MM = 30.0


class LevelPlace(NamedTuple):
    """The place of a foramen: all that the skin over it asks."""

    level: str
    centre_mm: FloatArray


@dataclass(frozen=True, eq=False)
class Torso:
    """The body round a pelvis, in axes lateral (patient's left), caudal and outward (prone, towards the ceiling).

    ``origin_mm`` (3,) and ``axes`` (3, 3) place it in the patient; ``caudal_mm`` and ``height_mm`` (n,) are the profile of the skin
    at ``beside_mm`` from the midline; ``half_width_mm`` and ``thickness_mm`` of the trunk, narrower by the
    share ``waist`` above the iliac crests; ``buttock_mm`` (2,) caudal
    position of the seat and its height; ``cleft_mm`` depth of the natal cleft; ``bumps`` (k, 3) lateral, caudal and
    height added round places that would stand out of the skin.
    """

    origin_mm: FloatArray
    axes: FloatArray
    caudal_mm: FloatArray
    height_mm: FloatArray
    beside_mm: float
    half_width_mm: float
    waist: float
    thickness_mm: float
    buttock_mm: FloatArray
    cleft_mm: float
    bumps: FloatArray

    def __post_init__(self) -> None:
        for name in ("origin_mm", "axes", "caudal_mm", "height_mm", "buttock_mm", "bumps"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def to_local(self, points_mm: ArrayLike) -> FloatArray:
        """(..., 3) lateral, caudal and outward coordinates of patient points."""
        return np.asarray((np.asarray(points_mm, dtype=float) - self.origin_mm) @ self.axes.T)

    def to_patient(self, local_mm: ArrayLike) -> FloatArray:
        """The inverse of :meth:`to_local`."""
        return np.asarray(np.asarray(local_mm, dtype=float) @ self.axes + self.origin_mm)

    def back_mm(self, lateral_mm: ArrayLike, caudal_mm: ArrayLike) -> FloatArray:
        """Height of the skin of the back."""
        lateral, caudal = np.asarray(lateral_mm, float), np.asarray(caudal_mm, float)
        profile = bridged_profiles(self.caudal_mm[None], self.height_mm[None], caudal)[0]
        height = profile + self._across(lateral, caudal) - self._across(np.array(self.beside_mm), caudal)
        for place_l, place_c, rise in self.bumps:
            height = height + rise * np.exp(-((lateral - place_l) ** 2 + (caudal - place_c) ** 2) / _BUMP_MM**2)
        return np.asarray(height)

    def half_width_at_mm(self, caudal_mm: ArrayLike) -> FloatArray:
        """Half the width of the trunk."""
        return half_width_at(self.half_width_mm, self.waist, np.asarray(caudal_mm, dtype=float))

    def _across(self, lateral: FloatArray, caudal: FloatArray) -> FloatArray:
        seat, rise = self.buttock_mm.tolist()
        return rounding(lateral, caudal, self.half_width_at_mm(caudal), self.thickness_mm, seat, rise, self.cleft_mm)

    def surface(self) -> SkinSurface:
        """The back as a height field."""
        lateral, caudal = skin_grid(self.half_width_mm)
        if len(self.bumps):
            height = self.back_mm(lateral[:, None], caudal[None, :])
        else:
            # both halves are alike
            half = self.back_mm(lateral[len(lateral) // 2 :, None], caudal[None, :])
            height = np.concatenate([half[:0:-1], half])
        return SkinSurface(self.origin_mm, self.axes, SPACING_MM, float(lateral[0]), float(caudal[0]), height)

    def mesh(self, around: int = 160) -> Mesh:
        """The whole trunk as a closed mesh, outward winding, patient frame."""
        caudal = np.arange(-_TORSO_CRANIAL_MM, _TORSO_CAUDAL_MM + 1.0, 6.0)
        turn = np.linspace(0.0, 2 * np.pi, around, endpoint=False)
        width = self.half_width_at_mm(caudal)
        lateral = width * np.cos(turn)[:, None]
        behind = np.sin(turn) >= 0.0
        back = self.back_mm(lateral, caudal)
        edge = self.back_mm(width, caudal)
        belly = edge - 0.5 * self.thickness_mm * np.abs(np.sin(turn))[:, None] ** 0.8
        out = np.where(behind[:, None], back, belly)
        grid = np.stack([lateral, np.broadcast_to(caudal, lateral.shape), out], axis=-1)  # (around, stations, 3)
        stations = len(caudal)
        vertices = np.concatenate([grid.reshape(-1, 3), grid.mean(axis=0)[[0, -1]]])
        here = np.arange(around)[:, None] * stations + np.arange(stations - 1)[None, :]
        beside = np.roll(np.arange(around), -1)[:, None] * stations + np.arange(stations - 1)[None, :]
        sides = np.concatenate(
            [np.stack([here, here + 1, beside], -1), np.stack([beside, here + 1, beside + 1], -1)]
        ).reshape(-1, 3)
        ring = np.arange(around) * stations
        following = np.roll(ring, -1)
        first = np.stack([ring, following, np.full(around, around * stations)], -1)
        last = np.stack([following, ring, np.full(around, around * stations + 1)], -1) + [
            stations - 1,
            stations - 1,
            0,
        ]
        mesh = Mesh(self.to_patient(vertices), np.concatenate([sides, first, last]))
        return mesh if mesh.volume_mm3 > 0 else Mesh(mesh.vertices_mm, mesh.faces[:, ::-1])


def torso_over(
    frame: ApFrame,
    foramina: Sequence[Foramen | LevelPlace],
    *,
    bmi: float = 25.0,
    female: bool | None = None,
    cover_mm: ArrayLike | None = None,
    residual_mm: Mapping[str, float] | None = None,
) -> Torso:
    """The body round a sacrum, its skin at the depths of the population prior over the foramina.

    Parameters
    ----------
    frame : true AP view of the sacrum
    foramina : some of S1 to S3, either side
    bmi : body mass index, kg/m2
    female : adds the difference of the sexes; None takes their mean
    cover_mm : (k, 3) patient points that must lie well under the skin, such as the posterior superior spines
    residual_mm : how much deeper than the prior says each level lies, by level

    Raises
    ------
    RfplanError : none of the foramina S1 to S3 is there

    Source
    ------
    ``skin.*`` in anatomy/morphometry.toml: assumptions of ours, labelled as such, because no table was found.
    """
    axes = prone_axes(frame.lateral, frame.caudal, frame.posterior)
    sex = 0.5 if female is None else float(female)
    found: list[tuple[float, float]] = []
    besides = []
    for level in _LEVELS:
        centres = [foramen.centre_mm for foramen in foramina if foramen.level == level]
        if not centres:
            continue
        local = (np.array(centres) - frame.origin_mm) @ axes.T
        depth = prior_depth_mm(level, bmi, sex, (residual_mm or {}).get(level, 0.0))
        found.append((float(local[:, 1].mean()), float(local[:, 2].mean()) + float(depth)))
        besides.append(float(np.abs(local[:, 0]).mean()))
    if not found:
        raise RfplanError("no skin can be estimated: none of the foramina S1 to S3 is known")
    places, heights = (np.array(values) for values in zip(*found, strict=True))
    caudal, height = profile_knots(places, heights)
    half_width, thickness = trunk_mm(bmi)
    waist, rise, cleft, cover = (
        known()[name].value for name in ("trunk.waist", "buttock.rise", "buttock.cleft", "depth.cover")
    )
    torso = Torso(
        frame.origin_mm, axes, caudal, height, float(np.mean(besides)), float(half_width), waist, float(thickness),
        np.array([places[-1] + 75.0, rise]), cleft, np.empty((0, 3)),
    )  # fmt: skip
    return torso if cover_mm is None else _covering(torso, np.atleast_2d(cover_mm), cover)


def skin_over(
    frame: ApFrame,
    foramina: Sequence[Foramen | LevelPlace],
    *,
    bmi: float = 25.0,
    female: bool | None = None,
    cover_mm: ArrayLike | None = None,
    residual_mm: Mapping[str, float] | None = None,
) -> SkinSurface:
    """The skin of the back as a height field, estimated; parameters as of :func:`torso_over`."""
    return torso_over(frame, foramina, bmi=bmi, female=female, cover_mm=cover_mm, residual_mm=residual_mm).surface()


def skin_mesh(
    frame: ApFrame,
    foramina: Sequence[Foramen | LevelPlace],
    *,
    bmi: float = 25.0,
    female: bool | None = None,
    cover_mm: ArrayLike | None = None,
    residual_mm: Mapping[str, float] | None = None,
) -> Mesh:
    """The trunk round the pelvis as a closed mesh, estimated; parameters as of :func:`torso_over`."""
    return torso_over(frame, foramina, bmi=bmi, female=female, cover_mm=cover_mm, residual_mm=residual_mm).mesh()


def prone_axes_in_view() -> FloatArray:
    """(3, 3) rows lateral, caudal and outward of the prone patient in the true AP view (lateral, caudal, posterior), alike in all."""
    return prone_axes(*np.eye(3))


def _covering(torso: Torso, points_mm: FloatArray, least_mm: float) -> Torso:
    """The torso raised where a point is less than ``least_mm`` under its skin."""
    from dataclasses import replace

    local = torso.to_local(points_mm)
    missing = least_mm - (torso.back_mm(local[:, 0], local[:, 1]) - local[:, 2])
    high = missing > 0.0
    return replace(torso, bumps=np.column_stack([local[high, :2], missing[high]])) if np.any(high) else torso
