"""Kernels and types of arguments as text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numba import typeof

from rfplan.errors import InputError
from rfplan.geometry.compiled import kernel
from rfplan.geometry.kernel_signature import kernel_and_types, signature_line


class Pair(NamedTuple):
    first: np.ndarray
    second: float


def anything(x: object) -> object:
    return x


anything = kernel(anything)


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        3,
        True,
        np.float32(1),
        np.zeros(3),
        np.zeros((3, 2), np.float32),
        np.zeros((4, 4, 4), np.int32)[::2],
        np.zeros((4, 3)).T,
        np.zeros(2, bool),
        _frozen(np.zeros((2, 2), np.uint16)),
        (np.zeros(2), np.zeros(2), np.zeros(2)),
        (np.zeros(2), 1, (2.0, 3.0)),
        Pair(np.zeros((2, 2)), 1.0),
    ],
    ids=repr,
)
def test_what_is_written_is_read_back(value: object) -> None:
    line = signature_line(anything, (typeof(value), typeof(1)))
    assert kernel_and_types(line) == (anything, (typeof(value), typeof(1)))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("rfplan.lesion.band_kernels.no_such(f8)", "no_such"),
        ("rfplan.no_such.kernel(f8)", "no_such"),
        ("rfplan.lesion.band_kernels.solve(float)", "float"),
        ("rfplan.lesion.band_kernels.solve(f8[2])", "f8[2]"),
    ],
)
def test_what_is_not_there_is_named(line: str, word: str) -> None:
    with pytest.raises(InputError) as refused:
        kernel_and_types(line)
    assert word in str(refused.value)
