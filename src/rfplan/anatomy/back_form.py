"""Form of the back and the trunk as the population prior has it, for one body or for many: in axes lateral, caudal and outward of the prone
patient, mm."""

from __future__ import annotations

from functools import cache

import numpy as np

from rfplan.anatomy.skin_kernels import bridged_through
from rfplan.figures import Figure, figures
from rfplan.geometry.arrays import FloatArray

SPACING_MM = 4.0
_CRANIAL_MM, _CAUDAL_MM = 170.0, 190.0
_BRIDGED_MM = 14.0
_WAIST_MM = 120.0


@cache
def known() -> dict[str, Figure]:
    """Figures of the skin by their name."""
    return {
        key.removeprefix("skin."): figure for key, figure in figures("morphometry").items() if key.startswith("skin.")
    }


def prone_axes(lateral: FloatArray, caudal: FloatArray, posterior: FloatArray) -> FloatArray:
    """(..., 3, 3) rows lateral, caudal and outward of the prone patient, whose endplate is tilted against the floor, from the axes (..., 3)
    of its true AP view."""
    tilt = np.deg2rad(known()["prone_tilt"].value)
    outward = np.cos(tilt) * posterior + np.sin(tilt) * caudal
    return np.stack([lateral, np.cos(tilt) * caudal - np.sin(tilt) * posterior, outward], axis=-2)


def prior_depth_mm(
    level: str, bmi: FloatArray | float, female: FloatArray | float, residual_mm: FloatArray | float
) -> FloatArray:
    """(...,) depth of a foramen under the skin; ``female`` 1 for women, 0 for men, ``residual_mm`` how much more than the prior says."""
    table = known()
    depth = table[f"depth.{level}"].value + table[f"depth.{level}_bmi"].value * (np.asarray(bmi) - 25.0)
    if level == "S1":
        depth = depth + table["depth.S1_female"].value * np.asarray(female)
    return np.maximum(depth + residual_mm, table["depth.least"].value)


def trunk_mm(bmi: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Half the width of the trunk and its thickness."""
    stouter, table = np.asarray(bmi) - 25.0, known()
    return (
        table["trunk.half_width"].value + table["trunk.half_width_bmi"].value * stouter,
        table["trunk.thickness"].value + table["trunk.thickness_bmi"].value * stouter,
    )


def profile_knots(places_mm: FloatArray, heights_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Caudal positions and heights (..., n + 6) of the skin's profile, from those over n foramina (..., n).

    The lordosis hollows the back above the sacrum, the seat fills it below.
    """
    table = known()
    above = np.array([table[f"profile.{name}"].value for name in ("thoracolumbar", "hollow", "flank")])
    below = np.array([table[f"profile.{name}"].value for name in ("coccyx", "seat", "thigh")])
    return (
        np.concatenate(
            [places_mm[..., :1] + [-170.0, -90.0, -45.0], places_mm, places_mm[..., -1:] + [45.0, 110.0, 200.0]],
            axis=-1,
        ),
        np.concatenate([heights_mm[..., :1] + above, heights_mm, heights_mm[..., -1:] + below], axis=-1),
    )


def bridged_profiles(knots_mm: FloatArray, heights_mm: FloatArray, caudal_mm: FloatArray) -> FloatArray:
    """(p, ...) profiles of p bodies at ``caudal_mm`` (...,) through their knots (p, n): the skin bridges the bone below, no crease over a
    foramen."""
    reach = int(4.0 * _BRIDGED_MM + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _BRIDGED_MM) ** 2)
    at = np.asarray(caudal_mm, dtype=float)
    found = bridged_through(knots_mm, heights_mm, at.ravel(), weights / weights.sum())
    return found.reshape(len(knots_mm), *at.shape)


def half_width_at(half_width_mm: FloatArray | float, waist: float, caudal_mm: FloatArray) -> FloatArray:
    """(...,) half the width of a trunk that is narrower by the share ``waist`` above the iliac crests."""
    above = (caudal_mm + _WAIST_MM) / 65.0
    return np.asarray(half_width_mm * (1.0 - waist * np.exp(-above * above)))


def rounding(
    lateral_mm: FloatArray, caudal_mm: FloatArray, half_width_mm: FloatArray, thickness_mm: FloatArray | float,
    seat_mm: FloatArray | float, rise_mm: float, cleft_mm: float,
) -> FloatArray:  # fmt: skip
    """(...,) height over the midline's profile: rounding to the flanks, seat at ``seat_mm`` caudal, ``rise_mm`` high, and natal cleft.

    ``half_width_mm`` is that of the trunk at ``caudal_mm``; all are broadcast against each other.
    """
    beside = np.abs(lateral_mm)
    # the powers of places and of widths are fewer than those of their shares
    round_off = 1.0 - np.minimum(beside**2.8 * np.asarray(half_width_mm) ** -2.8, 1.0)
    height = np.asarray(round_off ** (1.0 / 2.2))
    height -= 1.0
    height = height * (0.5 * np.asarray(thickness_mm))
    seat = np.exp(-(((caudal_mm - seat_mm) / 75.0) ** 2))
    height += rise_mm * seat * np.exp(-(((beside - 75.0) / 55.0) ** 2))
    deep = 1.0 / (1.0 + np.exp(-(caudal_mm - seat_mm + 35.0) / 14.0))
    height -= cleft_mm * deep * np.exp(-((lateral_mm / 11.0) ** 2))
    height -= 3.0 * (1.0 - deep) * np.exp(-((lateral_mm / 16.0) ** 2))
    return np.asarray(height)


def skin_grid(half_width_mm: float) -> tuple[FloatArray, FloatArray]:
    """Lateral and caudal positions at which the skin of a trunk is known, as far as it faces a needle."""
    wide = np.floor(0.85 * half_width_mm / SPACING_MM) * SPACING_MM
    lateral = np.arange(-wide, wide + 0.5 * SPACING_MM, SPACING_MM)
    return lateral, np.arange(-_CRANIAL_MM, _CAUDAL_MM + 0.5 * SPACING_MM, SPACING_MM)
