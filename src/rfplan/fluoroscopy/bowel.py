"""Gas in rectum and bowel in front of the sacrum: what hides foramina on many real pictures."""

from __future__ import annotations

from typing import Final

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.geometry.arrays import FloatArray

_SEED: Final = 20
_RECTUM: Final = (14, 13.0, 9.0)
_LOOPS: Final = (7, 24.0, 15.0)
"""Number of pockets, and mean half axes along and across them, mm: assumptions of ours, drawn to look like bowel."""


def bowel_of(patient: Patient, seed: int = _SEED) -> FloatArray:
    """(k, 13) gas pockets as ellipsoids of unit weight: a string down the hollow of the sacrum, and loops above and beside it."""
    rng = np.random.default_rng(seed)
    frame = patient.frame
    rows: list[FloatArray] = []
    count, along, across = _RECTUM
    places = np.linspace(0.0, 1.0, count)
    line = np.stack(
        [
            12.0 * np.sin(5.0 * places) + rng.normal(0.0, 3.0, count),
            30.0 + 85.0 * places,
            -62.0 - 8.0 * np.sin(3.0 * places) + rng.normal(0.0, 4.0, count),
        ],
        axis=1,
    )
    rows += [_pocket(rng, frame.to_patient(place), along, across) for place in line]
    count, along, across = _LOOPS
    for _ in range(count):
        side = rng.choice([-1.0, 1.0])
        place = np.array([side * rng.uniform(30.0, 85.0), rng.uniform(-70.0, 20.0), rng.uniform(-125.0, -90.0)])
        start = frame.to_patient(place)
        run = rng.normal(size=3)
        run /= np.linalg.norm(run)
        # a loop is a few pockets in a row, pinched between them
        rows += [_pocket(rng, start + step * 0.9 * across * run, along, across) for step in range(3)]
    return np.array(rows)


def _pocket(rng: np.random.Generator, centre: FloatArray, along_mm: float, across_mm: float) -> FloatArray:
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    half = np.array([along_mm, across_mm, across_mm]) * rng.uniform(0.6, 1.25, 3)
    return np.concatenate([centre, (axes / half[:, None]).ravel(), [1.0]])
