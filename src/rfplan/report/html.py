"""HTML that is safe by construction: text is escaped unless it is already HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"img", "br", "hr", "meta", "link"})


class Html(str):
    """A piece of HTML; any other string is text and will be escaped."""

    __slots__ = ()


Child = str | Iterable["Child"]


def element(tag: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """``<tag>`` around its children. ``class_`` and ``for_`` drop their underscore; other underscores become hyphens."""
    written = ""
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        written += f" {key}" if value is True else f' {key}="{escape(str(value))}"'
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(children)}</{tag}>")


def join(children: Iterable[Child]) -> Html:
    """Pieces one after the other, text escaped."""
    parts = []
    for child in children:
        if isinstance(child, Html):
            parts.append(str(child))
        elif isinstance(child, str):
            parts.append(escape(child, quote=False))
        else:
            parts.append(join(child))
    return Html("".join(parts))


def table(
    caption: str,
    heads: Iterable[Child],
    rows: Iterable[Iterable[Child]],
    numeric: Iterable[int] = (),
    class_: str | None = None,
) -> Html:
    """A table whose first column names its rows; columns of numbers (by index) are set right."""
    right = frozenset(numeric)

    def cell(tag: str, index: int, content: Child, **attributes: str) -> Html:
        return element(tag, content, class_="n" if index in right else None, **attributes)

    head = element("tr", [cell("th", n, text, scope="col") for n, text in enumerate(heads)])
    body = [
        element(
            "tr",
            [
                cell("th", n, content, scope="row") if n == 0 else cell("td", n, content)
                for n, content in enumerate(row)
            ],
        )
        for row in rows
    ]
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", head),
            element("tbody", body),
            class_=class_,
        ),
        class_="scroll",
    )


def firm(text: str) -> Html:
    """Text that stays on one line."""
    return element("span", text, class_="firm")


def number(value: object, digits: int = 1) -> str:
    """A number for a table, with a true minus sign; a dash where there is none."""
    if value is None or not isinstance(value, int | float) or value != value:
        return "–"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def percent(fraction: object) -> str:
    """A fraction as whole per cent; nearly all and nearly none keep a decimal, so that they do not read as all and none."""
    if not isinstance(fraction, int | float) or fraction != fraction:
        return "–"
    text = f"{100.0 * fraction:.0f}"
    if 0.0 < fraction < 1.0 and text in ("0", "100"):
        text = f"{min(max(100.0 * fraction, 0.1), 99.9):.1f}"
    return f"{text} %"
