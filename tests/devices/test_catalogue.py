"""The catalogue of electrodes: complete, sourced, and strict about what it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfplan.devices.catalogue import electrode, electrodes, read_catalogue
from rfplan.errors import InputError
from rfplan.figures import bibliography

NAMES = (
    "conventional-22g-5mm",
    "conventional-20g-10mm",
    "conventional-18g-10mm",
    "conventional-18g-15mm",
    "conventional-16g-10mm",
    "cooled-17g-4mm",
    "cooled-17g-2mm",
    "cooled-17g-5.5mm",
    "tined-17g",
    "strip-tripolar",
)
ENTRY = """
["made-up"]
title = "made up"
diameter_mm = {diameter}
tip_mm = {{ value = 10, unit = "mm", source = "cosman_2014", mark = "F" }}
{extra}
"""
DIAMETER = '{ value = 1.0, unit = "mm", source = "needle_gauge", mark = "R-hi" }'


def test_promised_names_are_there() -> None:
    assert set(NAMES) <= {entry.name for entry in electrodes()}


@pytest.mark.parametrize("entry", electrodes(), ids=lambda entry: entry.name)
def test_every_number_has_a_known_source(entry) -> None:
    assert entry.figures
    assert {figure.source for figure in entry.figures.values()} <= set(bibliography())
    assert all(figure.unit for figure in entry.figures.values())


@pytest.mark.parametrize("entry", electrodes(), ids=lambda entry: entry.name)
def test_name_says_gauge_and_tip(entry) -> None:
    for part in entry.name.split("-"):
        if part.endswith("mm"):
            assert float(part.removesuffix("mm")) == entry.tip_mm
        elif part.endswith("g") and part[:-1].isdigit():
            assert float(part[:-1]) == entry.gauge


@pytest.mark.parametrize("entry", electrodes(), ids=lambda entry: entry.name)
def test_modes_protocols_and_shapes_belong_together(entry) -> None:
    assert entry.modes == tuple(shape.mode for shape in entry.shapes) == tuple(entry.protocols)
    assert entry.cooled == ("cooled" in entry.modes)
    for mode in entry.modes:
        assert entry.shape_for(mode).mode == mode
        assert entry.protocol_for(mode).set_c >= 60.0


def test_cooled_and_assumed_figures_are_labelled() -> None:
    cooled = electrode("cooled-17g-4mm")
    assert {"coolant_c", "exchange_w_m2k"} <= set(cooled.assumptions)
    assert electrode("tined-17g").shape_for("monopolar").mark == "A"


def test_no_trade_names() -> None:
    trade = ("sinergy", "simplicity", "trident", "nimbus", "stratus", "coolief")
    for entry in electrodes():
        text = " ".join((entry.name, entry.title, *entry.notes)).lower()
        assert not any(name in text for name in trade)


def test_thicker_needles_and_longer_tips_make_larger_lesions() -> None:
    by_gauge = [electrode(f"conventional-{g}").shape_for("monopolar") for g in ("20g-10mm", "18g-10mm", "16g-10mm")]
    protocol = by_gauge[0].reference
    widths = [shape.at(50.0, protocol).width_mm for shape in by_gauge]
    assert widths == sorted(widths)
    by_tip = [electrode(f"cooled-17g-{tip}mm").shape_for("cooled").length_mm for tip in ("2", "4", "5.5")]
    assert by_tip == sorted(by_tip)


def test_sizes_agree_with_the_reference_solutions() -> None:
    # independent finite elements, 18 gauge 10 mm 80 degC 120 s from 37 degC without perfusion: 11.17 x 17.86, 3.19 past the tip;
    # perfusion of resting muscle takes 2 % off the width
    shape = electrode("conventional-18g-10mm").shape_for("monopolar")
    at = shape.at(50.0, shape.reference.__class__(80.0, 120.0))
    assert at.width_mm == pytest.approx(0.98 * 11.17, rel=0.03)
    assert at.length_mm == pytest.approx(17.86, rel=0.03)
    assert at.beyond_tip_mm == pytest.approx(3.19, abs=0.2)


def test_pairs_of_a_palisade_join() -> None:
    # a row 10 mm apart at 90 degC for 180 s is one strip (Cosman and Gonzalez 2011)
    for name in ("conventional-20g-10mm", "conventional-18g-10mm"):
        shape = electrode(name).shape_for("bipolar")
        assert shape.at(50.0).confluent_to_mm > 10.0
        assert shape.waist_mm(10.0, 50.0) > 0.9 * shape.width_mm


def test_unknown_electrode_is_answered_with_a_suggestion() -> None:
    with pytest.raises(InputError, match=r"'conventional-18g-10m' is not known; did you mean 'conventional-18g-10mm'"):
        electrode("conventional-18g-10m")


def test_mode_that_the_electrode_lacks() -> None:
    with pytest.raises(InputError, match="has no mode 'bipolar'; it can be used cooled"):
        electrode("cooled-17g-4mm").protocol_for("bipolar")


@pytest.mark.parametrize(
    ("diameter", "extra", "message"),
    [
        (DIAMETER, 'colour = "blue"', "made-up: key 'colour' is not known"),
        (DIAMETER, "tips_mm = 3.0", "did you mean 'tip_mm'"),
        ("1.0", "", "made-up.diameter_mm is 1.0; it must be a figure"),
        (DIAMETER.replace("R-hi", "B"), "", "made-up.diameter_mm: mark 'B'"),
        (DIAMETER.replace("unit", "units"), "", "did you mean 'unit'"),
        (DIAMETER.replace('"mm"', "mm"), "", "not a readable catalogue"),
    ],
)
def test_a_wrong_catalogue_names_the_place(tmp_path: Path, diameter: str, extra: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(ENTRY.format(diameter=diameter, extra=extra))
    with pytest.raises(InputError, match=message) as caught:
        read_catalogue(path)
    assert "mine.toml" in str(caught.value)


def test_a_missing_number_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(ENTRY.format(diameter=DIAMETER, extra="").replace("diameter_mm", "gauge"))
    with pytest.raises(InputError, match="diameter_mm is missing"):
        read_catalogue(path)


def test_a_catalogue_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.toml"):
        read_catalogue(tmp_path / "gone.toml")
