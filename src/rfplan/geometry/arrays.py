"""Array types and the checks that every frozen record makes of its arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
IndexArray = NDArray[np.int32] | NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def frozen(values: ArrayLike, dtype: Any = np.float64) -> NDArray[Any]:
    """Read-only, C-contiguous copy of ``values``."""
    array = np.array(values, dtype=dtype, order="C", copy=True)
    array.flags.writeable = False
    return array


def unit(vector: ArrayLike) -> FloatArray:
    """``vector`` (..., 3) scaled to length 1."""
    array = np.asarray(vector, dtype=float)
    scaled: FloatArray = array / np.linalg.norm(array, axis=-1, keepdims=True)
    return scaled
