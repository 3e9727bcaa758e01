"""The figure of solved lesions: what is around the needle is drawn and named."""

import numpy as np
import pytest

import rfplan
from rfplan import Depot, Surroundings, TissueLayer, solve_lesion
from rfplan.report.lesion_figure import lesion_figure, save_lesion_figure
from rfplan.report.palette import rgb

NEEDLE = rfplan.electrode("conventional-18g-10mm")
STRIP = rfplan.electrode("strip-tripolar")
AROUND = Surroundings(bone_gap_mm=1.0, layers=(TissueLayer("fat", 12.0),), depot=Depot("hypertonic_saline", 0.5, 2.0))


@pytest.fixture(autouse=True)
def empty_store(tmp_path, monkeypatch):
    monkeypatch.setenv("RFPLAN_CACHE_DIR", str(tmp_path / "cache"))


def words(figure):
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    return legend, [text.get_text() for axes in figure.axes for text in axes.texts]


def pixels(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def test_layers_fluid_and_bone_are_named():
    legend, texts = words(lesion_figure([solve_lesion(NEEDLE, surroundings=AROUND, accuracy="fast")], ["a"]))
    assert "saline 3 %, 0.5 ml (assumed ball)" in legend
    assert {"fat", "muscle"} <= set(texts)
    assert any("cortical" in text for text in texts)


def test_nothing_is_named_that_is_not_there():
    legend, texts = words(lesion_figure([solve_lesion(NEEDLE, accuracy="fast")], ["a"]))
    assert legend == ["45 °C", "50 °C", "55 °C", "60 °C", "nerve dead (provisional dose)"]
    assert texts == []


def test_contacts_carry_their_signs_and_the_legend_has_no_doubles():
    lesion = solve_lesion(STRIP, accuracy="fast", contacts=(0, 1), between_contacts=True)
    legend, texts = words(lesion_figure([lesion, lesion], ["a", "b"]))
    assert texts == ["+", "\N{MINUS SIGN}"] * 2
    assert len(set(legend)) == len(legend)


def test_a_legend_names_the_fluid_of_any_of_several():
    lesions = [solve_lesion(NEEDLE, surroundings=around, accuracy="fast") for around in (None, AROUND)]
    legend, _ = words(lesion_figure(lesions, ["a", "b"]))
    assert any("assumed ball" in text for text in legend)


@pytest.mark.parametrize("pair", [None, 8.0])
def test_every_needle_is_drawn(pair):
    from rfplan.report.palette import TIP

    figure = lesion_figure([solve_lesion(NEEDLE, pair=pair, accuracy="fast")], ["a"])
    axes = figure.axes[0]
    image = pixels(figure)
    colour = np.array([round(255 * part) for part in rgb(TIP)])
    ends = [(0.0, 5.0)] if pair is None else [(-4.0, 5.0), (4.0, 5.0)]
    for x, z in ends:
        column, row = axes.transData.transform((x, z))
        assert np.abs(image[image.shape[0] - 1 - int(row), int(column)] - colour).max() <= 2
    between = axes.transData.transform((2.0, 5.0))
    assert np.abs(image[image.shape[0] - 1 - int(between[1]), int(between[0])] - colour).max() > 20


def test_it_is_written_whole(tmp_path):
    path = tmp_path / "a.svg"
    save_lesion_figure([solve_lesion(NEEDLE, surroundings=AROUND, accuracy="fast")], ["a"], path)
    assert path.read_text().rstrip().endswith("</svg>")
    assert [entry.name for entry in tmp_path.glob("*.svg")] == ["a.svg"]
