"""Where the parts of the parametric sacrum lie along its axis, solved from the stated dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from rfplan.anatomy.sacrum_axis import SacralAxis
from rfplan.anatomy.sacrum_parameters import SacrumParameters
from rfplan.anatomy.sides import LEVELS
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray
from rfplan.geometry.frames import ApFrame

_LEAST_S5_MM = 11.5  # below this the S4 foramina open through the lower edge


@dataclass(frozen=True, eq=False)
class SacrumLayout:
    """Axis, view frame and stations of one sacrum.

    ``stations_mm`` (8,) positions along the axis of the stations of the profiles; ``dorsal_mm`` and ``ventral_mm`` (4, 3)
    centres of the apertures of the left side in axis coordinates (x, s, t); ``endplate_slope`` is the caudal shift of the S1
    endplate per mm dorsal.
    """

    parameters: SacrumParameters
    axis: SacralAxis
    frame: ApFrame
    stations_mm: FloatArray
    dorsal_mm: FloatArray
    ventral_mm: FloatArray
    endplate_slope: float

    @property
    def apex_mm(self) -> float:
        """Position of the end of S5 along the axis."""
        return float(self.stations_mm[-1])

    @property
    def widest_mm(self) -> float:
        """Half of the breadth."""
        return 0.5 * self.parameters["breadth"]

    def half_width(self, along_mm: FloatArray) -> FloatArray:
        """(n,) half of the width of the bone at ``along_mm``, scaled so that the widest is the stated breadth."""
        largest = self.parameters.profile("half_width").max()
        return np.asarray(self.profile("half_width")(along_mm) * (self.widest_mm / largest))

    def profile(self, name: str) -> PchipInterpolator:
        """``profile.<name>`` as a function of the position along the axis."""
        return self._profiles[name]

    @cached_property
    def _profiles(self) -> Mapping[str, PchipInterpolator]:
        names = {key.split(".")[1] for key in self.parameters.values if key.startswith("profile.")}
        return {name: PchipInterpolator(self.stations_mm, self.parameters.profile(name)) for name in names}


def sacrum_layout(parameters: SacrumParameters) -> SacrumLayout:
    """Place endplate, foramina and apex so that the stated distances come out.

    The origin of the patient frame is put near the middle of the bone.

    Raises
    ------
    InputError : the bone is too short for its foramina
    """
    p = parameters
    tilt = np.deg2rad(p["prone_tilt_deg"])
    posterior = np.array([0.0, np.cos(tilt), np.sin(tilt)])
    caudal = np.array([0.0, np.sin(tilt), -np.cos(tilt)])
    start = -0.42 * p["length"] * np.array([np.cos(np.deg2rad(52.0)), -np.sin(np.deg2rad(52.0))])
    heading_deg = p["axis_to_beam_deg"] - p["prone_tilt_deg"]
    axis = SacralAxis(start, heading_deg, p["axis_turn_deg"], p["axis_bend_start"], p["axis_bend_end"])
    origin = np.array([0.0, *start]) + 0.5 * p["endplate_ap"] * posterior
    frame = ApFrame(origin, np.array([1.0, 0.0, 0.0]), caudal, posterior)
    dorsal = _dorsal_apertures(p, axis, frame)
    lines = [centre[1] - p[f"foramen.{level}.slope"] * centre[2] for level, centre in zip(LEVELS, dorsal, strict=True)]
    promontory = origin - p["endplate_ap"] * posterior
    ventral_apex = p["profile.ventral_mid.apex"]

    def too_long(along: float) -> float:
        point = axis.to_patient(np.array([0.0, along, ventral_apex]))
        return float(np.linalg.norm(point - promontory) - p["length"])

    nearest = lines[-1] - 15.0
    apex = nearest if too_long(nearest) > 0 else _root(too_long, nearest, lines[-1] + 80.0, "length", p)
    room = apex - float(dorsal[-1, 1])
    if room < _LEAST_S5_MM:
        raise InputError(
            f"sacrum parameter 'length' is {p['length']:g}: with these foramen spacings it leaves {room:.1f} mm of bone below the S4 "
            f"foramina, and {_LEAST_S5_MM:g} are needed; lengthen it or shorten 'foramen.S2.spacing' to 'foramen.S4.spacing'"
        )
    stations = np.array([0.0, 0.5 * lines[0], *lines, lines[-1] + 0.42 * (apex - lines[-1]), apex])
    slope = np.tan(np.deg2rad(90.0 - p["axis_to_beam_deg"]))
    ventral = _ventral_apertures(p, axis, frame, dorsal, stations)
    return SacrumLayout(p, axis, frame, stations, dorsal, ventral, float(slope))


def _dorsal_apertures(p: SacrumParameters, axis: SacralAxis, frame: ApFrame) -> FloatArray:
    """(4, 3) centres in axis coordinates: the first by its place in the AP view, the others by their spacing."""
    centres: list[FloatArray] = []
    for number, level in enumerate(LEVELS):
        lateral, height = p[f"foramen.{level}.lateral"], p[f"profile.foramen_line.line{number + 1}"]

        def point(along: float, lateral: float = lateral, height: float = height) -> FloatArray:
            return axis.to_patient(np.array([lateral, along, height]))

        def miss(along: float, number: int = number, level: str = level) -> float:
            if number == 0:
                return float(frame.to_chart(point(along))[1] - p["foramen.S1.caudal"])
            gap = np.linalg.norm(point(along) - axis.to_patient(centres[-1]))
            return float(gap - p[f"foramen.{level}.spacing"])

        low = 5.0 if number == 0 else float(centres[-1][1]) + 1.0
        name = "foramen.S1.caudal" if number == 0 else f"foramen.{level}.spacing"
        along = _root(miss, low, low + 60.0, name, p)
        centres.append(np.array([lateral, along, height]))
    return np.array(centres)


def _root(function: Callable[[float], float], low: float, high: float, name: str, p: SacrumParameters) -> float:
    """Where ``function`` is zero; an :class:`InputError` about the parameter ``name`` if it is nowhere between the ends."""
    if function(low) * function(high) > 0:
        raise InputError(f"sacrum parameter {name!r} is {p[name]:g}: no sacrum with the other parameters can have that")
    return float(brentq(function, low, high))


def _ventral_apertures(
    p: SacrumParameters, axis: SacralAxis, frame: ApFrame, dorsal: FloatArray, stations: FloatArray
) -> FloatArray:
    """(4, 3) centres in axis coordinates: beside and above the dorsal ones as the beam shows them, on the pelvic surface."""
    depth = PchipInterpolator(stations, p.profile("ventral_mid"))
    seen = frame.to_chart(axis.to_patient(dorsal)) + np.array([p["ventral.lateral"], -p["ventral.superior"], 0.0])
    result = []
    for chart, upper in zip(seen, dorsal, strict=True):
        height = chart[2] - upper[2] + float(depth(upper[1]))
        for _ in range(4):
            # slide along the beam until the pelvic surface is met
            point = axis.to_axis(frame.to_patient(np.array([[chart[0], chart[1], height]])))[0]
            height += (float(depth(point[1])) - point[2]) * 0.9
        result.append(point)
    return np.array(result)
