"""Lesions as shapes: spheroids and bipolar strips with the sizes of the catalogue, until they are solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from rfplan.devices.electrode import Electrode, Mode
from rfplan.devices.protocol import Protocol
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, IntArray, frozen
from rfplan.geometry.mesh import Mesh
from rfplan.lesion.lesion import ISOTHERMS_C, LesionSize
from rfplan.lesion.shape_kernels import STRIP_ROWS, assemble
from rfplan.lesion.spheroid_mesh import spheroid_mesh, strip_mesh
from rfplan.lesion.union_kernels import union_distance, union_volume

LABEL: Final = "shapes"
ASSUMPTION: Final = (
    "Lesions are spheroids and strips of catalogue size, not solved temperatures: bone, perfusion and neighbouring lesions do not "
    "change them."
)


@dataclass(frozen=True, eq=False)
class ShapeLesion:
    """A union of spheroids per isotherm, in the patient frame.

    ``rows`` (4, n, 8): for each of :data:`ISOTHERMS_C`, spheroids as centre (3), unit axis (3), semi-axis across and along, mm.
    One row for a needle, a strip of rows for a pair. ``axis`` (3,) is the mean axis towards the hub,
    ``tips_mm`` (k, 3) the tip ends.
    """

    rows: FloatArray
    axis: FloatArray
    tips_mm: FloatArray

    def __post_init__(self) -> None:
        for name in ("rows", "axis", "tips_mm"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def label(self) -> str:
        """``shapes``."""
        return LABEL

    @property
    def assumption(self) -> str:
        """What the shapes leave out."""
        return ASSUMPTION

    def spheroids(self, isotherm_c: float) -> FloatArray:
        """(k, 8) spheroids whose union is the surface of ``isotherm_c``; k is 0 where it is not reached.

        Raises
        ------
        InputError : ``isotherm_c`` is not one of :data:`ISOTHERMS_C`
        """
        if isotherm_c not in ISOTHERMS_C:
            accepted = ", ".join(f"{value:g}" for value in ISOTHERMS_C)
            raise InputError(f"isotherm {isotherm_c} degC is not known for shapes; accepted are {accepted}")
        rows = self.rows[ISOTHERMS_C.index(isotherm_c)]
        reached: FloatArray = rows[(rows[:, 6] > 0) & (rows[:, 7] > 0)]
        return reached

    def size(self, isotherm_c: float) -> LesionSize:
        """Extent of the surface of ``isotherm_c``, exact; the volume to 0.1 %."""
        rows = self.spheroids(isotherm_c)
        if len(rows) == 0:
            return LesionSize(0.0, 0.0, 0.0, 0.0)
        low, high = _extent(rows, self.axis)
        across = 2.0 * float(rows[:, 6].max())
        if len(self.tips_mm) == 2:
            line = self.tips_mm[1] - self.tips_mm[0]
            line = line - (line @ self.axis) * self.axis
            if np.linalg.norm(line) > 0:
                side = _extent(rows, line / np.linalg.norm(line))
                across = max(across, side[1] - side[0])
        beyond = float((self.tips_mm @ self.axis).min()) - low
        volume = union_volume(rows, 0.04 * float(rows[:, 6].max()))
        return LesionSize(across, high - low, beyond, float(volume))

    def surface(self, isotherm_c: float) -> Mesh | None:
        """Closed mesh of ``isotherm_c``, every vertex on it; None where it is not reached.

        The two lesions of a pair that do not join give one closed piece each.
        """
        rows = self.spheroids(isotherm_c)
        if len(rows) == STRIP_ROWS:
            return strip_mesh(rows)
        pieces = [spheroid_mesh(row) for row in rows]
        if not pieces:
            return None
        shifts = np.cumsum([0] + [len(piece.vertices_mm) for piece in pieces[:-1]])
        return Mesh(
            np.concatenate([piece.vertices_mm for piece in pieces]),
            np.concatenate([piece.faces + shift for piece, shift in zip(pieces, shifts, strict=True)]),
        )

    def margin_mm(self, points_mm: ArrayLike, isotherm_c: float) -> FloatArray:
        """(...,) depth of (..., 3) points inside the union; inside, that in the spheroid that holds the point deepest."""
        points = np.asarray(points_mm, dtype=float)
        rows = self.spheroids(isotherm_c)
        if len(rows) == 0:
            return np.full(points.shape[:-1], -np.inf)
        flat = np.ascontiguousarray(points.reshape(-1, 3))
        margin: FloatArray = -union_distance(flat, rows)
        return margin.reshape(points.shape[:-1])

    def isotherm_reached_c(self, points_mm: ArrayLike) -> FloatArray:
        """(...,) hottest isotherm whose surface encloses (..., 3) points; NaN where none does."""
        points = np.asarray(points_mm, dtype=float)
        reached = np.full(points.shape[:-1], np.nan)
        for isotherm_c in ISOTHERMS_C:
            reached[self.margin_mm(points, isotherm_c) >= 0.0] = isotherm_c
        return reached


def shape_lesion(
    mode: Mode,
    protocol: Protocol,
    electrodes: Sequence[Electrode],
    tips_mm: ArrayLike,
    axes: ArrayLike,
) -> ShapeLesion:
    """The lesion of one application: one electrode, or two in ``bipolar`` mode.

    Parameters
    ----------
    electrodes, tips_mm (k, 3), axes (k, 3) : devices and their poses, axis from the tip end to the hub, patient frame; of a probe
        with several contacts, the pose of the one that is on, its distal end for the tip

    Raises
    ------
    InputError : the electrode has no such mode
    """
    tips, directions = np.atleast_2d(np.asarray(tips_mm, float)), np.atleast_2d(np.asarray(axes, float))
    rows, _, _ = assembled([(mode, protocol, tuple(electrodes))], tips[None], directions[None])
    axis = (
        directions[0]
        if len(directions) == 1
        else directions[0] + np.copysign(1.0, directions[0] @ directions[1]) * directions[1]
    )
    return ShapeLesion(rows, axis / np.linalg.norm(axis), tips)


def assembled(
    applications: Sequence[tuple[Mode, Protocol, tuple[Electrode, ...]]],
    tips_mm: Sequence[ArrayLike] | FloatArray,
    axes: Sequence[ArrayLike] | FloatArray,
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Spheroids of many applications in one block, for kernels.

    Returns
    -------
    rows (4, n, 8), starts (g + 1,), balls (4, g, 4) as ``shape_kernels.assemble`` fills them
    """
    count = len(applications)
    tips, directions = np.zeros((count, 2, 3)), np.zeros((count, 2, 3))
    active, tables = np.zeros((count, 2)), np.zeros((count, 2, len(ISOTHERMS_C), 5))
    reference = np.full(count, -1.0)
    for g, (mode, protocol, electrodes) in enumerate(applications):
        used = len(electrodes)
        tips[g, :used], directions[g, :used] = tips_mm[g], axes[g]
        for k, electrode in enumerate(electrodes):
            tables[g, k], spacing = catalogue_table(electrode, mode, protocol)
            active[g, k] = electrode.tip_mm
        if used == 2:
            reference[g] = spacing
    return spheroids(tips, directions, active, tables, reference)


def spheroids(
    tips_mm: FloatArray, axes: FloatArray, active_mm: FloatArray, tables: FloatArray, reference_mm: FloatArray
) -> tuple[FloatArray, IntArray, FloatArray]:
    """:func:`assembled` of g applications whose arrays are as ``shape_kernels.assemble`` takes them."""
    count = len(reference_mm)
    sizes = np.where(reference_mm < 0.0, 1, STRIP_ROWS)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = np.zeros((len(ISOTHERMS_C), int(starts[-1]), 8))
    balls = np.zeros((len(ISOTHERMS_C), count, 4))
    assemble(tips_mm, axes, active_mm, tables, reference_mm, starts, rows, balls)
    return rows, starts, balls


@lru_cache(maxsize=256)
def catalogue_table(electrode: Electrode, mode: Mode, protocol: Protocol) -> tuple[FloatArray, float]:
    """(4, 5) width, length, beyond tip, waist and confluence limit per isotherm, mm; and the spacing of the waist."""
    shape = electrode.shape_for(mode)
    table = np.zeros((len(ISOTHERMS_C), 5))
    for n, isotherm_c in enumerate(ISOTHERMS_C):
        at = shape.at(isotherm_c, protocol)
        table[n] = at.width_mm, at.length_mm, at.beyond_tip_mm, at.waist_mm or 0.0, at.confluent_to_mm or 0.0
    return frozen(table), shape.reference_spacing_mm or 0.0


def _extent(rows: FloatArray, direction: FloatArray) -> tuple[float, float]:
    """Lowest and highest coordinate of the union along a unit ``direction``."""
    lean = rows[:, 3:6] @ direction
    reach = np.sqrt((rows[:, 7] * lean) ** 2 + rows[:, 6] ** 2 * (1.0 - lean**2))
    centre = rows[:, :3] @ direction
    return float((centre - reach).min()), float((centre + reach).max())
