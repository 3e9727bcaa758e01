"""The data files: readable, sourced, and complete in a wheel."""

import pytest

from rfplan.errors import InputError
from rfplan.figures import MARKS, Figure, _walk, anatomy_folder, bibliography, figures

FILES = sorted(path.stem for path in anatomy_folder().glob("*.toml") if path.stem != "bibliography")


@pytest.mark.parametrize("name", FILES)
def test_every_figure_has_a_known_mark_and_a_listed_source(name):
    table = figures(name)
    assert table
    for key, figure in table.items():
        assert figure.mark in MARKS, key
        assert figure.source in bibliography(), f"{name}: {key} cites {figure.source}"
        assert figure.unit, key


def test_an_assumption_is_known_as_one():
    assert Figure(1.0, "mm", "rfplan_assumption", "A").is_assumption
    assert not Figure(1.0, "mm", "roberts_2014", "F").is_assumption


def test_a_misspelt_key_is_refused_with_its_place(tmp_path):
    with pytest.raises(InputError, match=r"a\.b has unknown keys \['valve'\]"):
        dict(_walk({"a": {"b": {"value": 1, "valve": 2}}}, "", tmp_path / "x.toml"))
