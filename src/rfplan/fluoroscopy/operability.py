"""Whether a plan can be carried out under X-ray: what the operator sees of every needle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rfplan.anatomy.patient import Patient
from rfplan.errors import InputError
from rfplan.figures import figures
from rfplan.fluoroscopy.attenuation import Attenuation, attenuation_at
from rfplan.fluoroscopy.bone_detail import QUICK_MM
from rfplan.fluoroscopy.c_arm import CArm, angles_of
from rfplan.fluoroscopy.exposure import Exposure, dose_of
from rfplan.fluoroscopy.receptor import Beam, Receptor, behind
from rfplan.fluoroscopy.rods import same_shaft, shaft_length_mm
from rfplan.fluoroscopy.scene import scene_of
from rfplan.fluoroscopy.views import find_view
from rfplan.geometry.arrays import FloatArray
from rfplan.planning.needle import Needle
from rfplan.planning.plan import Plan

CHECK_VIEWS: Final = ("true_ap", "lateral")
_WORDS: Final = {"true_ap": "true AP", "lateral": "lateral"}
_SIZE_PX: Final = 256
_SAMPLES: Final = 24


@dataclass(frozen=True)
class EndOn:
    """The angles from which a needle is a dot, and whether the system reaches them."""

    lao_deg: float
    cranial_deg: float
    reachable: bool


@dataclass(frozen=True)
class Sighting:
    """A needle in one view.

    ``angle_deg`` between beam and needle; ``in_field`` says that the active tip is in the picture; ``clear`` is the share of the
    active tip that no other needle of the plan lies over, as if all stood at once, and ``overlaps`` the numbers of those that do;
    ``bone_mm`` is the bone in the beam there (mean), ``contrast_to_noise`` that of the whole active tip in a live frame;
    ``visible`` sums it up.
    """

    angle_deg: float
    end_on: bool
    in_field: bool
    clear: float
    overlaps: tuple[int, ...]
    bone_mm: float
    contrast_to_noise: float
    visible: bool


@dataclass(frozen=True)
class NeedleOperability:
    """One needle: its number in the plan, where it is seen end on, and how it looks in the views in which it is checked."""

    needle: int
    end_on: EndOn
    views: Mapping[str, Sighting]


@dataclass(frozen=True)
class Operability:
    """All needles of a plan; ``angles`` are LAO and cranial degrees of the views, ``notes`` sentences for the user."""

    needles: tuple[NeedleOperability, ...]
    angles: Mapping[str, tuple[float, float]]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The ``operability`` of ``evaluation.json``."""
        return {
            "views": {
                name: {"lao_deg": round(lao, 1), "cranial_deg": round(cranial, 1)}
                for name, (lao, cranial) in self.angles.items()
            },
            "needles": [
                {
                    "needle": entry.needle,
                    "end_on": {
                        "lao_deg": round(entry.end_on.lao_deg, 1),
                        "cranial_deg": round(entry.end_on.cranial_deg, 1),
                        "reachable": entry.end_on.reachable,
                    },
                    "views": {
                        name: {
                            "visible": seen.visible,
                            "end_on": seen.end_on,
                            "in_field": seen.in_field,
                            "angle_deg": round(seen.angle_deg, 1),
                            "clear": round(seen.clear, 3),
                            "overlaps": list(seen.overlaps),
                            "bone_mm": round(seen.bone_mm, 1),
                            "contrast_to_noise": round(seen.contrast_to_noise, 1),
                        }
                        for name, seen in entry.views.items()
                    },
                }
                for entry in self.needles
            ],
            "visible_in_all_views": sum(all(v.visible for v in entry.views.values()) for entry in self.needles),
            "end_on_reachable": sum(entry.end_on.reachable for entry in self.needles),
            "notes": list(self.notes),
        }


def operability(plan: Plan, patient: Patient) -> Operability:
    """What the operator sees of the needles of ``plan``, in the true AP and the lateral view and end on.

    Limits are those of ``operability`` in ``anatomy/fluoroscopy.toml``; most are assumptions of ours.
    """
    needles, notes = plan.needles, []
    angles: dict[str, tuple[float, float]] = {}
    seen: list[dict[str, Sighting]] = [{} for _ in needles]
    for name in CHECK_VIEWS:
        try:
            arm = find_view(name, patient, plan, size_px=_SIZE_PX).c_arm
            sightings = _sightings(arm, patient, needles)
        except InputError as error:
            notes.append(f"{name}: not judged: {error}")
            continue
        angles[name] = (arm.lao_deg, arm.cranial_deg)
        for entry, sighting in zip(seen, sightings, strict=True):
            entry[name] = sighting
    judged = tuple(
        NeedleOperability(number, _end_on(needle), views)
        for number, (needle, views) in enumerate(zip(needles, seen, strict=True), start=1)
    )
    for one in judged:
        notes += [
            f"needle {one.needle}: its active tip is not seen well in the {_WORDS[name]}: {_why(sighting)}"
            for name, sighting in one.views.items()
            if not sighting.visible
        ]
    return Operability(judged, angles, tuple(notes))


def _why(seen: Sighting) -> str:
    if not seen.in_field:
        return "it is not in the picture"
    table = figures("fluoroscopy")
    if seen.clear < table["operability.clear"].value:
        names = ", ".join(str(number) for number in seen.overlaps)
        return f"{'needle' if len(seen.overlaps) == 1 else 'needles'} {names} in the same place"
    return f"its contrast over noise in a live frame is {seen.contrast_to_noise:.1f}"


def _end_on(needle: Needle) -> EndOn:
    lao, cranial = angles_of(needle.axis)
    try:
        CArm(lao, cranial)
    except InputError:
        return EndOn(lao, cranial, False)
    return EndOn(lao, cranial, True)


def _sightings(arm: CArm, patient: Patient, needles: tuple[Needle, ...]) -> list[Sighting]:
    attenuation, receptor, scene = attenuation_at(), Receptor(), scene_of(patient, QUICK_MM)
    beam = behind(arm, scene.line_integral(arm, attenuation), receptor)
    _, open_ngy = dose_of(arm, Exposure("live"), beam.mean_in_the_middle)
    photons = receptor.photons_per_pixel(arm, open_ngy)
    bone = scene.bone_path_mm(arm)
    tips = [arm.project(_active_tip(needle)) for needle in needles]
    shafts = [
        arm.project(np.stack([needle.tip_mm, needle.tip_mm + shaft_length_mm(needle) * needle.axis]))
        for needle in needles
    ]
    table = figures("fluoroscopy")
    found = []
    for number, needle in enumerate(needles):
        pixels = tips[number]
        inside = np.all((pixels >= 0.0) & (pixels < arm.size_px), axis=1)
        in_field = bool(inside.all())
        covered = {
            n + 1: _covered(
                pixels,
                shafts[n],
                (needle.electrode.radius_mm + needles[n].electrode.radius_mm) / arm.isocentre_pixel_mm,
            )
            for n in range(len(needles))
            if n != number and not same_shaft(needle, needles[n])
        }
        overlaps = tuple(other for other, where in covered.items() if where.any())
        clear = 1.0 - float(np.mean(np.any(list(covered.values()), axis=0))) if covered else 1.0
        angle = math.degrees(math.acos(min(1.0, abs(float(arm.beam @ needle.axis)))))
        end_on = angle < table["operability.end_on"].value
        ratio, depth = 0.0, 0.0
        if np.any(inside):
            at = np.floor(pixels[inside]).astype(int)
            depth = float(bone[at[:, 1], at[:, 0]].mean())
            ratio = _contrast_to_noise(arm, beam, at, photons, needle, angle, attenuation)
        visible = in_field and ratio >= table["operability.rose"].value and clear >= table["operability.clear"].value
        found.append(Sighting(angle, end_on, in_field, clear, overlaps, depth, ratio, visible))
    return found


def _active_tip(needle: Needle) -> FloatArray:
    along = np.linspace(0.0, min(needle.electrode.tip_mm, needle.depth_mm), _SAMPLES)
    return np.asarray(needle.tip_mm + along[:, None] * needle.axis)


def _covered(pixels: FloatArray, ends: FloatArray, reach_px: float) -> np.ndarray[Any, Any]:
    """(n,) whether points (n, 2) lie within ``reach_px`` of a projected shaft (2, 2), pixels."""
    run = ends[1] - ends[0]
    length = float(run @ run)
    share = np.clip((pixels - ends[0]) @ run / length, 0.0, 1.0) if length > 0.0 else np.zeros(len(pixels))
    away = pixels - ends[0] - share[:, None] * run
    return np.asarray(np.hypot(away[:, 0], away[:, 1]) <= reach_px)


def _contrast_to_noise(
    arm: CArm,
    beam: Beam,
    at: np.ndarray[Any, Any],
    photons: float,
    needle: Needle,
    angle_deg: float,
    attenuation: Attenuation,
) -> float:
    """Signal of the active tip over the noise of the background in its own shadow, in one live frame."""
    tip = min(needle.electrode.tip_mm, needle.depth_mm)
    sine = math.sin(math.radians(angle_deg))
    # the beam crosses the shaft, or runs down it
    chord = min(needle.electrode.diameter_mm / max(sine, 1e-6), tip)
    lost = 1.0 - math.exp(-(attenuation.steel - attenuation.muscle) * chord)
    primary = beam.primary[at[:, 1], at[:, 0]].astype(float)
    cells = np.minimum(at // beam.block, len(beam.scatter) - 1)
    arriving = primary + beam.scatter[cells[:, 1], cells[:, 0]]
    diameter_px = needle.electrode.diameter_mm / arm.isocentre_pixel_mm
    shadow_px = max(1.0, diameter_px * max(tip * sine / arm.isocentre_pixel_mm, diameter_px))
    return float(lost * np.mean(primary) / math.sqrt(np.mean(arriving)) * math.sqrt(photons * shadow_px))
