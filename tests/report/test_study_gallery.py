"""Figures of a study show what its table says."""

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread

import rfplan
from rfplan.report import palette, study_tornado
from rfplan.report.study_figures import draw_study
from rfplan.report.study_gallery import draw_gallery
from rfplan.report.study_maps import draw_missed
from rfplan.report.study_plot import sheet, title_panel
from rfplan.report.study_tornado import draw_tornado
from rfplan.study.branch_map import branch_maps
from rfplan.study.chunk import chunk_table
from rfplan.study.design import checked, design_from
from rfplan.study.sensitivity import factor_rows
from rfplan.study.summary import strategy_rows
from rfplan.study.tally import StudyTally

HANDS = (0.0, 1.5, 4.0)
DESIGN = checked(
    design_from(
        {
            "strategies": [
                {
                    "technique": "cooled-clockface",
                    "name": f"{size:g} mm",
                    "operator": {"along_bone_mm": size, "depth_mm": 0.5 * size, "axis_deg": 2.0 * size},
                }
                for size in HANDS
            ],
            "patients": 60,
            "chunk": 60,
            "lesion_model": "shapes",
        }
    )
)
NAMES = {"captured_by_level", "complete", "missed_branches", "nerve_density", "dose_response", "what_matters"}


@pytest.fixture(scope="module")
def table():
    return chunk_table(DESIGN, 0)


def gallery(folder, table, design=DESIGN):
    folder.mkdir()
    study = StudyTally.of(table)
    rows, factors = strategy_rows(study), factor_rows(table, "transection")
    return draw_gallery(folder, design, table, study, rows, factors, "transection")


def inked(path, colour, near=0.12):
    """Part of the pixels that are nearly ``colour``."""
    pixels = imread(path)[..., :3]
    return float(np.all(np.abs(pixels - np.array(palette.rgb(colour))) < near, axis=-1).mean())


def test_every_figure_is_drawn_and_the_same_each_time(table, tmp_path):
    first, again = gallery(tmp_path / "one", table), gallery(tmp_path / "two", table)
    assert {path.stem for path in first} == NAMES
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert min(imread(one).shape[:2]) > 150


def test_a_wide_hand_stands_farther_off_and_takes_less(table):
    error = [float(table.filter(pl.col("strategy") == f"{size:g} mm")["tip_error_mm"].mean()) for size in HANDS]
    # two directions along the bone with SD s and one along the shaft with s/2: 1.4 s on the mean, but bone stops the shaft
    assert error[0] == 0.0
    assert 1.2 * 1.5 < error[1] < 1.6 * 1.5
    assert 1.2 * 4.0 < error[2] < 1.6 * 4.0
    means = [row["captured_mean"] for row in strategy_rows(table)]
    assert means[0] > means[1] > means[2]


def test_the_map_of_misses_shows_them_and_nothing_where_there_are_none(table, tmp_path):
    reference = rfplan.reference_patient()
    found = {}
    for name, bits in (("none", 2**40 - 1), ("all", 0)):
        folder = tmp_path / name
        folder.mkdir()
        maps = branch_maps(DESIGN, table.with_columns(cut_bits=pl.lit(bits, pl.Int64)), "cut_bits", reference, most=20)
        found[name] = inked(draw_missed(folder, maps, reference, "right", "test"), palette.MISSED)
    # the bar of colours always shows some
    assert found["all"] > 4.0 * found["none"]


def test_small_and_uniform_studies_have_figures_too(table, tmp_path, monkeypatch):
    few = table.filter(pl.col("patient") < 3)
    design = checked(design_from(DESIGN.to_json() | {"patients": 3}))
    assert len(gallery(tmp_path / "few", few, design)) == len(NAMES)
    # 3 people: no fifth of them can be told, and the figure says so in place of an empty plot
    assert not any(factor_rows(few, "transection").values())
    noted = inked(draw_tornado(tmp_path, {"nothing": []}, {"nothing": 0.5}, "test"), palette.MUTED, 0.3)
    monkeypatch.setattr(study_tornado, "NOTHING", "")
    assert noted > 1.3 * inked(draw_tornado(tmp_path, {"nothing": []}, {"nothing": 0.5}, "test"), palette.MUTED, 0.3)


def test_no_bar_says_that_branches_are_taken_which_nobody_has(table, tmp_path):
    without = table.with_columns(pl.col("^(branches|ap|cut)_L5$") * 0)
    found = {}
    for name, rows in (("with", table), ("without", without)):
        folder = tmp_path / name
        folder.mkdir()
        found[name] = inked(draw_study(folder, strategy_rows(rows), "test")[0], palette.CAPTURED)
    assert found["with"] > 0.02
    assert found["without"] == 0.0


def test_the_left_side_is_drawn_on_the_left(tmp_path):
    reference, found = rfplan.reference_patient(), {}
    for side in ("left", "right"):
        design = checked(design_from(DESIGN.to_json() | {"patients": 8, "chunk": 8, "side": side}))
        maps = branch_maps(design, chunk_table(design, 0), "cut_bits", reference)
        folder = tmp_path / side
        folder.mkdir()
        found[side] = maps
        draw_missed(folder, maps, reference, side, "test")
    # the sides of a virtual patient are alike
    np.testing.assert_allclose(found["left"].all, found["right"].all, atol=1e-6)


def test_bounds_are_told_where_they_are_those_of_every_strategy(table):
    factors = factor_rows(table, "transection")
    found = {name: {entry["factor"]: entry for entry in entries} for name, entries in factors.items()}
    assert " | from " in study_tornado._label("bmi", found)
    # the widest hand is off by more than any other: its fifths are not theirs
    assert study_tornado._label("tip_error_mm", found) == "tips off plan, other fifths in each"
    assert "to " in study_tornado._label("tip_error_mm", {"4 mm": found["4 mm"]})


def test_any_name_of_a_strategy_can_be_drawn(table, tmp_path):
    names = {
        "0 mm": r"$\nothing$ that is a formula",
        "1.5 mm": "a name as long as nobody would ever want it to be, but allowed",
        "4 mm": "$",
    }
    design = checked(
        design_from(
            DESIGN.to_json()
            | {"strategies": [entry | {"name": names[entry["name"]]} for entry in DESIGN.to_json()["strategies"]]}
        )
    )
    renamed = table.with_columns(pl.col("strategy").replace_strict(names))
    assert len(gallery(tmp_path / "odd", renamed, design)) == len(NAMES)
    axis = sheet(2.0, 2.0).add_subplot()
    title_panel(axis, names["1.5 mm"], 2.0)
    box = axis.title.get_window_extent()
    assert box.width <= 2.0 * axis.figure.dpi
    assert axis.get_title().startswith("a name as long as")
