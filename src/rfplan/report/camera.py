"""Cameras with names: from where the operator, or the reader of a report, looks at the pelvis."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.sides import Side
from rfplan.errors import InputError
from rfplan.geometry.arrays import FloatArray, frozen, unit
from rfplan.geometry.frames import Isometry

VIEW_NAMES: Final = (
    "true_ap",
    "AP",
    "lateral",
    "lateral_left",
    "lateral_right",
    "oblique_left_20",
    "oblique_right_20",
    "caudal",
    "cranial",
    "anterior",
)
"""Views by name; the angle of ``oblique_left_N`` and ``oblique_right_N`` may be any whole number from 1 to 90."""

_OBLIQUE = re.compile(r"oblique_(left|right)_(\d{1,2})")
_EYE_MM = 620.0
_FRAMED_MOST = 6000
_CAUDAL_TILT_DEG = 48.0
_CRANIAL_TILT_DEG = 40.0


@dataclass(frozen=True, eq=False)
class Camera:
    """Where a picture is taken from.

    ``axes`` (3, 3): rows are right, up and towards the viewer, unit vectors in the patient frame; ``target_mm`` (3,) is the
    middle of the picture; ``width_mm`` is how much of the plane through the target the picture spans from left to right;
    ``eye_mm`` is the distance of the eye from the target, None for parallel rays.
    """

    axes: FloatArray
    target_mm: FloatArray
    width_mm: float
    eye_mm: float | None = _EYE_MM

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", frozen(self.axes))
        object.__setattr__(self, "target_mm", frozen(self.target_mm))
        if not np.allclose(self.axes @ self.axes.T, np.eye(3), atol=1e-6):
            raise ValueError("the axes of a camera must be orthogonal unit vectors")

    def to_view(self, points_mm: ArrayLike) -> FloatArray:
        """(..., 3) coordinates right, up and towards the viewer of (..., 3) patient points, mm from the target."""
        return (np.asarray(points_mm, dtype=float) - self.target_mm) @ self.axes.T

    def to_pixels(self, points_mm: ArrayLike, size_px: tuple[int, int]) -> FloatArray:
        """(..., 2) pixel positions, from the top left corner, of (..., 3) patient points in a picture of that size."""
        view = self.to_view(points_mm)
        scale = np.full(view.shape[:-1], size_px[0] / self.width_mm)
        if self.eye_mm is not None:
            scale = scale * self.eye_mm / (self.eye_mm - view[..., 2])
        return np.stack([0.5 * size_px[0] + scale * view[..., 0], 0.5 * size_px[1] - scale * view[..., 1]], axis=-1)

    def framing(self, points_mm: ArrayLike, aspect: float, margin: float = 0.06) -> Camera:
        """The same direction, moved and scaled so that all (n, 3) points are in a picture of width/height ``aspect``."""
        points = np.asarray(points_mm, dtype=float)
        points = points[:: max(1, len(points) // _FRAMED_MOST)]
        camera = self
        for _ in range(3):  # perspective shifts the outline a little each time
            pixels = camera.to_pixels(points, (1000, 1000))
            low, high = pixels.min(axis=0), pixels.max(axis=0)
            mm_per_px = camera.width_mm / 1000.0
            shift = (0.5 * (low + high) - 500.0) * mm_per_px
            extent = (high - low) * mm_per_px
            width = max(extent[0], extent[1] * aspect) * (1.0 + 2.0 * margin)
            target = camera.target_mm + shift[0] * camera.axes[0] - shift[1] * camera.axes[1]
            camera = replace(camera, target_mm=target, width_mm=float(width))
        return camera


def view_title(name: str) -> str:
    """What a clinician calls the view."""
    titles = {
        "true_ap": "True AP, beam along the S1 endplate",
        "AP": "Straight AP",
        "lateral": "Lateral",
        "lateral_left": "Lateral, from the patient's left",
        "lateral_right": "Lateral, from the patient's right",
        "caudal": "From the feet, over the back of the sacrum",
        "cranial": "From the head, over the back of the sacrum",
        "anterior": "From the front",
    }
    matched = _OBLIQUE.fullmatch(name)
    return f"Oblique, {matched[2]}° towards the {matched[1]}" if matched else titles[name]


def check_view_name(name: str, also: tuple[str, ...] = ()) -> str:
    """``name`` if there is such a view, or an :class:`InputError` that says which there are; ``also`` names others to offer."""
    matched = _OBLIQUE.fullmatch(name)
    if name in VIEW_NAMES or (matched and 1 <= int(matched[2]) <= 90):
        return name
    names = (*VIEW_NAMES, *also)
    spelt = {view.lower(): view for view in names}
    close = difflib.get_close_matches(name.lower(), spelt, n=1, cutoff=0.5)
    hint = f"; did you mean {spelt[close[0]]!r}?" if close else ""
    raise InputError(f"--view {name!r} is not known; it must be one of {', '.join(names)}{hint}")


def named_camera(name: str, patient: Patient, side: Side = "right", width_mm: float = 200.0) -> Camera:
    """The camera of a named view of ``patient``.

    All views but ``AP`` turn with the sacrum (:attr:`Patient.frame`); ``AP`` is vertical over the table, along +y of the patient
    frame. ``lateral`` looks from ``side``. The middle is that of the sacrum.

    Raises
    ------
    InputError : no such view
    """
    check_view_name(name)
    frame = patient.frame
    low, high = patient.bones["sacrum"].bounds_mm
    target = 0.5 * (low + high)
    if name == "AP":
        axes = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
        return Camera(axes, target, width_mm)
    axes = np.stack([-frame.lateral, -frame.caudal, frame.posterior])
    if name == "true_ap":
        return Camera(axes, target, width_mm)
    matched = _OBLIQUE.fullmatch(name)
    if matched:
        sign = 1.0 if matched[1] == "left" else -1.0
        return Camera(_turned(axes, sign * frame.lateral, float(matched[2])), target, width_mm)
    if name == "caudal":
        return Camera(_turned(axes, frame.caudal, _CAUDAL_TILT_DEG), target, width_mm)
    if name == "cranial":
        return Camera(_turned(axes, -frame.caudal, _CRANIAL_TILT_DEG), target, width_mm)
    # the trunk is upright in lateral and anterior views: undo the tilt of the sacrum in its own sagittal plane
    tilt = frame.cranial_deg
    upright = _turned(axes, frame.caudal, tilt)
    if name == "anterior":
        return Camera(np.stack([-upright[0], upright[1], -upright[2]]), target, width_mm)
    towards = "left" if name == "lateral_left" else "right" if name == "lateral_right" else side
    return Camera(_turned(upright, (1.0 if towards == "left" else -1.0) * frame.lateral, 90.0), target, width_mm)


def _turned(axes: FloatArray, towards: ArrayLike, angle_deg: float) -> FloatArray:
    """Camera axes after the viewer has walked by an angle towards a direction at right angles to the line of sight."""
    about = np.cross(axes[2], unit(towards))
    return Isometry.rotation(about, angle_deg).vectors(axes)
