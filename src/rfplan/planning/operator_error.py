"""How a hand misses what was planned: every needle a little off in place, depth and direction."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.virtual_ground import VirtualGround
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.geometry.arrays import FloatArray, unit
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Plan

_ROUNDS = 6
_MOST_MM, _MOST_DEG = 20.0, 45.0


@dataclass(frozen=True)
class OperatorError:
    """Standard deviations: of the tip in either direction along the bone and along its shaft, mm; of the shaft in either plane, degrees.

    The defaults, ``OperatorError.usual()``, are assumptions of ``anatomy/population.toml``.
    """

    along_bone_mm: float
    depth_mm: float
    axis_deg: float

    def __post_init__(self) -> None:
        for name, most in (("along_bone_mm", _MOST_MM), ("depth_mm", _MOST_MM), ("axis_deg", _MOST_DEG)):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0.0 <= value <= most):
                raise InputError(f"operator error {name} is {value!r}; it must be between 0 and {most:g}")

    @classmethod
    def usual(cls) -> OperatorError:
        """1.5 mm along the bone, 1 mm in depth, 3 degrees."""
        table = figures("population")
        return cls(*(table[f"operator.{name}"].value for name in ("along_bone", "depth", "axis")))


def displaced(plan: Plan, patient: Patient | VirtualGround, error: OperatorError, seed: int | tuple[int, ...]) -> Plan:
    """``plan`` as a hand with this ``error`` carries it out; needle n depends on ``seed`` and n alone.

    A needle that serves two applications is misplaced once. Bone stops a needle: a tip that would come to lie in it stays on it.
    """
    held: dict[tuple[object, ...], Needle] = {}
    stem = (seed,) if isinstance(seed, int) else seed
    for needle in plan.needles:
        noise = np.random.default_rng([*stem, len(held)]).standard_normal(5)
        held[needle.pose_key] = _missed(needle, patient, error, noise)
    applications = tuple(
        replace(application, needles=tuple(held[needle.pose_key] for needle in application.needles))
        for application in plan.applications
    )
    return replace(plan, applications=applications)


def _missed(needle: Needle, patient: Patient | VirtualGround, error: OperatorError, noise: FloatArray) -> Needle:
    frame = patient.frame
    lateral, caudal, _ = frame.to_chart(needle.tip_mm)
    normal = patient.chart.normal(lateral, caudal)
    normal = normal if np.all(np.isfinite(normal)) else frame.posterior
    first = unit(frame.lateral - (frame.lateral @ normal) * normal)
    second = np.cross(normal, first)
    along = error.along_bone_mm * (noise[0] * first + noise[1] * second)
    tip = needle.tip_mm + along + error.depth_mm * noise[2] * needle.axis
    for _ in range(_ROUNDS):
        gap = float(patient.bone_distance(tip))
        if gap >= -1e-3:
            break
        tip = tip - gap * normal
    across = unit(np.cross(needle.axis, frame.lateral if abs(needle.axis @ frame.lateral) < 0.9 else frame.caudal))
    tilt = np.tan(np.deg2rad(error.axis_deg)) * noise[3:]
    axis = unit(needle.axis + tilt[0] * across + tilt[1] * np.cross(needle.axis, across))
    entry = patient.skin.entry_mm(tip, axis)
    return Needle(needle.electrode, tip, axis, tip + needle.depth_mm * axis if entry is None else entry)
