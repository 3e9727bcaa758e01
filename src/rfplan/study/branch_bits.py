"""Which branches of a side were taken, as one whole number per row of the table."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rfplan.geometry.arrays import BoolArray, IntArray


def branch_bits(branches: IntArray, taken: BoolArray) -> IntArray:
    """(p,) numbers whose bit n is set where the n-th branch of the side was taken, counted as ``ground.nerves_on(side)`` lists them.

    Branches of patient p are ``branches[p]:branches[p + 1]`` of ``taken`` (b,).
    """
    owner = np.repeat(np.arange(len(branches) - 1), np.diff(branches))
    place = np.arange(len(taken)) - np.asarray(branches)[owner]
    bits = np.zeros(len(branches) - 1, dtype=np.int64)
    np.bitwise_or.at(bits, owner[taken], np.left_shift(np.int64(1), place[taken]))
    return bits


def taken_branches(bits: ArrayLike, count: int) -> BoolArray:
    """(..., count) whether each of the first ``count`` branches was taken."""
    held = np.asarray(bits, dtype=np.int64)
    return np.asarray(np.right_shift(held[..., None], np.arange(count)) & 1 == 1)
