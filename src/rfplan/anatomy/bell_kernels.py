"""Compiled tables of the curves of which the parametric sacrum is made: bells, logistic steps and sines, read between their places.

A table is read in a few nanoseconds where the exact function takes tens; none is off by more than 3e-5 of its height.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from rfplan.geometry.compiled import kernel_with

_PER_UNIT = 64
_GAUSS_END, _SHARP_END, _BLUNT_END = 12.0, 6.5, 5.0
_STEP_END, _STEP_PER_UNIT = 16.0, 48
_SINES = 1024


def _bell(end: float, power: float) -> np.ndarray:
    return np.exp(-((np.arange(int(end * _PER_UNIT) + 2) / _PER_UNIT) ** power))


_GAUSS, _SHARP, _BLUNT = _bell(_GAUSS_END, 1.0), _bell(_SHARP_END, 1.3), _bell(_BLUNT_END, 1.6)
_STEP = 1.0 / (1.0 + np.exp(-(np.arange(int(2 * _STEP_END * _STEP_PER_UNIT) + 2) / _STEP_PER_UNIT - _STEP_END)))
_SINE = np.sin(2.0 * np.pi * np.arange(_SINES + 2) / _SINES)

plain = kernel_with(error_model="numpy", fastmath={"contract", "nsz", "arcp"})
"""For arithmetic on finite numbers: no check of divisors; products and sums may be taken together, quotients by a constant as
products."""


@plain
def _read(table: np.ndarray, at: float) -> float:
    k = int(at)
    value: float = table[k] + (at - k) * (table[k + 1] - table[k])
    return value


@plain
def gauss(square: float) -> float:
    """exp(-square)."""
    return _read(_GAUSS, square * _PER_UNIT) if square < _GAUSS_END else 0.0


@plain
def sharp_bell(square: float) -> float:
    """exp(-square ** 0.65)."""
    return _read(_SHARP, sqrt(square) * _PER_UNIT) if square < _SHARP_END * _SHARP_END else 0.0


@plain
def blunt_bell(square: float) -> float:
    """exp(-square ** 0.8)."""
    return _read(_BLUNT, sqrt(square) * _PER_UNIT) if square < _BLUNT_END * _BLUNT_END else 0.0


@plain
def logistic(value: float, at: float, width: float) -> float:
    """Step of a height of 1 from 0 to 1 about ``at``."""
    u = min(max((value - at) / width, -_STEP_END), _STEP_END)
    return _read(_STEP, (u + _STEP_END) * _STEP_PER_UNIT)


@plain
def sine(turns: float) -> float:
    """Sine of an angle in whole turns."""
    return _read(_SINE, (turns - np.floor(turns)) * _SINES)
