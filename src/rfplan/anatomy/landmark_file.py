"""Positions that a user states: a JSON file of ours, or markups of 3D Slicer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from rfplan.anatomy.import_checks import MM_PER_UNIT
from rfplan.anatomy.landmarks import MIDLINE_LANDMARKS, PAIRED_LANDMARKS
from rfplan.anatomy.sides import LEVELS, SIDES
from rfplan.errors import InputError, did_you_mean
from rfplan.geometry.arrays import FloatArray, frozen

FORAMEN_NAMES: Final = tuple(f"{level}_{side}" for level in LEVELS for side in SIDES)
LANDMARK_NAMES: Final = (
    *MIDLINE_LANDMARKS,
    *(f"{name}_{side}" for name in PAIRED_LANDMARKS for side in SIDES),
)

_KEYS: Final = ("frame", "unit", "foramina", "landmarks", "true_ap", "note")
_TRUE_AP_KEYS: Final = ("lao_deg", "cranial_deg")


@dataclass(frozen=True, eq=False)
class GivenFeatures:
    """What a user states of a patient, LPS, mm.

    ``foramina`` by name such as ``S1_left``, centres of the dorsal apertures (3,); ``landmarks`` by name, (3,); ``true_ap`` the
    direction of the beam as (lao_deg, cranial_deg), or None.
    """

    foramina: Mapping[str, FloatArray] = field(default_factory=dict)
    landmarks: Mapping[str, FloatArray] = field(default_factory=dict)
    true_ap: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name in ("foramina", "landmarks"):
            object.__setattr__(self, name, {key: frozen(value) for key, value in getattr(self, name).items()})

    @property
    def points_mm(self) -> dict[str, FloatArray]:
        """Every stated position by name."""
        return {**self.foramina, **self.landmarks}


def read_landmark_file(path: Path) -> GivenFeatures:
    """The features that ``path`` states.

    Raises
    ------
    InputError : the file cannot be read, or has an unknown key or name, or a position that is not three numbers
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file; a landmark file is JSON") from error
    if not text.strip():
        raise InputError(f"{path}: the file is empty; a landmark file is JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entry = dict(pairs)
        if len(entry) < len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise InputError(f"{path}: {twice!r} is stated twice in one object; leave only one")
        return entry

    try:
        document = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(document, dict):
        raise InputError(f"{path}: a landmark file is a JSON object with 'foramina' and 'landmarks'")
    given = _from_markups(path, document) if "markups" in document else _from_json(path, document)
    if not given.points_mm and given.true_ap is None:
        raise InputError(f"{path}: states no foramen, landmark or true_ap")
    return given


def _from_json(path: Path, document: Mapping[str, Any]) -> GivenFeatures:
    for key in document:
        if key not in _KEYS and not key.startswith("$"):
            raise InputError(
                f"{path}: key {key!r} is not known;{did_you_mean(key, _KEYS)} known are {', '.join(_KEYS)}"
            )
    frame, unit = document.get("frame", "LPS"), document.get("unit", "mm")
    flip, factor = _flip(path, "frame", frame), _factor(path, "unit", unit)
    found: dict[str, dict[str, FloatArray]] = {"foramina": {}, "landmarks": {}}
    for group, names in (("foramina", FORAMEN_NAMES), ("landmarks", LANDMARK_NAMES)):
        entries = document.get(group, {})
        if not isinstance(entries, dict):
            raise InputError(f"{path}: {group} must be an object of names and positions, not {_kind(entries)}")
        for name, value in entries.items():
            if name not in names:
                raise InputError(
                    f"{path}: {group}.{name} is not known;{did_you_mean(name, names)} known are {', '.join(names)}"
                )
            found[group][name] = _position(path, f"{group}.{name}", value) * factor * flip
    return GivenFeatures(found["foramina"], found["landmarks"], _true_ap(path, document.get("true_ap")))


def _true_ap(path: Path, value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InputError(f"{path}: true_ap must be an object with {' and '.join(_TRUE_AP_KEYS)}, not {_kind(value)}")
    for key in value:
        if key not in _TRUE_AP_KEYS:
            raise InputError(
                f"{path}: true_ap.{key} is not known;{did_you_mean(key, _TRUE_AP_KEYS)} known are {', '.join(_TRUE_AP_KEYS)}"
            )
    angles = []
    for key, limit in zip(_TRUE_AP_KEYS, (45.0, 80.0), strict=True):
        angle: Any = value.get(key)
        if not _is_number(angle) or abs(angle) > limit:
            raise InputError(
                f"{path}: true_ap.{key} is {angle!r}; it must be a number of degrees from -{limit:.0f} to {limit:.0f}"
            )
        angles.append(float(angle))
    return angles[0], angles[1]


def _from_markups(path: Path, document: Mapping[str, Any]) -> GivenFeatures:
    markups = document["markups"]
    if not isinstance(markups, list):
        raise InputError(f"{path}: 'markups' must be a list, not {_kind(markups)}")
    foramina: dict[str, FloatArray] = {}
    landmarks: dict[str, FloatArray] = {}
    for number, markup in enumerate(markups):
        where = f"markups[{number}]"
        if not isinstance(markup, dict) or not isinstance(markup.get("controlPoints", []), list):
            raise InputError(f"{path}: {where} is not a markup with controlPoints")
        flip = _flip(path, f"{where}.coordinateSystem", markup.get("coordinateSystem", "LPS"))
        factor = _factor(path, f"{where}.coordinateUnits", markup.get("coordinateUnits", "mm"))
        for place, point in enumerate(markup.get("controlPoints", [])):
            spot = f"{where}.controlPoints[{place}]"
            if not isinstance(point, dict):
                raise InputError(f"{path}: {spot} is not an object")
            # Slicer keeps points that the user has not set yet
            if point.get("positionStatus", "defined") in ("undefined", "missing", "preview"):
                continue
            label = point.get("label")
            target = foramina if label in FORAMEN_NAMES else landmarks if label in LANDMARK_NAMES else None
            if target is None or not isinstance(label, str):
                names = FORAMEN_NAMES + LANDMARK_NAMES
                raise InputError(
                    f"{path}: {spot} has the label {label!r}, which is not known;{did_you_mean(label, names)} "
                    f"known are {', '.join(names)}"
                )
            if label in target:
                raise InputError(f"{path}: {spot}: {label} is stated twice")
            target[label] = _position(path, f"{spot} ({label})", point.get("position")) * factor * flip
    return GivenFeatures(foramina, landmarks)


def _position(path: Path, where: str, value: Any) -> FloatArray:
    if isinstance(value, dict) and "centre_mm" in value:
        value = value["centre_mm"]
    if not isinstance(value, list) or len(value) != 3 or not all(_is_number(entry) for entry in value):
        raise InputError(f"{path}: {where} must be three finite numbers [x, y, z], not {value!r}")
    return np.array(value, dtype=float)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 and math.isfinite(value)


def _flip(path: Path, where: str, frame: Any) -> FloatArray:
    if frame == "LPS":
        return np.ones(3)
    if frame == "RAS":
        return np.array([-1.0, -1.0, 1.0])
    raise InputError(f"{path}: {where} is {frame!r}; accepted are 'LPS' and 'RAS'")


def _factor(path: Path, where: str, unit: Any) -> float:
    if not isinstance(unit, str) or unit not in MM_PER_UNIT:
        raise InputError(f"{path}: {where} is {unit!r}; accepted are {', '.join(MM_PER_UNIT)}")
    return MM_PER_UNIT[unit]


def _kind(value: Any) -> str:
    return {"dict": "an object", "list": "a list", "str": "text"}.get(type(value).__name__, repr(value))
