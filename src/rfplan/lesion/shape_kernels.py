"""Compiled assembly of the spheroids that stand for lesions, for many applications at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

STRIP_ROWS = 21
"""Spheroids along the line between the two needles of a pair; their scallops stay below 0.01 mm at 10 mm spacing."""


@kernel
def waist_of_pair(width: float, waist: float, limit: float, reference: float, spacing: float) -> Any:
    """Width half-way between the needles of a pair, mm; 0 from the confluence limit on.

    The same ellipse in the spacing as ``devices.shape.LesionShape.waist_mm``, which a test holds it to.
    """
    if limit <= 0.0 or spacing >= limit:
        return 0.0
    if limit <= reference:
        return width * np.sqrt(1.0 - (spacing / limit) ** 2)
    scale = np.sqrt((limit**2 - spacing**2) / (limit**2 - reference**2))
    return min(width, waist * scale)


@kernel
def assemble(
    tips: FloatArray,
    axes: FloatArray,
    active: FloatArray,
    tables: FloatArray,
    reference: FloatArray,
    starts: np.ndarray,
    rows: FloatArray,
    balls: FloatArray,
) -> None:
    """Fill ``rows`` (isotherms, n, 8) and ``balls`` (isotherms, g, 4) with the spheroids of g applications.

    ``tips``, ``axes`` (g, 2, 3) and ``active`` (g, 2) length of the active tip; ``tables`` (g, 2, isotherms, 5)
    width, length, beyond tip, waist and confluence limit; ``reference`` (g,) spacing of the waist, negative for an application
    of one needle. Application g owns rows ``starts[g]:starts[g + 1]`` and lies in
    ``balls[., g]`` (centre, radius; radius 0 where there is no surface).
    """
    for g in range(tips.shape[0]):
        first, last = starts[g], starts[g + 1]
        for isotherm in range(rows.shape[0]):
            if reference[g] < 0.0:
                width, length, beyond = (
                    tables[g, 0, isotherm, 0],
                    tables[g, 0, isotherm, 1],
                    tables[g, 0, isotherm, 2],
                )
                offset = 0.5 * length - beyond
                row = rows[isotherm, first]
                for x in range(3):
                    row[x] = tips[g, 0, x] + offset * axes[g, 0, x]
                    row[3 + x] = axes[g, 0, x]
                row[6], row[7] = 0.5 * width, 0.5 * length
            else:
                _strip(
                    tips[g],
                    axes[g],
                    active[g],
                    tables[g, :, isotherm],
                    reference[g],
                    rows[isotherm, first:last],
                )
            _enclose(rows[isotherm, first:last], balls[isotherm, g])


@kernel
def _strip(
    tips: FloatArray,
    axes: FloatArray,
    active: FloatArray,
    table: FloatArray,
    reference: float,
    rows: FloatArray,
) -> None:
    """Spheroids from one needle of a pair to the other, narrowed half-way to the waist; only the two ends where they do not join."""
    square, along = 0.0, 0.0
    for x in range(3):
        step = tips[1, x] + 0.5 * active[1] * axes[1, x] - tips[0, x] - 0.5 * active[0] * axes[0, x]
        square += step * step
        along += axes[0, x] * axes[1, x]
    spacing = np.sqrt(square)
    # a spheroid's axis has no sense; needles that come from opposite sides must not blend through zero
    sense = -1.0 if along < 0.0 else 1.0
    waists = np.empty(2)
    for n in range(2):
        waists[n] = waist_of_pair(table[n, 0], table[n, 3], table[n, 4], reference, spacing)
    joined = min(waists[0], waists[1])
    count = rows.shape[0]
    for k in range(count):
        t = k / (count - 1)
        row = rows[k]
        norm = 0.0
        for x in range(3):
            c0 = tips[0, x] + (0.5 * table[0, 1] - table[0, 2]) * axes[0, x]
            c1 = tips[1, x] + (0.5 * table[1, 1] - table[1, 2]) * axes[1, x]
            row[x] = (1.0 - t) * c0 + t * c1
            row[3 + x] = (1.0 - t) * axes[0, x] + t * sense * axes[1, x]
            norm += row[3 + x] ** 2
        norm = np.sqrt(norm)
        for x in range(3):
            row[3 + x] /= norm
        width = (1.0 - t) * table[0, 0] + t * table[1, 0]
        length = (1.0 - t) * table[0, 1] + t * table[1, 1]
        away = (2.0 * t - 1.0) ** 2
        if width <= 0.0 or (joined <= 0.0 and 0 < k < count - 1):
            row[6], row[7] = 0.0, 0.0
            continue
        ratio = joined / width
        share = min(1.0, ratio + (1.0 - ratio) * away)
        row[6], row[7] = 0.5 * width * share, 0.5 * length * share


@kernel
def _enclose(rows: FloatArray, ball: FloatArray) -> None:
    """Ball (centre, radius) round spheroids; radius 0 where none is left."""
    used = 0
    for x in range(4):
        ball[x] = 0.0
    for k in range(rows.shape[0]):
        if rows[k, 6] > 0.0 and rows[k, 7] > 0.0:
            used += 1
            for x in range(3):
                ball[x] += rows[k, x]
    if used == 0:
        return
    for x in range(3):
        ball[x] /= used
    for k in range(rows.shape[0]):
        if rows[k, 6] > 0.0 and rows[k, 7] > 0.0:
            gap = np.sqrt((rows[k, 0] - ball[0]) ** 2 + (rows[k, 1] - ball[1]) ** 2 + (rows[k, 2] - ball[2]) ** 2)
            ball[3] = max(ball[3], gap + max(rows[k, 6], rows[k, 7]))


@kernel
def silhouettes(
    rows: FloatArray, beam: FloatArray, flat: FloatArray, balls: FloatArray, flat_balls: FloatArray
) -> None:
    """Spheroids of the plane through the origin across ``beam`` whose section with it is the shadow of ``rows`` along the beam.

    The shadow of a spheroid is an ellipse with the same semi-axis across; ``flat`` (n, 8) has that ellipse as its meridian,
    so that distances within the plane are those of the ellipse, exactly.
    """
    for k in range(rows.shape[0]):
        depth = rows[k, 0] * beam[0] + rows[k, 1] * beam[1] + rows[k, 2] * beam[2]
        lean = rows[k, 3] * beam[0] + rows[k, 4] * beam[1] + rows[k, 5] * beam[2]
        square = 0.0
        for x in range(3):
            flat[k, x] = rows[k, x] - depth * beam[x]
            flat[k, 3 + x] = rows[k, 3 + x] - lean * beam[x]
            square += flat[k, 3 + x] ** 2
        # 1 - lean^2 would lose its digits where a needle is seen nearly end on, and the axis its unit length
        size = np.sqrt(square)
        flat[k, 6] = rows[k, 6]
        flat[k, 7] = np.sqrt(rows[k, 7] ** 2 * square + rows[k, 6] ** 2 * max(0.0, 1.0 - square))
        if size > 1e-9:
            for x in range(3):
                flat[k, 3 + x] /= size
        else:
            # seen end on it is a circle, and any direction in the plane will do
            x = int(np.argmin(np.abs(beam)))
            norm = np.sqrt(1.0 - beam[x] ** 2)
            for y in range(3):
                flat[k, 3 + y] = ((1.0 if y == x else 0.0) - beam[x] * beam[y]) / norm
    for g in range(balls.shape[0]):
        depth = balls[g, 0] * beam[0] + balls[g, 1] * beam[1] + balls[g, 2] * beam[2]
        for x in range(3):
            flat_balls[g, x] = balls[g, x] - depth * beam[x]
        flat_balls[g, 3] = balls[g, 3]
