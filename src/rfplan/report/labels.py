"""Where to put labels so that they do not run into each other or over what they name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rfplan.geometry.arrays import FloatArray


def spread(wanted: Sequence[float], spacing: float, low: float, high: float) -> FloatArray:
    """Positions near ``wanted``, in the same order, at least ``spacing`` apart and from ``low`` to ``high`` where they fit.

    The sum of squared moves is as small as it can be: positions that would collide are pooled around their mean.
    """
    order = np.argsort(wanted, kind="stable")
    # subtract the steps; the constraint becomes "not decreasing", which pooling adjacent violators solves
    level = np.asarray(wanted, dtype=float)[order] - spacing * np.arange(len(wanted))
    pools: list[tuple[float, int]] = []
    for value in level:
        total, count = float(value), 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            last = pools.pop()
            total, count = total + last[0], count + last[1]
        pools.append((total, count))
    flat = np.concatenate([np.full(count, total / count) for total, count in pools]) if pools else level
    flat = np.clip(flat, low, max(low, high - spacing * (len(wanted) - 1)))
    result = np.empty(len(wanted))
    result[order] = flat + spacing * np.arange(len(wanted))
    return result


def place(
    anchor: Sequence[float],
    half_size: tuple[float, float],
    taken: Sequence[tuple[float, float, float, float]],
    ink: FloatArray,
    region: tuple[float, float, float, float],
    reach: Sequence[float] = (20.0, 28.0, 38.0, 50.0),
    prefer: tuple[float, float] = (0.0, 0.0),
) -> tuple[float, float]:
    """Centre of a label near ``anchor`` that overlaps the least.

    ``half_size`` of the label; ``taken`` boxes (left, top, right, bottom) of labels that are there already; ``ink`` (n, 2) points
    of lines that should stay readable; ``region`` box that the label stays in; ``reach`` distances to try; ``prefer`` direction
    that wins among equals, so that a row of labels stays a row. Pixels.
    """
    best, best_cost = (float(anchor[0]), float(anchor[1])), np.inf
    for distance in reach:
        for angle in np.deg2rad(np.arange(0.0, 360.0, 15.0)):
            x = anchor[0] + distance * np.cos(angle)
            y = anchor[1] + distance * np.sin(angle)
            box = (x - half_size[0], y - half_size[1], x + half_size[0], y + half_size[1])
            cost = 0.12 * distance - 2.0 * (np.cos(angle) * prefer[0] + np.sin(angle) * prefer[1])
            cost += sum(40.0 for other in taken if _overlap(box, other))
            if box[0] < region[0] or box[1] < region[1] or box[2] > region[2] or box[3] > region[3]:
                cost += 100.0
            if len(ink):
                inside = (np.abs(ink[:, 0] - x) < half_size[0] + 2) & (np.abs(ink[:, 1] - y) < half_size[1] + 2)
                cost += 0.8 * float(np.count_nonzero(inside))
            if cost < best_cost:
                best, best_cost = (float(x), float(y)), cost
    return best


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
