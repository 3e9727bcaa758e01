"""Compiled kernels of the receptor: exponential, blur, photons, logarithm and grey values."""

from __future__ import annotations

import math

import numpy as np

from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.compiled import kernel

_FEW = 30.0
"""Photons below which their number is drawn exactly; above, a normal law with the skewness of the Poisson law."""


@kernel
def transmitted(integral: np.ndarray, sid_mm: float, pixel_mm: float, block: int, image: np.ndarray) -> FloatArray:
    """Fill ``image`` with what reaches each pixel of what the middle gets without a patient, and return its block means.

    Distance and slant weaken the beam off the middle. ``integral`` and ``image`` (n, n), single precision; the result has
    (ceil(n / block), ceil(n / block)) cells.
    """
    size = integral.shape[0]
    cells = (size + block - 1) // block
    sums = np.zeros((cells, cells))
    one = np.float32(1.0)
    slope = np.float32((pixel_mm / sid_mm) ** 2)
    middle = np.float32(0.5 * size - 0.5)
    for row in range(size):
        across = (np.float32(row) - middle) ** 2
        for column in range(size):
            spread = one + slope * (across + (np.float32(column) - middle) ** 2)
            value = math.exp(-integral[row, column]) / (spread * np.sqrt(spread))
            image[row, column] = value
        for cell in range(cells):
            total = np.float32(0.0)
            for column in range(cell * block, min((cell + 1) * block, size)):
                total += image[row, column]
            sums[row // block, cell] += total
    for i in range(cells):
        for j in range(cells):
            sums[i, j] /= min(block, size - i * block) * min(block, size - j * block)
    return sums


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
    line = np.empty(cells, dtype=np.float32)
    scale = np.float32(photons)
    for row in range(size):
        place = min(max((row + 0.5) / block - 0.5, 0.0), cells - 1.0)
        i = min(int(place), cells - 2) if cells > 1 else 0
        share = place - i
        for cell in range(cells):
            line[cell] = (1.0 - share) * scatter[i, cell] + share * scatter[min(i + 1, cells - 1), cell]
        for column in range(size):
            result[row, column] = taps[0] * across[row, column]
        for step in range(1, reach + 1):
            above, below = max(row - step, 0), min(row + step, size - 1)
            for column in range(size):
                result[row, column] += taps[step] * (across[above, column] + across[below, column])
        for column in range(size):
            at = min(max((column + np.float32(0.5)) / np.float32(block) - np.float32(0.5), 0.0), cells - 1.0)
            j = min(int(at), cells - 2) if cells > 1 else 0
            part = np.float32(at - j)
            added = line[j] + part * (line[min(j + 1, cells - 1)] - line[j])
            result[row, column] = scale * (result[row, column] + added)


@kernel
def _mixed(value: np.uint64) -> np.uint64:
    """A well mixed number of 64 bits for each counter (the finaliser of SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@kernel
def draw_photons(means: np.ndarray, seed: np.uint64, quantiles: np.ndarray) -> None:
    """Replace every mean by a Poisson draw, in place; the same seed gives the same photons in whatever order.

    ``quantiles`` (k + 1,) of the normal law at even steps of probability, of unit variance when read linearly.
    """
    rows, columns = means.shape
    steps = quantiles.shape[0] - 1
    sixth = np.float32(1.0 / 6.0)
    for row in range(rows):
        for column in range(columns):
            mean = means[row, column]
            counter = seed + np.uint64(row * columns + column) * np.uint64(0x9E3779B97F4A7C15)
            bits = _mixed(counter)
            if mean >= _FEW:
                at = np.float32(bits >> np.uint64(40)) * np.float32(steps / 16777216.0)
                cell = min(int(at), steps - 1)
                z = quantiles[cell] + (at - np.float32(cell)) * (quantiles[cell + 1] - quantiles[cell])
                drawn = mean + np.sqrt(mean) * z + sixth * (z * z - np.float32(1.0))
                means[row, column] = np.floor(drawn + np.float32(0.5))
            else:
                uniform = (bits >> np.uint64(11)) * (1.0 / 9007199254740992.0)
                chance = math.exp(-mean)
                total = chance
                count = 0
                while uniform > total and count < 200:
                    count += 1
                    chance *= mean / count
                    total += chance
                means[row, column] = count


@kernel
def log_values(counts: np.ndarray, least: float, result: np.ndarray) -> None:
    """Natural logarithm of ``counts``, of at least ``least`` photons."""
    flat, out = counts.reshape(-1), result.reshape(-1)
    floor = np.float32(least)
    for n in range(flat.shape[0]):
        out[n] = math.log(max(flat[n], floor))


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
    line = np.empty(cells, dtype=np.float32)
    for row in range(size):
        place = min(max((row + 0.5) / block - 0.5, 0.0), cells - 1.0)
        i = min(int(place), cells - 2) if cells > 1 else 0
        share = place - i
        for cell in range(cells):
            line[cell] = (1.0 - share) * local[i, cell] + share * local[min(i + 1, cells - 1), cell]
        for column in range(size):
            at = min(max((column + np.float32(0.5)) / np.float32(block) - np.float32(0.5), 0.0), cells - 1.0)
            j = min(int(at), cells - 2) if cells > 1 else 0
            slow = line[j] + np.float32(at - j) * (line[min(j + 1, cells - 1)] - line[j])
            step = int((logs[row, column] - slow - base) * scale + np.float32(0.5))
            result[row, column] = table[min(max(step, 0), last)]


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
