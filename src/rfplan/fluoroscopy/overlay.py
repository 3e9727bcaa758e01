"""What is drawn over a picture: scale, letters of the sides, angles, and on request landmarks and needles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rfplan.fluoroscopy.c_arm import CArm
from rfplan.geometry.arrays import FloatArray

if TYPE_CHECKING:
    from rfplan.fluoroscopy.radiograph import Radiograph

_BARS_MM: Final = (100.0, 50.0, 20.0, 10.0, 5.0)
_BAR_SHARE: Final = 0.3
_LETTERS: Final = (("R", "L"), ("A", "P"), ("F", "H"))
_MARK: Final = (255, 214, 60)
_LANDMARK: Final = (90, 220, 255)
_NEEDLE: Final = (255, 120, 70)


def angle_text(c_arm: CArm) -> str:
    """The angles as the console of a C-arm shows them."""
    lao, cranial = round(c_arm.lao_deg), round(c_arm.cranial_deg)
    side = "" if lao == 0 else f"{'LAO' if lao > 0 else 'RAO'} {abs(lao)}"
    tilt = "" if cranial == 0 else f"{'CRAN' if cranial > 0 else 'CAUD'} {abs(cranial)}"
    return "  ".join(part for part in (side, tilt) if part) or ("PA 0" if c_arm.position == "prone" else "AP 0")


def letters_of(direction: FloatArray) -> str:
    """R, L, A, P, H or F, or two of them with the stronger first, of a direction in the patient frame (LPS)."""
    order = np.argsort(-np.abs(direction), kind="stable")
    letters = [_LETTERS[axis][int(direction[axis] > 0)] for axis in order if abs(direction[axis]) > 0.4]
    return "".join(letters[:2])


def marked(radiograph: Radiograph, landmarks: bool, needles: bool, scale: bool) -> np.ndarray[Any, Any]:
    """(n, n, 3) bytes: the picture with what is asked for drawn over it."""
    from PIL import Image, ImageDraw

    canvas = Image.fromarray(radiograph.image).convert("RGB")
    pen = ImageDraw.Draw(canvas)
    size = canvas.size[0]
    if landmarks and radiograph.patient is not None:
        _draw_landmarks(pen, radiograph, size)
    if needles:
        _draw_needles(pen, radiograph, size)
    if scale:
        _draw_scale(pen, radiograph.c_arm, size)
        _draw_letters(pen, radiograph, size)
    return np.asarray(canvas)


def on_screen(radiograph: Radiograph, points_mm: FloatArray) -> FloatArray:
    """(n, 2) where patient points (n, 3) are on the picture as it is shown, pixels from its top left corner."""
    pixels = radiograph.c_arm.project(points_mm)
    size = radiograph.c_arm.size_px
    for _ in range(radiograph.display.quarter_turns):
        pixels = np.stack([pixels[..., 1], size - pixels[..., 0]], axis=-1)
    if radiograph.display.flip:
        pixels = np.stack([size - pixels[..., 0], pixels[..., 1]], axis=-1)
    return pixels


def _draw_landmarks(pen: Any, radiograph: Radiograph, size: int) -> None:
    patient = radiograph.patient
    assert patient is not None
    places = {name: mark.position_mm for name, mark in patient.landmarks.items()}
    places |= {foramen.name: foramen.centre_mm for foramen in patient.foramina if foramen.status != "absent"}
    arm = max(2.0, 0.008 * size)
    font = _font(max(9, round(0.019 * size)))
    taken: list[tuple[float, float, float, float]] = []
    for name, place in places.items():
        x, y = on_screen(radiograph, place)
        if not (0.0 <= x < size and 0.0 <= y < size):
            continue
        pen.line([(x - arm, y), (x + arm, y)], fill=_LANDMARK)
        pen.line([(x, y - arm), (x, y + arm)], fill=_LANDMARK)
        box = pen.textbbox((x + arm + 1, y), name, font=font, anchor="lm")
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            # a name that would cover another is left out; its cross stays
            continue
        taken.append(box)
        pen.text(
            (x + arm + 1, y),
            name.replace("_", " "),
            font=font,
            fill=_LANDMARK,
            anchor="lm",
            stroke_width=1,
            stroke_fill=(0, 0, 0),
        )


def _draw_needles(pen: Any, radiograph: Radiograph, size: int) -> None:
    font = _font(max(10, round(0.024 * size)))
    radius = max(3.0, 0.009 * size)
    for number, needle in enumerate(radiograph.needles, start=1):
        active = needle.tip_mm + min(needle.electrode.tip_mm, needle.depth_mm) * needle.axis
        tip, end, entry = on_screen(radiograph, np.stack([needle.tip_mm, active, needle.entry_mm]))
        if not np.all(np.isfinite([tip, end, entry])):
            continue
        pen.line([tuple(tip), tuple(end)], fill=_NEEDLE, width=max(1, round(size / 512)))
        pen.ellipse([tip[0] - radius, tip[1] - radius, tip[0] + radius, tip[1] + radius], outline=_NEEDLE)
        out = entry - tip
        length = float(np.hypot(*out))
        # beside a needle that is seen end on, as such needles often stand in a row from head to feet
        beside = np.array([1.0 if tip[0] >= 0.5 * size else -1.0, 0.0])
        away = -out / length if length > 0.06 * size else beside
        at = tip + 2.4 * radius * away
        pen.text(tuple(at), str(number), font=font, fill=_NEEDLE, anchor="mm", stroke_width=2, stroke_fill=(0, 0, 0))


def _draw_scale(pen: Any, c_arm: CArm, size: int) -> None:
    """A bar of whole centimetres in the plane of the isocentre."""
    bar_mm = next((bar for bar in _BARS_MM if bar / c_arm.isocentre_pixel_mm <= _BAR_SHARE * size), _BARS_MM[-1])
    length, height = bar_mm / c_arm.isocentre_pixel_mm, max(2.0, 0.008 * size)
    right, base = size - 0.03 * size, size - 0.035 * size
    line = {"fill": _MARK, "width": max(1, round(size / 512))}
    pen.line([(right - length, base), (right, base)], **line)
    for x in (right - length, right):
        pen.line([(x, base - height), (x, base + height)], **line)
    font = _font(max(9, round(0.022 * size)))
    pen.text(
        (right - 0.5 * length, base - 0.012 * size),
        f"{bar_mm:g} mm",
        font=font,
        fill=_MARK,
        anchor="ms",
        stroke_width=1,
        stroke_fill=(0, 0, 0),
    )
    pen.text(
        (0.03 * size, base),
        angle_text(c_arm),
        font=font,
        fill=_MARK,
        anchor="lm",
        stroke_width=1,
        stroke_fill=(0, 0, 0),
    )


def _draw_letters(pen: Any, radiograph: Radiograph, size: int) -> None:
    right, down, _ = radiograph.c_arm.axes
    for _ in range(radiograph.display.quarter_turns):
        right, down = down, -right
    if radiograph.display.flip:
        right = -right
    font = _font(max(11, round(0.032 * size)))
    edge, middle = 0.035 * size, 0.5 * size
    for direction, at in (
        (-right, (edge, middle)),
        (right, (size - edge, middle)),
        (-down, (middle, edge)),
        (down, (middle, size - edge)),
    ):
        pen.text(at, letters_of(direction), font=font, fill=_MARK, anchor="mm", stroke_width=1, stroke_fill=(0, 0, 0))


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
