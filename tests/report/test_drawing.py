"""Drawings written as SVG and as PNG."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rfplan.report.drawing import Drawing, Picture, dashes, text_width
from strategies import numbers

SVG = "{http://www.w3.org/2000/svg}"


def sketch(text: str = "S1") -> Drawing:
    drawing = Drawing(200.0, 100.0, title=text, description="a sketch")
    drawing.items.append(Picture(np.full((50, 100, 3), 200, dtype=np.uint8), 0.0, 0.0, 100.0, 50.0))
    drawing.line([(110.0, 10.0), (190.0, 10.0)], "#c8450c", 4.0)
    drawing.area([(120.0, 30.0), (180.0, 30.0), (150.0, 90.0)], "#007a87", fill_opacity=0.5)
    drawing.text((20.0, 80.0), text)
    return drawing


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30))
def test_any_text_gives_well_formed_svg(text: str) -> None:
    root = ElementTree.fromstring(sketch(text).svg())
    assert "".join(root.find(f"{SVG}text").itertext()) == text
    assert root.find(f"{SVG}title").text in (text, None)


def test_svg_needs_no_other_file() -> None:
    image = ElementTree.fromstring(sketch().svg()).find(f"{SVG}image")
    assert image.get("href").startswith("data:image/png;base64,")


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_png_has_the_colours_where_they_were_drawn(scale: float) -> None:
    image = np.asarray(Image.open(io.BytesIO(sketch().png(scale))).convert("RGB")).astype(int)
    assert image.shape == (round(100 * scale), round(200 * scale), 3)

    def at(x: float, y: float) -> list[int]:
        return image[round(y * scale), round(x * scale)].tolist()

    assert at(150.0, 10.0) == [0xC8, 0x45, 0x0C]
    assert at(50.0, 25.0) == [200, 200, 200]
    assert at(150.0, 50.0) == pytest.approx([128, 188, 195], abs=3)
    assert at(195.0, 95.0) == [255, 255, 255]


@given(numbers(2.0, 20.0), numbers(2.0, 20.0), st.booleans())
def test_dashes_cover_their_share_of_the_line(stroke: float, gap: float, closed: bool) -> None:
    line = np.array([[0.0, 0.0], [300.0, 0.0], [300.0, 400.0]])
    length = 1200.0 if closed else 700.0
    drawn = sum(
        float(np.linalg.norm(np.diff(piece, axis=0), axis=1).sum()) for piece in dashes(line, (stroke, gap), closed)
    )
    assert drawn == pytest.approx(length * stroke / (stroke + gap), abs=stroke + gap)


def test_longer_text_is_wider_and_bold_is_wider_still() -> None:
    assert text_width("S1.1", 15) < text_width("S1.1 captured", 15) < text_width("S1.1 captured", 15, bold=True)
