"""The value of a rank among any number of values that are read some at a time, exactly and in little memory."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rfplan.geometry.arrays import IntArray

_BITS: Final = (11, 11, 10)
READINGS: Final = len(_BITS)
"""How often the values have to be read."""
_SIGN = np.uint32(0x80000000)


class Ranks:
    """Values of single precision below which the ``parts`` of all lie.

    All are shown :data:`READINGS` times to :meth:`add`, with :meth:`narrow` after each: the first reading tells the first bits of the
    value of a rank, the next one counts those that have the same and tells more. As many numbers are held for ten values as for a
    million.
    """

    def __init__(self, parts: tuple[float, ...]) -> None:
        self._parts = parts
        self._read = 0
        self._known = [0] * len(parts)
        self._ranks = [0] * len(parts)
        self._counts = np.zeros((1, 2 ** _BITS[0]), dtype=np.int64)
        self.size = 0

    def add(self, values: NDArray[np.floating]) -> None:
        """Count ``values`` (n,), all finite."""
        keys = _keys(values)
        left = sum(_BITS[self._read + 1 :])
        bits = _BITS[self._read]
        for known, counts in zip(self._known, self._counts, strict=False):
            own = keys if self._read == 0 else keys[keys >> (left + bits) == known]
            counts += np.bincount((own >> left) & (2**bits - 1), minlength=2**bits)

    def narrow(self) -> None:
        """End a reading."""
        if self._read == 0:
            self.size = int(self._counts.sum())
            self._ranks = [int(np.rint((self.size - 1) * part)) for part in self._parts]
        if self.size:
            for n, rank in enumerate(self._ranks):
                counts = self._counts[n if self._read else 0]
                before = np.cumsum(counts)
                digit = int(np.searchsorted(before, rank, side="right"))
                self._ranks[n] = rank - int(before[digit] - counts[digit])
                self._known[n] = (self._known[n] << _BITS[self._read]) + digit
        self._read += 1
        if self._read < READINGS:
            self._counts = np.zeros((len(self._parts), 2 ** _BITS[self._read]), dtype=np.int64)

    @property
    def values(self) -> tuple[float, ...]:
        """For each of the parts the value of its rank, as ``np.quantile(..., method="nearest")`` has it; none where there are no values."""
        return tuple(_value(key) for key in self._known) if self.size else ()


def _keys(values: NDArray[np.floating]) -> IntArray:
    """(n,) whole numbers in the order of single-precision numbers."""
    # the two noughts are one
    bits = (np.asarray(values, dtype=np.float32) + np.float32(0.0)).view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN).astype(np.int64)


def _value(key: int) -> float:
    number = np.array([key], dtype=np.uint32)
    bits = np.where(number & _SIGN, number & ~_SIGN, ~number).astype(np.uint32)
    return float(bits.view(np.float32)[0])
