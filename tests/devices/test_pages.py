"""The pages on devices and techniques say what the catalogues say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfplan.devices.catalogue import electrodes
from rfplan.planning.techniques import techniques

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("entry", electrodes(), ids=lambda entry: entry.name)
def test_sizes_on_the_page_are_those_of_the_catalogue(entry) -> None:
    page = (DOCS / "devices.md").read_text(encoding="utf-8")
    assert f"`{entry.name}`" in page
    for shape in entry.shapes:
        protocol = entry.protocol_for(shape.mode)
        at = [shape.at(isotherm_c, protocol) for isotherm_c in (45.0, 50.0, 60.0)]
        sizes = " | ".join(f"{surface.width_mm:.1f} x {surface.length_mm:.1f}" for surface in at)
        assert f"{shape.mode}, {protocol.set_c:g} degC {protocol.time_s:g} s | {sizes} | " in page


@pytest.mark.parametrize("recipe", techniques(), ids=lambda recipe: recipe.name)
def test_recipes_on_the_page_are_those_of_the_data(recipe) -> None:
    page = (DOCS / "techniques.md").read_text(encoding="utf-8")
    assert (DOCS / "pictures" / f"technique_{recipe.name}.png").is_file()
    _, section = page.split(f": `{recipe.name}`\n", 1)
    section = section.split("\n## ", 1)[0]
    for key, figure in recipe.figures.items():
        row = next(line for line in section.splitlines() if line.startswith(f"| `{key}` "))
        assert f"| {figure.value:g}" in row
        assert row.endswith(f"| {figure.source} | {figure.mark} |")
