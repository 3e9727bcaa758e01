"""What the operator sees: radiographs of the needles, a contact sheet, and the table of how each needle looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rfplan.report.drawing import data_uri
from rfplan.report.html import Child, Html, element, table
from rfplan.report.radiographs import XrayPicture


def operability_section(pictures: Sequence[XrayPicture], judged: Mapping[str, Any] | None) -> Html:
    """Radiographs, and one row per needle where its visibility was judged; empty without either."""
    if not pictures and not judged:
        return Html("")
    figures = [
        element(
            "figure",
            element(
                "img",
                src=data_uri(picture.png),
                width=picture.image.shape[1],
                height=picture.image.shape[0],
                alt=f"Simulated radiograph of the bones with the needles of the plan: {picture.title}.",
            ),
            element(
                "figcaption", picture.title if picture.name != "contact_sheet" else "Contact sheet of standard views"
            ),
        )
        for picture in pictures
    ]
    small, wide = figures[:2], figures[2:]
    warnings = {sentence for picture in pictures for sentence in picture.warnings}
    return element(
        "section",
        element("h2", "What the operator sees", id="radiographs"),
        element("div", small, class_="views"),
        element("div", wide, class_="sheet"),
        element(
            "p",
            "Simulated radiographs of the prone patient: the patient's right is on the right. Numbers are those of the needles; the "
            "bar is in the plane of the isocentre. LAO and RAO turn the receptor to the patient's left and right, CRAN and CAUD tilt it "
            "to head and feet. The contact sheet says what each view reached, 1 at best: the beam in the midline, the S1 endplate "
            "edge-on, the beam along the joint, the front and back line of the lower joint together, the needle end on. "
            "The cortical shell, soft tissue and dose are assumptions of ours.",
            class_="note",
        ),
        [element("p", sentence, class_="note") for sentence in sorted(warnings)],
        _needles(judged) if judged and judged.get("needles") else "",
        [element("p", note, class_="note") for note in (judged or {}).get("notes", [])],
        aria_labelledby="radiographs",
    )


def _needles(judged: Mapping[str, Any]) -> Html:
    views = list(judged["views"])
    heads = ["Needle", "End on at"]
    for name in views:
        heads += [f"Seen in {'true AP' if name == 'true_ap' else name}", "Clear", "Bone, mm"]
    rows: list[tuple[Child, ...]] = []
    for entry in judged["needles"]:
        end_on = entry["end_on"]
        row: list[Child] = [
            element("b", str(entry["needle"]), class_="needle"),
            _angles(end_on) + ("" if end_on["reachable"] else ", out of reach"),
        ]
        for name in views:
            seen = entry["views"].get(name)
            if seen is None:
                row += ["–", "–", "–"]
                continue
            words = "not seen" if not seen["visible"] else "end on" if seen["end_on"] else "yes"
            others = ", ".join(str(number) for number in seen.get("overlaps", ()))
            clear = f"{100 * seen['clear']:.0f} %" + (f", overlaps {others}" if others else "")
            row += [words, clear, f"{seen['bone_mm']:.0f}"]
        rows.append(tuple(row))
    return table("How each needle looks", tuple(heads), rows, class_="wide small")


def _angles(end_on: Mapping[str, Any]) -> str:
    lao, cranial = round(end_on["lao_deg"]), round(end_on["cranial_deg"])
    return f"{'LAO' if lao >= 0 else 'RAO'} {abs(lao)}, {'CRAN' if cranial >= 0 else 'CAUD'} {abs(cranial)}"
