"""Compiled rounded unions and intersections of solids given by distance."""

from __future__ import annotations

from rfplan.anatomy.bell_kernels import plain


@plain
def union(a: float, b: float, blend: float) -> float:
    """The nearer of two solids, rounded off where they are nearer to each other than ``blend``."""
    overlap = blend - abs(a - b)
    low = min(a, b)
    return low - overlap * overlap / (4.0 * blend) if overlap > 0.0 else low


@plain
def both(a: float, b: float, blend: float) -> float:
    """What is in both of two solids, rounded off likewise."""
    overlap = blend - abs(a - b)
    high = max(a, b)
    return high + overlap * overlap / (4.0 * blend) if overlap > 0.0 else high
