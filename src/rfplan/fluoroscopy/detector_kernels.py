"""Compiled kernels of the receptor: exponential, blur, photons, logarithm and grey values."""

from __future__ import annotations

import math

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_FEW = 12.0
"""Photons below which their number is drawn exactly; above, a normal law with the skewness of the Poisson law."""

_LOG2_E, _LOG_2, _HALF = np.float32(1.4426950408889634), np.float32(0.6931471805599453), np.float32(0.5)
_LEAST, _MOST = np.float32(-80.0), np.float32(80.0)
_E2, _E3, _E4, _E5 = np.float32(1 / 2), np.float32(1 / 6), np.float32(1 / 24), np.float32(1 / 120)


@kernel
def _between_cells(size: int, block: int, cells: int, first: np.ndarray, share: np.ndarray) -> None:
    """For each of ``size`` pixels the cell before it and how far it lies towards the next, ``cells`` of ``block`` pixels each."""
    for pixel in range(size):
        at = min(max((pixel + 0.5) / block - 0.5, 0.0), cells - 1.0)
        first[pixel] = min(int(at), max(cells - 2, 0))
        share[pixel] = at - first[pixel]


@kernel
def _close_cells(running: np.ndarray, block: int, row: int, means: FloatArray) -> None:
    """Put the means of a row of cells that ends at ``row`` in place, from sums over its rows (n,), which begin anew."""
    size = running.shape[0]
    deep = row % block + 1
    for cell in range(means.shape[1]):
        first, last = cell * block, min((cell + 1) * block, size)
        total = 0.0
        for column in range(first, last):
            total += running[column]
            running[column] = np.float32(0.0)
        means[row // block, cell] = total / (deep * (last - first))


@kernel
def transmitted(integral: np.ndarray, sid_mm: float, pixel_mm: float, block: int, image: np.ndarray) -> FloatArray:
    """Fill ``image`` with what reaches each pixel of what the middle gets without a patient, and return its block means.

    Distance and slant weaken the beam off the middle. ``integral`` and ``image`` (n, n), single precision; the result has
    (ceil(n / block), ceil(n / block)) cells.
    """
    size = integral.shape[0]
    cells = (size + block - 1) // block
    means = np.zeros((cells, cells))
    running = np.zeros(size, dtype=np.float32)
    one = np.float32(1.0)
    slope = np.float32((pixel_mm / sid_mm) ** 2)
    middle = np.float32(0.5 * size - 0.5)
    power = np.empty(size, dtype=np.int32)
    scale = power.view(np.float32)
    for row in range(size):
        across = (np.float32(row) - middle) ** 2
        # exp(-x) = 2 ** -(whole + rest): the whole part goes into the exponent of a number, a polynomial gives the rest, to 3e-6
        for column in range(size):
            binary = -_LOG2_E * min(max(integral[row, column], _LEAST), _MOST)
            whole = np.floor(binary + _HALF)
            rest = (binary - whole) * _LOG_2
            power[column] = (np.int32(whole) + np.int32(127)) << 23
            image[row, column] = one + rest * (one + rest * (_E2 + rest * (_E3 + rest * (_E4 + rest * _E5))))
        for column in range(size):
            spread = one + slope * (across + (np.float32(column) - middle) ** 2)
            image[row, column] *= scale[column] / (spread * np.sqrt(spread))
        for column in range(size):
            running[column] += image[row, column]
        if (row + 1) % block == 0 or row == size - 1:
            _close_cells(running, block, row, means)
    return means


@kernel
def blurred_rows(image: np.ndarray, taps: np.ndarray, result: np.ndarray) -> None:
    """Convolve along the rows with symmetric ``taps`` (k,), the middle first; edges are repeated."""
    rows, columns = image.shape
    reach = taps.shape[0] - 1
    for row in range(rows):
        for column in range(columns):
            result[row, column] = taps[0] * image[row, column]
        for step in range(1, reach + 1):
            weight = taps[step]
            for column in range(step, columns - step):
                result[row, column] += weight * (image[row, column - step] + image[row, column + step])
            for column in range(min(step, columns)):
                right = columns - 1 - column
                result[row, column] += weight * (image[row, 0] + image[row, min(column + step, columns - 1)])
                if right >= step:
                    result[row, right] += weight * (image[row, right - step] + image[row, columns - 1])


@kernel
def expected_photons(
    across: np.ndarray, taps: np.ndarray, scatter: FloatArray, block: int, photons: float, result: np.ndarray
) -> None:
    """Blur down the columns, add the scattered radiation, count in photons: the mean of what each pixel detects.

    ``across`` (n, n) is blurred along its rows already; ``scatter`` (m, m) in cells of ``block`` pixels is interpolated.
    """
    size = across.shape[0]
    reach = taps.shape[0] - 1
    cells = scatter.shape[0]
    line = np.empty(cells + 1, dtype=np.float32)
    scale = np.float32(photons)
    first, part = np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.float32)
    _between_cells(size, block, cells, first, part)
    for row in range(size):
        i, share = int(first[row]), part[row]
        for cell in range(cells):
            line[cell] = (1.0 - share) * scatter[i, cell] + share * scatter[min(i + 1, cells - 1), cell]
        line[cells] = line[cells - 1]
        for column in range(size):
            result[row, column] = taps[0] * across[row, column]
        for step in range(1, reach + 1):
            above, below = max(row - step, 0), min(row + step, size - 1)
            for column in range(size):
                result[row, column] += taps[step] * (across[above, column] + across[below, column])
        for column in range(size):
            near, next_one = line[first[column]], line[first[column] + np.uint32(1)]
            result[row, column] = scale * (result[row, column] + near + part[column] * (next_one - near))


@kernel
def draw_photons(means: np.ndarray, seed: int, quantiles: np.ndarray) -> None:
    """Replace every mean by a Poisson draw, in place; the same seed gives the same photons in whatever order.

    ``quantiles`` (k + 1,) of the normal law at even steps of probability, of unit variance when read linearly. The random number of
    a pixel is its own number, well mixed (the finaliser of MurmurHash3, twice).
    """
    rows, columns = means.shape
    steps = quantiles.shape[0] - 1
    scale = np.float32(steps / 16777216.0)
    sixth, half, one = np.float32(1.0 / 6.0), np.float32(0.5), np.float32(1.0)
    salt = np.uint32(seed & 0xFFFFFFFF)
    # what rounding to whole photons and the skewness add to the variance
    surplus = np.float32(1.0 / 12.0 + 1.0 / 18.0)
    bits = np.empty(columns, dtype=np.uint32)
    drawn = np.empty(columns, dtype=np.float32)
    for row in range(rows):
        first = np.uint32((row * columns) & 0xFFFFFFFF)
        for column in range(columns):
            value = np.uint32(first + np.uint32(column)) ^ salt
            value = np.uint32(np.uint32(value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
            value = np.uint32(np.uint32(value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
            value = np.uint32(value ^ (value >> np.uint32(16))) ^ np.uint32(salt * np.uint32(0x9E3779B1))
            value = np.uint32(np.uint32(value ^ (value >> np.uint32(16))) * np.uint32(0x7FEB352D))
            value = np.uint32(np.uint32(value ^ (value >> np.uint32(15))) * np.uint32(0x846CA68B))
            bits[column] = np.uint32(value ^ (value >> np.uint32(16)))
        for column in range(columns):
            mean = means[row, column]
            # signed for the conversion to floating point, unsigned as an index: both are what the processor does at once
            at = np.float32(np.int32(bits[column] >> np.uint32(8))) * scale
            cell = np.uint32(at)
            low = quantiles[cell]
            z = low + (at - np.float32(np.int32(cell))) * (quantiles[cell + np.uint32(1)] - low)
            spread = np.sqrt(max(mean - surplus, np.float32(0.0)))
            drawn[column] = np.floor(mean + spread * z + sixth * (z * z - one) + half)
        for column in range(columns):
            mean = means[row, column]
            if mean < _FEW:
                drawn[column] = _few_photons(mean, (bits[column] + 0.5) / 4294967296.0)
            means[row, column] = drawn[column]


@kernel
def _few_photons(mean: float, uniform: float) -> float:
    """The Poisson quantile at ``uniform``, by summing the chances of 0, 1, 2 ... photons."""
    chance = math.exp(-mean)
    total = chance
    count = 0
    while uniform > total and count < 200:
        count += 1
        chance *= mean / count
        total += chance
    return float(count)


@kernel
def log_values(counts: np.ndarray, least: float, block: int, result: np.ndarray) -> FloatArray:
    """Natural logarithm of single-precision ``counts`` (n, n), of at least ``least`` photons, right to 1e-4; its block means.

    The means are those of cells of ``block`` pixels a side; the last ones may be smaller.

    The exponent of a number is its logarithm in whole steps; a polynomial gives the rest. Twice as fast as the exact one, and
    a hundred times finer than a step of grey.
    """
    rows, columns = counts.shape
    line = np.empty(columns, dtype=np.float32)
    bits = line.view(np.int32)
    cells = (rows + block - 1) // block
    means = np.zeros((cells, cells))
    running = np.zeros(columns, dtype=np.float32)
    floor, two = np.float32(least), np.float32(0.6931471805599453)
    a, b, c = np.float32(-0.05657), np.float32(0.44717956), np.float32(-1.4699568)
    d, e = np.float32(2.8212026), np.float32(-1.7417939)
    for row in range(rows):
        for column in range(columns):
            line[column] = max(counts[row, column], floor)
        for column in range(columns):
            whole = (bits[column] >> 23) - 127
            result[row, column] = np.float32(whole) * two
            bits[column] = (bits[column] & 0x7FFFFF) | 0x3F800000
        for column in range(columns):
            x = line[column]
            result[row, column] += (((a * x + b) * x + c) * x + d) * x + e
        for column in range(columns):
            running[column] += result[row, column]
        if (row + 1) % block == 0 or row == rows - 1:
            _close_cells(running, block, row, means)
    return means


@kernel
def grey_values(
    logs: np.ndarray, local: FloatArray, block: int, low: float, high: float, table: np.ndarray, result: np.ndarray
) -> None:
    """Grey values of logarithms: the slow change over the picture taken away, then from ``low`` to ``high`` through ``table``.

    ``local`` (m, m) in cells of ``block`` pixels is interpolated and taken off; ``table`` (k,) holds grey values at
    even steps of the window.
    """
    size = logs.shape[0]
    cells = local.shape[0]
    last = table.shape[0] - 1
    scale = np.float32(last / max(high - low, 1e-6))
    base = np.float32(low)
    line = np.empty(cells + 1, dtype=np.float32)
    steps = np.empty(size, dtype=np.uint32)
    first, part = np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.float32)
    _between_cells(size, block, cells, first, part)
    top = np.float32(last)
    for row in range(size):
        i, share = int(first[row]), part[row]
        for cell in range(cells):
            line[cell] = (1.0 - share) * local[i, cell] + share * local[min(i + 1, cells - 1), cell]
        line[cells] = line[cells - 1]
        for column in range(size):
            near, next_one = line[first[column]], line[first[column] + np.uint32(1)]
            step = (logs[row, column] - near - part[column] * (next_one - near) - base) * scale + _HALF
            steps[column] = np.uint32(np.int32(min(max(step, np.float32(0.0)), top)))
        for column in range(size):
            result[row, column] = table[steps[column]]


@kernel
def close_outside(image: np.ndarray, half_px: float, circle: bool, value: int) -> None:
    """Give every pixel that the collimator covers the grey ``value``, in place."""
    size = image.shape[0]
    middle = 0.5 * size - 0.5
    for row in range(size):
        for column in range(size):
            x, y = column - middle, row - middle
            if (x * x + y * y > half_px * half_px) if circle else (max(abs(x), abs(y)) > half_px):
                image[row, column] = value
