"""Lines of a half section, and the closed surfaces that they sweep around the needle's axis."""

from __future__ import annotations

import numpy as np

from rfplan.geometry.arrays import FloatArray, IntArray
from rfplan.geometry.mesh import Mesh


def section_loops(
    r_mm: FloatArray, z_mm: FloatArray, field: FloatArray, level: float, floor_mm: float = -np.inf
) -> list[FloatArray]:
    """Closed (n, 2) lines of (r, z), counterclockwise around higher values, in the plane that holds the axis (r of both signs).

    Parameters
    ----------
    r_mm (nr,), z_mm (nz,), field (nz, nr) : cell centres and values on the half section
    floor_mm : what lies below this z is cut off
    """
    from contourpy import contour_generator

    rows = z_mm > floor_mm
    excess = (field - level)[rows]
    z = z_mm[rows]
    if not (excess >= 0.0).any():
        return []
    if np.isfinite(floor_mm):
        # on the plane itself the values are those of the first cells above it; a step below it closes the line there
        z = np.concatenate([[floor_mm - 1e-6, floor_mm], z])
        excess = np.concatenate([np.full((1, excess.shape[1]), -np.abs(excess).max()), excess[:1], excess])
    mirrored = np.concatenate([excess[:, ::-1], excess], axis=1)
    across = np.concatenate([-r_mm[::-1], r_mm])
    lines = [np.asarray(line, dtype=float) for line in contour_generator(across, z, mirrored).lines(0.0)]
    return [_counterclockwise(line) for line in lines if len(line) > 3 and np.allclose(line[0], line[-1])]


def revolved(loops: list[FloatArray], segments: int) -> Mesh | None:
    """Closed mesh that the loops sweep about the axis; None without loops.

    A loop that crosses the axis gives a ball, one beside it a ring; of a ring and its mirror image one is enough.
    """
    pieces = []
    for loop in loops:
        line = loop[:-1]
        if (line[:, 0] > 0.0).all():
            pieces.append(_ring(line, segments))
        elif (line[:, 0] < 0.0).any() and (line[:, 0] > 0.0).any():
            pieces.append(_ball(line, segments))
    if not pieces:
        return None
    shifts = np.cumsum([0] + [len(vertices) for vertices, _ in pieces[:-1]])
    return Mesh(
        np.concatenate([vertices for vertices, _ in pieces]),
        np.concatenate([faces + shift for (_, faces), shift in zip(pieces, shifts, strict=True)]),
    )


def _counterclockwise(line: FloatArray) -> FloatArray:
    x, y = line[:, 0], line[:, 1]
    return line if float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) > 0.0 else line[::-1]


def _ball(line: FloatArray, segments: int) -> tuple[FloatArray, IntArray]:
    # counterclockwise, so that the half with r > 0 runs from the lowest point on the axis to the highest
    positive = line[:, 0] > 1e-9
    first = int(np.flatnonzero(positive & ~np.roll(positive, 1))[0])
    run = (first + np.arange(len(line))) % len(line)
    half = line[run[positive[run]]]
    count, k = len(half), np.arange(segments)
    follow = (k + 1) % segments
    # the field is even across the axis, so that the line is flat there: the poles lie as high as their neighbours
    poles = np.array([[0.0, 0.0, half[0, 1]], [0.0, 0.0, half[-1, 1]]])
    last = 1 + (count - 1) * segments
    faces = [
        _band(count, segments, closed=False) + 1,
        np.stack([np.zeros_like(k), 1 + follow, 1 + k], axis=1),
        np.stack([np.full_like(k, last + segments), last + k, last + follow], axis=1),
    ]
    return np.concatenate([poles[:1], _turned(half, segments).reshape(-1, 3), poles[1:]]), np.concatenate(faces)


def _ring(line: FloatArray, segments: int) -> tuple[FloatArray, IntArray]:
    rings = _turned(line, segments)
    return rings.reshape(-1, 3), _band(len(line), segments, closed=True)


def _turned(line: FloatArray, segments: int) -> FloatArray:
    angle = 2.0 * np.pi * np.arange(segments) / segments
    r, z = line[:, 0, None], line[:, 1, None]
    return np.stack(np.broadcast_arrays(r * np.cos(angle), r * np.sin(angle), z), axis=-1)


def _band(rows: int, segments: int, closed: bool) -> IntArray:
    """Two triangles between every two neighbours of two neighbouring rows, outward for a line counterclockwise in (r, z)."""
    row = np.arange(rows if closed else rows - 1)
    j, k = np.meshgrid(row, np.arange(segments), indexing="ij")
    below, above = j * segments, ((j + 1) % rows) * segments
    follow = (k + 1) % segments
    a, b, c, d = below + k, below + follow, above + follow, above + k
    return np.concatenate([np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([a, c, d], axis=-1).reshape(-1, 3)])
