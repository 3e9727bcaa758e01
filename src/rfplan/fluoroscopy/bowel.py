"""Gas in rectum and bowel in front of the sacrum: what hides foramina on many real pictures."""

from __future__ import annotations

from typing import Final

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.geometry.arrays import FloatArray

_SEED: Final = 20
_LOOPS: Final = (
    ((4.0, 18.0, -52.0), (0.15, 1.0, -0.15), 8, 9.0),
    ((44.0, 12.0, -78.0), (0.55, -0.8, -0.1), 6, 10.0),
    ((-52.0, -8.0, -84.0), (-0.35, -0.9, 0.0), 6, 13.0),
    ((-18.0, -34.0, -92.0), (1.0, -0.1, 0.0), 5, 9.0),
)
"""Rectum, sigmoid, caecum and small bowel: start and direction in chart axes (lateral, caudal, posterior; mm), number of pockets and
their mean radius, mm. Assumptions of ours, drawn to look like bowel."""
_BUBBLES: Final = 26
"""Small bubbles beside each pocket's string: the mottled look of what is not gas alone."""


def bowel_of(patient: Patient, seed: int = _SEED) -> FloatArray:
    """(k, 13) gas pockets as ellipsoids of unit weight, in strings that wind and are pinched between the pockets."""
    rng = np.random.default_rng(seed)
    rows: list[FloatArray] = []
    for start, direction, count, radius in _LOOPS:
        place, run = np.array(start), np.array(direction) / np.linalg.norm(direction)
        for _ in range(count):
            half = radius * rng.uniform(0.55, 1.15) * np.array([1.0, rng.uniform(0.75, 1.0), rng.uniform(0.7, 1.0)])
            rows.append(_pocket(rng, patient.frame.to_patient(place), half))
            bubbles = rng.integers(0, 2 * _BUBBLES // count + 1)
            for _ in range(bubbles):
                beside = place + rng.normal(0.0, 0.9 * radius, 3)
                rows.append(_pocket(rng, patient.frame.to_patient(beside), np.full(3, rng.uniform(1.0, 3.2))))
            run = run + rng.normal(0.0, 0.35, 3) * [1.0, 1.0, 0.4]
            run /= np.linalg.norm(run)
            place = place + 1.65 * half.mean() * run
    return np.array(rows)


def _pocket(rng: np.random.Generator, centre: FloatArray, half_mm: FloatArray) -> FloatArray:
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    return np.concatenate([centre, (axes / half_mm[:, None]).ravel(), [1.0]])
