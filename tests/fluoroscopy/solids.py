"""Solids whose path lengths are known, and patients made of them."""

from __future__ import annotations

from functools import cache

import numpy as np

from rfplan.geometry.mesh import Mesh


def ball(radius_mm: float, centre_mm: object = (0.0, 0.0, 0.0), finer: int = 5) -> Mesh:
    import trimesh

    made = trimesh.creation.icosphere(finer, radius_mm)
    return Mesh(np.asarray(made.vertices) + np.asarray(centre_mm, dtype=float), made.faces)


def box(sides_mm: object, centre_mm: object = (0.0, 0.0, 0.0)) -> Mesh:
    import trimesh

    made = trimesh.creation.box(np.asarray(sides_mm, dtype=float))
    return Mesh(np.asarray(made.vertices) + np.asarray(centre_mm, dtype=float), made.faces)


@cache
def bumpy(seed: int = 1) -> Mesh:
    """A closed body with many folds, so that rays go in and out several times."""
    made = ball(40.0, finer=4)
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(12, 3)) / 9.0
    swell = sum(
        np.sin(made.vertices_mm @ wave + phase) for wave, phase in zip(waves, rng.uniform(0, 6, 12), strict=True)
    )
    return Mesh(made.vertices_mm * (1.0 + 0.05 * swell)[:, None], made.faces)
