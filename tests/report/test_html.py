"""Text in HTML is text, and numbers read as numbers."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfplan.report.html import element, number, percent, table


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


PLAIN = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)


@given(PLAIN)
def test_text_never_becomes_a_tag(text: str) -> None:
    found = read(element("p", text))
    assert found.tags == ["p"]
    assert found.text == text


@given(PLAIN)
def test_attributes_keep_their_text(text: str) -> None:
    found = read(element("img", alt=text))
    assert found.attributes == [("alt", text)]


def test_elements_nest() -> None:
    assert element("div", element("b", "1 < 2"), " & more", class_="a") == (
        '<div class="a"><b>1 &lt; 2</b> &amp; more</div>'
    )


def test_tables_name_their_rows_and_columns() -> None:
    page = table("Caption", ("A", "B"), [("x", "1"), ("y", "2")], numeric=(1,))
    assert page.count('scope="col"') == 2
    assert page.count('scope="row"') == 2
    assert "<caption>Caption</caption>" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.25, "1.2"), (-0.6, "−0.6"), (-0.01, "0.0"), (None, "–"), (float("nan"), "–"), (float("inf"), "∞")],
)
def test_numbers(value: object, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.857, "86 %"),
        (1.0, "100 %"),
        (0.9971, "99.7 %"),
        (0.99999, "99.9 %"),
        (0.0, "0 %"),
        (0.001, "0.1 %"),
        (None, "–"),
    ],
)
def test_nearly_all_does_not_read_as_all(fraction: float | None, text: str) -> None:
    assert percent(fraction) == text
