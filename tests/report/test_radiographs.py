"""Radiographs of a report, and the table of what the operator sees."""

from __future__ import annotations

import re

from rfplan.devices.catalogue import electrode
from rfplan.fluoroscopy.operability import operability
from rfplan.report.operability_section import operability_section
from rfplan.report.radiographs import checked_pictures, contact_sheet, radiographs_of, sheet_views
from strategies import monopolar, needle, slab_patient

PATIENT = slab_patient()
DEVICE = electrode("conventional-18g-10mm")
PLAN = monopolar(needle([33.0, 2.0, 20.0], with_device=DEVICE), needle([33.0, 2.0, -5.0], (0.0, 0.8, 0.6), DEVICE))


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"data:[^\"]+", "", html)))


def test_needles_are_checked_in_two_views() -> None:
    pictures = checked_pictures(PATIENT, PLAN)
    assert [picture.name for picture in pictures] == ["true_ap", "lateral"]
    assert all(picture.image.shape == (512, 512, 3) for picture in pictures)
    assert pictures[0].title == "True AP, PA 0"
    # the numbers are in colour on a grey picture
    assert all((picture.image[..., 0] != picture.image[..., 2]).any() for picture in pictures)


def test_views_that_the_patient_has_no_bones_for_are_left_out_of_the_sheet() -> None:
    sheet = contact_sheet(PATIENT, PLAN)
    assert sheet is not None
    assert "SIJ" not in sheet.title and "Down the barrel 1" in sheet.title
    assert len(sheet.title.split(", ")) < len(sheet_views(PLAN))


def test_the_same_plan_gives_the_same_pictures() -> None:
    assert [a.png for a in radiographs_of(PATIENT, PLAN)] == [b.png for b in radiographs_of(PATIENT, PLAN)]


def test_the_section_has_a_row_for_every_needle_and_words_for_every_picture() -> None:
    judged = operability(PLAN, PATIENT).to_json()
    html = operability_section(radiographs_of(PATIENT, PLAN), judged)
    words = text_of(html)
    assert "What the operator sees" in words
    assert "LAO 0, CRAN 0" in words and "LAO 0, CRAN 37" in words
    assert "end on" in words and "Seen in lateral" in words
    assert html.count("<img") == 3 and html.count("alt=") == 3
    assert "assumptions of ours" in words


def test_without_pictures_and_judgement_there_is_no_section() -> None:
    assert str(operability_section([], None)) == ""
