"""The lesion of an electrode as a spheroid per isotherm, which stands for the lesion until it is solved."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np

from rfplan.devices.protocol import Protocol

Mode = Literal["monopolar", "bipolar", "cooled"]


@dataclass(frozen=True)
class IsothermSurface:
    """Spheroid around the active tip on which the tissue just reached ``isotherm_c``.

    ``width_mm`` across and ``length_mm`` along the needle, ``beyond_tip_mm`` past the tip end. In a pair, ``waist_mm`` is the width
    half-way between the needles across their plane and ``midline_length_mm`` the extent there along the needles, both at the shape's
    ``reference_spacing_mm`` (0 where the two lesions do not join); ``confluent_to_mm`` is the largest spacing at which they do.
    """

    isotherm_c: float
    width_mm: float
    length_mm: float
    beyond_tip_mm: float
    waist_mm: float | None = None
    confluent_to_mm: float | None = None


@dataclass(frozen=True)
class LesionShape:
    """Lesion of one mode: ``surfaces`` from the coolest isotherm to the hottest, at the ``reference`` protocol.

    The sizes hold for tissue that starts at ``start_c``. ``time_exponent`` is p in width ~ time^p.
    """

    mode: Mode
    reference: Protocol
    start_c: float
    surfaces: tuple[IsothermSurface, ...]
    time_exponent: float
    source: str
    mark: str
    note: str = ""
    reference_spacing_mm: float | None = None

    @property
    def width_mm(self) -> float:
        """Width of the 50 degC surface at the reference protocol."""
        return self.at(50.0).width_mm

    @property
    def length_mm(self) -> float:
        """Length of the 50 degC surface at the reference protocol."""
        return self.at(50.0).length_mm

    @property
    def beyond_tip_mm(self) -> float:
        """How far the 50 degC surface reaches past the tip end at the reference protocol."""
        return self.at(50.0).beyond_tip_mm

    def at(self, isotherm_c: float, protocol: Protocol | None = None) -> IsothermSurface:
        """The surface of ``isotherm_c`` after ``protocol`` (default: the reference protocol).

        Set temperature: without perfusion the rise above the start scales with the set point's rise, so that the isotherm T of
        a set point S is the isotherm start + (T - start) (S_ref - start) / (S - start) of the reference. Time: every length
        past the electrode's own scales as (time / reference time) ** time_exponent. Sizes between the tabulated isotherms are
        interpolated in the logarithm of the rise, and beyond them continued from the outermost pair, down to zero.

        Source: arithmetic on the bioheat equation; the time exponent is a figure of the catalogue.
        """
        used = protocol or self.reference
        same_rise = (self.reference.set_c - self.start_c) / (used.set_c - self.start_c)
        equivalent_c = self.start_c + (isotherm_c - self.start_c) * same_rise
        growth = (used.time_s / self.reference.time_s) ** self.time_exponent
        return IsothermSurface(
            isotherm_c,
            self._read("width_mm", equivalent_c) * growth,
            self._length_mm(equivalent_c, growth),
            self._read("beyond_tip_mm", equivalent_c) * growth,
            self._optional("waist_mm", equivalent_c, growth),
            self._optional("confluent_to_mm", equivalent_c, growth),
        )

    def waist_mm(self, spacing_mm: float, isotherm_c: float, protocol: Protocol | None = None) -> float:
        """Width half-way between the needles of a pair ``spacing_mm`` apart; 0 where their lesions do not join.

        An ellipse in the spacing that passes the tabulated waist and vanishes at the largest joining spacing, never wider
        than one needle's own width. ``mode`` must be bipolar.
        """
        surface = self.at(isotherm_c, protocol)
        if surface.waist_mm is None or surface.confluent_to_mm is None or self.reference_spacing_mm is None:
            raise ValueError(f"a {self.mode} lesion has no waist")
        limit, reference = surface.confluent_to_mm, self.reference_spacing_mm
        if spacing_mm >= limit:
            return 0.0
        if limit <= reference:
            # the pair of the table does not join at this isotherm: a needle's width at no spacing
            return surface.width_mm * float(np.sqrt(1.0 - (spacing_mm / limit) ** 2))
        scale = np.sqrt((limit**2 - spacing_mm**2) / (limit**2 - reference**2))
        return float(min(surface.width_mm, surface.waist_mm * scale))

    def _length_mm(self, equivalent_c: float, growth: float) -> float:
        # growth in time is growth away from the metal: the active tip does not get longer
        hottest = self.surfaces[-1]
        length = self._read("length_mm", equivalent_c)
        bare = min(length, hottest.length_mm)
        return bare + (length - bare) * growth

    def _optional(self, name: str, equivalent_c: float, growth: float) -> float | None:
        if getattr(self.surfaces[0], name) is None:
            return None
        return self._read(name, equivalent_c) * growth

    def _read(self, name: str, isotherm_c: float) -> float:
        rise = [-log(surface.isotherm_c - self.start_c) for surface in reversed(self.surfaces)]
        size = [float(getattr(surface, name)) for surface in reversed(self.surfaces)]
        at = -log(max(isotherm_c - self.start_c, 1.0))
        if at <= rise[0]:
            return float(max(0.0, _line(rise[0], size[0], rise[1], size[1], at)))
        if at >= rise[-1]:
            return _line(rise[-2], size[-2], rise[-1], size[-1], at)
        return float(np.interp(at, rise, size))


def _line(x0: float, y0: float, x1: float, y1: float, x: float) -> float:
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
