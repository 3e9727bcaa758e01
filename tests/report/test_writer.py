"""The report of a plan on a slab of bone: complete, self-contained, and true to the evaluation."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rfplan.errors import RfplanError
from rfplan.geometry.frames import Isometry
from rfplan.report import palette
from rfplan.report.branch_state import branch_states
from rfplan.report.chart_figure import chart_figure
from rfplan.report.writer import report_views, write_report
from strategies import device, monopolar, needle, slab_patient, straight_nerve
from strategies import evaluate_shapes as evaluate

NASTY = 'Ann <script>alert("1")</script> & Co'
DATE = datetime.date(2026, 3, 4)
NERVES = (
    straight_nerve([22.0, 2.0, 20.0], [44.0, 2.0, 20.0], level="S1"),
    straight_nerve([22.0, 2.0, 0.0], [44.0, 2.0, 0.0], level="S2"),
    straight_nerve([22.0, 2.0, -20.0], [44.0, 2.0, -20.0], level="S3"),
)
BALL = device(10.0, 10.0)
# S1 through the middle of its lesion, S2 under its lesion, S3 far from any
PLAN = monopolar(needle([33.0, 2.0, 20.0], with_device=BALL), needle([33.0, 12.0, 0.0], with_device=BALL))


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "desc", "title"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def patient():
    return replace(slab_patient(NERVES), name=NASTY, warnings=("a <b>warning</b>",))


@pytest.fixture(scope="module")
def written(patient, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    files = write_report(folder, patient, PLAN, evaluate(PLAN, patient), date=DATE)
    return folder, files, (folder / "report.html").read_text(encoding="utf-8")


def test_all_files_are_there_and_nothing_else(written) -> None:
    folder, files, _ = written
    assert sorted(files) == sorted(folder.iterdir())
    assert files[0].name == "report.html"
    assert {path.name for path in files} == {
        "report.html",
        "chart.svg",
        "chart.png",
        *(f"view_{view}.png" for view in report_views("left")),
        *(f"xray_{name}.png" for name in ("true_ap", "lateral", "contact_sheet")),
    }
    for path in files:
        if path.suffix == ".png":
            with Image.open(path) as image:
                assert np.asarray(image.convert("L")).std() > 5.0


def test_the_report_is_well_formed_and_needs_no_other_file(written) -> None:
    page = Page(written[2])
    assert page.open == []
    assert not page.all("script")
    assert not page.all("link")
    sources = [e["src"] for e in page.all("img")] + [e["href"] for e in page.all("image")]
    assert len(sources) == 8
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    without_pictures = re.sub(r"data:image/png;base64,[^\"]*", "", written[2])
    assert re.findall(r"(?:src|href)=\"(?!\")[^\"]+\"|url\(|@import", without_pictures) == []


def test_pictures_have_words_for_those_who_do_not_see_them(written) -> None:
    page = Page(written[2])
    assert all(len(image["alt"]) > 30 for image in page.all("img"))
    (svg,) = [element for element in page.all("svg") if element.get("role") == "img"]
    assert svg["viewbox"]
    assert "captured: S1.1" in written[2]


def test_what_the_user_wrote_is_text(written) -> None:
    assert NASTY in Page(written[2]).text
    assert "<script" not in written[2]
    assert "a <b>warning</b>" in Page(written[2]).text


def test_branches_have_the_state_that_the_evaluation_found(patient) -> None:
    states = branch_states(evaluate(PLAN, patient).to_json())
    assert states == {"S1.1": "captured", "S2.1": "ap_only", "S3.1": "missed"}


def test_the_report_says_what_was_found(written) -> None:
    text = re.sub(r"\s+", " ", Page(written[2]).text)
    assert "The lesions transect 1 of 3 branches." in text
    assert "S2.1 is overlapped in the AP view but not transected." in text
    assert "S3.1 is missed." in text
    assert "33 %" in text
    assert "67 %" in text
    assert "4 March 2026" in text
    assert "not for treating patients" in text
    assert "Lesions are spheroids" in text


def test_solved_lesions_are_drawn_and_told(patient, tmp_path: Path) -> None:
    import rfplan

    device = rfplan.electrode("conventional-20g-10mm")
    plan = monopolar(needle([33.0, 0.5, 20.0], with_device=device), needle([33.0, 20.0, 0.0], with_device=device))
    evaluation = rfplan.evaluate(plan, patient, courses=2, accuracy="fast")
    write_report(tmp_path, patient, plan, evaluation, date=DATE)
    text = re.sub(r"\s+", " ", Page((tmp_path / "report.html").read_text(encoding="utf-8")).text)
    assert "solved beside a plane of bone" in text
    assert "plane-bone surroundings" in text
    assert "Solved lesions: width × length" in text
    # what the status of a lesion speaks of: tissue may boil and be below 100 degC again when heating ends
    for lesion in evaluation.to_json()["lesions"]:
        assert f"{lesion['max_tissue_c']:.1f} {lesion['peak_tissue_c']:.1f} {lesion['status']}" in text
    assert "0.5 mm, 90°" in text
    assert "Lesions are spheroids" not in text


def test_every_safety_answer_is_in_the_report(written, patient) -> None:
    text = Page(written[2]).text
    for row in evaluate(PLAN, patient).safety:
        title = row.title.replace("degC", "°C")
        assert title[:1].upper() + title[1:] in text


def test_the_same_input_gives_the_same_bytes(written, patient, tmp_path: Path) -> None:
    for path in write_report(tmp_path, patient, PLAN, evaluate(PLAN, patient), date=DATE):
        assert path.read_bytes() == (written[0] / path.name).read_bytes()


def test_many_courses_are_told_as_fractions(tmp_path: Path, reference) -> None:
    from rfplan.planning.techniques import techniques

    recipe = next(recipe for recipe in techniques() if recipe.name == "palisade")
    plan = recipe.plan(reference, "right")
    write_report(tmp_path, reference, plan, evaluate(plan, reference, courses=20, seed=1), date=DATE)
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "20 courses" in text
    assert "Judged on 20 possible courses" in text
    assert "Courses that have it" in text


def test_a_folder_that_cannot_be_written_is_a_clear_failure(patient, tmp_path: Path) -> None:
    with pytest.raises(RfplanError, match=r"report\.html: cannot be written"):
        write_report(tmp_path / "absent", patient, PLAN, evaluate(PLAN, patient))
    assert list(tmp_path.iterdir()) == []


def test_the_chart_of_a_moved_patient_is_the_same(patient) -> None:
    motion = Isometry.translation([40.0, -20.0, 15.0]).after(Isometry.rotation([0.3, 1.0, -0.2], 35.0))
    here = chart_figure(patient, PLAN, {"S1.1": "captured"}).image(0.5).astype(int)
    there = chart_figure(patient.moved(motion), PLAN.moved(motion), {"S1.1": "captured"}).image(0.5).astype(int)
    assert np.mean(np.abs(here - there)) < 0.5


def test_the_chart_of_the_mirror_image_is_mirrored(patient) -> None:
    mirror = Isometry.mirror_left_right()
    here = chart_figure(patient, PLAN)
    there = chart_figure(patient.moved(mirror), PLAN.moved(mirror))
    # the last one is the sample in the legend
    tips = [
        np.array([item.points[0] for item in chart.items if getattr(item, "stroke", None) == palette.TIP][:2])
        for chart in (here, there)
    ]
    np.testing.assert_allclose(1000.0 - tips[0][:, 0], tips[1][:, 0], atol=1e-6)
    np.testing.assert_allclose(tips[0][:, 1], tips[1][:, 1], atol=1e-6)
