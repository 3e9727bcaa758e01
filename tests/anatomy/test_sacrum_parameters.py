from __future__ import annotations

import math

import pytest

from rfplan.anatomy.sacrum import ParametricSacrum
from rfplan.anatomy.sacrum_parameters import STATIONS, sacrum_parameters
from rfplan.errors import InputError
from rfplan.figures import bibliography, figures


def test_an_unknown_name_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match=r"foramen\.S1\.laterl.*did you mean 'foramen\.S1\.lateral'"):
        sacrum_parameters({"foramen.S1.laterl": 25.0})


@pytest.mark.parametrize("value", [math.nan, math.inf, "24", None, True])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(InputError, match=r"'length'.*finite number"):
        sacrum_parameters({"length": value})


def test_an_override_replaces_one_dimension_only():
    usual, changed = sacrum_parameters(), sacrum_parameters({"length": 110})
    assert changed["length"] == 110.0
    assert {k for k in usual.values if usual[k] != changed[k]} == {"length"}
    with pytest.raises(TypeError):
        changed.values["length"] = 1.0  # type: ignore[index]


def test_every_figure_has_a_source_in_the_bibliography():
    known = bibliography()
    for key, figure in figures("morphometry").items():
        if key.startswith("sacrum"):
            assert figure.source in known, key


def test_measured_figures_lie_in_the_range_that_was_measured():
    measured = {k: f for k, f in figures("morphometry").items() if k.startswith("sacrum.") and f.mark == "M"}
    assert len(measured) > 40
    for key, figure in measured.items():
        assert figure.low is not None and figure.high is not None and figure.n, key
        assert figure.low <= figure.value <= figure.high, key


def test_profiles_are_complete():
    p = sacrum_parameters()
    for name in {key.split(".")[1] for key in p.values if key.startswith("profile.")}:
        assert p.profile(name).shape == (len(STATIONS),)


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ({"length": 94.0}, "length"),
        ({"length": 900.0}, "length"),
        ({"foramen.S2.spacing": 400.0}, "foramen.S2.spacing"),
    ],
)
def test_a_bone_that_cannot_be_is_refused_by_name(overrides, name):
    with pytest.raises(InputError, match=f"'{name}'"):
        ParametricSacrum(sacrum_parameters(overrides))
