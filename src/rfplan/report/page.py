"""The report as one HTML page that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rfplan.anatomy.patient import Patient
from rfplan.lesion.lesion import Lesion
from rfplan.planning.plan import Plan
from rfplan.report import palette
from rfplan.report.assumptions_section import assumptions_section, provenance_section
from rfplan.report.branch_state import WORDS, BranchState
from rfplan.report.camera import view_title
from rfplan.report.certificate_section import certificate_section
from rfplan.report.coverage_section import coverage_section
from rfplan.report.html import Html, element, number
from rfplan.report.lesion_surfaces import model_in_words
from rfplan.report.operability_section import operability_section
from rfplan.report.plan_section import plan_section
from rfplan.report.radiographs import XrayPicture
from rfplan.report.safety_section import safety_section
from rfplan.report.summary_section import summary_section

_LIMITS = (
    "For education and research, not for treating patients. rfplan is not a medical device; nobody has shown that a plan that "
    "does well here does well in a patient.",
    "The branches are invisible on every image that guides the procedure. Their courses here come from cadaver studies and from stated "
    "assumptions, and the real ones may differ in number, place and depth.",
    "Lesions in people vary with perfusion, injected fluid, tissue and the contact of the electrode. Sizes here are those of the "
    "model that is named above.",
    "Capture of a branch in the model is not relief of pain.",
)


@dataclass(frozen=True)
class Still:
    """A picture of the report: the name of its view and the data URI of the image."""

    view: str
    uri: str
    width_px: int
    height_px: int


def report_page(
    patient: Patient,
    plan: Plan,
    evaluation: Mapping[str, Any],
    chart_svg: str,
    stills: Sequence[Still],
    lesions: Sequence[Lesion],
    date: datetime.date,
    radiographs: Sequence[XrayPicture] = (),
    optimisation: Mapping[str, Any] | None = None,
) -> str:
    """The whole page.

    Parameters
    ----------
    evaluation : as ``evaluation.json``
    chart_svg : the AP chart as an ``<svg>`` element
    lesions : one per application, as they were judged
    optimisation : as ``optimisation.json``, where the plan was optimised
    """
    import rfplan

    lethal = f"{evaluation.get('lethal_c', 50.0):g} °C"
    title = f"{plan.technique}, {plan.side} side, {patient.name}"
    body = (
        _header(patient, plan, evaluation, date),
        summary_section(evaluation),
        element(
            "section",
            element("h2", "AP chart", id="chart"),
            element(
                "figure",
                Html(chart_svg),
                element(
                    "figcaption",
                    "The sacrum of the prone patient as the operator sees it, along the S1 endplate (true AP): the patient's "
                    "right is on the right. Needles are numbered in order of use. “AP view only” marks a branch that a lesion "
                    "overlaps in this view but passes over or under.",
                    " Branches are this patient's own, not the drawn courses."
                    if int(evaluation["courses"]) > 1
                    else "",
                ),
                class_="chart",
            ),
            aria_labelledby="chart",
        ),
        _stills_section(plan, stills, lethal),
        operability_section(radiographs, evaluation.get("operability")),
        coverage_section(evaluation),
        certificate_section(optimisation),
        safety_section(evaluation),
        plan_section(plan),
        _reading_section(evaluation, lethal),
        assumptions_section(patient, plan, str(evaluation.get("assumption", "")), lesions),
        provenance_section(patient, plan, evaluation),
        element(
            "section",
            element("h2", "Limits of use", id="limits"),
            element("ul", [element("li", text) for text in _LIMITS]),
            class_="limits",
            aria_labelledby="limits",
        ),
        element("footer", f"rfplan {rfplan.__version__}. {_LIMITS[0].partition('.')[0]}."),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content=f"rfplan {rfplan.__version__}"),
        element("title", f"rfplan: {title}"),
        element("style", Html(_style())),
    )
    page = element("html", head, element("body", element("main", body)), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _header(patient: Patient, plan: Plan, evaluation: Mapping[str, Any], date: datetime.date) -> Html:
    electrodes = ", ".join(sorted({needle.electrode.title for needle in plan.needles}))
    facts = {
        "Patient": patient.name,
        "Side": plan.side,
        "Technique": plan.technique,
        "Electrode": electrodes or "none",
        "Lesion model": model_in_words(str(evaluation.get("lesion_model", "")), evaluation.get("lesion_bone")),
        "Date": f"{date.day} {date:%B %Y}",
    }
    return element(
        "header",
        element("p", "Sacroiliac radiofrequency denervation: plan report", class_="kicker"),
        element("h1", plan.technique.replace("-", " ").capitalize(), element("span", f", {plan.side} side")),
        element("dl", [element("div", element("dt", key), element("dd", text)) for key, text in facts.items()]),
        element("p", "For education and research, not for treating patients.", class_="caution"),
    )


def _stills_section(plan: Plan, stills: Sequence[Still], lethal: str) -> Html:
    figures = [
        element(
            "figure",
            element(
                "img",
                src=picture.uri,
                width=picture.width_px,
                height=picture.height_px,
                alt=f"Bones, branches, {len(plan.needles)} numbered needles and {lethal} lesions on the {plan.side}. View: "
                f"{view_title(picture.view)}.",
            ),
            element("figcaption", view_title(picture.view)),
        )
        for picture in stills
    ]
    states: tuple[BranchState, ...] = ("captured", "ap_only", "missed")
    legend = [
        *[element("li", element("i", class_=f"swatch {state}"), f"branch {WORDS[state]}") for state in states],
        element("li", element("i", class_="swatch lesion"), f"{lethal} lesion"),
        element("li", element("i", class_="swatch tip"), "active tip"),
        element("li", element("i", class_="swatch shaft"), "insulated shaft"),
    ]
    return element(
        "section",
        element("h2", "Four views", id="views"),
        element("div", figures, class_="views"),
        element("ul", legend, class_="legend"),
        element(
            "p",
            "Letters at the edges: R and L right and left of the patient, A and P front and back, H and F head and feet. Branches are "
            "drawn thicker than they are; needles at true thickness, cut short.",
            class_="note",
        ),
        aria_labelledby="views",
    )


def _reading_section(evaluation: Mapping[str, Any], lethal: str) -> Html:
    terms = {
        "3-D transection": f"at least {number(evaluation.get('transection_length_mm', 4.0))} mm of the branch in one piece lie inside the "
        f"{lethal} surface. This is what nerve death needs.",
        "AP projection": "the lesion overlaps the branch as seen along the beam. This is how cadaver studies judge, and it compares "
        "with their figures; it does not know depth.",
        "Complete": "every branch is captured; one spared branch may be enough to keep the pain.",
        "Safety status": "OK within limits; caution between the two limits; stop beyond the second. The limits are in the table.",
    }
    return element(
        "section",
        element("h2", "How to read this", id="reading"),
        element("dl", [[element("dt", key), element("dd", text)] for key, text in terms.items()], class_="terms"),
        aria_labelledby="reading",
    )


def _style() -> str:
    text = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    for name in ("CAPTURED", "MISSED", "LESION", "TIP", "SHAFT", "INK", "MUTED", "UNJUDGED"):
        text = text.replace(f"var(--{name.lower()})", getattr(palette, name))
    return text
