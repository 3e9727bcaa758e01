"""A flat drawing made once and written twice: as crisp vector SVG and as a PNG."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from rfplan.report import palette

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Anchor = Literal["start", "middle", "end"]
_FAMILY = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_PNG_SAMPLES = 2


@dataclass(frozen=True, eq=False)
class Shape:
    """A line or an area: ``points`` (n, 2) pixels, y downwards; ``dash`` lengths of strokes and gaps, pixels."""

    points: np.ndarray
    stroke: str | None = palette.INK
    width: float = 1.5
    fill: str | None = None
    opacity: float = 1.0
    fill_opacity: float = 1.0
    dash: tuple[float, ...] = ()
    closed: bool = False


@dataclass(frozen=True)
class Text:
    """One line of text; ``at`` is its anchor on the vertical middle of its small letters; ``halo`` outlines it."""

    at: tuple[float, float]
    text: str
    size: float = 15.0
    colour: str = palette.INK
    anchor: Anchor = "start"
    bold: bool = False
    halo: str | None = palette.PAPER


@dataclass(frozen=True, eq=False)
class Picture:
    """An (h, w, 3) byte image laid into a rectangle of the drawing."""

    image: np.ndarray
    left: float
    top: float
    width: float
    height: float


@dataclass(eq=False)
class Drawing:
    """Shapes, texts and pictures in the order in which they are laid down, on white paper of ``width`` x ``height`` pixels."""

    width: float
    height: float
    title: str = ""
    description: str = ""
    items: list[Shape | Text | Picture] = field(default_factory=list)

    def line(self, points: ArrayLike, stroke: str, width: float = 1.5, **style: Any) -> None:
        """An open line."""
        self.items.append(Shape(np.asarray(points, dtype=float), stroke, width, **style))

    def area(self, points: ArrayLike, fill: str | None, stroke: str | None = None, **style: Any) -> None:
        """A closed area or ring."""
        self.items.append(Shape(np.asarray(points, dtype=float), stroke, fill=fill, closed=True, **style))

    def circle(self, centre: ArrayLike, radius: float, fill: str | None, **style: Any) -> None:
        """A disc or ring."""
        turn = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
        ring = np.asarray(centre, dtype=float) + radius * np.column_stack([np.cos(turn), np.sin(turn)])
        self.area(ring, fill, **style)

    def text(self, at: Sequence[float], text: str, **style: Any) -> None:
        """A line of text."""
        self.items.append(Text((float(at[0]), float(at[1])), text, **style))

    def svg(self) -> str:
        """The drawing as an ``<svg>`` element that scales to the width it is given, pictures inside it as data URIs."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" role="img" font-family="{_FAMILY}">'
            f"<title>{escape(self.title)}</title><desc>{escape(self.description)}</desc>"
            f'<rect width="100%" height="100%" fill="{palette.PAPER}"/>'
        )
        return head + "".join(_svg_item(item) for item in self.items) + "</svg>"

    def png(self, scale: float = 1.5) -> bytes:
        """The drawing as a PNG of ``scale`` pixels per unit."""
        return png_bytes(self.image(scale))

    def image(self, scale: float = 1.5, samples: int = _PNG_SAMPLES) -> np.ndarray:
        """(h, w, 3) bytes of ``scale`` pixels per unit, lines smoothed by ``samples`` per pixel along each axis."""
        from PIL import Image, ImageDraw

        zoom = scale * samples
        size = (round(self.width * zoom), round(self.height * zoom))
        canvas = Image.new("RGB", size, palette.PAPER)
        pen = ImageDraw.Draw(canvas, "RGBA")
        for item in self.items:
            if isinstance(item, Picture):
                box = (round(item.width * zoom), round(item.height * zoom))
                picture = Image.fromarray(item.image)
                if picture.size != box:
                    # a whole multiple is averaged back to the very same pixels afterwards
                    whole = box[0] % picture.size[0] == 0 and box[1] % picture.size[1] == 0
                    way = Image.Resampling.NEAREST if whole else Image.Resampling.BILINEAR
                    picture = picture.resize(box, way)
                canvas.paste(picture, (round(item.left * zoom), round(item.top * zoom)))
            elif isinstance(item, Shape):
                _paint_shape(pen, item, zoom)
            else:
                _paint_text(pen, item, zoom)
        return np.asarray(canvas.reduce(samples))


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of a line of text in the widest font that may show it, pixels."""
    return float(_font(100, bold).getlength(text)) * size / 100.0


def png_bytes(image: np.ndarray) -> bytes:
    """An (h, w, 3) byte image as a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """``content`` as a URI that needs no file."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def dashes(points: np.ndarray, pattern: Sequence[float], closed: bool = False) -> list[np.ndarray]:
    """The strokes of a dashed (n, 2) line; ``pattern`` alternates strokes and gaps."""
    line = np.concatenate([points, points[:1]]) if closed else points
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    strokes, start, turn = [], 0.0, 0
    while start < along[-1]:
        end = min(start + pattern[turn % len(pattern)], along[-1])
        if turn % 2 == 0:
            inner = along[(along > start) & (along < end)]
            at = np.concatenate([[start], inner, [end]])
            strokes.append(np.column_stack([np.interp(at, along, line[:, axis]) for axis in range(2)]))
        start, turn = end, turn + 1
    return strokes


def _svg_item(item: Shape | Text | Picture) -> str:
    if isinstance(item, Picture):
        return (
            f'<image x="{item.left:g}" y="{item.top:g}" width="{item.width:g}" height="{item.height:g}" '
            f'preserveAspectRatio="none" href="{data_uri(png_bytes(item.image))}"/>'
        )
    if isinstance(item, Text):
        halo = (
            f' stroke="{item.halo}" stroke-width="{0.22 * item.size:.3g}" stroke-linejoin="round" paint-order="stroke"'
            if item.halo
            else ""
        )
        weight = ' font-weight="700"' if item.bold else ""
        return (
            f'<text x="{item.at[0]:.1f}" y="{item.at[1] + 0.35 * item.size:.1f}" font-size="{item.size:g}" '
            f'text-anchor="{item.anchor}" fill="{item.colour}"{weight}{halo}>{escape(item.text)}</text>'
        )
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in item.points) + ("Z" if item.closed else "")
    style = f'fill="{item.fill or "none"}"'
    if item.fill and item.fill_opacity < 1.0:
        style += f' fill-opacity="{item.fill_opacity:g}"'
    if item.stroke:
        style += f' stroke="{item.stroke}" stroke-width="{item.width:g}" stroke-linejoin="round" stroke-linecap='
        style += '"butt"' if item.dash else '"round"'
        if item.dash:
            style += f' stroke-dasharray="{" ".join(f"{length:g}" for length in item.dash)}"'
    if item.opacity < 1.0:
        style += f' opacity="{item.opacity:g}"'
    return f'<path d="{path}" {style}/>'


def _paint_shape(pen: Any, item: Shape, zoom: float) -> None:
    points = item.points * zoom
    if item.fill:
        pen.polygon([tuple(p) for p in points], fill=_rgba(item.fill, item.opacity * item.fill_opacity))
    if not item.stroke:
        return
    colour = _rgba(item.stroke, item.opacity)
    width = max(1, round(item.width * zoom))
    if item.dash:
        strokes = dashes(points, [length * zoom for length in item.dash], item.closed)
    else:
        strokes = [np.concatenate([points, points[:2]]) if item.closed else points]
    for stroke in strokes:
        pen.line([tuple(p) for p in stroke], fill=colour, width=width, joint="curve")
        if not item.dash and not item.closed and width > 3 and item.opacity >= 1.0:
            for end in (stroke[0], stroke[-1]):
                pen.ellipse([*(end - 0.5 * width), *(end + 0.5 * width)], fill=colour)


def _paint_text(pen: Any, item: Text, zoom: float) -> None:
    side = {"start": "l", "middle": "m", "end": "r"}[item.anchor]
    font = _font(round(item.size * zoom * 0.96), item.bold)
    at = (item.at[0] * zoom, (item.at[1] + 0.35 * item.size) * zoom)
    if item.halo:
        pen.text(
            at,
            item.text,
            font=font,
            fill=item.colour,
            anchor=f"{side}s",
            stroke_width=max(1, round(0.11 * item.size * zoom)),
            stroke_fill=item.halo,
        )
    else:
        pen.text(at, item.text, font=font, fill=item.colour, anchor=f"{side}s")


def _rgba(colour: str, opacity: float) -> tuple[int, int, int, int]:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return red, green, blue, round(255 * opacity)


@cache
def _font(size: int, bold: bool) -> FreeTypeFont:
    """DejaVu Sans as matplotlib ships it, found without importing matplotlib; Pillow's own font where it is absent."""
    from importlib.util import find_spec
    from pathlib import Path

    from PIL import ImageFont

    spec = find_spec("matplotlib")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "mpl-data" / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)  # type: ignore[return-value]
