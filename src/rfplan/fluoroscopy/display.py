"""From photons to grey: logarithm, window, and bone dark (fluoroscopy) or white (film)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from rfplan.errors import InputError
from rfplan.fluoroscopy import detector_kernels as kernels
from rfplan.fluoroscopy.c_arm import CArm
from rfplan.fluoroscopy.projector import FloatImage
from rfplan.fluoroscopy.receptor import smooth

Polarity = Literal["fluoroscopy", "film"]
_STEPS = 4096
_SAMPLED = 96
_SLOW_CELLS = 9.0
_LEAST_FLATTENED, _MOST_FLATTENED, _SPREAD_LEFT = 0.35, 0.85, 0.9
_DIRECT = 1.6
"""Attenuation below which a pixel counts as beside the patient or at the edge of the body."""


@dataclass(frozen=True)
class Display:
    """How photons become grey.

    ``polarity``: bone dark as in ``fluoroscopy``, or white as on ``film``. ``window`` is the lowest and highest optical density
    (natural logarithm of photons) shown; None takes ``percentiles`` of what lies behind the patient. ``flatten`` is the share of
    slow change over the picture that is taken away, as C-arms do (None: as much as the picture needs); ``gamma`` above 1 brightens
    the middle; ``flip`` mirrors left to right and ``quarter_turns`` turns anticlockwise, for the screen only.
    """

    polarity: Polarity = "fluoroscopy"
    window: tuple[float, float] | None = None
    percentiles: tuple[float, float] = (0.3, 99.6)
    flatten: float | None = None
    gamma: float = 1.0
    flip: bool = False
    quarter_turns: int = 0

    def __post_init__(self) -> None:
        if self.polarity not in ("fluoroscopy", "film"):
            raise InputError(f"polarity is {self.polarity!r}; accepted: fluoroscopy, film")
        if self.window is not None and not self.window[0] < self.window[1]:
            raise InputError(f"window is {self.window}; the first value must be below the second")
        low, high = self.percentiles
        if not 0.0 <= low < high <= 100.0:
            raise InputError(f"percentiles are {self.percentiles}; accepted: two rising numbers from 0 to 100")
        if self.flatten is not None and not 0.0 <= self.flatten <= 1.0:
            raise InputError(f"flatten is {self.flatten:g}; it must be from 0 to 1")
        if not (math.isfinite(self.gamma) and 0.1 <= self.gamma <= 10.0):
            raise InputError(f"gamma is {self.gamma:g}; it must be from 0.1 to 10")
        if self.quarter_turns not in range(4):
            raise InputError(f"quarter_turns is {self.quarter_turns}; accepted: 0, 1, 2, 3")

    def upright(self, image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """``image`` (h, w, ...) flipped and turned for the screen."""
        turned = np.rot90(image, self.quarter_turns)
        return np.ascontiguousarray(turned[:, ::-1] if self.flip else turned)


def grey(
    c_arm: CArm, counts: FloatImage, display: Display, open_photons: float | None = None, levels: int = 256
) -> np.ndarray[Any, Any]:
    """(n, n) grey values from 0 to ``levels`` - 1 of photon ``counts`` (n, n); what the collimator covers is black.

    ``open_photons`` is the count of the open beam: pixels near it saw no patient and have no say in the window.
    """
    size = counts.shape[0]
    logs = np.empty_like(counts)
    block = max(1, math.ceil(size / 64))
    means = kernels.log_values(counts, 0.5, block, logs)
    local = np.zeros_like(means) if display.flatten == 0.0 else _slow_change(means, display.flatten, open_photons)
    low, high = display.window or _window(c_arm, logs, local, block, display, open_photons)
    table = _table(levels, display.polarity == "film", display.gamma)
    image = np.empty((size, size), dtype=table.dtype)
    kernels.grey_values(logs, local, block, low, high, table, image)
    if c_arm.collimator == "circle" or c_arm.collimator_mm is not None:
        half = 0.5 * (c_arm.collimator_mm or c_arm.field_mm) / c_arm.pixel_mm
        kernels.close_outside(image, half, c_arm.collimator == "circle", 0)
    return image


def _slow_change(means: FloatImage, share: float | None, open_photons: float | None) -> FloatImage:
    """What is taken off: ``share`` of the smoothed means (m, m), the beam beside the patient not counted."""
    ceiling = means.max() if open_photons is None else math.log(open_photons) - _DIRECT
    slow = smooth(np.minimum(means, ceiling), _SLOW_CELLS)
    if share is None:
        spread = float(np.ptp(slow))
        share = min(max(1.0 - _SPREAD_LEFT / max(spread, 1e-6), _LEAST_FLATTENED), _MOST_FLATTENED)
    return np.asarray(share * (slow - slow.mean()))


def _window(
    c_arm: CArm, logs: FloatImage, local: FloatImage, block: int, display: Display, open_photons: float | None
) -> tuple[float, float]:
    size = logs.shape[0]
    opening = min(1.0, (c_arm.collimator_mm or c_arm.field_mm) / c_arm.field_mm)
    margin = int(0.5 * size * (1.0 - opening * (0.7 if c_arm.collimator == "circle" else 0.94)))
    step = max(1, (size - 2 * margin) // _SAMPLED)
    picked = np.arange(margin, size - margin, step)
    values = logs[np.ix_(picked, picked)]
    behind = np.full(values.shape, True) if open_photons is None else values < math.log(open_photons) - _DIRECT
    values = values - local[np.ix_(picked // block, picked // block)]
    if np.count_nonzero(behind) > 0.05 * behind.size:
        values = values[behind]
    low, high = np.percentile(values, display.percentiles)
    # an empty field has no contrast of its own and must not be stretched to noise
    spare = max(0.0, 1.0 - float(high - low)) * 0.5
    return float(low) - spare, float(high) + spare


@lru_cache(maxsize=8)
def _table(levels: int, film: bool, gamma: float) -> np.ndarray[Any, Any]:
    steps = np.linspace(0.0, 1.0, _STEPS) ** (1.0 / gamma)
    # the ends of the window fade in and out, as on a screen set by eye
    eased = 0.82 * steps + 0.18 * steps * steps * (3.0 - 2.0 * steps)
    if film:
        eased = 1.0 - eased
    return np.rint(eased * (levels - 1)).astype(np.uint8 if levels <= 256 else np.uint16)
