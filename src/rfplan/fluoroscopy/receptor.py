"""The receptor: from attenuation along every ray to counted photons, with blur, scatter and noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.fluoroscopy import detector_kernels as kernels
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.projector import FloatImage
from rfplan.geometry.arrays import FloatArray, frozen

_CELLS = 64
_WEDGE = 1.5
"""Brightest ray that scatters, over the mean of the middle: an assumption."""
_QUANTILES = 4096


def _figure(name: str) -> float:
    return figures("fluoroscopy")[f"receptor.{name}"].value


@dataclass(frozen=True)
class Receptor:
    """What the receptor does to the beam.

    ``scatter_fraction`` of what arrives behind the patient is scattered, spread by ``scatter_width_mm`` (standard deviation, on the
    receptor); ``blur_mm`` is the standard deviation of its sharpness; ``photons_per_mm2_ngy`` of air kerma arrive and
    ``detected`` of them count. Defaults are those of ``anatomy/fluoroscopy.toml``.

    Raises
    ------
    InputError : a number out of range
    """

    scatter_fraction: float | None = None
    scatter_width_mm: float | None = None
    blur_mm: float | None = None
    photons_per_mm2_ngy: float | None = None
    detected: float | None = None

    def __post_init__(self) -> None:
        for name, figure, low, high in (
            ("scatter_fraction", "scatter_fraction", 0.0, 0.9),
            ("scatter_width_mm", "scatter_width", 1.0, 500.0),
            ("blur_mm", "blur", 0.0, 20.0),
            ("photons_per_mm2_ngy", "photons", 1e-3, 1e4),
            ("detected", "detected", 1e-3, 1.0),
        ):
            if getattr(self, name) is None:
                object.__setattr__(self, name, _figure(figure))
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise InputError(f"{name} is {value:g}; it must be from {low:g} to {high:g}")

    def photons_per_pixel(self, c_arm: CArm, dose_ngy: float) -> float:
        """Photons that count in a pixel at an air kerma of ``dose_ngy`` on the receptor."""
        return float(dose_ngy * self.photons_per_mm2_ngy * self.detected * c_arm.pixel_mm**2)  # type: ignore[operator]


@dataclass(frozen=True, eq=False)
class Beam:
    """What arrives, as shares of what the middle gets without a patient.

    ``primary`` (n, n), and ``scatter`` (m, m) in cells of ``block`` pixels.
    """

    primary: FloatImage
    scatter: FloatArray
    block: int

    @property
    def mean_in_the_middle(self) -> float:
        """Mean over the measuring field of the exposure control: the middle third of the picture, primary and scatter."""
        size = self.primary.shape[0]
        low, high = size // 3, size - size // 3
        cells = self.scatter.shape[0]
        inner = self.scatter[cells // 3 : cells - cells // 3, cells // 3 : cells - cells // 3]
        step = max(1, (high - low) // 64)
        return float(self.primary[low:high:step, low:high:step].mean() + inner.mean())


def behind(c_arm: CArm, integral: FloatImage, receptor: Receptor) -> Beam:
    """The beam behind an attenuation ``integral`` (n, n)."""
    size = c_arm.size_px
    block = max(1, math.ceil(size / _CELLS))
    primary = np.empty((size, size), dtype=np.float32)
    cells = kernels.transmitted(integral, c_arm.sid_mm, c_arm.pixel_mm, block, primary)
    fraction = float(receptor.scatter_fraction or 0.0)
    width = float(receptor.scatter_width_mm or 1.0) / (block * c_arm.pixel_mm)
    # unattenuated beam does not scatter, and a wedge filter keeps what passes beside the body from flooding the rest
    third = len(cells) // 3
    middle = float(cells[third : len(cells) - third, third : len(cells) - third].mean())
    sources = np.minimum(cells * np.clip(-np.log(np.maximum(cells, 1e-12)), 0.0, 1.0), _WEDGE * middle)
    scatter = fraction / (1.0 - fraction) * smooth(sources, width)
    return Beam(primary, scatter, block)


def mean_photons(c_arm: CArm, beam: Beam, receptor: Receptor, photons: float) -> FloatImage:
    """(n, n) mean number of photons that count in each pixel, ``photons`` being that of the open beam in the middle."""
    taps = blur_taps(float(receptor.blur_mm or 0.0) / c_arm.pixel_mm)
    across = np.empty_like(beam.primary)
    kernels.blurred_rows(beam.primary, taps, across)
    result = np.empty_like(beam.primary)
    kernels.expected_photons(across, taps, beam.scatter, beam.block, photons, result)
    return result


def draw(means: FloatImage, seed: int) -> None:
    """Replace means by Poisson draws, in place."""
    mixed = int(np.random.SeedSequence(seed).generate_state(1, np.uint32)[0])
    kernels.draw_photons(means, mixed, normal_quantiles())


def smooth(cells: FloatArray, width_cells: float) -> FloatArray:
    """Gaussian smoothing of a coarse map, its edges repeated; ``width_cells`` is the standard deviation."""
    rows, columns = (_spreading(count, width_cells) for count in cells.shape)
    return np.asarray(rows @ cells @ columns.T)


@lru_cache(maxsize=32)
def _spreading(count: int, width: float) -> FloatArray:
    """(count, count) matrix that smooths a line of so many cells."""
    reach = max(1, math.ceil(3.5 * width))
    steps = np.arange(-reach, reach + 1)
    taps = np.exp(-0.5 * (steps / width) ** 2)
    matrix = np.zeros((count, count))
    for cell in range(count):
        # what lies beyond an edge repeats the edge
        np.add.at(matrix[cell], np.clip(cell + steps, 0, count - 1), taps / taps.sum())
    return frozen(matrix)


@lru_cache(maxsize=32)
def blur_taps(width_px: float) -> np.ndarray[Any, Any]:
    """(k,) half of a normalised Gaussian of standard deviation ``width_px``, integrated over each pixel, the middle first."""
    from scipy.special import erf

    reach = max(0, math.ceil(2.6 * width_px))
    if width_px < 0.05:
        return np.ones(1, dtype=np.float32)
    edges = (np.arange(reach + 2) - 0.5) / (math.sqrt(2.0) * width_px)
    taps = np.diff(erf(edges))
    return np.asarray(taps / (taps[0] + 2.0 * taps[1:].sum()), dtype=np.float32)


@lru_cache(maxsize=1)
def normal_quantiles() -> np.ndarray[Any, Any]:
    """(k + 1,) quantiles of the normal law at even steps, scaled so that reading between them has unit variance."""
    from scipy.special import ndtri

    steps = np.arange(_QUANTILES + 1) / _QUANTILES
    steps[[0, -1]] = [0.25 / _QUANTILES, 1.0 - 0.25 / _QUANTILES]
    values = ndtri(steps)
    low, high = values[:-1], values[1:]
    # mean square of a straight line between two quantiles
    return np.asarray(values / math.sqrt(np.mean((low * low + low * high + high * high) / 3.0)), dtype=np.float32)
