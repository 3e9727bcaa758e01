"""The reference patient: every bone parametric, every dimension with its source."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from rfplan.anatomy.body_skin import skin_over
from rfplan.anatomy.chart import DorsalChart
from rfplan.anatomy.hip import ParametricHip, hip_parameters
from rfplan.anatomy.innervation import BranchTraits
from rfplan.anatomy.landmarks import Curve, Landmark
from rfplan.anatomy.lumbar import ParametricL5, lumbar_parameters
from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sacrum import ParametricSacrum
from rfplan.anatomy.sacrum_parameters import sacrum_parameters
from rfplan.anatomy.sides import SIDES
from rfplan.errors import InputError, did_you_mean
from rfplan.figures import figures
from rfplan.geometry.frames import Isometry
from rfplan.geometry.mesh import Mesh

_GROUPS: Final = ("sacrum.", "hip.", "lumbar.")
_COARSER: Final = 4.0 / 3.0
_Feature = TypeVar("_Feature", Landmark, Curve)
_LEAST_BMI, _LARGEST_BMI = 12.0, 70.0


@dataclass(frozen=True, eq=False)
class ParametricPelvis:
    """The bones of a parametric patient and what is known of them by construction."""

    sacrum: ParametricSacrum
    bones: Mapping[str, Mesh]
    landmarks: Mapping[str, Landmark]
    curves: Mapping[str, Curve]


def parametric_pelvis(overrides: Mapping[str, float] | None = None, spacing_mm: float = 0.75) -> ParametricPelvis:
    """Sacrum, both hip bones and the fifth lumbar vertebra.

    Parameters
    ----------
    overrides : dimensions by their key in anatomy/morphometry.toml, such as ``hip.joint.gap``
    spacing_mm : step of the grid on which the bones are meshed

    Raises
    ------
    InputError : a key that is no dimension of a bone (with a suggestion), or a value that is not a finite number
    """
    values = dict(checked_overrides(overrides))

    def changed(group: str, known: dict[str, float]) -> dict[str, float]:
        return known | {key: value for key, value in values.items() if key.startswith(group)}

    sacrum = ParametricSacrum(
        sacrum_parameters(
            {key.removeprefix("sacrum."): value for key, value in values.items() if key.startswith("sacrum.")}
        )
    )
    hip = ParametricHip("left", sacrum, changed("hip.", hip_parameters()))
    vertebra = ParametricL5(
        sacrum.frame(),
        changed("lumbar.", lumbar_parameters()),
        endplate_width_mm=sacrum.parameters["endplate_width"],
        endplate_depth_mm=sacrum.parameters["endplate_ap"],
        sacrum_mm=sacrum.distance_mm,
    )
    # a needle meets the hip only where it overhangs the sacrum: a coarser grid does there
    coarse_mm = _COARSER * spacing_mm
    left, marks, lines = hip.mesh(coarse_mm), hip.landmarks(coarse_mm), hip.curves()
    # the parametric sacrum is its own mirror image, so the other hip is this one's
    mirror = Isometry.mirror_left_right()
    bones = {
        "sacrum": sacrum.mesh(spacing_mm),
        "hip_left": left,
        "hip_right": left.moved(mirror),
        "vertebrae_L5": vertebra.mesh(spacing_mm),
    }
    landmarks = sacrum.landmarks() | marks | _mirrored(marks, mirror)
    curves = sacrum.curves() | lines | _mirrored(lines, mirror)
    return ParametricPelvis(sacrum, bones, landmarks, curves)


def _mirrored(features: Mapping[str, _Feature], mirror: Isometry) -> dict[str, _Feature]:
    moved = (feature.moved(mirror) for feature in features.values())
    return {feature.name: feature for feature in moved}


def reference_patient(
    seed: int | None = None,
    bmi: float = 25.0,
    overrides: Mapping[str, float] | None = None,
    spacing_mm: float = 0.75,
) -> Patient:
    """The built-in patient, kept on disk once it was built.

    Parameters
    ----------
    seed : draws the nerves from the population; None takes the typical set
    bmi : body mass index, kg/m2; decides how deep the sacrum lies
    overrides : dimensions by their key in anatomy/morphometry.toml, such as ``sacrum.length``
    spacing_mm : step of the grid on which the bones are meshed

    Raises
    ------
    InputError : an unknown dimension, or a value out of range
    """
    from rfplan.anatomy.store import kept_patient

    if not (math.isfinite(bmi) and _LEAST_BMI <= bmi <= _LARGEST_BMI):
        raise InputError(f"bmi is {bmi!r}; it must be between {_LEAST_BMI:.0f} and {_LARGEST_BMI:.0f} kg/m2")
    if not (math.isfinite(spacing_mm) and 0.3 <= spacing_mm <= 2.0):
        raise InputError(f"spacing_mm is {spacing_mm!r}; it must be between 0.3 and 2 mm")
    changed = checked_overrides(overrides)
    key = f"reference seed={seed!r} bmi={float(bmi)!r} spacing={float(spacing_mm)!r} {sorted(changed.items())!r}"
    return kept_patient(key, lambda: _built(seed, bmi, changed, spacing_mm))


def checked_overrides(overrides: Mapping[str, float] | None) -> dict[str, float]:
    """``overrides`` if every key is a dimension of a bone and every value finite.

    Raises
    ------
    InputError : otherwise, with a suggestion
    """
    known = [key for key in figures("morphometry") if key.startswith(_GROUPS)]
    checked: dict[str, float] = {}
    for key, value in (overrides or {}).items():
        if key not in known:
            meant = did_you_mean(key, known)
            raise InputError(
                f"override {key!r} (value {value!r}) is not a dimension of a bone in morphometry.toml{';' * bool(meant)}{meant}"
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"override {key!r} is {value!r}; it must be a finite number")
        checked[key] = float(value)
    return checked


def _built(seed: int | None, bmi: float, overrides: Mapping[str, float], spacing_mm: float) -> Patient:
    return meshed_patient(
        "reference",
        "parametric reference patient",
        overrides,
        bmi=bmi,
        seed=seed,
        spacing_mm=spacing_mm,
        provenance={"bmi": float(bmi), "overrides": dict(overrides), "spacing_mm": float(spacing_mm)},
    )


def meshed_patient(
    name: str,
    source: str,
    overrides: Mapping[str, float],
    *,
    bmi: float = 25.0,
    female: bool | None = None,
    skin_residual_mm: Mapping[str, float] | None = None,
    seed: int | None = None,
    traits: Sequence[BranchTraits] | None = None,
    spacing_mm: float = 0.75,
    provenance: Mapping[str, Any] | None = None,
) -> Patient:
    """A parametric patient with all its bones, built anew.

    Parameters
    ----------
    overrides : dimensions by their key in anatomy/morphometry.toml
    bmi, female, skin_residual_mm : decide how deep the sacrum lies, see :func:`rfplan.anatomy.body_skin.torso_over`
    seed, traits : draw the branches, or say what they are; without either they are the typical set
    spacing_mm : step of the grid on which the bones are meshed
    """
    from rfplan.anatomy.assemble import assemble_patient

    pelvis = parametric_pelvis(overrides, spacing_mm)
    frame, foramina = pelvis.sacrum.frame(), pelvis.sacrum.foramina()
    spines = [pelvis.landmarks[f"psis_{side}"].position_mm for side in SIDES]
    skin = skin_over(frame, foramina, bmi=bmi, female=female, cover_mm=spines, residual_mm=skin_residual_mm)
    return assemble_patient(
        name,
        source,
        pelvis.bones,
        DorsalChart.of(pelvis.bones["sacrum"], frame),
        foramina,
        pelvis.landmarks,
        pelvis.curves,
        skin,
        seed=seed,
        traits=traits,
        provenance=provenance,
    )
